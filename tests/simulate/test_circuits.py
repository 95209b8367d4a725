"""The engine for any circuit against Qiskit's own Statevector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp, Statevector
from tests.simulate.drawing import NAMES, circuits, energy_of, operators, points, state_of

from qopt import hardware_efficient
from qopt.errors import InputError
from qopt.simulate import CircuitEngine, statevector
from qopt.simulate import circuits as room

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Lightning is optional, so what it must answer is asked of it where it is installed.
KINDS = [False, pytest.param(True, marks=pytest.mark.extra)]


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
    monkeypatch.setattr(statevector, "MATRIX_ENTRIES", 0)
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


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("initialize", ([0.0, 1.0], 1)),
        ("initialize", ("+l", [0, 1])),
        ("initialize", (2, [0, 1])),
        ("initialize", (np.array([0.5, 0.5j, -0.5, 0.5]), [0, 1])),
        ("delay", (10, 0)),
        ("barrier", ()),
        ("reset", (1,)),
    ],
)
def test_a_qubits_start_may_be_prepared(name: str, arguments: tuple[object, ...]) -> None:
    """What `initialize` and `reset` do to a fresh qubit is gates or nothing, and waiting is nothing; Qiskit agrees on the state."""
    circuit = QuantumCircuit(2)
    getattr(circuit, name)(*arguments)
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 1)
    circuit.delay(5, 1, unit="ns")
    operator, point = SparsePauliOp(["ZI", "XY", "IX"], [1.0, 0.5, 0.25]), np.array([0.4])
    wanted = Statevector(_without_delays(circuit).assign_parameters([0.4])).expectation_value(operator).real
    assert CircuitEngine(circuit, ("a",), operator, adjoint=False).energies(point[None]) == pytest.approx(wanted)


def _without_delays(circuit: QuantumCircuit) -> QuantumCircuit:
    out = circuit.copy_empty_like()
    out.data = [instruction for instruction in circuit.data if instruction.operation.name != "delay"]
    return out


def test_the_part_of_a_circuit_may_prepare_a_fresh_qubit() -> None:
    """A reset is found within instructions made of circuits too."""
    part, circuit = QuantumCircuit(1), QuantumCircuit(2)
    part.reset(0)
    part.x(0)
    circuit.h(0)
    circuit.append(part.to_instruction(), [1])
    assert CircuitEngine(circuit, (), SparsePauliOp("ZI"), adjoint=False).energies(np.empty((1, 0))) == pytest.approx(-1.0)


@pytest.mark.parametrize("append", [lambda circuit: circuit.reset(0), lambda circuit: circuit.initialize([0.0, 1.0], 0)])
def test_a_reset_after_gates_is_refused(append: Callable[[QuantumCircuit], None]) -> None:
    """A qubit that may be entangled has no state of its own to be reset to: the sentence says what to write instead."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    append(circuit)
    with pytest.raises(InputError, match=r"resets qubit 0 after gates on it, by reset or initialize.*prepare_state"):
        CircuitEngine(circuit, (), SparsePauliOp("ZI"))


def test_a_measurement_before_the_end_is_refused() -> None:
    """An exact state is that of gates."""
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    circuit.h(0)
    with pytest.raises(InputError, match="'measure', expected gates alone"):
        CircuitEngine(circuit, (), SparsePauliOp("Z"))


def test_an_instruction_that_no_gates_stand_for_is_refused() -> None:
    """Aer's own instructions among them."""
    circuit = QuantumCircuit(1)
    circuit.set_statevector([0.0, 1.0])
    circuit.h(0)
    with pytest.raises(InputError, match=r"'set_statevector'.*expected gates alone"):
        CircuitEngine(circuit, (), SparsePauliOp("Z"))


def test_a_parameter_without_a_column_is_refused() -> None:
    """A point has a column for every parameter of the circuit."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    with pytest.raises(InputError, match="'a'"):
        CircuitEngine(circuit, (), SparsePauliOp("Z"))
