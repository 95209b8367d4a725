"""What a job is predicted to cost: the documented formula, with the durations of the circuit that runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Delay, Measure, Parameter
from qiskit.circuit.library import CXGate, RZGate, SXGate, XGate
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import InstructionProperties, Target

from qopt.execution.backends import resolve
from qopt.execution.mitigation import Mitigation, Pec, Zne
from qopt.planning.cost import REP_DELAY, Extra, Timing, duration, executions, extra_of, job_seconds, rep_delay_of, timing_of
from qopt.programs import Frozen, Program, Pub

SX, CX, MEASURE = 30e-9, 400e-9, 1e-6


def target() -> Target:
    """Three qubits in a row, of which the last is twice as slow."""
    made = Target(num_qubits=3, dt=1e-9)
    slow = {0: 1.0, 1: 1.0, 2: 2.0}
    made.add_instruction(RZGate(Parameter("t")), {(q,): InstructionProperties(duration=0.0) for q in slow})
    made.add_instruction(SXGate(), {(q,): InstructionProperties(duration=SX * factor) for q, factor in slow.items()})
    made.add_instruction(XGate(), {(q,): None for q in slow})
    made.add_instruction(CXGate(), {pair: InstructionProperties(duration=CX) for pair in ((0, 1), (1, 2))})
    made.add_instruction(Measure(), {(q,): InstructionProperties(duration=MEASURE) for q in slow})
    made.add_instruction(Delay(Parameter("t")), {(q,): None for q in slow})
    return made


def program(*, points: int, shots: int, pubs: int = 1) -> Program:
    """PUBs of one parameter."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("t"), 0)
    frozen = Frozen(circuit, ("t",), (0,), (0,), (), 0.0)
    return Program(tuple(Pub(frozen, np.zeros((points, 1)), (SparsePauliOp("Z"),), shots) for _ in range(pubs)), 1)


def test_gates_on_different_qubits_run_at_the_same_time() -> None:
    """The duration is that of the longest path, and not the sum of all gates."""
    circuit = QuantumCircuit(3, 3)
    circuit.sx([0, 1, 2])
    circuit.cx(0, 1)
    circuit.measure([0, 1, 2], [0, 1, 2])
    assert duration(circuit, target(), qubits=range(3), measured=range(3)) == pytest.approx(SX + CX + MEASURE)


def test_a_reduced_circuit_is_timed_by_the_device_s_own_qubits() -> None:
    """The circuit's qubit 0 may be the device's slow qubit 2."""
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    assert duration(circuit, target(), qubits=(2,), measured=(0,)) == pytest.approx(2 * SX + MEASURE)


def test_an_estimator_s_circuit_is_measured_too() -> None:
    """It has no measurement of its own: a change of basis and one are added to every qubit that holds a variable."""
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    assert duration(circuit, target(), qubits=(0, 1), measured=(0, 1)) == pytest.approx(CX + SX + MEASURE)


@pytest.mark.parametrize(("amount", "unit"), [(500, "dt"), (0.5, "us"), (500, "ns"), (5e-7, "s")])
def test_a_delay_takes_its_time_in_every_unit(amount: float, unit: str) -> None:
    """Half a microsecond, however it is written."""
    circuit = QuantumCircuit(1, 1)
    circuit.delay(amount, 0, unit)
    circuit.measure(0, 0)
    assert duration(circuit, target(), qubits=(0,), measured=(0,)) == pytest.approx(5e-7 + MEASURE)


def test_what_has_no_duration_takes_no_time() -> None:
    """A gate without a known duration, or one that the target doesn't have."""
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.h(0)
    circuit.measure(0, 0)
    assert duration(circuit, target(), qubits=(0,), measured=(0,)) == pytest.approx(MEASURE)


def test_executions_are_points_times_shots_of_every_pub() -> None:
    """Each group of commuting terms is a PUB, and a circuit for each point."""
    assert executions(program(points=5, shots=1000, pubs=3)) == 15_000


def test_a_job_costs_its_overhead_and_its_executions() -> None:
    """IBM's quick formula, 2 + 0.00035 for each execution, where the circuit lasts 100 microseconds."""
    assert job_seconds(program(points=2, shots=10_000), Timing(duration=100e-6)) == pytest.approx(2 + 0.00035 * 20_000)


def test_the_timing_of_a_device_is_its_own() -> None:
    """Repetition delay and measurement come from the device: FakeWashingtonV2 waits 150 microseconds between shots."""
    backend = resolve("fake_fez")
    assert backend is not None
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    frozen = Frozen(circuit, (), (0,), (7,), (), 0.0)
    assert timing_of(frozen, backend) == Timing(backend.target["measure"][7,].duration, 250e-6)
    washington = resolve("fake_washington")
    assert washington is not None
    assert timing_of(replace(frozen, device_qubits=(3,)), washington).rep_delay == pytest.approx(150e-6)


def test_error_mitigation_makes_more_of_a_job() -> None:
    """Three noise factors triple the executions, and learning the readout comes on top of each job, both by the chosen delay."""
    backend = resolve("fake_fez")
    assert backend is not None
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    timing = timing_of(Frozen(circuit, (), (0,), (7,), (), 0.0), backend, Extra(repeats=3.0, learned=500, rep_delay=1e-4))
    shot = 1e-4 + backend.target["measure"][7,].duration
    assert job_seconds(program(points=2, shots=1000), timing) == pytest.approx(2.0 + shot * (3 * 2000 + 500))


@pytest.mark.parametrize(
    ("mitigation", "sampler", "extra"),
    [
        (Mitigation(), False, Extra()),
        (Mitigation(preset="light"), False, Extra(learned=500)),
        (Mitigation(preset="full"), False, Extra(repeats=3.0, learned=500)),
        (Mitigation(preset="full", zne=Zne(noise_factors=(1.0, 1.5, 2.0, 3.0))), False, Extra(repeats=4.0, learned=500)),
        (Mitigation(pec=Pec(enable=True)), False, Extra(repeats=100.0)),
        (Mitigation(pec=Pec(enable=True, max_overhead=7.0)), False, Extra(repeats=7.0)),
        (Mitigation(preset="full", rep_delay=1e-4), True, Extra(rep_delay=1e-4)),
    ],
    ids=str,
)
def test_what_mitigation_adds_is_known_beforehand(mitigation: Mitigation, sampler: bool, extra: Extra) -> None:  # noqa: FBT001 - a parameter
    """ZNE repeats for every noise factor, PEC as often as it may, TREX learns; a Sampler has nothing of that but the delay."""
    assert extra_of(mitigation, sampler=sampler, shots=500) == extra


def test_a_device_that_tells_no_repetition_delay_gets_the_usual_one() -> None:
    """FakeEssex is from before it was told."""
    essex = resolve("fake_essex")
    assert essex is not None
    assert rep_delay_of(essex) == REP_DELAY
