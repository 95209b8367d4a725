"""One run, foretold: its circuit on the twin, and the jobs that its optimizer asks for in dry runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qopt import remote
from qopt.durable import shots_of
from qopt.execution.isa import freeze, transpiled, unrolled
from qopt.execution.mitigation import needs_clifford_gates
from qopt.final import CANDIDATES
from qopt.objective import constant_of
from qopt.optimizers import MeasureStart
from qopt.planning.cost import Timing, seconds_for
from qopt.planning.dry_run import MOST_POINTS, DryRun, Limits, Price, computed, dry_run, effort, invented, most_points, noise_of

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.programs import Frozen
    from qopt.spec import Spec

REPETITIONS = 5
"""Dry runs with other noise each, of which the middle one is the plan."""

_REPEATED_BELOW = 2**22
"""What the dry runs so far may have taken, in amplitudes, for another one to be made."""


@dataclass(frozen=True)
class Part:
    """A run as it would go.

    Attributes:
        spec: The run.
        frozen: Its circuit and observables on the twin.
        timing: Of the circuit.
        runs: Dry runs; at least one.
        computed: Whether they were made on the real landscape; else on an invented one.
    """

    spec: Spec
    frozen: Frozen
    timing: Timing
    runs: tuple[DryRun, ...]
    computed: bool

    @property
    def groups(self) -> int:
        """PUBs of a question: one for each basis, or the one that samples."""
        return max(len(self.frozen.groups), 1)

    @property
    def typical(self) -> DryRun:
        """The middle one of the dry runs, by what it costs."""
        return sorted(self.runs, key=lambda run: (sum(run.jobs), len(run.jobs)))[len(self.runs) // 2]

    @property
    def points(self) -> tuple[int, ...]:
        """Points of every job; the last is the final measurement, which takes every candidate twice."""
        asked = self.typical.jobs
        return (*asked, 2 * min(_candidates(self.spec, self.frozen, self.timing), sum(asked) + 1))

    @property
    def shots(self) -> int:
        """Executions for each point."""
        return shots_of(self.spec.objective, self.frozen, 1)

    @property
    def seconds(self) -> list[float]:
        """QPU seconds of every job, as documented."""
        return [seconds_for(count * self.shots, self.timing) for count in self.points]


def foretell(spec: Spec, device: BackendV2, *, repetitions: int = REPETITIONS) -> Part:
    """A run on the twin of its device.

    Args:
        spec: The run.
        device: The twin.
        repetitions: Dry runs at most; fewer where they are long.

    Raises:
        InputError: If the circuit does not fit the device, or the user's own optimizer fails.
    """
    observables = spec.objective.observables(spec.hamiltonian)
    logical = freeze(spec.ansatz, observables, constant_of(spec.hamiltonian), sampled=spec.objective.sampled)
    transpile = spec.transpile
    if transpile.fractional_gates == "auto" and needs_clifford_gates(spec.execution.mitigation, sampler=spec.objective.sampled):
        transpile = replace(transpile, fractional_gates=False)
    frozen = transpiled(logical, device, transpile)
    timing = remote.timing_on(spec, frozen, device)
    shots = shots_of(spec.objective, frozen, 1)
    price = Price(shots, lambda points: seconds_for(points * shots, timing))
    counted = most_points(spec.objective, logical)
    ideal = None if counted is None else unrolled(logical)
    limits = _limits(spec, frozen, timing, price, counted or MOST_POINTS)
    runs: list[DryRun] = []
    while len(runs) < repetitions:
        rng = noise_of(spec.seed, len(runs))
        if ideal is None:
            landscape = invented(spec.hamiltonian, spec.start, spec.objective.shots or 1, rng)
        else:
            landscape = computed(spec.objective, ideal, spec.problem.energies, rng)
        run = dry_run(spec.optimizer, spec.start, landscape, scales=spec.scales, limits=limits, price=price, seed=spec.seed)
        runs.append(run)
        if ideal is not None and sum(sum(run.jobs) for run in runs) * effort(spec.objective, ideal) > _REPEATED_BELOW:
            break
    return Part(spec, frozen, timing, tuple(runs), ideal is not None)


def _limits(spec: Spec, frozen: Frozen, timing: Timing, price: Price, counted: int) -> Limits:
    """What the budget leaves to the optimizer, the final measurement kept back."""
    final = 2 * _candidates(spec, frozen, timing)
    shots = None if spec.budget.shots is None else spec.budget.shots - final * price.shots
    return Limits(spec.budget.evaluations, shots, spec.budget.qpu, counted, reserve=price.seconds(final))


def _candidates(spec: Spec, frozen: Frozen, timing: Timing) -> int:
    """How many points the final measurement may take, by the rule of a run."""
    if isinstance(spec.optimizer, MeasureStart):
        return 1
    if spec.budget.qpu is not None:
        without = replace(spec, budget=replace(spec.budget, qpu=None))
        return min(remote.most_candidates(spec, frozen, timing), _candidates(without, frozen, timing))
    if spec.budget.shots is None:
        return CANDIDATES
    return max(1, min(CANDIDATES, spec.budget.shots // (8 * shots_of(spec.objective, frozen, 1))))
