"""`qopt.run` from Python: the same call again goes on or returns what is stored, and refuses what is another run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import qopt
from qopt.errors import IdentityError, ReplayDivergence
from qopt.journal import Answered, Asked, Finished, Header, read

if TYPE_CHECKING:
    import numpy as np

    from qopt.types import Evaluate, Point

EDGES = [(0, 1, 1.0), (1, 2, 2.0), (2, 3, 1.0), (3, 4, 1.5), (4, 0, 1.0)]


def run(folder: Path, **changes: Any) -> qopt.Result:
    """Nine evaluations of COBYLA on a ring of five."""
    problem = changes.pop("problem", qopt.MaxCut(EDGES))
    options: dict[str, Any] = {
        "ansatz": problem.ansatz(1),
        "objective": qopt.Sampled(128),
        "optimizer": qopt.Scipy("COBYLA"),
        "budget": qopt.Budget(evaluations=9),
        "seed": 3,
        "name": "ring",
        "folder": folder,
    }
    return qopt.run(problem, **{**options, **changes})


def trajectory(home: Path) -> list[tuple[Any, ...]]:
    """Points, values and errors of every call of the optimizer."""
    asked = [record for record in read(home).records if isinstance(record, Asked)]
    answered = {(record.stage, record.call): record for record in read(home).records if isinstance(record, Answered)}
    return [
        (record.call, record.points, answered[record.stage, record.call].values, answered[record.stage, record.call].stderrs)
        for record in asked
        if record.stage == "main"
    ]


def test_a_result_is_told_in_the_problems_own_sense(tmp_path: Path) -> None:
    """A cut is positive, at most the maximum, and the best string has the value that it says."""
    result = run(tmp_path)
    assert 0 < result.value <= 6.5
    assert result.best is not None
    assert result.best.value == sum(w for u, v, w in EDGES if result.best.bits[u] != result.best.bits[v])
    assert result.reference is not None
    assert result.reference.value == 5.5
    assert result.approximation_ratio == pytest.approx(result.mean / 5.5)


def test_result_json_says_the_same(tmp_path: Path) -> None:
    """The file holds the result that was returned, and reads back to it."""
    result = run(tmp_path)
    assert qopt.Result.from_json(json.loads((tmp_path / "ring" / "result.json").read_text())) == result


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    """The stored result comes back, and nothing is added to the journal."""
    first = run(tmp_path)
    before = read(tmp_path / "ring").records
    assert run(tmp_path) == first
    assert read(tmp_path / "ring").records == before


def test_a_lost_result_file_is_written_again(tmp_path: Path) -> None:
    """The journal is the truth, result.json is derived."""
    run(tmp_path)
    path = tmp_path / "ring" / "result.json"
    text = path.read_text()
    path.unlink()
    run(tmp_path)
    assert path.read_text() == text


def test_a_larger_budget_goes_on_where_the_optimizer_stood(tmp_path: Path) -> None:
    """Six evaluations and then nine are the nine of one go, and end with the same result, jobs for the first end apart."""
    run(tmp_path, budget=qopt.Budget(evaluations=6))
    raised = run(tmp_path)
    direct = run(tmp_path / "other")
    assert trajectory(tmp_path / "ring") == trajectory(tmp_path / "other" / "ring")
    assert replace(raised, jobs=0, shots=0) == replace(direct, jobs=0, shots=0)


def test_a_converged_run_is_done_whatever_the_budget(tmp_path: Path) -> None:
    """COBYLA stops by itself; a larger budget has nothing to add."""
    first = run(tmp_path, budget=qopt.Budget(evaluations=200))
    assert first.converged
    assert run(tmp_path, budget=qopt.Budget(evaluations=400)) == first


def test_the_same_seed_gives_the_same_bits_elsewhere(tmp_path: Path) -> None:
    """Two folders, one trajectory."""
    assert run(tmp_path / "a") == run(tmp_path / "b")
    assert trajectory(tmp_path / "a" / "ring") == trajectory(tmp_path / "b" / "ring")


def test_another_seed_gives_other_noise(tmp_path: Path) -> None:
    """The start is the same formula, the first value is not."""
    run(tmp_path / "a")
    run(tmp_path / "b", seed=4)
    (first, *_), (other, *_) = trajectory(tmp_path / "a" / "ring"), trajectory(tmp_path / "b" / "ring")
    assert first[1] == other[1]
    assert first[2] != other[2]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"seed": 4}, "the seed: 3 there, 4 asked for"),
        ({"objective": qopt.Sampled(128, cvar=0.5)}, "the objective"),
        ({"optimizer": qopt.Scipy("COBYQA")}, "the optimizer"),
        ({"start": [0.1, 0.2]}, "the starting point"),
        ({"problem": qopt.MaxCut([*EDGES[:4], (4, 0, 1.25)])}, "the Hamiltonian"),
        ({"transpile": qopt.Transpile(level=1)}, "the transpiler's settings"),
        ({"execution": qopt.Execution(backend="statevector")}, "the backend"),
    ],
)
def test_another_run_under_the_same_name_is_refused(tmp_path: Path, change: dict[str, Any], word: str) -> None:
    """With the parts that differ, and nothing touched."""
    run(tmp_path)
    before = read(tmp_path / "ring").records
    with pytest.raises(IdentityError, match=word):
        run(tmp_path, **change)
    assert read(tmp_path / "ring").records == before


@pytest.mark.parametrize("mode", ["batch", "job", "auto"])
def test_the_mode_is_not_identity(tmp_path: Path, mode: Any) -> None:
    """Half the run in a Session and half in another mode is one trajectory."""
    run(tmp_path, budget=qopt.Budget(evaluations=6))
    run(tmp_path, execution=qopt.Execution(mode))
    run(tmp_path / "other")
    assert trajectory(tmp_path / "ring") == trajectory(tmp_path / "other" / "ring")


class Dial:
    """State that an optimizer should not have."""

    offset = 0.0


def test_an_optimizer_that_is_not_deterministic_is_found(tmp_path: Path) -> None:
    """On replay it asks for another point: the call, the distance and the environment are named."""
    dial = Dial()

    def wandering(evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:  # noqa: ARG001 - the protocol's
        evaluate(start[None, :])
        evaluate(start[None, :] + dial.offset)
        evaluate(start[None, :])
        return start

    run(tmp_path, optimizer=wandering, budget=qopt.Budget(evaluations=1))
    run(tmp_path, optimizer=wandering, budget=qopt.Budget(evaluations=2))
    dial.offset = 0.5
    with pytest.raises(ReplayDivergence, match=r"main 1: .* 0\.5 rad away.*not deterministic.*--fork"):
        run(tmp_path, optimizer=wandering, budget=qopt.Budget(evaluations=3))


def test_a_function_with_another_default_is_another_optimizer(tmp_path: Path) -> None:
    """What it closes over and its defaults are part of it, not its text alone."""

    def stepping(step: float) -> Any:
        def ask(evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:  # noqa: ARG001 - the protocol's
            evaluate(start[None, :] + step)
            return start

        return ask

    run(tmp_path, optimizer=stepping(0.1))
    run(tmp_path, optimizer=stepping(0.1))
    with pytest.raises(IdentityError, match="the optimizer"):
        run(tmp_path, optimizer=stepping(0.2))


def test_runs_without_a_name_do_not_meet(tmp_path: Path) -> None:
    """Each has a name of its own, and the same call finds its run again."""
    first, other = run(tmp_path, name=None), run(tmp_path, name=None, seed=4)
    assert first.name != other.name
    assert run(tmp_path, name=None) == first


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_the_units_of_weights_do_not_matter(tmp_path: Path, scale: float) -> None:
    """The same graph in other units is optimized alike: gamma moves in units of one over the mean weight."""
    scaled = run(tmp_path / "scaled", problem=qopt.MaxCut([(u, v, scale * w) for u, v, w in EDGES]), objective=qopt.Exact())
    plain = run(tmp_path / "plain", objective=qopt.Exact())
    assert scaled.value == pytest.approx(scale * plain.value, rel=1e-3)
    assert scaled.point == pytest.approx((plain.point[0] / scale, plain.point[1]), rel=1e-2)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"budget": {"evaluations": 5}}, ("budget",)),
        ({"ansatz": "qaoa"}, ("ansatz",)),
        ({"optimizer": "COBYLA"}, ("optimizer",)),
    ],
)
def test_a_plain_value_where_an_object_is_expected_is_refused(tmp_path: Path, change: dict[str, Any], where: tuple[str, ...]) -> None:
    """With what to write instead."""
    with pytest.raises(qopt.InputError, match="qopt") as refusal:
        run(tmp_path, **change)
    assert refusal.value.where == where


def test_the_start_is_measured_afresh_too(tmp_path: Path) -> None:
    """So that no optimizer can end below where it began without it being seen."""
    result = run(tmp_path)
    final = next(record for record in read(tmp_path / "ring").records if isinstance(record, Asked) and record.stage == "final")
    header = next(record for record in read(tmp_path / "ring").records if isinstance(record, Header))
    assert header.identity["start"] in final.points
    assert list(result.point) in final.points


def test_a_fork_begins_at_the_best_point_and_knows_its_parent(tmp_path: Path) -> None:
    """A new run beside the old one, which stays as it was."""
    run(tmp_path)
    calls = trajectory(tmp_path / "ring")
    best = min(calls, key=lambda call: call[2][0])
    fork = run(tmp_path, optimizer=qopt.MeasureStart(), fork=True)
    parent = next(record for record in read(tmp_path / "ring").records if isinstance(record, Header))
    child = next(record for record in read(tmp_path / "ring-fork").records if isinstance(record, Header))
    assert child.parent == parent.run_id
    assert list(fork.point) == best[1][0]


@pytest.mark.parametrize(
    ("budget", "limit"),
    [(qopt.Budget(evaluations=7), "evaluations"), (qopt.Budget(shots=1500), "shots")],
)
def test_no_budget_is_overrun(tmp_path: Path, budget: qopt.Budget, limit: str) -> None:
    """The final measurement's shots are part of the budget."""
    result = run(tmp_path, budget=budget, optimizer=qopt.Scipy("Nelder-Mead"))
    assert getattr(result, limit) <= getattr(budget, limit)
    assert "budget" in result.status


def test_a_wall_budget_stops_and_goes_on(tmp_path: Path) -> None:
    """Seconds are those of all parts together; without the limit it goes on."""
    stopped = run(tmp_path, budget=qopt.Budget(wall=1e-6))
    assert stopped.evaluations <= 1
    assert run(tmp_path).evaluations == 9


def test_a_budget_too_small_for_anything_is_refused_before_a_folder_exists(tmp_path: Path) -> None:
    """One evaluation and a final measurement of two is the least."""
    with pytest.raises(qopt.InputError, match="384 or more") as refusal:
        run(tmp_path, budget=qopt.Budget(shots=300))
    assert refusal.value.where == ("budget", "shots")
    assert not (tmp_path / "ring").exists()


@pytest.mark.parametrize("start", [[0.1], [0.1, 0.2, 0.3], [0.1, float("nan")]])
def test_a_start_that_does_not_fit_is_refused_before_a_folder_exists(tmp_path: Path, start: list[float]) -> None:
    """With the names of the parameters that it is for."""
    with pytest.raises(qopt.InputError) as refusal:
        run(tmp_path, start=start)
    assert refusal.value.where == ("start", "values")
    assert not (tmp_path / "ring").exists()


def test_the_final_measurement_is_fresh(tmp_path: Path) -> None:
    """The reported value is none of those that the optimizer saw."""
    result = run(tmp_path)
    assert -result.value not in [value for call in trajectory(tmp_path / "ring") for value in call[2]]


def test_checkpoint_holds_best_and_last(tmp_path: Path) -> None:
    """In the problem's own sense, with the point in the order of the names."""
    run(tmp_path)
    checkpoint = json.loads((tmp_path / "ring" / "checkpoint.json").read_text())
    calls = trajectory(tmp_path / "ring")
    best = min(calls, key=lambda call: call[2][0])
    assert checkpoint["parameters"] == ["gamma_1", "beta_1"]
    assert checkpoint["best"]["value"] == -best[2][0]
    assert checkpoint["best"]["point"] == best[1][0]
    assert checkpoint["last"]["point"] == calls[-1][1][0]


def test_finished_records_the_calls_it_rests_on(tmp_path: Path) -> None:
    """So that a later, longer run can tell that it supersedes this one."""
    run(tmp_path)
    finished = [record for record in read(tmp_path / "ring").records if isinstance(record, Finished)]
    assert [record.calls for record in finished] == [9]


@pytest.mark.parametrize("objective", [qopt.Sampled(64), qopt.Expectation(64), qopt.Exact()], ids=["sampled", "expectation", "exact"])
def test_every_objective_ends_with_a_result(tmp_path: Path, objective: Any) -> None:
    """Exact values have no error and still come with a string."""
    result = run(tmp_path, objective=objective)
    assert (result.stderr == 0.0) == isinstance(objective, qopt.Exact)
    assert (result.best is None) == isinstance(objective, qopt.Expectation)
    assert result.baseline is not None


def test_strings_from_a_hamiltonian_with_x_terms_are_refused(tmp_path: Path) -> None:
    """A bit string has no energy there."""
    problem = qopt.Operator.from_file(Path(__file__).parents[1] / "problems" / "molecules" / "h2_0.735_parity.json")
    with pytest.raises(qopt.InputError, match="use expectation or exact") as refusal:
        qopt.run(problem, objective=qopt.Sampled(64), folder=tmp_path)
    assert refusal.value.where == ("objective", "type")
