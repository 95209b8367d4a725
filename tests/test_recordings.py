"""A recording runs again offline, to the same bits, and its raw data can be decoded otherwise; nothing private is in it."""

from __future__ import annotations

import getpass
import shutil
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError
from tests.execution.kinds import KINDS

import qopt
from qopt.errors import IdentityError, InputError, StorageError
from qopt.execution import mitigation_from
from qopt.journal import Answered, Asked, Submitted, read
from qopt.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.types import Evaluate, Point

EDGES = [(0, 1, 1.0), (1, 2, 2.0), (2, 3, 1.0), (3, 4, 1.5), (4, 0, 1.0)]
READOUT = [(0.02, 0.08), (0.05, 0.01), (0.03, 0.03), (0.0, 0.1), (0.07, 0.02)]
"""For each qubit the probabilities of reading 1 where 0 was prepared, and 0 where 1 was."""
H2 = SparsePauliOp.from_list([("II", -0.3324), ("IZ", 0.39794), ("ZI", -0.39794), ("ZZ", -0.01128), ("XX", 0.18093)])


class Partition(qopt.Problem):
    """Two heaps of weights, as equal as possible, with energies of its own."""

    def hamiltonian(self) -> SparsePauliOp:
        """(sum_i w_i Z_i)^2."""
        difference = SparsePauliOp.from_sparse_list([("Z", [i], w) for i, w in enumerate((3.0, 1.0, 4.0))], 3)
        return (difference @ difference).simplify()

    def energies(self, bits: np.ndarray) -> np.ndarray:
        """From the problem's own words."""
        return ((1.0 - 2.0 * bits) @ np.array([3.0, 1.0, 4.0])) ** 2


@dataclass(frozen=True)
class ReadsFolder:
    """An optimizer with an option that is a path."""

    folder: str
    name: ClassVar[str] = "reads-folder"

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:
        """Measure the start."""
        evaluate(start[None, :] + 0.0 * rng.normal())
        return start


def wander(evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:
    """Two wide questions and a gradient."""
    points = start + 0.1 * rng.normal(size=(3, len(start)))
    lowest = points[int(np.argmin(evaluate(points).values))]
    return lowest - 0.05 * evaluate.gradient(lowest).gradient


RING: dict[str, Any] = {"problem": qopt.MaxCut(EDGES), "objective": qopt.Sampled(128)}
CASES: dict[str, dict[str, Any]] = {
    "sampled": RING,
    "a CVaR": {**RING, "objective": qopt.Sampled(128, 0.2)},
    "strings of a statevector": {**RING, "execution": qopt.Execution(backend="statevector")},
    "groups": {"problem": qopt.Operator(H2), "objective": qopt.Expectation(256)},
    "exact": {**RING, "objective": qopt.Exact()},
    "exact gradients": {**RING, "objective": qopt.Exact(), "optimizer": qopt.Scipy("L-BFGS-B")},
    "a noisy device": {**RING, "execution": qopt.Execution(backend="fake_manila", mode="batch")},
    "a problem of one's own": {"problem": Partition(), "objective": qopt.Sampled(128)},
    "an optimizer of one's own": {**RING, "optimizer": wander},
}
if "client" in KINDS:  # they alone mitigate here
    CASES["error mitigation"] = {
        "problem": qopt.Operator(H2),
        "objective": qopt.Expectation(256),
        "execution": qopt.Execution(backend="fake_manila", primitives="client", mitigation=mitigation_from({"preset": "light"})),
    }


def run(folder: Path, **changes: Any) -> qopt.Result:
    """Six evaluations of COBYLA."""
    options = {"optimizer": qopt.Scipy("COBYLA"), "budget": qopt.Budget(evaluations=6), "seed": 3, "name": "first", "folder": folder}
    return qopt.run(**{**options, **changes})


def again(file: Path, **changes: Any) -> qopt.Result:
    """The same run under another name, answered by a recording beside which nothing is left of the first."""
    return run(file.parent / "elsewhere", **{"name": "second", **changes, "execution": qopt.Execution(backend=f"recording:{file}")})


def told(home: Path) -> list[Any]:
    """Everything that was asked and answered, with the jobs."""
    kept = (Asked, Submitted, Answered)
    records = [record for record in read(home).records if isinstance(record, kept)]
    return [replace(record, tag="") if isinstance(record, Submitted) else record for record in map(_timeless, records)]


def _timeless(record: Any) -> Any:
    """Without what is another one in every run: seconds of work, and the digest of a file with ids in it."""
    if isinstance(record, Answered):
        return replace(record, elapsed=0.0)
    return replace(record, circuit="", observables="") if isinstance(record, Asked) else record


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A run of each kind."""
    return CASES[request.param]


@pytest.fixture
def ring(tmp_path: Path) -> qopt.Recording:
    """A recording of a sampled run, in memory."""
    run(tmp_path, **RING)
    return qopt.record(tmp_path / "first")


def test_values_answer_no_question_for_gradients(tmp_path: Path) -> None:
    """A recording of COBYLA knows none."""
    run(tmp_path, **{**RING, "objective": qopt.Exact()})
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    with pytest.raises(qopt.InputError, match=r"asks for arrays .*gradients"):
        again(tmp_path / "first.recording", **{**RING, "objective": qopt.Exact(), "optimizer": qopt.Scipy("L-BFGS-B")})


def test_a_trained_start_is_recorded_or_refused(tmp_path: Path) -> None:
    """The angles are those of the recorded run; where that trained none, there are none."""
    trained, plain = {**RING, "start": "trained"}, RING
    first = run(tmp_path, **trained)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    assert again(tmp_path / "first.recording", **trained).point == first.point
    run(tmp_path, **{**plain, "name": "plain"})
    qopt.record(tmp_path / "plain", tmp_path / "plain.recording")
    with pytest.raises(qopt.InputError, match="began at angles that were not trained"):
        again(tmp_path / "plain.recording", **{**trained, "name": "third"})


def test_a_recorded_run_is_the_same_run_to_the_last_bit(case: dict[str, Any], tmp_path: Path) -> None:
    """Points, values, errors, shots, jobs and raw data, and the result but for its name and engine, without the first folder."""
    first = run(tmp_path, **case)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    shutil.move(tmp_path / "first", tmp_path / "gone")
    second = again(tmp_path / "first.recording", **case)
    assert second == replace(first, name="second", engine=f"a recording of {first.engine}")
    assert told(tmp_path / "elsewhere" / "second") == told(tmp_path / "gone")
    raws = [dict(qopt.journal.raws(home, read(home))) for home in (tmp_path / "gone", tmp_path / "elsewhere" / "second")]
    assert raws[0] == raws[1]


def test_decoding_as_recorded_gives_the_recorded_values(case: dict[str, Any], tmp_path: Path) -> None:
    """Exactly, in the problem's own sense, call by call."""
    run(tmp_path, **case)
    recording = qopt.record(tmp_path / "first")
    sign = case["problem"].sense.sign
    energies = case["problem"].energies if case["problem"].diagonal is not None else None
    decoded = qopt.decode(recording, energies=energies)
    assert len(decoded) == len(recording.calls)
    for call in decoded:
        recorded = recording.calls[call.stage, call.call]
        assert (sign * call.values).tolist() == recorded.values
        assert call.stderrs.tolist() == recorded.stderrs
        assert call.points.tolist() == recorded.points


def test_another_fraction_is_what_a_run_with_it_measures_there(tmp_path: Path) -> None:
    """The strings of a measured start, averaged by another alpha, are those that a run with that alpha sees."""
    start = {"optimizer": qopt.MeasureStart()}
    run(tmp_path, **RING, **start)
    run(tmp_path, **{**RING, "objective": qopt.Sampled(128, 0.25)}, **start, name="other")
    decoded = qopt.decode(qopt.record(tmp_path / "first"), cvar=0.25)
    measured = qopt.record(tmp_path / "other").calls
    assert {(call.stage, call.call): (-call.values).tolist() for call in decoded} == {key: call.values for key, call in measured.items()}


def test_a_start_may_be_measured_again_under_another_fraction(tmp_path: Path) -> None:
    """A run from a recording needs the recorded questions alone, not the recorded objective."""
    start = {"optimizer": qopt.MeasureStart()}
    run(tmp_path, **RING, **start)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    expected = run(tmp_path, **{**RING, "objective": qopt.Sampled(128, 0.25)}, **start, name="other")
    assert again(tmp_path / "first.recording", **{**RING, "objective": qopt.Sampled(128, 0.25)}, **start).value == expected.value


def test_a_recording_of_a_recorded_run_is_as_good(tmp_path: Path) -> None:
    """The second generation answers like the first."""
    first = run(tmp_path, **RING)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    again(tmp_path / "first.recording", **RING)
    qopt.record(tmp_path / "elsewhere" / "second", tmp_path / "second.recording")
    third = again(tmp_path / "second.recording", **RING, name="third")
    assert third == replace(first, name="third", engine=f"a recording of {first.engine}")


def test_a_run_from_a_recording_goes_on_from_its_own_journal(tmp_path: Path) -> None:
    """Stopped under a smaller budget, it ends where the recorded run ended."""
    first = run(tmp_path, **RING)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    with pytest.raises(InputError, match="answers no call 3 of stage final"):
        again(tmp_path / "first.recording", **RING, budget=qopt.Budget(evaluations=3))
    assert again(tmp_path / "first.recording", **RING).value == first.value
    answered = [record for record in read(tmp_path / "elsewhere" / "second").records if isinstance(record, Answered)]
    assert len(answered) == 7


def test_the_same_run_is_the_same_file(tmp_path: Path) -> None:
    """A recording depends on nothing but what was recorded, so its digest names it."""
    run(tmp_path, **RING)
    qopt.record(tmp_path / "first", tmp_path / "one.recording")
    qopt.record(tmp_path / "first", tmp_path / "two.recording")
    assert (tmp_path / "one.recording").read_bytes() == (tmp_path / "two.recording").read_bytes()


def test_a_recording_is_for_its_owner_alone_until_it_is_given_away(tmp_path: Path) -> None:
    """The file's mode is that of a run folder's files."""
    run(tmp_path, **RING)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    assert (tmp_path / "first.recording").stat().st_mode & 0o777 == 0o600


def test_nothing_in_a_recording_tells_who_or_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither paths, nor host, nor user, nor the environment's secrets, in any of its parts."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "canary-c0ffee")
    where = tmp_path / "secret-place"
    run(where, **RING, optimizer=ReadsFolder(str(where / "data")))
    recording = qopt.record(where / "first", tmp_path / "first.recording")
    text = b"".join(recording._archive.read(name) for name in recording._archive.namelist())
    for word in ("canary-c0ffee", "secret-place", str(tmp_path), socket.gethostname(), f"/{getpass.getuser()}/"):
        assert word.encode() not in text
    assert b'"data"' in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4, "optimizer": wander}, "call 0 of stage main asks for the points"),
        ({"start": [0.1, 0.2]}, r"asks for the points \(0.1, 0.2\), recorded is"),
        ({"budget": qopt.Budget(evaluations=9)}, "it ends after 6 calls: set budget.evaluations to 6"),
        ({"objective": qopt.Sampled(64)}, "is of another run, which differs in the objective"),
        ({"objective": qopt.Expectation(128)}, "is of another run, which differs in the objective"),
        ({"problem": qopt.MaxCut(EDGES[:4])}, "is of another run, which differs in the ansatz"),
    ],
)
def test_another_question_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    """With the stage, the call and what to do, and never answered by what was measured for another one."""
    run(tmp_path, **RING)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    with pytest.raises(InputError, match=message) as refused:
        again(tmp_path / "first.recording", **{**RING, **changes})
    assert refused.value.where == ("execution", "backend")


def test_a_run_stops_again_where_its_budget_stopped_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the budget was one of time, of which a recording takes none; under another budget it has something left to ask."""
    budget = qopt.Budget(wall=2.5)
    monkeypatch.setattr(Ledger, "wall", property(lambda ledger: float(ledger.calls("main"))))
    first = run(tmp_path, **RING, budget=budget)
    qopt.record(tmp_path / "first", tmp_path / "first.recording")
    monkeypatch.setattr(Ledger, "wall", property(lambda _: 0.0))
    second = again(tmp_path / "first.recording", **RING, budget=budget)
    assert second == replace(first, name="second", engine=f"a recording of {first.engine}")
    assert second.evaluations == 3
    with pytest.raises(InputError, match=r"it ends after 3 calls: set budget\.evaluations to 3"):
        again(tmp_path / "first.recording", **RING, budget=qopt.Budget(wall=3600.0), name="third")


def test_another_recording_is_another_run(tmp_path: Path) -> None:
    """A run folder does not go on with a file of other content, whatever its name."""
    for name, seed in (("first", 3), ("other", 4)):
        run(tmp_path, **RING, seed=seed, name=name)
    file = tmp_path / "a.recording"
    qopt.record(tmp_path / "first", file)
    again(file, **RING)
    qopt.record(tmp_path / "other", file)
    with pytest.raises(IdentityError, match="the backend"):
        again(file, **RING)


def test_a_run_without_answers_can_t_be_recorded(tmp_path: Path) -> None:
    """It says so, and leaves no file."""
    with qopt.journal.Journal.open(tmp_path / "empty"):
        pass
    with pytest.raises(InputError, match="has no answers to record yet"):
        qopt.record(tmp_path / "empty", tmp_path / "empty.recording")
    with pytest.raises(StorageError, match="there is no journal"):
        qopt.record(tmp_path / "nowhere")
    assert not (tmp_path / "empty.recording").exists()


@pytest.fixture
def noisy() -> qopt.Execution:
    """A simulator whose only noise is that of reading, another one for each qubit."""
    model = NoiseModel()
    for qubit, (one, zero) in enumerate(READOUT):
        model.add_readout_error(ReadoutError([[1 - one, one], [zero, 1 - zero]]), [qubit])
    return qopt.Execution(backend=AerSimulator(noise_model=model))


def test_reported_readout_errors_are_recorded(noisy: qopt.Execution, tmp_path: Path) -> None:
    """For each variable those of the qubit that it is measured on, as the noise has them."""
    run(tmp_path, **RING, optimizer=qopt.MeasureStart(), execution=noisy)
    frozen = qopt.record(tmp_path / "first").frozen
    assert frozen.readout == tuple(READOUT[qubit] for qubit in frozen.layout)


def test_a_readout_correction_is_unbiased(noisy: qopt.Execution, tmp_path: Path) -> None:
    """On a simulated channel the corrected mean lies within 3 of its standard errors of the mean without noise; the raw one does not."""
    start = {"problem": qopt.MaxCut(EDGES), "optimizer": qopt.MeasureStart()}
    true = run(tmp_path, **start, objective=qopt.Exact(), name="exact").value
    run(tmp_path, **start, objective=qopt.Sampled(50_000), execution=noisy)
    recording = qopt.record(tmp_path / "first")
    raw = qopt.decode(recording)[0]
    mended = qopt.decode(recording, readout=recording.frozen.readout)[0]
    assert abs(mended.values[0] - true) < 3 * mended.stderrs[0]
    assert abs(raw.values[0] - true) > 10 * raw.stderrs[0]
    assert raw.stderrs[0] < mended.stderrs[0] < 1.6 * raw.stderrs[0]


@pytest.mark.parametrize(
    ("case_name", "options"), [("a CVaR", {"readout": READOUT}), ("groups", {"cvar": 0.1}), ("groups", {"readout": READOUT})]
)
def test_what_can_t_be_decoded_is_refused(case_name: str, options: dict[str, Any], tmp_path: Path) -> None:
    """Expectations have no strings, and a CVaR can't be corrected."""
    run(tmp_path, **CASES[case_name])
    with pytest.raises(InputError, match="record a run with objective"):
        qopt.decode(qopt.record(tmp_path / "first"), **options)


def test_a_mean_of_a_cvar_run_s_strings_can_be_corrected(tmp_path: Path) -> None:
    """With an alpha of 1 the strings of any sampled run do; without errors the correction changes nothing."""
    run(tmp_path, **CASES["a CVaR"])
    recording = qopt.record(tmp_path / "first")
    plain = qopt.decode(recording, cvar=1.0)
    mended = qopt.decode(recording, cvar=1.0, readout=[(0.0, 0.0)] * 5)
    for one, two in zip(plain, mended, strict=True):
        assert two.values == pytest.approx(one.values, rel=1e-12)
        assert two.stderrs == pytest.approx(one.stderrs, rel=1e-12)
