"""What a job costs before it is sent: IBM's documented estimate, with durations of the ISA circuit. What was billed is not known here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

    from qopt.programs import Frozen, Program

OVERHEAD = 2.0
"""Seconds that every job costs, whatever it runs: the constant of IBM's estimate."""

REP_DELAY = 250e-6
"""Seconds between two shots, where a backend does not tell its own."""


@dataclass(frozen=True)
class Timing:
    """How long one execution of a circuit takes on a device.

    Attributes:
        duration: Seconds from the first gate to the end of the measurement.
        rep_delay: Seconds before the next shot.
        overhead: Seconds for each job.
    """

    duration: float
    rep_delay: float = REP_DELAY
    overhead: float = OVERHEAD


def job_seconds(program: Program, timing: Timing, *, factor: float = 1.0) -> float:
    """QPU seconds that a job is expected to be billed.

    Args:
        program: The job.
        timing: Of its circuit.
        factor: How many executions error mitigation makes of one, such as the number of noise factors of ZNE.

    References:
        IBM Quantum documentation, Workload usage: overhead + (rep_delay + circuit length) * executions, "2 + 0.00035 * executions".
    """
    return seconds_for(executions(program, factor=factor), timing)


def seconds_for(executed: int, timing: Timing) -> float:
    """QPU seconds of one job with so many executions."""
    return timing.overhead + (timing.rep_delay + timing.duration) * executed


def executions(program: Program, *, factor: float = 1.0) -> int:
    """Circuits after broadcasting times shots; a PUB's observables are measured together and so are one circuit for each point."""
    return math.ceil(factor * sum(len(pub.points) * (pub.shots or 0) for pub in program.pubs))


def timing_of(frozen: Frozen, backend: BackendV2) -> Timing:
    """The timing of a frozen circuit on the backend that it was transpiled for."""
    return Timing(duration(frozen.circuit, backend.target, qubits=frozen.device_qubits, measured=frozen.layout), rep_delay_of(backend))


def rep_delay_of(backend: BackendV2) -> float:
    """Seconds between two shots as the backend's configuration has them, else the usual ones."""
    configuration = getattr(backend, "configuration", None)
    told = getattr(configuration(), "default_rep_delay", None) if callable(configuration) else None
    return REP_DELAY if told is None else float(told)


def duration(circuit: QuantumCircuit, target: Target, *, qubits: Sequence[int], measured: Sequence[int]) -> float:
    """Seconds of a circuit when every gate begins as soon as its qubits are free.

    What a target tells no duration for takes none.

    Args:
        circuit: An ISA circuit, reduced to the qubits that it uses.
        target: Tells the durations.
        qubits: `qubits[q]` is the target's number of the circuit's qubit q.
        measured: The circuit's qubits that are measured at the end, where the circuit has no measurements of its own.
    """
    free = [0.0] * circuit.num_qubits
    for item in circuit.data:
        acted = [circuit.find_bit(qubit).index for qubit in item.qubits]
        end = max((free[qubit] for qubit in acted), default=0.0) + _seconds(item, target, tuple(qubits[qubit] for qubit in acted))
        for qubit in acted:
            free[qubit] = end
    if "measure" not in circuit.count_ops():
        # An Estimator turns the basis of each qubit before it measures; on IBM's devices that takes one pulse, sx.
        for qubit in measured:
            free[qubit] += sum(_told(target, name, (qubits[qubit],)) for name in ("sx", "measure"))
    return max(free, default=0.0)


def _seconds(item: CircuitInstruction, target: Target, qubits: tuple[int, ...]) -> float:
    name = item.operation.name
    if name == "delay":
        amount, unit = float(item.operation.duration), item.operation.unit
        return amount * ((target.dt or 0.0) if unit == "dt" else {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}[unit])
    return _told(target, name, qubits)


def _told(target: Target, name: str, qubits: tuple[int, ...]) -> float:
    properties = (target[name] or {}).get(qubits) if name in target.operation_names else None
    return float(properties.duration or 0.0) if properties is not None else 0.0
