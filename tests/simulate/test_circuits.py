"""The engine for any circuit against Qiskit's own Statevector."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from tests.simulate.drawing import NAMES, circuits, energy_of, operators, points, state_of

from qopt import hardware_efficient
from qopt.errors import InputError
from qopt.simulate import CircuitEngine, statevector
from qopt.simulate import circuits as room

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Lightning is optional, so what it must answer is asked of it where it is installed.
KINDS = [False, True] if find_spec("pennylane_lightning") else [False]


@pytest.mark.parametrize("adjoint", KINDS)
@settings(max_examples=30)
@given(circuit=circuits(), operator=operators(), at=points(3))
def test_energies_are_those_of_the_state(
    adjoint: bool,  # noqa: FBT001 - pytest's way
    circuit: QuantumCircuit,
    operator: SparsePauliOp,
    at: NDArray[np.float64],
) -> None:
    """Every gate that qiskit can write in plain ones is simulated, whatever its angles' expressions."""
    engine = CircuitEngine(circuit, NAMES, operator, adjoint=adjoint)
    assert np.allclose(engine.energies(at), [energy_of(circuit, NAMES, point, operator) for point in at], atol=1e-12)


@pytest.mark.parametrize("adjoint", KINDS)
@settings(max_examples=20)
@given(circuit=circuits(), operator=operators(), at=points(3))
def test_gradients_are_those_of_differences(
    adjoint: bool,  # noqa: FBT001 - pytest's way
    circuit: QuantumCircuit,
    operator: SparsePauliOp,
    at: NDArray[np.float64],
) -> None:
    """Shifted gates and the adjoint method both differentiate, through linear and curved expressions."""
    engine = CircuitEngine(circuit, NAMES, operator, adjoint=adjoint)
    energies, gradients = engine.gradients(at)
    steps = 1e-5 * np.eye(3)
    for point, energy, gradient in zip(at, energies, gradients, strict=True):
        differences = (engine.energies(point + steps) - engine.energies(point - steps)) / 2e-5
        assert energy == pytest.approx(energy_of(circuit, NAMES, point, operator), abs=1e-12)
        assert np.allclose(gradient, differences, atol=1e-8)


def test_one_gradient_is_the_first_of_many() -> None:
    """`gradient` of a point is `gradients` of it alone."""
    ansatz = hardware_efficient(4, 2)
    engine = CircuitEngine(ansatz.circuit, ansatz.parameters, SparsePauliOp(["XXII", "IZZI", "IIZZ"]), adjoint=False)
    at = np.random.default_rng(0).uniform(-1.0, 1.0, (3, 12))
    energy, gradient = engine.gradient(at[1])
    energies, gradients = engine.gradients(at)
    assert energy == energies[1]
    assert np.array_equal(gradient, gradients[1])


def test_the_order_of_parameters_is_the_callers() -> None:
    """Columns of a point are those of the names given, not those of Qiskit, which sorts."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("b"), 0)
    circuit.rz(Parameter("a"), 0)
    at = np.array([[0.4, 0.9]])
    assert CircuitEngine(circuit, ("b", "a"), SparsePauliOp("Z"), adjoint=False).energies(at) == pytest.approx(np.cos(0.4))


def test_threads_change_no_bit() -> None:
    """Points share no arithmetic, so that they may be simulated at the same time."""
    ansatz = hardware_efficient(5, 2)
    at = np.random.default_rng(0).uniform(-1.0, 1.0, (9, 15))
    one, two = (
        CircuitEngine(ansatz.circuit, ansatz.parameters, SparsePauliOp(["XXIII", "IZZYY"]), threads=n, adjoint=False) for n in (1, 2)
    )
    assert np.array_equal(one.energies(at), two.energies(at))


def test_an_observable_without_a_matrix_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a sparse matrix would be too large, terms are applied one flip after the other."""
    operator = SparsePauliOp(["XXY", "IZZ", "ZXY", "YII"], [0.5, 1.0, -2.0, 0.3])
    state = state_of(hardware_efficient(3).circuit, [f"theta_{k}" for k in range(9)], np.linspace(-1.0, 1.0, 9))
    whole = statevector.Observable(operator).moments(state)
    monkeypatch.setattr(statevector, "_MATRIX_ENTRIES", 0)
    assert np.allclose(statevector.Observable(operator).moments(state), whole, atol=1e-14)
    squared = float(np.vdot(state, (operator @ operator).to_matrix() @ state).real)
    assert whole[1] == pytest.approx(squared - whole[0] ** 2)


def test_samples_have_qubit_i_in_bit_i() -> None:
    """|q2 q1 q0> = |100> is basis state 4."""
    circuit = QuantumCircuit(3)
    circuit.x(2)
    engine = CircuitEngine(circuit, (), SparsePauliOp("ZII"), adjoint=False)
    assert (engine.samples(np.empty((2, 0)), 3, np.random.default_rng(0)) == 4).all()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for the adjoint method learns which extra brings it."""
    monkeypatch.setattr(room, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"qopt-vqa\[adjoint\]"):
        CircuitEngine(QuantumCircuit(1), (), SparsePauliOp("Z"), adjoint=True)


@pytest.mark.parametrize(("name", "qubits"), [("reset", 0), ("measure", (0, 0))])
def test_what_is_no_gate_is_refused(name: str, qubits: object) -> None:
    """An exact state is that of a unitary circuit."""
    circuit = QuantumCircuit(1, 1)
    getattr(circuit, name)(*qubits if isinstance(qubits, tuple) else (qubits,))
    circuit.h(0)
    with pytest.raises(InputError, match="gates alone"):
        CircuitEngine(circuit, (), SparsePauliOp("Z"))


def test_a_parameter_without_a_column_is_refused() -> None:
    """A point has a column for every parameter of the circuit."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    with pytest.raises(InputError, match="'a'"):
        CircuitEngine(circuit, (), SparsePauliOp("Z"))
