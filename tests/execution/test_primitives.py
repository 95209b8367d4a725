"""Which primitives are taken, with how many shots, and what of their answers is believed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import qiskit_ibm_runtime
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import DataBin, PrimitiveResult, PubResult
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from tests.execution.asking import ask
from tests.execution.kinds import KINDS

from qopt import Ansatz, BackendError, Execution, Expectation, InputError, Mitigation, Transpile
from qopt.execution import primitives
from qopt.execution.connect import Connections, find
from qopt.execution.executor import JobLost
from qopt.execution.isa import freeze
from qopt.execution.mitigation import Zne
from qopt.programs import Frozen, Program, Pub

Z = SparsePauliOp("Z")


def a_pub(points: int = 2) -> Pub:
    """One qubit, no parameters, two observables."""
    circuit = QuantumCircuit(1)
    return Pub(Frozen(circuit, (), (0,), (0,), ((Z, Z),), 0.0), np.zeros((points, 0)), (Z, Z), 100)


def test_legacy_primitives_come_first() -> None:
    """Where the legacy ones are there, they are taken."""
    assert primitives.choose("auto") == "legacy"


def test_the_successors_take_over_when_the_legacy_names_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without EstimatorV2 and SamplerV2 the client-side primitives are taken, and without those Aer's."""
    monkeypatch.setattr(primitives, "_find", lambda module, _name: None if module == "qiskit_ibm_runtime" else object())
    assert primitives.choose("auto") == "client"
    monkeypatch.setattr(primitives, "_find", lambda module, _name: None if module.startswith("qiskit_ibm") else object())
    assert primitives.choose("auto") == "aer"


def test_a_kind_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the key and what there is."""
    monkeypatch.setattr(primitives, "_find", lambda module, _name: object() if module == "qiskit_aer.primitives" else None)
    with pytest.raises(InputError, match=r"expected one of \['aer'\]") as refusal:
        primitives.choose("legacy")
    assert refusal.value.where == ("primitives",)


@pytest.mark.parametrize("mode", ["session", "batch", "job"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_in_every_mode_without_a_warning(kind: primitives.Kind, mode: str) -> None:
    """A qubit turned by pi/3 has <Z> = 1/2."""
    circuit = QuantumCircuit(1)
    circuit.ry(np.pi / 3, 0)
    execution = Execution(mode, "aer", kind)
    device = find(execution, exact=False)
    frozen = device.prepare(freeze(Ansatz(circuit, (), "turned"), Expectation().observables(Z), 0.0, sampled=False), Transpile())
    connections = Connections()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        executor = connections.open(device, execution, frozen)
        data = ask(executor, Expectation(4000).encode(frozen, np.zeros((1, 0)), seed=1))
    connections.close()
    estimate = Expectation(4000).decode(frozen, data, lambda bits: np.zeros(len(bits)))
    assert abs(estimate.values[0] - 0.5) < 4 * estimate.stderrs[0]


def test_a_session_is_opened_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode session is a real Session of the runtime, closed when the connections are."""
    sessions = []

    class Watched(qiskit_ibm_runtime.Session):  # type: ignore[misc]
        def __init__(self, backend: object) -> None:
            super().__init__(backend=backend)
            sessions.append(self)

    monkeypatch.setattr(qiskit_ibm_runtime, "Session", Watched)
    execution = Execution("session", "aer")
    device = find(execution, exact=False)
    connections = Connections()
    connections.open(device, execution, a_pub().frozen)
    connections.close()
    assert [session._active for session in sessions] == [False]


@pytest.mark.parametrize("shots", [2, 3, 100, 1000, 4096, 8191, 10_000_000])
def test_the_precision_asked_for_takes_exactly_the_shots(shots: int) -> None:
    """Estimators turn precision into shots by rounding 1 / precision^2 up."""
    assert np.ceil(1 / primitives._precision(shots) ** 2) == shots


@pytest.mark.parametrize(
    "evs", [np.zeros((2, 3)), np.zeros(2), np.full((2, 2), np.nan), np.full((2, 2), np.inf)], ids=["wide", "flat", "nan", "inf"]
)
def test_an_answer_of_another_shape_or_not_finite_is_refused(evs: np.ndarray) -> None:
    """Nothing is broadcast into place."""
    with pytest.raises(BackendError, match="expected"):
        primitives.read(PrimitiveResult([PubResult(DataBin(evs=evs))]), [a_pub()])


@pytest.mark.parametrize("answer", [None, "text", PrimitiveResult([])])
def test_an_answer_that_is_no_result_is_refused(answer: object) -> None:
    """The client hands over text or nothing where a result was damaged."""
    with pytest.raises(BackendError, match="expected"):
        primitives.read(answer, [a_pub()])


@pytest.mark.parametrize("backend", ["aer", "statevector"])
def test_a_job_of_another_process_is_lost(backend: str) -> None:
    """Local jobs end with their process: asking for one says so, and the run submits it again."""
    execution = Execution(backend=backend)
    executor = Connections().open(find(execution, exact=False), execution, a_pub().frozen)
    with pytest.raises(JobLost):
        executor.result("unknown", Program((), 1), tag="t")
    with pytest.raises(JobLost):
        executor.status("unknown")
    assert executor.find("unknown") is None


def an_answer(**arrays: np.ndarray) -> PrimitiveResult:
    """To `a_pub`: two points, two observables."""
    return PrimitiveResult([PubResult(DataBin(evs=np.zeros((2, 2)), shape=(2, 2), **arrays))])


def test_own_errors_come_where_mitigation_made_them() -> None:
    """TREX rescales; twirling leaves means over shots."""
    pub = Pub(a_pub().frozen, np.zeros((2, 0)), (Z, Z), 100)
    stds = np.array([[0.1, 0.2], [0.3, 0.4]])
    (answer,) = primitives.read(an_answer(stds=stds), [pub], Mitigation("light"))
    assert np.array_equal(answer["stds"], stds)
    (answer,) = primitives.read(an_answer(stds=stds), [pub], Mitigation())
    assert "stds" not in answer


def test_a_fit_without_an_error_has_that_of_a_straight_line() -> None:
    """With noise factors 1 and 3 the line at zero is 1.5 y(1) - 0.5 y(3)."""
    each = np.full((2, 2, 2), 0.2)
    mitigation = Mitigation(zne=Zne(enable=True, noise_factors=(1.0, 3.0)))
    stds = np.array([[np.inf, np.nan], [0.01, 0.9]])
    (answer,) = primitives.read(an_answer(stds=stds, stds_noise_factors=each), [a_pub()], mitigation)
    line = 0.2 * np.hypot(1.5, 0.5)
    assert answer["stds"] == pytest.approx(np.array([[line, line], [line, 0.9]]))


def test_an_error_that_is_no_number_is_not_believed() -> None:
    """Where there is no line to take instead."""
    with pytest.raises(BackendError, match="stds"):
        primitives.read(an_answer(stds=np.full((2, 2), np.nan)), [a_pub()], Mitigation("light"))


def test_aer_estimators_scatter_every_mean_as_shots_would() -> None:
    """Also of observables beside the first, each with its square behind it: independent, of the size of its own variance, by the seed."""
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("t"), 0)
    shots, points = 400, 200
    mixed = (0.6 * Z + 0.8 * SparsePauliOp("X")).simplify()
    observables = (Z, (Z @ Z).simplify(), mixed, (mixed @ mixed).simplify(), 2.0 * Z, 4.0 * (Z @ Z).simplify())
    frozen = Frozen(circuit, ("t",), (0,), (0,), (observables,), 0.0)
    seen = [
        primitives.run_aer(AerSimulator(), Program((Pub(frozen, np.ones((points, 1)), observables, shots),), seed))[0]["evs"]
        for seed in (1, 2, 1)
    ]
    np.testing.assert_array_equal(seen[0], seen[2])
    assert (seen[0][:, 0::2] != seen[1][:, 0::2]).all()
    np.testing.assert_allclose(seen[0][:, 1::2], np.tile([1.0, 1.0, 4.0], (points, 1)), atol=1e-12)
    means = np.array([np.cos(1.0), 0.6 * np.cos(1.0) + 0.8 * np.sin(1.0), 2.0 * np.cos(1.0)])
    errors = np.sqrt((np.array([1.0, 1.0, 4.0]) - means**2) / shots)
    for evs in seen[:2]:
        deviations = (evs[:, 0::2] - means) / errors
        assert np.abs(deviations.mean(axis=0)).max() < 4 / np.sqrt(points)
        assert deviations.std(axis=0) == pytest.approx(np.ones(3), abs=0.2)
        assert np.abs(np.corrcoef(deviations.T) - np.eye(3)).max() < 4 / np.sqrt(points)
