"""Bit order and layout: variable i is bits[i] through transpiling, routing and reduction, on every kind of backend."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from tests.execution.asking import ask

from qopt import Ansatz, Exact, Execution, Expectation, InputError, Sampled, Transpile
from qopt.diagonal import Diagonal
from qopt.execution.connect import Connections, find
from qopt.execution.isa import check_contract, freeze
from qopt.objective import constant_of
from qopt.programs import unpack

BACKENDS = ["statevector", "aer", "fake_manila", "fake_sherbrooke"]
FIELDS = SparsePauliOp.from_sparse_list([("Z", [i], float(2**i)) for i in range(4)] + [("ZZ", [0, 3], 0.25)], num_qubits=4)


def basis_state(bits: str) -> Ansatz:
    """A circuit that prepares |bits> with entangling gates between far qubits, so that a device has to route them."""
    theta = Parameter("theta")
    circuit = QuantumCircuit(4)
    for qubit, bit in enumerate(bits):
        if bit == "1":
            circuit.rx(theta, qubit)
    for control, target in [(0, 3), (3, 1), (1, 2), (0, 2)] * 2:
        circuit.cx(control, target)
    for control, target in reversed([(0, 3), (3, 1), (1, 2), (0, 2)] * 2):
        circuit.cx(control, target)
    return Ansatz(circuit, ("theta",), "basis state")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bits", ["1000", "0100", "0011"])
def test_a_prepared_string_is_the_string_that_is_measured(backend: str, bits: str) -> None:
    """The most frequent string is the prepared one, the first character being variable 0."""
    execution = Execution(backend=backend)
    device = find(execution, exact=False)
    frozen = device.prepare(freeze(basis_state(bits), (), 0.0, sampled=True), Transpile(seed=3))
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    (answer,) = ask(executor, Sampled(200).encode(frozen, np.array([[np.pi]]), seed=5))
    connections.close()
    measured = unpack(answer["samples"][0], 4)
    strings, counts = np.unique(measured, axis=0, return_counts=True)
    assert "".join(map(str, strings[np.argmax(counts)])) == bits


@pytest.mark.parametrize("objective", [Exact(), Expectation(4000)], ids=["exact", "expectation"])
def test_observables_follow_the_layout(objective: Exact | Expectation) -> None:
    """<Z_i> with a different weight on every qubit gives the energy of the prepared string."""
    exact = isinstance(objective, Exact)
    execution = Execution(backend="statevector" if exact else "aer")
    device = find(execution, exact=exact)
    logical = freeze(basis_state("0110"), objective.observables(FIELDS), constant_of(FIELDS), sampled=False)
    frozen = device.prepare(logical, Transpile(seed=3))
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    data = ask(executor, objective.encode(frozen, np.array([[np.pi]]), seed=5))
    connections.close()
    diagonal = Diagonal.from_operator(FIELDS)
    assert diagonal is not None
    expected = diagonal.energies(np.array([[0, 1, 1, 0]], dtype=np.uint8))[0]
    assert objective.decode(frozen, data, diagonal.energies).values[0] == pytest.approx(expected, abs=1e-9)


def test_a_wide_device_is_reduced_to_the_qubits_in_use() -> None:
    """127 qubits become the few that the circuit acts on."""
    frozen = find(Execution(backend="fake_sherbrooke"), exact=False).prepare(
        freeze(basis_state("1111"), (), 0.0, sampled=True), Transpile()
    )
    assert frozen.circuit.num_qubits <= 8
    assert max(frozen.device_qubits) < 127


def test_a_reversed_energy_is_refused() -> None:
    """A problem that reads its bits from the other end is told so before anything is sent."""
    frozen = freeze(basis_state("1111"), (), 0.0, sampled=True)
    diagonal = Diagonal.from_operator(FIELDS)
    assert diagonal is not None

    def reversed_energy(bits: str) -> float:
        return float(diagonal.energies(np.array([[int(bit) for bit in reversed(bits)]], dtype=np.uint8))[0])

    with pytest.raises(InputError, match="order of bits"):
        check_contract(frozen, FIELDS, reversed_energy, diagonal.energies)


@pytest.mark.parametrize("layout", [(0, 1), (0, 0, 1, 2), (0, 1, 2, 9)])
def test_an_impossible_initial_layout_is_refused(layout: tuple[int, ...]) -> None:
    """Too short, twice the same qubit, a qubit that the device has not."""
    device = find(Execution(backend="fake_manila"), exact=False)
    with pytest.raises(InputError) as refusal:
        device.prepare(freeze(basis_state("1111"), (), 0.0, sampled=True), Transpile(initial_layout=layout))
    assert refusal.value.where == ("transpile", "initial_layout")


def test_an_initial_layout_is_kept() -> None:
    """Logical qubits begin where they were told to."""
    device = find(Execution(backend="fake_manila"), exact=False)
    ansatz = Ansatz(QuantumCircuit(2), (), "idle")
    frozen = device.prepare(freeze(ansatz, (), 0.0, sampled=True), Transpile(initial_layout=(4, 2)))
    assert [frozen.device_qubits[qubit] for qubit in frozen.layout] == [4, 2]


def test_an_unknown_backend_comes_with_a_suggestion() -> None:
    """A typo is answered with the name that was meant."""
    with pytest.raises(InputError, match="did you mean 'fake_manila'") as refusal:
        find(Execution(backend="fake_manilla"), exact=False)
    assert refusal.value.where == ("backend",)
