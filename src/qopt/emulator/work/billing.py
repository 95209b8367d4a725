"""What a job costs: the circuits as the backend's target would schedule them, times shots, plus a fixed overhead.

The formula is the one that IBM documents for workload usage: overhead + executions x (repetition delay + circuit length).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from qopt.emulator.work import twin
from qopt.emulator.work.circuits import seconds_of
from qopt.emulator.work.job import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qiskit.circuit import Instruction
    from qiskit.transpiler import Target

    from qopt.emulator.work import estimator, executor, sampler
    from qopt.emulator.work.circuits import Loaded
    from qopt.emulator.work.options import Settings

OVERHEAD = 2.0
"""Seconds that a job takes whatever is in it."""


def of_sampler(backend: str, job: sampler.Job) -> float:
    """Seconds of a legacy Sampler's job.

    Raises:
        WorkFailed: If a delay has no length, or the one between shots is out of the backend's range.
    """
    delay = _delay(backend, job.settings.rep_delay)
    return OVERHEAD + sum(pub.executions * (duration(pub.loaded, backend) + delay) for pub in job.pubs)


def of_executor(backend: str, program: executor.Program) -> float:
    """Seconds of an executor's program, whose items say themselves how often they are executed.

    Raises:
        WorkFailed: If a delay has no length, or the one between shots is out of the backend's range.
    """
    delay = _delay(backend, program.rep_delay)
    return OVERHEAD + sum(math.prod(item.shape) * program.shots * (duration(item.loaded, backend) + delay) for item in program.items)


def of_estimator(backend: str, job: estimator.Job) -> float:
    """Seconds of a legacy Estimator's job: every group of observables at every point, and what its mitigation adds.

    Correcting the readout costs one more circuit that only measures; extrapolating to zero noise runs each circuit stretched by each
    factor; cancelling noise probabilistically is billed with the largest overhead that it is allowed.

    Raises:
        WorkFailed: If a delay has no length, or the one between shots is out of the backend's range.
    """
    settings = job.settings
    delay = _delay(backend, settings.rep_delay)
    target = twin.target_of(backend)
    total = OVERHEAD
    for pub in job.pubs:
        ready = _ends(pub.loaded, backend)
        shots = pub.shots * _overhead(settings)
        for setting in pub.settings:
            for group in setting.groups:
                measured = {
                    qubit: ready.get(qubit, 0.0) + _rotation(letter, qubit, target) + _length("measure", (qubit,), target)
                    for qubit, letter in zip(pub.qubits, reversed(group.basis), strict=True)
                }
                length = max((*ready.values(), *measured.values()), default=0.0)
                total += len(setting.points) * shots * sum(factor * length + delay for factor in settings.noise_factors or (1.0,))
        if settings.mitigates_readout:
            total += _readout_shots(settings, pub.shots) * (_longest_measurement(pub.qubits, target) + delay)
    return total


def duration(loaded: Loaded, backend: str) -> float:
    """Seconds from the first to the last instruction of a circuit, each as soon as its qubits are free."""
    return max(_ends(loaded, backend).values(), default=0.0)


def _delay(backend: str, told: float | None) -> float:
    """Seconds between two shots."""
    default, least, most = twin.rep_delays_of(backend)
    if told is not None and not least <= told <= most:
        message = f"the repetition delay {told:g} s is not in the range of {backend}, {least:g} to {most:g} s"
        raise invalid(message)
    return default if told is None else told


@lru_cache(maxsize=256)
def _ends(loaded: Loaded, backend: str) -> dict[int, float]:
    """For each qubit of a circuit that something is done to or that waits, when it is free."""
    target = twin.target_of(backend)
    places = {bit: index for index, bit in enumerate(loaded.circuit.qubits)}
    free: dict[int, float] = {}
    written: dict[int, float] = {}
    for item in loaded.circuit.data:
        qubits = tuple(places[bit] for bit in item.qubits)
        begin = max((free.get(qubit, 0.0) for qubit in qubits), default=0.0)
        begin = max((begin, *(written.get(bit, 0.0) for bit in item.clbits)))
        end = begin + _length_of(item.operation, qubits, target)
        free.update(dict.fromkeys(qubits, end))
        written.update(dict.fromkeys(item.clbits, end))
    return free


def _length_of(operation: Instruction, qubits: tuple[int, ...], target: Target) -> float:
    if operation.name == "barrier":
        return 0.0
    if operation.name == "delay":
        return seconds_of(operation, target)
    return _length(operation.name, qubits, target)


def _length(name: str, qubits: tuple[int, ...], target: Target) -> float:
    """Seconds of an instruction; nothing where the target says nothing, as of virtual rotations."""
    places = target[name] if name in target.operation_names else None
    properties = None if places is None else places.get(qubits)
    return 0.0 if properties is None or properties.duration is None else float(properties.duration)


def _rotation(letter: str, qubit: int, target: Target) -> float:
    """Seconds of the change of basis before a measurement."""
    return _length("sx" if "sx" in target.operation_names else "u2", (qubit,), target) if letter in "XY" else 0.0


def _longest_measurement(qubits: Iterable[int], target: Target) -> float:
    return max((_length("measure", (qubit,), target) for qubit in qubits), default=0.0)


def _overhead(settings: Settings) -> float:
    if not settings.get("resilience", "pec_mitigation"):
        return 1.0
    return float(settings.get("resilience", "pec", "max_overhead") or 100.0)


def _readout_shots(settings: Settings, shots: int) -> int:
    """Shots that learn the readout's errors: as many as a circuit gets, unless the options say both numbers."""
    randomizations = settings.get("resilience", "measure_noise_learning", "num_randomizations") or 32
    each = settings.get("resilience", "measure_noise_learning", "shots_per_randomization")
    return int(randomizations) * (math.ceil(shots / randomizations) if each in (None, "auto") else int(each))
