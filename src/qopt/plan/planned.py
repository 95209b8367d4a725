"""The plan of a config: its runs foretold, added up, and held against modes, plans and limits. Nothing is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import chain
from statistics import fmean
from typing import TYPE_CHECKING, Any

from qopt import forecast
from qopt.assemble import spec_of
from qopt.errors import InputError, below
from qopt.execution import primitives
from qopt.execution.backends import resolve
from qopt.execution.conflicts import acting
from qopt.execution.isa import placement_of
from qopt.optimizers.grid import Grid
from qopt.plan.parts import Part, foretell
from qopt.plan.twins import Twin, twin_of
from qopt.planning.calibration import SAFETY
from qopt.planning.modes import GAP, OPEN, PAID, Decision, PlanFacts, Work, decide
from qopt.planning.service import (
    EXECUTIONS,
    INPUT_BYTES,
    JOB_SECONDS,
    OPEN_DAYS,
    OPEN_SECONDS,
    PER_MINUTE,
    TTL_SECONDS,
    Limit,
    ModeCost,
    input_bytes,
    mode_costs,
    wall_seconds,
)
from qopt.report.text import duration
from qopt.scan import is_scan
from qopt.sweep import specs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from qiskit.providers import BackendV2

    from qopt.config import Loaded


_PAIR = 2
_OF_TWIN = ("mitigation:", "budget:")


@dataclass(frozen=True)
class Circuit:
    """The circuit as it would run; of several, the longest.

    Attributes:
        qubits: That it uses.
        depth: Layers of gates.
        two_qubit_gates: How many.
        two_qubit_depth: Layers of them.
        seconds: From the first gate to the end of the measurement.
        fidelity: The product of 1 - reported error over its instructions; None where no errors are reported.
        groups: Bases that a point is measured in.
        primitive: `Sampler` or `Estimator`.
    """

    qubits: int
    depth: int
    two_qubit_gates: int
    two_qubit_depth: int
    seconds: float
    fidelity: float | None
    groups: int
    primitive: str


@dataclass(frozen=True)
class Plan:
    """What a config would take.

    Attributes:
        name: The run's, or the sweep's.
        device: That is planned for.
        twin: The fake device that stands in for it.
        runs: How many.
        circuit: As it would run there.
        jobs: How many, final measurements included.
        least_jobs: Where every dry run that took fewest is the true one.
        most_jobs: Where every one that took most is.
        complete: Whether all jobs were counted; else there are more than `jobs`.
        points: That are measured.
        pubs: In all jobs together.
        circuits: Points times bases.
        shots: Executions of a circuit.
        seconds: QPU time, by IBM's documented estimate.
        upper: What may be billed before bills are known to go by.
        configured: The config's mode.
        decision: The mode that suits the work.
        open_decision: The one that does on the open plan.
        modes: What each mode takes.
        limits: Of the service.
        notes: What the numbers rest on.
    """

    name: str
    device: str
    twin: str
    runs: int
    circuit: Circuit
    jobs: int
    least_jobs: int
    most_jobs: int
    complete: bool
    points: int
    pubs: int
    circuits: int
    shots: int
    seconds: float
    upper: float
    configured: str
    decision: Decision
    open_decision: Decision
    modes: tuple[ModeCost, ...]
    limits: tuple[Limit, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self) | {"limits": [asdict(limit) | {"fits": limit.fits} for limit in self.limits]}


def plan(loaded: Loaded, cwd: Path) -> Plan:
    """What a config's run, or all runs of its sweep, would take on the device that it names; nothing is written, nothing is sent.

    Args:
        loaded: The config.
        cwd: The working directory; custom code is loaded from below it alone.

    Raises:
        InputError: If the config can't be run, or has nothing for a QPU to do.
    """
    config = loaded.config
    if config.objective is not None and config.objective.type == "exact":
        message = "objective exact is computed and takes no QPU time: add objective.type=sampled or objective.type=expectation to plan that"
        raise InputError(message, ("objective", "type"))
    twin = twin_of(config.execution.backend)
    execution = config.execution.model_copy(update={"backend": twin.fake})
    planned = replace(loaded, config=config.model_copy(update={"execution": execution}))
    specs = [spec_of(planned, cwd)] if config.sweep is None else specs_of(planned, cwd)
    with below("execution"):
        device = resolve(twin.fake)
    assert device is not None  # noqa: S101 - only aer has none, and has a twin
    parts = [foretell(spec, device, repetitions=forecast.REPETITIONS if config.sweep is None else 1) for spec in specs]
    return _summed(config.name, parts, twin, device, chained=is_scan(planned))


def _summed(name: str, parts: Sequence[Part], twin: Twin, device: BackendV2, *, chained: bool) -> Plan:
    """The plan of runs that are sent one after the other; chained ones begin where others ended."""
    seconds = _seconds(parts)
    modes = mode_costs(seconds, dependent=True)
    complete = all(part.asked.typical.ended != "uncounted" for part in parts)
    return Plan(
        name=name,
        device=twin.device,
        twin=twin.fake,
        runs=len(parts),
        circuit=max((_circuit(part, device) for part in parts), key=lambda circuit: circuit.seconds),
        jobs=len(seconds),
        least_jobs=sum(min(len(run.jobs) for run in part.asked.runs) + 1 for part in parts),
        most_jobs=sum(max(len(run.jobs) for run in part.asked.runs) + 1 for part in parts),
        complete=complete,
        points=sum(sum(part.points) for part in parts),
        # The final measurement asks everything twice, as PUBs of its own.
        pubs=sum(part.groups * (len(part.points) + 1) for part in parts),
        circuits=sum(sum(part.points) * part.groups for part in parts),
        shots=sum(sum(part.points) * part.shots for part in parts),
        seconds=sum(seconds),
        upper=SAFETY * sum(seconds),
        configured=parts[0].spec.execution.mode,
        decision=_decided(parts, PAID, complete=complete, chained=chained),
        open_decision=_decided(parts, OPEN, complete=complete, chained=chained),
        modes=modes,
        limits=_limits(parts, modes, qubits=device.num_qubits),
        notes=tuple(_notes(parts, twin, device)),
    )


def _circuit(part: Part, device: BackendV2) -> Circuit:
    circuit, placement = part.frozen.circuit, placement_of(part.frozen, device)
    return Circuit(
        qubits=len(part.frozen.device_qubits),
        depth=placement.depth,
        two_qubit_gates=placement.two_qubit_gates,
        two_qubit_depth=circuit.depth(lambda item: item.operation.num_qubits == _PAIR and item.operation.name != "barrier"),
        seconds=part.timing.duration,
        fidelity=placement.fidelity,
        groups=part.groups,
        primitive="Sampler" if part.spec.objective.sampled else "Estimator",
    )


def _decided(parts: Sequence[Part], facts: PlanFacts, *, complete: bool, chained: bool) -> Decision:
    """The mode for a run, whose jobs depend on each other, or for a landscape or several runs, whose jobs don't."""
    seconds = _seconds(parts)
    dependent = chained or (len(parts) == 1 and not isinstance(parts[0].spec.optimizer, Grid))
    return decide(Work(len(seconds) if complete else None, dependent=dependent, seconds=fmean(seconds)), facts)


def _seconds(parts: Sequence[Part]) -> list[float]:
    """QPU seconds of all jobs in their order."""
    return list(chain.from_iterable(part.seconds for part in parts))


def _limits(parts: Sequence[Part], modes: Sequence[ModeCost], *, qubits: int) -> tuple[Limit, ...]:
    widest = max(parts, key=lambda part: max(part.points) * part.shots)
    points = max(widest.points)
    size = input_bytes(widest.frozen, points=points, pubs=widest.groups, qubits=qubits)
    used = sum(sum(part.seconds) for part in parts)
    limits = [
        Limit(f"open plan, {OPEN_DAYS} days", used, OPEN_SECONDS, "s"),
        Limit("longest job", max(max(part.seconds) for part in parts), JOB_SECONDS, "s"),
        Limit("Session or Batch", max(cost.wall for cost in modes if cost.mode != "job"), TTL_SECONDS, "s"),
        Limit("largest input", size, INPUT_BYTES, "B"),
    ]
    if widest.spec.objective.sampled:
        limits.append(Limit("most executions", points * widest.shots, EXECUTIONS, ""))
    return tuple(limits)


def _notes(parts: Sequence[Part], twin: Twin, device: BackendV2) -> Iterator[str]:
    """What the numbers rest on, most important first."""
    if twin.note:
        yield twin.note
    first = parts[0]
    yield from dict.fromkeys(f"{shortage}; planned without that" for part in parts for shortage in part.shortages)
    if first.spec.training:
        yield "start: planned from the angles where training begins; it is trained when the run begins"
    runs = sum(len(part.asked.runs) for part in parts)
    computed = all(part.asked.computed for part in parts)
    landscape = "the exact state with shot noise" if computed else "an invented landscape, as smooth as a real one"
    times = "once" if runs == 1 else f"{runs} times"
    if parts[0].spec.course is not None:
        yield (
            "jobs: those of one optimization of the first circuit, and of the final measurement. How the circuit grows, or how many levels "
            "need how many, depends on what is measured: set budget.qpu"
        )
    else:
        yield f"jobs: counted by running the optimizer {times} on {landscape}; on a device it may ask for more or fewer"
    yield (
        f"wall time: {GAP:g} s between jobs, and {PER_MINUTE} submissions of single jobs a minute; without any queue, which nobody can "
        "foretell, and in which single jobs wait one by one"
    )
    seconds = _seconds(parts)
    slow = wall_seconds(seconds, dependent=True, limited=True)
    if slow > wall_seconds(seconds, dependent=True, limited=False):
        yield (
            f"Session: it would take, and bill, {duration(slow)}, should the limit of {PER_MINUTE} submissions a minute hold there too, "
            "which IBM leaves open"
        )
    if first.spec.budget.wall is not None:
        yield "budget.wall: left out, since how long a queue takes is not known"
    spec = first.spec
    kind = primitives.choose(spec.execution.primitives)
    on, _ = acting(spec.execution.mitigation, kind, sampler=spec.objective.sampled, local=False, backend=device)
    if on:
        yield f"mitigation: {', '.join(on)}"
    # The spec is of the twin, where no mitigation acts and nothing is billed.
    yield from (note for note in spec.notes if not note.startswith(_OF_TWIN))
