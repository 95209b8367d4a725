"""Circuits that are QAOA are told from those that are nearly so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import qaoa_ansatz
from qiskit.quantum_info import SparsePauliOp
from tests.simulate.drawing import operators, points, state_of

from qopt import qaoa
from qopt.simulate import alternating_layers

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy
    from numpy.typing import NDArray

    from qopt.simulate.recognise import Recognised


def diagonal(qubits: int = 4) -> SearchStrategy[SparsePauliOp]:
    """Costs that are no constant."""
    return operators(qubits, "IZ").filter(lambda operator: operator.paulis.z.any())


def state_of_layers(found: Recognised, point: NDArray[np.float64]) -> NDArray[np.complex128]:
    """`prod_l exp(-i beta_l sum X) exp(+i gamma_l cost) |+>`, factor by factor."""
    n = found.structure.cost.variables
    bits = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    energies = found.structure.cost.energies(bits.astype(np.uint8))
    state = np.full(1 << n, 2.0 ** (-n / 2), dtype=np.complex128)
    angles = found.angles(point[None, :])[0]
    for gamma, beta in zip(angles[: found.structure.layers], angles[found.structure.layers :], strict=True):
        state = state * np.exp(1j * gamma * energies)
        for qubit in range(n):
            state = np.cos(beta) * state - 1j * np.sin(beta) * state[np.arange(1 << n) ^ 1 << qubit]
    return state


def same(found: Recognised, circuit: QuantumCircuit, names: list[str], point: NDArray[np.float64]) -> bool:
    """Whether the states agree up to a global phase."""
    return bool(abs(abs(np.vdot(state_of_layers(found, point), state_of(circuit, names, point))) - 1.0) < 1e-12)


@st.composite
def written(draw: DrawFn) -> tuple[QuantumCircuit, list[str]]:
    """QAOA circuits as different hands write them."""
    operator, layers = draw(diagonal()), draw(st.integers(1, 3))
    if draw(st.booleans()):
        circuit = qaoa(operator, layers).circuit
    else:
        circuit = qaoa_ansatz(operator, layers).decompose(reps=draw(st.integers(1, 3)))
    return circuit, [parameter.name for parameter in circuit.parameters]


@settings(max_examples=40)
@given(written(), points(6, 1))
def test_recognised_circuits_have_the_same_state(drawn: tuple[QuantumCircuit, list[str]], at: NDArray[np.float64]) -> None:
    """Qopt's own circuits and Qiskit's, undecomposed and taken apart."""
    circuit, names = drawn
    found = alternating_layers(circuit, names)
    assert found is not None
    assert same(found, circuit, names, at[0, : len(names)])


@settings(max_examples=60)
@given(written(), st.data())
def test_a_gate_less_or_another_angle_is_never_taken_for_the_same(drawn: tuple[QuantumCircuit, list[str]], data: st.DataObject) -> None:
    """A circuit with one gate left out, moved or turned further is refused, or is what the recognised layers say."""
    circuit, names = drawn
    place = data.draw(st.integers(0, len(circuit.data) - 1))
    change = data.draw(st.sampled_from(["drop", "swap", "turn", "fix"]))
    changed = circuit.copy_empty_like()
    gates = list(circuit.data)
    if change == "swap":
        gates[place], gates[place - 1] = gates[place - 1], gates[place]
    for index, gate in enumerate(gates):
        if index == place and change == "drop":
            continue
        changed.append(gate)
        if index == place and change == "turn":
            changed.rz(0.1, gate.qubits[0])
        if index == place and change == "fix":
            changed.x(gate.qubits[0])
    found = alternating_layers(changed, names)
    if found is not None:
        assert same(found, changed, names, data.draw(points(len(names), 1))[0])


def _two_layers(**changed: float) -> QuantumCircuit:
    """Two layers on a path of three qubits, with a gate or an angle that can be changed."""
    one = {"weight": 2.0, "field": 0.5, "beta": 2.0, "start": 3, "shared": 0} | changed
    gammas, betas = [Parameter("g1"), Parameter("g2")], [Parameter("b1"), Parameter("b2")]
    circuit = QuantumCircuit(3)
    circuit.h(range(int(one["start"])))
    for layer in range(2):
        gamma = gammas[0] if one["shared"] and layer else gammas[layer]
        circuit.rzz(1.0 * gamma, 0, 1)
        circuit.rzz((one["weight"] if layer else 2.0) * gamma, 1, 2)
        circuit.rz((one["field"] if layer else 0.5) * gamma, 2)
        circuit.rx(2.0 * betas[layer], [0, 1])
        circuit.rx((one["beta"] if layer else 2.0) * betas[layer], 2)
    return circuit


@pytest.mark.parametrize("changed", [{"weight": 2.0 + 1e-9}, {"field": 0.0}, {"beta": 1.999}, {"start": 2}])
def test_a_layer_that_is_not_like_the_others_is_refused(changed: dict[str, float]) -> None:
    """One weight, field, mixer or first gate."""
    circuit = _two_layers(**changed)
    assert alternating_layers(circuit, [parameter.name for parameter in circuit.parameters]) is None


@pytest.mark.parametrize("gate", ["ry", "h", "cz", "sx"])
def test_other_gates_are_refused(gate: str) -> None:
    """Another mixer, or a gate that is no rotation about Z."""
    circuit = _two_layers()
    getattr(circuit, gate)(*{"ry": (0.2, 0), "cz": (0, 1)}.get(gate, (0,)))
    assert alternating_layers(circuit, ("g1", "g2", "b1", "b2")) is None


def test_a_permutation_at_the_end_is_refused() -> None:
    """Its samples would be those of other qubits."""
    circuit = _two_layers()
    circuit.swap(0, 1)
    assert alternating_layers(circuit, ("g1", "g2", "b1", "b2")) is None


def test_layers_may_share_a_parameter() -> None:
    """What an angle is made of is up to the circuit, as long as ratios within a layer are equal."""
    circuit = _two_layers(shared=1)
    found = alternating_layers(circuit, ("b1", "b2", "g1"))
    assert found is not None
    assert found.weights.tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert same(found, circuit, ["b1", "b2", "g1"], np.array([0.3, -0.4, 0.8]))


def test_the_cost_of_qopts_own_circuit_is_its_hamiltonian() -> None:
    """Gamma and beta are those of the ansatz, so that energies of the cost are energies of the problem."""
    operator = SparsePauliOp(["IZZ", "ZZI", "ZII"], [0.5, -1.25, 2.0])
    ansatz = qaoa(operator, 2)
    found = alternating_layers(ansatz.circuit, ansatz.parameters)
    assert found is not None
    assert sorted(found.structure.cost.coefficients.tolist()) == [-1.25, 0.5, 2.0]
    assert np.array_equal(found.weights, np.eye(4))
