"""Estimated fidelities and durations are those of the device's own figures, added up by hand."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qopt.execution.fidelity import describe, record_seed, reports_errors

TARGET = FakeManilaV2().target


def error(name: str, *qubits: int) -> float:
    """What the device reports."""
    return float(TARGET[name][qubits].error)


def lasts(name: str, *qubits: int) -> float:
    """Seconds."""
    return float(TARGET[name][qubits].duration)


def layers() -> QuantumCircuit:
    """Three layers of rotations and couplings."""
    circuit = QuantumCircuit(4)
    for layer in range(3):
        for qubit in range(4):
            circuit.rx(0.1 + layer, qubit)
        for qubit in range(3):
            circuit.rzz(0.3, qubit, qubit + 1)
    return circuit


def test_the_fidelity_is_the_product_over_gates_and_measurements() -> None:
    """Two qubits, three gates, one measurement."""
    circuit = QuantumCircuit(2, 1)
    circuit.sx(0)
    circuit.cx(0, 1)
    circuit.rz(Parameter("theta"), 1)
    circuit.measure(1, 0)
    placement = describe(circuit, TARGET, qubits=[2, 3], measured=[0, 1])
    expected = (1 - error("sx", 2)) * (1 - error("cx", 2, 3)) * (1 - error("measure", 3))
    assert placement.fidelity == pytest.approx(expected)
    assert (placement.two_qubit_gates, placement.depth) == (1, 4)


def test_measurements_that_an_estimator_puts_in_count() -> None:
    """A circuit without measurements is as good as the same with them."""
    bare = QuantumCircuit(3)
    bare.cx(0, 1)
    measured = QuantumCircuit(3, 2)
    measured.cx(0, 1)
    measured.measure([2, 0], [0, 1])
    places = {"qubits": [1, 2, 3], "measured": [2, 0]}
    assert describe(bare, TARGET, **places).fidelity == pytest.approx(describe(measured, TARGET, **places).fidelity)
    assert describe(bare, TARGET, **places).duration == describe(measured, TARGET, **places).duration


def test_a_gate_begins_when_its_qubits_are_free() -> None:
    """The duration is that of the longest chain, whatever runs beside it."""
    circuit = QuantumCircuit(4, 4)
    circuit.cx(0, 1)
    circuit.x(2)
    circuit.cx(1, 2)
    circuit.measure(range(4), range(4))
    chain = lasts("cx", 0, 1) + lasts("cx", 1, 2)
    expected = max(chain + lasts("measure", 1), chain + lasts("measure", 2), lasts("cx", 0, 1) + lasts("measure", 0), lasts("measure", 3))
    assert describe(circuit, TARGET, qubits=range(4), measured=range(4)).duration == pytest.approx(expected)


def test_the_duration_is_that_of_qiskit_s_own_scheduler() -> None:
    """As soon as possible, to within the rounding to the device's time step."""
    circuit = transpile(layers(), FakeManilaV2(), seed_transpiler=1)
    scheduled = transpile(circuit, FakeManilaV2(), scheduling_method="asap", optimization_level=0)
    placement = describe(circuit, TARGET, qubits=range(5), measured=[])
    assert placement.duration == pytest.approx(scheduled.estimate_duration(TARGET), rel=1e-6)


def test_what_is_not_reported_is_not_made_up() -> None:
    """Without a device there is neither a fidelity nor a duration; the gates are counted."""
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    placement = describe(circuit, None, qubits=[0, 1], measured=[0, 1])
    assert (placement.fidelity, placement.duration, placement.two_qubit_gates) == (None, None, 1)
    assert not reports_errors(None)
    assert reports_errors(TARGET)


def test_the_seed_comes_from_the_circuit() -> None:
    """It travels in the metadata, beside what is there already."""
    circuit = QuantumCircuit(1, metadata={"mine": 1})
    record_seed(circuit, 7)
    assert describe(circuit, TARGET, qubits=[0], measured=[]).seed == 7
    assert circuit.metadata["mine"] == 1


@pytest.mark.parametrize("text", ["1 two-qubit gates", "depth 1", "estimated fidelity 0.9", "transpiler seed 3"])
def test_a_placement_reads_as_a_sentence(text: str) -> None:
    """What the plan prints."""
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    record_seed(circuit, 3)
    assert text in str(describe(circuit, TARGET, qubits=[0, 1], measured=[0, 1]))
