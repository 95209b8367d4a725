"""Circuits in parts: together they are the whole, and a qubit alone is measured as by Aer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import DensityMatrix
from tests.emulator.work import posts

from qopt.emulator.work import alone, parts, sampling, twin


@st.composite
def circuits(draw: st.DrawFn) -> QuantumCircuit:
    """Some gates on some of six qubits, and some measurements into six bits."""
    circuit = QuantumCircuit(6, 6)
    for _ in range(draw(st.integers(0, 8))):
        one, other = draw(st.permutations(range(6)))[:2]
        kind = draw(st.sampled_from(["x", "cx", "barrier", "measure"]))
        if kind == "x":
            circuit.x(one)
        elif kind == "cx":
            circuit.cx(one, other)
        elif kind == "barrier":
            circuit.barrier()
        else:
            circuit.measure(one, other)
    return circuit


@given(circuits())
def test_parts_share_nothing_and_leave_out_no_measurement(circuit: QuantumCircuit) -> None:
    """Each measured bit is in one part, no qubit in two, and a part has all that is done to its qubits."""
    found = parts.split(circuit)
    qubits = [qubit for part in found for qubit in part.qubits]
    clbits = [clbit for part in found for clbit in part.clbits]
    assert len(qubits) == len(set(qubits))
    assert sorted(clbits) == sorted({circuit.find_bit(bit).index for item in circuit.data for bit in item.clbits})
    mine = {circuit.qubits[qubit] for qubit in qubits}
    expected = [item.operation.name for item in circuit.data if item.operation.name != "barrier" and item.qubits[0] in mine]
    assert sorted(item.operation.name for part in found for item in part.circuit.data) == sorted(expected)


@given(circuits())
def test_parts_measure_what_the_whole_measures(circuit: QuantumCircuit) -> None:
    """Circuits of x and cx have one outcome, read off the whole circuit step by step."""
    state, read = [False] * 6, [False] * 6
    for item in circuit.data:
        places = [circuit.find_bit(bit).index for bit in item.qubits]
        if item.operation.name == "x":
            state[places[0]] ^= True
        elif item.operation.name == "cx":
            state[places[1]] ^= state[places[0]]
        elif item.operation.name == "measure":
            read[circuit.find_bit(item.clbits[0]).index] = state[places[0]]
    machine = sampling.Machine("fake_guadalupe", noise=False)
    (bits,) = sampling.measure(machine, [circuit], [((), np.zeros((1, 0)))], shots=3, seed=1)
    assert bits.tolist() == [[read] * 3]


@pytest.mark.parametrize("backend", ["fake_manila", "ibm_fez"])
def test_a_qubit_alone_errs_as_the_noise_model_has_it(backend: str) -> None:
    """After gates, a parameter and a delay, the probability of reading 1 is that of Aer's density matrix with the twin's noise."""
    angle = Parameter("angle")
    circuit = QuantumCircuit(3, 1)
    circuit.sx(2)
    circuit.rz(2 * angle, 2)
    circuit.sx(2)
    circuit.delay(4000, 2, "dt")
    circuit.x(2)
    circuit.measure(2, 0)
    (part,) = parts.split(circuit)
    assert alone.applies(part)
    shots, point = 400_000, np.array([[0.4]])
    bits = alone.sample(backend, part, ((angle,), point), noise=True, rng=np.random.default_rng(1), shots=shots)
    bare = part.circuit.assign_parameters({angle: 0.4})
    bare.remove_final_measurements()
    bare.save_density_matrix()
    simulator = twin.simulator(backend, part.qubits, frozenset({"sx", "x", "delay"}), noise=True)
    state = simulator.run(bare, shots=1, method="density_matrix").result().data()["density_matrix"]
    one = DensityMatrix(state).probabilities()[1]
    wrong = posts.device(backend).target["measure"][2,].error
    expected = one * (1 - wrong) + (1 - one) * wrong
    assert abs(bits.mean() - expected) < 5 * np.sqrt(expected * (1 - expected) / shots)


def test_a_qubit_alone_is_not_measured_in_the_middle() -> None:
    """Whoever measures twice, or resets, goes to the simulator."""
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    circuit.x(0)
    circuit.measure(0, 0)
    (part,) = parts.split(circuit)
    assert not alone.applies(part)
    machine = sampling.Machine("fake_manila", noise=False)
    (bits,) = sampling.measure(machine, [circuit], [((), np.zeros((1, 0)))], shots=4, seed=1)
    assert bits.tolist() == [[[True]] * 4]
