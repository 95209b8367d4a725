"""What a run will ask of a device, found before anything is sent: its optimizer's jobs, its final measurement, and what they may cost.

Nothing in here talks to a service; `qopt plan`, `qopt check` and a run's own choice of mode look at the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qopt.durable import shots_of
from qopt.errors import InputError
from qopt.execution.isa import freeze, unrolled
from qopt.final import CANDIDATES, evaluations
from qopt.objective import constant_of
from qopt.optimizers import SPSA, DifferentialEvolution, MeasureStart, ResponseSurface, Scipy
from qopt.optimizers.grid import Grid
from qopt.planning.calibration import Wallet
from qopt.planning.cost import Timing, extra_of, job_seconds, timing_of
from qopt.planning.dry_run import MOST_POINTS, DryRun, Limits, Price, computed, dry_run, effort, invented, most_points, noise_of
from qopt.purse import SHARE_OF_FINAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qiskit.providers import BackendV2

    from qopt.planning.dry_run import Landscape
    from qopt.programs import Frozen, Program
    from qopt.spec import Spec

REPETITIONS = 5
"""Dry runs with other noise each, of which the middle one is taken."""

_REPEATED_BELOW = 2**22
"""What the dry runs so far may have taken, in amplitudes, for another one to be made."""

_SHARE_OF_SHOTS = 4
"""The final measurement, two measurements of every candidate, takes at most one over this of the budget of shots."""


@dataclass(frozen=True)
class Asked:
    """What the optimizer asks for in dry runs, at least one.

    Attributes:
        runs: The dry runs.
        computed: Whether they were made on the real landscape; else on an invented one.
    """

    runs: tuple[DryRun, ...]
    computed: bool

    @property
    def typical(self) -> DryRun:
        """The middle one of the dry runs, by what it costs."""
        return sorted(self.runs, key=lambda run: (sum(run.jobs), len(run.jobs)))[len(self.runs) // 2]


def countable(spec: Spec) -> bool:
    """Whether the optimizer may be run just to count its questions: code of the user's own may do more than ask."""
    if spec.course is not None:
        return False  # which circuits there will be depends on what is measured
    return isinstance(spec.optimizer, SPSA | DifferentialEvolution | Grid | MeasureStart | ResponseSurface | Scipy)


def with_parameters(spec: Spec) -> Spec:
    """The same; where a circuit has no parameters yet since it is to grow, as if it had one."""
    return spec if len(spec.start) or spec.course is None else replace(spec, start=np.zeros(1))


def timing_on(spec: Spec, frozen: Frozen, backend: BackendV2) -> Timing:
    """How long one execution takes on a backend, with what error mitigation makes of it."""
    shots = shots_of(spec.objective, frozen, 1)
    return timing_of(frozen, backend, extra_of(spec.execution.mitigation, sampler=spec.objective.sampled, shots=shots))


def program(spec: Spec, frozen: Frozen, points: int) -> Program:
    """A job of so many points."""
    return spec.objective.encode(frozen, np.zeros((points, len(frozen.parameters))), 1)


def asked(spec: Spec, frozen: Frozen, one: Timing, *, repetitions: int = REPETITIONS, most: int = MOST_POINTS) -> Asked:
    """Run the optimizer under the run's budget, on the exact state with shot noise, or on an invented landscape where that is too wide.

    Args:
        spec: The run.
        frozen: Its circuit on the device.
        one: How long an execution takes there.
        repetitions: Dry runs at most; fewer where they are long.
        most: Points after which nothing more is counted.

    Raises:
        InputError: If the optimizer is the user's own, and fails.
    """
    grows = spec.course is not None and not len(spec.start)
    spec = with_parameters(spec)
    logical = freeze(
        spec.ansatz, spec.objective.observables(spec.hamiltonian), constant_of(spec.hamiltonian), sampled=spec.objective.sampled
    )
    counted = most_points(spec.objective, logical)
    ideal = None if counted is None or grows else unrolled(logical)
    runs: list[DryRun] = []
    while len(runs) < repetitions:
        rng = noise_of(spec.seed, len(runs))
        landscape = (
            invented(spec.hamiltonian, spec.start, spec.objective.shots or 1, rng)
            if ideal is None
            else computed(spec.objective, ideal, spec.problem.energies, rng)
        )
        runs.append(_dry_run(spec, frozen, one, landscape, min(most, counted or MOST_POINTS)))
        if ideal is not None and sum(sum(run.jobs) for run in runs) * effort(spec.objective, ideal) > _REPEATED_BELOW:
            break
    return Asked(tuple(runs), ideal is not None)


def first_points(spec: Spec, frozen: Frozen) -> int:
    """How many points the optimizer asks for first; one where it asks for none, or is the user's own."""
    if not countable(spec):
        return 1
    # What a landscape is like can't show in the first question, so the cheapest will do.
    landscape = invented(spec.hamiltonian, spec.start, spec.objective.shots or 1, noise_of(spec.seed, 0))
    price = Price(shots_of(spec.objective, frozen, 1), float)
    run = dry_run(spec.optimizer, spec.start, landscape, scales=spec.scales, limits=Limits(jobs=1), price=price, seed=spec.seed)
    return run.jobs[0] if run.jobs else 1


def points_of(spec: Spec, frozen: Frozen, one: Timing, run: DryRun) -> tuple[int, ...]:
    """Points of every job of a run that goes like a dry run; the last is the final measurement, which takes every candidate twice."""
    return (*run.jobs, evaluations(frozen, min(candidates(spec, frozen, one), sum(run.jobs) + 1)))


def candidates(spec: Spec, frozen: Frozen, one: Timing | None) -> int:
    """How many points the final measurement takes: as many as a quarter of every budget holds, and at least one.

    A course that has points of its own measured takes those, and what is sampled for diagonalization is set aside first.

    Args:
        spec: The run.
        frozen: Its circuit.
        one: How long an execution takes; None where QPU time is no matter.
    """
    if spec.course is not None and spec.course.final is not None:
        return spec.course.final
    if isinstance(spec.optimizer, MeasureStart):
        return 1
    count, limit = CANDIDATES, spec.budget.qpu
    if spec.budget.shots is not None and spec.objective.shots is not None:
        count = min(
            count, (spec.budget.shots - samples(spec)) // (_SHARE_OF_SHOTS * shots_of(spec.objective, frozen, evaluations(frozen, 1)))
        )
    if limit is not None and one is not None:
        while count > 1 and upper_seconds(spec, frozen, one, evaluations(frozen, count)) > limit / SHARE_OF_FINAL:
            count -= 1
    return max(1, count)


def upper_seconds(spec: Spec, frozen: Frozen, one: Timing, points: int) -> float:
    """QPU seconds that a job of so many points may be billed before any bill is known to go by."""
    return Wallet().calibration.estimate(job_seconds(program(spec, frozen, points), one)).upper


def least_seconds(spec: Spec, frozen: Frozen, one: Timing) -> float:
    """QPU seconds that the first job and the smallest final measurement may be billed."""
    return upper_seconds(spec, frozen, one, first_points(spec, frozen)) + upper_seconds(
        spec, frozen, one, evaluations(frozen, _fewest(spec))
    )


def least_shots(spec: Spec, frozen: Frozen) -> int:
    """Shots of one evaluation, the smallest final measurement, and samples for diagonalization."""
    points = evaluations(frozen, _fewest(spec)) + (0 if isinstance(spec.optimizer, MeasureStart) else 1)
    return shots_of(spec.objective, frozen, points) + samples(spec)


def _fewest(spec: Spec) -> int:
    """Points of the smallest final measurement."""
    return 1 if spec.course is None or spec.course.final is None else spec.course.final


def samples(spec: Spec) -> int:
    """Shots that are set aside for sample-based diagonalization."""
    return 0 if spec.sqd is None else spec.sqd.shots


def refuse_small_budget(spec: Spec, frozen: Frozen, one: Timing | None) -> None:
    """Look whether the budget holds an evaluation beside a final measurement.

    Args:
        spec: The run.
        frozen: Its circuit.
        one: How long an execution takes; None where QPU time is no matter.

    Raises:
        InputError: If it does not.
    """
    for shortage in shortages(spec, frozen, one):
        raise shortage


def shortages(spec: Spec, frozen: Frozen, one: Timing | None) -> Iterator[InputError]:
    """What each part of the budget is too small for; the arguments are those of `refuse_small_budget`."""
    shots, seconds = spec.budget.shots, spec.budget.qpu
    if shots is not None and shots < (least := least_shots(spec, frozen)):
        points, beside = _fewest(spec), f", and {samples(spec)} samples for sqd" if spec.sqd else ""
        told = "a point" if points == 1 else f"each of {points} points"
        message = f"the budget is {shots} shots, expected {least} or more: a final measurement is two of {told}, and one before it{beside}"
        yield InputError(message, ("budget", "shots"))
    if seconds is not None and one is not None and seconds < (needed := least_seconds(spec, frozen, one)):
        message = (
            f"the budget is {seconds:g} s of QPU time, expected {needed:.0f} s or more: the first job and the final measurement may take "
            "so long, by the documented estimate and a margin, before the first bill is known"
        )
        yield InputError(message, ("budget", "qpu"))


def _dry_run(spec: Spec, frozen: Frozen, one: Timing, landscape: Landscape, counted: int) -> DryRun:
    price = Price(shots_of(spec.objective, frozen, 1), lambda points: job_seconds(program(spec, frozen, points), one))
    final = evaluations(frozen, candidates(spec, frozen, one))
    shots = None if spec.budget.shots is None else spec.budget.shots - final * price.shots
    limits = Limits(spec.budget.evaluations, shots, spec.budget.qpu, counted, reserve=price.seconds(final))
    return dry_run(spec.optimizer, spec.start, landscape, scales=spec.scales, limits=limits, price=price, seed=spec.seed)
