"""What a job costs before it is sent: IBM's documented estimate, with durations of the ISA circuit. What was billed is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qopt.execution.mitigation import circuits_per_value, resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

    from qopt.execution.mitigation import Mitigation
    from qopt.programs import Frozen, Program

OVERHEAD = 2.0
"""Seconds that every job costs, whatever it runs: the constant of IBM's estimate."""

REP_DELAY = 250e-6
"""Seconds between two shots, where a backend does not tell its own."""

PEC_OVERHEAD = 100.0
"""The largest factor by which PEC may multiply executions, where nothing was said."""


@dataclass(frozen=True)
class Timing:
    """How long a job takes on a device, but for the number of its executions.

    Attributes:
        duration: Seconds from the first gate to the end of the measurement.
        rep_delay: Seconds before the next shot.
        overhead: Seconds for each job.
        repeats: Executions that error mitigation makes of one.
    """

    duration: float
    rep_delay: float = REP_DELAY
    overhead: float = OVERHEAD
    repeats: float = 1.0


@dataclass(frozen=True)
class Extra:
    """What options add to a job.

    Attributes:
        repeats: Executions that are made of one, such as one for each noise factor of ZNE.
        learned: Executions with which a job begins, such as those by which TREX learns the readout errors.
        rep_delay: Seconds before the next shot, where that was chosen.
    """

    repeats: float = 1.0
    learned: int = 0
    rep_delay: float | None = None


def extra_of(mitigation: Mitigation, *, sampler: bool, shots: int) -> Extra:
    """What error mitigation adds, on the safe side where only the service knows.

    PEC may make as many executions of one as it is allowed, and TREX is taken to learn the readout errors anew for every PUB.

    Args:
        mitigation: As given.
        sampler: Whether for a Sampler, which has only the delay of it.
        shots: Of a point, all its circuits together.
    """
    what = resolved(mitigation)
    if sampler:
        return Extra(rep_delay=what.rep_delay)
    repeats = float(circuits_per_value(mitigation, sampler=False))
    if what.pec.enable:
        repeats *= what.pec.max_overhead or PEC_OVERHEAD
    return Extra(repeats, shots if what.measure_mitigation else 0, what.rep_delay)


def job_seconds(program: Program, timing: Timing) -> float:
    """QPU seconds that a job is expected to be billed.

    References:
        IBM Quantum documentation, Workload usage: overhead + (rep_delay + circuit length) * executions, "2 + 0.00035 * executions".
    """
    return seconds_for(executions(program), timing)


def seconds_for(executed: int, timing: Timing) -> float:
    """QPU seconds of one job with so many executions."""
    return timing.overhead + (timing.rep_delay + timing.duration) * executed * timing.repeats


def executions(program: Program) -> int:
    """Circuits after broadcasting times shots; a PUB's observables are measured together and so are one circuit for each point."""
    return sum(len(pub.points) * (pub.shots or 0) for pub in program.pubs)


def timing_of(frozen: Frozen, backend: BackendV2, extra: Extra | None = None) -> Timing:
    """The timing of a frozen circuit on the backend that it was transpiled for."""
    extra = extra or Extra()
    lasts = duration(frozen.circuit, backend.target, qubits=frozen.device_qubits, measured=frozen.layout)
    delay = rep_delay_of(backend) if extra.rep_delay is None else extra.rep_delay
    # What is learned has no gates, so its circuit is shorter than this one: by less than the delay, and on the safe side.
    return Timing(lasts, delay, OVERHEAD + (delay + lasts) * extra.learned, extra.repeats)


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
