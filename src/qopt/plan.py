"""`qopt plan`: what a config's run would take on IBM's hardware, found on a fake twin of the device, without an account."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from qopt.assemble import spec_of
from qopt.errors import InputError
from qopt.execution.backends import fake_names, resolve
from qopt.execution.isa import freeze, transpiled, unrolled
from qopt.final import CANDIDATES
from qopt.objective import constant_of
from qopt.optimizers import MeasureStart
from qopt.planning.calibration import SAFETY
from qopt.planning.cost import Timing, seconds_for, timing_of
from qopt.planning.dry_run import DryRun, Limits, Price, computable, computed, dry_run, invented, most_points, noise_of
from qopt.planning.modes import OPEN, PAID, Decision, PlanFacts, Work, decide
from qopt.planning.service import (
    EXECUTIONS,
    INPUT_BYTES,
    JOB_SECONDS,
    OPEN_SECONDS,
    TTL_SECONDS,
    Limit,
    ModeCost,
    input_bytes,
    mode_costs,
)

if TYPE_CHECKING:
    from pathlib import Path

    from qiskit.providers import BackendV2

    from qopt.config import Loaded
    from qopt.programs import Frozen
    from qopt.spec import Spec

USUAL = "ibm_fez"
"""Planned for where a config names no device of IBM's, or one that has no twin: 156 qubits of the Heron family, as most devices are."""

REPETITIONS = 5
"""Dry runs with other noise each; the middle one is the plan."""

_REPEATED_BELOW = 1000


@dataclass(frozen=True)
class Circuit:
    """The circuit as it would run.

    Attributes:
        qubits: That it uses.
        depth: Layers of gates.
        two_qubit_gates: How many.
        two_qubit_depth: Layers of them.
        seconds: From the first gate to the end of the measurement.
        groups: Bases that a point is measured in.
        primitive: `Sampler` or `Estimator`.
    """

    qubits: int
    depth: int
    two_qubit_gates: int
    two_qubit_depth: int
    seconds: float
    groups: int
    primitive: str


@dataclass(frozen=True)
class Plan:
    """What a run would take.

    Attributes:
        name: The run's.
        backend: The device.
        twin: The fake device that stood in for it.
        circuit: As it would run there.
        jobs: How many, the final measurement included.
        least_jobs: In the dry run that took fewest.
        most_jobs: In the one that took most.
        points: That are measured.
        pubs: In all jobs together.
        circuits: Points times groups.
        shots: Executions of a circuit.
        seconds: QPU time, by IBM's documented estimate.
        upper: What may be billed before bills are known to go by.
        complete: Whether all jobs were counted.
        configured: The config's mode.
        decision: The mode that suits the work.
        open_decision: The one that does on the open plan.
        modes: What each mode takes.
        limits: Of the service.
        notes: What the numbers rest on.
    """

    name: str
    backend: str
    twin: str
    circuit: Circuit
    jobs: int
    least_jobs: int
    most_jobs: int
    points: int
    pubs: int
    circuits: int
    shots: int
    seconds: float
    upper: float
    complete: bool
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
    """What the run of a config would take on the device that it names; nothing is written, nothing is sent.

    Args:
        loaded: The config.
        cwd: The working directory; custom code is loaded from below it alone.

    Raises:
        InputError: If the config can't be run, or has nothing that a QPU could do.
    """
    config = loaded.config
    if config.sweep is not None:
        message = "a sweep is many runs: plan one of them, by a config without the key sweep"
        raise InputError(message, ("sweep",))
    if config.objective is not None and config.objective.type == "exact":
        message = "objective exact is computed and takes no QPU time: plan it with objective.type=sampled or objective.type=expectation"
        raise InputError(message, ("objective", "type"))
    backend, twin, note = twin_of(config.execution.backend)
    execution = config.execution.model_copy(update={"backend": twin})
    spec = spec_of(replace(loaded, config=config.model_copy(update={"execution": execution})), cwd)
    device = resolve(twin)
    assert device is not None  # noqa: S101 - only aer has none
    logical = _logical(spec)
    frozen = transpiled(logical, device, spec.transpile)
    timing = timing_of(frozen, device)
    runs, how = _dry_runs(spec, unrolled(logical) if computable(logical) else None, timing, _groups(frozen))
    typical = sorted(runs, key=lambda run: (sum(run.jobs), len(run.jobs)))[len(runs) // 2]
    points = (*typical.jobs, 2 * _candidates(spec, typical, _groups(frozen)))
    seconds = [seconds_for(count * _groups(frozen) * (spec.objective.shots or 0), timing) for count in points]
    modes = mode_costs(seconds, dependent=True)
    counts = [len(run.jobs) + 1 for run in runs]
    complete = typical.ended != "uncounted"
    return Plan(
        name=spec.name,
        backend=backend,
        twin=twin,
        circuit=_circuit(spec, frozen, timing),
        jobs=len(points),
        least_jobs=min(counts),
        most_jobs=max(counts),
        points=sum(points),
        pubs=_groups(frozen) * (len(points) + 1),
        circuits=sum(points) * _groups(frozen),
        shots=sum(points) * _groups(frozen) * (spec.objective.shots or 0),
        seconds=sum(seconds),
        upper=SAFETY * sum(seconds),
        complete=complete,
        configured=config.execution.mode,
        decision=_decide(seconds, modes, PAID, complete=complete),
        open_decision=_decide(seconds, modes, OPEN, complete=complete),
        modes=modes,
        limits=_limits(spec, frozen, points, seconds, modes, device),
        notes=(note, how, *spec.notes) if note else (how, *spec.notes),
    )


def twin_of(backend: str | None) -> tuple[str, str, str]:
    """The device to plan for, the fake device that stands in for it, and what is to be said about that."""
    fakes = fake_names()
    if backend in fakes:
        return backend, backend, ""
    named = backend is not None and (backend.startswith("ibm_") or backend == "least_busy")
    if not named and backend not in (None, "aer", "statevector"):
        return backend or "", backend or "", ""
    wanted = backend if named and backend is not None else USUAL
    twin = f"fake_{wanted.removeprefix('ibm_')}"
    if twin in fakes:
        chosen = "" if named else f"planned for {USUAL}, since {backend or 'the default backend'} is no device: set execution.backend"
        return wanted, twin, chosen
    twin = f"fake_{USUAL.removeprefix('ibm_')}"
    return wanted, twin, f"no snapshot of {wanted} is shipped: {twin} stands in for it, whose couplings and durations may differ"


def _logical(spec: Spec) -> Frozen:
    observables = spec.objective.observables(spec.hamiltonian)
    return freeze(spec.ansatz, observables, constant_of(spec.hamiltonian), sampled=spec.objective.sampled)


def _dry_runs(spec: Spec, logical: Frozen | None, timing: Timing, groups: int) -> tuple[list[DryRun], str]:
    """Dry runs with other noise each, and what they were made on; one alone where it is long. None is invented where it can't be computed."""
    shots = (spec.objective.shots or 0) * groups
    price = Price(shots, lambda points: seconds_for(points * shots, timing))
    final = 2 * shots * _most_candidates(spec, groups)
    budget = asdict(spec.budget)
    limits = Limits(
        spec.budget.evaluations,
        None if spec.budget.shots is None else spec.budget.shots - final,
        None if budget.get("qpu") is None else budget["qpu"] - seconds_for(final, timing),
        most_points(logical),
    )
    runs: list[DryRun] = []
    for repetition in range(REPETITIONS):
        rng = noise_of(spec.seed, repetition)
        if logical is None:
            landscape = invented(spec.hamiltonian, spec.start, spec.objective.shots or 1, rng)
        else:
            landscape = computed(spec.objective, logical, spec.problem.energies, rng)
        runs.append(dry_run(spec.optimizer, spec.start, landscape, scales=spec.scales, limits=limits, price=price, seed=spec.seed))
        if sum(runs[-1].jobs) > _REPEATED_BELOW:
            break
    where = (
        "an invented smooth landscape, since the circuit is too wide to compute" if logical is None else "the exact state with shot noise"
    )
    amount = f"{len(runs)} dry runs" if len(runs) > 1 else "a dry run"
    return runs, f"jobs were counted in {amount} of the optimizer on {where}; the device's own noise may ask for more or fewer"


def _groups(frozen: Frozen) -> int:
    """PUBs of a question: one for each basis, or the one that samples."""
    return max(len(frozen.groups), 1)


def _most_candidates(spec: Spec, groups: int) -> int:
    """How many points the final measurement may take, as `runner` decides it."""
    if isinstance(spec.optimizer, MeasureStart):
        return 1
    if spec.budget.shots is None or spec.objective.shots is None:
        return CANDIDATES
    return max(1, min(CANDIDATES, spec.budget.shots // (8 * spec.objective.shots * groups)))


def _candidates(spec: Spec, run: DryRun, groups: int) -> int:
    """How many it takes after a dry run: it asks no point twice, and there are no more than were asked, with the start."""
    return min(_most_candidates(spec, groups), sum(run.jobs) + 1)


def _circuit(spec: Spec, frozen: Frozen, timing: Timing) -> Circuit:
    pairs = [item for item in frozen.circuit.data if len(item.qubits) == 2]  # noqa: PLR2004 - two-qubit gates
    return Circuit(
        qubits=len(frozen.device_qubits),
        depth=frozen.circuit.depth(),
        two_qubit_gates=len(pairs),
        two_qubit_depth=frozen.circuit.depth(lambda item: len(item.qubits) == 2),  # noqa: PLR2004 - likewise
        seconds=timing.duration,
        groups=_groups(frozen),
        primitive="Sampler" if spec.objective.sampled else "Estimator",
    )


def _decide(seconds: list[float], modes: tuple[ModeCost, ...], facts: PlanFacts, *, complete: bool) -> Decision:
    wall = next(cost.wall for cost in modes if cost.mode == "session")
    gap = (wall - sum(seconds)) / len(seconds)
    return decide(Work(len(seconds) if complete else None, dependent=True, seconds=fmean(seconds), gap=gap), facts)


def _limits(
    spec: Spec, frozen: Frozen, points: tuple[int, ...], seconds: list[float], modes: tuple[ModeCost, ...], device: BackendV2
) -> tuple[Limit, ...]:
    groups, widest = _groups(frozen), max(points)
    executed = widest * groups * (spec.objective.shots or 0)
    size = input_bytes(frozen, points=widest, pubs=groups, qubits=device.num_qubits)
    longest = max(cost.wall for cost in modes)
    limits = [
        Limit("open plan", sum(seconds), OPEN_SECONDS, "s"),
        Limit("longest job", max(seconds), JOB_SECONDS, "s"),
        Limit("Session or Batch", longest, TTL_SECONDS, "s"),
        Limit("input of the largest job", size, INPUT_BYTES, "B"),
    ]
    return (*limits, Limit("executions of the largest job", executed, EXECUTIONS, "")) if spec.objective.sampled else tuple(limits)
