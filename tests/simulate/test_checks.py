"""What all exact engines accept and refuse alike, and what several callers of one engine get."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from tests.simulate.excitations.molecules import H2

from qopt import qaoa
from qopt.ansatze.excitations import kupccgsd
from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.simulate import CircuitEngine, ExactEstimator, ExactSampler, ExcitationEngine, QaoaEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.simulate import Engine

SIX = SparsePauliOp.from_sparse_list([("ZZ", [i, (i + 1) % 7], 0.5) for i in range(7)], 7)


def kernels(threads: int = 1) -> Engine:
    """QAOA by numba, p = 1."""
    return QaoaEngine(Diagonal.from_operator(SIX), 1, threads=threads, compiled=True)


def plain(threads: int = 1) -> Engine:
    """QAOA by numpy, p = 1."""
    return QaoaEngine(Diagonal.from_operator(SIX), 1, threads=threads, compiled=False)


def gates(threads: int = 1) -> Engine:
    """The same gate by gate."""
    ansatz = qaoa(SIX, 1)
    return CircuitEngine(ansatz.circuit, ansatz.parameters, SIX, threads=threads, adjoint=False)


def excitations(threads: int = 1) -> Engine:
    """A molecule with two parameters."""
    return ExcitationEngine(H2.integrals(), kupccgsd(2), 2, threads=threads)


ENGINES = pytest.mark.parametrize("make", [kernels, plain, gates, excitations])


@ENGINES
@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0.1, np.nan]], "a point has the angle nan, expected finite ones of at most"),
        ([[0.1, 0.2], [np.inf, 0.2]], "a point has the angle inf"),
        ([[0.1, 1e300]], r"a point has the angle 1e\+300"),
        ([[0.1, 0.2 + 0.3j]], "type complex128, expected real numbers"),
        ([["a", "b"]], "expected real numbers"),
        ([[0.1], [0.1, 0.2]], "points are no array"),
        ([[0.1, 0.2, 0.3]], r"shape \(1, 3\), expected \(k, 2\)"),
        ([0.1, 0.2], r"shape \(2,\), expected \(k, 2\)"),
        (0.1, r"shape \(\), expected \(k, 2\)"),
    ],
)
def test_the_same_points_are_refused_in_the_same_words(make: Callable[..., Engine], points: object, message: str) -> None:
    """What isn't `(k, n)` angles that a double can resolve has no energies, gradients or samples."""
    engine = make()
    for ask in (engine.energies, engine.gradients, lambda at: engine.samples(at, 3, np.random.default_rng(0))):
        with pytest.raises(InputError, match=message):
            ask(points)


@ENGINES
@pytest.mark.parametrize("point", [[0.1], [[0.1, 0.2]], [0.1, np.nan], [0.1j, 0.0]])
def test_a_wrong_point_has_no_gradient(make: Callable[..., Engine], point: list[object]) -> None:
    """One point is as long as there are parameters."""
    with pytest.raises(InputError, match=r"expected \(2,\)|finite|real"):
        make().gradient(point)


@ENGINES
def test_lists_and_whole_numbers_are_points_too(make: Callable[..., Engine]) -> None:
    """They have the answers of arrays."""
    engine, array = make(), np.array([[1.0, 2.0], [0.0, -1.0]])
    assert engine.energies([[1, 2], [0, -1]]).tolist() == engine.energies(array).tolist()
    energy, gradient = engine.gradient([1, 2])
    assert (energy, gradient.tolist()) == (engine.gradients(array)[0][0], engine.gradients(array)[1][0].tolist())


@ENGINES
@pytest.mark.parametrize("threads", [0, -3, 1.5])
def test_threads_are_a_number_of_1_or_more(make: Callable[..., Engine], threads: float) -> None:
    """No engine takes any other."""
    with pytest.raises(InputError, match=f"threads is {threads}, expected 1 or more"):
        make(threads)


@pytest.mark.parametrize("make", [ExactEstimator, ExactSampler])
def test_primitives_check_their_threads(make: Callable[..., object]) -> None:
    """When they are made, since their circuits come later."""
    with pytest.raises(InputError, match="threads is 0"):
        make(threads=0)


def test_primitives_check_their_points() -> None:
    """Also where no engine made for QAOA is at work."""
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    with pytest.raises(InputError, match="a point has the angle nan"):
        ExactEstimator().run([(circuit, "Z", [np.nan])]).result()


@pytest.mark.parametrize("unit", [1e-20, 1e20])
def test_how_large_an_angle_may_be_is_counted_in_the_hamiltonians_unit(unit: float) -> None:
    """Gammas of a Hamiltonian in small units are large ones, and what counts is how far they turn."""
    cost = Diagonal(np.full(2, unit), np.array([[True, True, False], [False, True, True]]))
    one = Diagonal(np.ones(2), cost.supports)
    wanted = QaoaEngine(one, 1).energies([[0.4, 0.3]]) * unit
    assert QaoaEngine(cost, 1).energies([[0.4 / unit, 0.3]]) == pytest.approx(wanted)
    with pytest.raises(InputError, match="expected finite ones of at most"):
        QaoaEngine(cost, 1).energies([[1e10 / unit, 0.3]])


def test_angles_of_gates_are_counted_as_they_turn() -> None:
    """Through a factor, and through an expression that isn't linear."""
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(1)
    circuit.rx(1e-12 * a, 0)
    circuit.ry(b.sin(), 0)
    engine = CircuitEngine(circuit, ("a", "b"), SparsePauliOp("Z"), adjoint=False)
    assert engine.energies([[0.5e12, 0.0]]) == pytest.approx(np.cos(0.5))
    with pytest.raises(InputError, match=r"the angle 1e\+10"):
        engine.energies([[0.0, 1e10]])


def test_a_hamiltonian_that_is_not_finite_is_refused() -> None:
    """Its energies would be no numbers, whoever computed them."""
    with pytest.raises(InputError, match="coefficient that is not finite"):
        QaoaEngine(Diagonal(np.array([1.0, np.nan]), np.eye(2, dtype=bool)), 1)
    with pytest.raises(InputError, match="coefficient that is not finite"):
        CircuitEngine(QuantumCircuit(2), (), SparsePauliOp(["ZZ", "XX"], [1.0, np.nan]))


@pytest.mark.parametrize("threads", [1, 2])
def test_callers_of_one_engine_get_their_own_answers(threads: int) -> None:
    """Three Python threads ask for different things of different points, and each gets what it would get alone."""
    supports = np.eye(14, dtype=bool) | np.roll(np.eye(14, dtype=bool), 1, axis=1)
    engine = QaoaEngine(Diagonal(np.linspace(0.5, 1.5, 14), supports), 3, threads=threads, compiled=True)
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (3, 6))
    asked = [
        lambda: engine.energies(points[:1]).tolist(),
        lambda: list(engine.gradient(points[1])[1]),
        lambda: engine.probabilities(points[2]).tolist()[:4],
    ]
    alone = [ask() for ask in asked]
    with ThreadPoolExecutor(3) as executor:
        together = list(executor.map(lambda which: asked[which](), [0, 1, 2] * 30))
    assert together == alone * 30


def test_pools_of_two_callers_are_not_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool that another caller puts in the place of one's own changes no slope."""
    pool, point = kupccgsd(2), [0.3, 0.2]
    engine = ExcitationEngine(H2.integrals(), pool, 2)
    wanted = engine.pool_gradients(point, pool).tolist()
    state = engine.state

    def interrupted(at: list[float]) -> np.ndarray:
        monkeypatch.undo()
        engine.pool_gradients(point, pool[:1])
        return state(at)

    monkeypatch.setattr(engine, "state", interrupted)
    assert engine.pool_gradients(point, pool).tolist() == wanted
