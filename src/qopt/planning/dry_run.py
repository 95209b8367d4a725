"""How many jobs an optimizer asks for, and how wide: found by running it, under its budget, on a computed or an invented landscape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from qopt.errors import BudgetReached, blamed
from qopt.execution.statevector import StatevectorExecutor
from qopt.planning.calibration import Wallet
from qopt.types import Estimate, Gradient

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from qopt.objective import Energies, Objective
    from qopt.programs import Frozen, Program
    from qopt.types import Minimizer, Point, Points

Landscape: TypeAlias = Callable[["Points"], Estimate]
"""What `(k, n)` points in radians would be measured to be."""

MOST_EFFORT = 2**25
"""Amplitudes and shots that are worth computing for a plan: some ten seconds."""

FEWEST_POINTS = 256
"""A landscape of which fewer points could be computed is invented instead."""

MOST_POINTS = 5000
"""Points after which nothing more is counted, at most."""

NOISY_STEP = 0.1
"""Radians. The step of a gradient's differences, as in a run."""

_WAVES = 8
_LANDSCAPE = 2


@dataclass(frozen=True)
class Limits:
    """When the run would stop; None is no limit.

    Attributes:
        points: That the optimizer may ask for.
        shots: Shots that it may use, the final measurement's left out.
        seconds: QPU seconds of the run, with a wallet's care: bills are taken to be what was predicted.
        counted: Points after which the dry run itself stops.
        jobs: Jobs after which it does.
        reserve: QPU seconds predicted for the final measurement.
    """

    points: int | None = None
    shots: int | None = None
    seconds: float | None = None
    counted: int = MOST_POINTS
    jobs: int | None = None
    reserve: float = 0.0


@dataclass(frozen=True)
class Price:
    """What a job costs.

    Attributes:
        shots: Shots for each point.
        seconds: QPU seconds of a job with so many points.
    """

    shots: int
    seconds: Callable[[int], float]


@dataclass(frozen=True)
class DryRun:
    """What an optimizer asked.

    Attributes:
        jobs: Points of each of its jobs, in order.
        ended: `itself`, where the optimizer returned; `budget`; `uncounted`, where there were more than `Limits.counted` or `Limits.jobs`.
    """

    jobs: tuple[int, ...]
    ended: Literal["itself", "budget", "uncounted"]


def dry_run(  # noqa: PLR0913 - what a run hands to its optimizer, and what stops it
    optimizer: Minimizer, start: Point, landscape: Landscape, *, scales: Point, limits: Limits, price: Price, seed: int
) -> DryRun:
    """Run an optimizer with the random choices of a real run, and count what it asks. Equal arguments give equal counts.

    Args:
        optimizer: The run's own.
        start: `(n,)`, radians.
        landscape: Answers it.
        scales: `(n,)` what a unit of the optimizer is in radians of each parameter.
        limits: The run's budget.
        price: What counts against it.
        seed: The run's.

    Raises:
        InputError: If an optimizer of the user's own fails.
    """
    evaluate = _Counting(landscape, scales, limits, price)
    try:
        with blamed("the optimizer", ("optimizer",)):
            optimizer(evaluate, start / scales, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,))))
    except BudgetReached:
        return DryRun(tuple(evaluate.jobs), "uncounted" if evaluate.uncounted else "budget")
    return DryRun(tuple(evaluate.jobs), "itself")


def effort(objective: Objective, frozen: Frozen) -> int:
    """What computing a point takes, in amplitudes: the state's, a tenth of them for each Pauli term's matrix, and one for each shot."""
    terms = sum(len(observable) for group in frozen.groups for observable in group)
    drawn = (objective.shots or 0) if objective.sampled else 0
    return (1 << len(frozen.device_qubits)) * (10 + terms) // 10 + drawn


def most_points(objective: Objective, frozen: Frozen) -> int | None:
    """Points after which nothing more is counted on the computed landscape; None where it has to be invented."""
    most = MOST_EFFORT // effort(objective, frozen)
    return min(most, MOST_POINTS) if most >= FEWEST_POINTS else None


def noise_of(seed: int, repetition: int) -> np.random.Generator:
    """Random choices of the landscape in a repetition; the optimizer's own are those of the run."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_LANDSCAPE, repetition)))


def computed(objective: Objective, frozen: Frozen, energies: Energies, rng: np.random.Generator) -> Landscape:
    """The objective on the exact state, with the noise of its shots.

    Args:
        objective: How points are measured.
        frozen: The logical circuit and observables.
        energies: Of bit strings.
        rng: Makes the noise.
    """
    executor = StatevectorExecutor()

    def measure(points: Points) -> Estimate:
        program = objective.encode(frozen, points, int(rng.integers(1, 2**63)))
        computed = program if objective.sampled else _exactly(program)
        data = executor.result(executor.submit(computed, tag="dry run"), computed, tag="dry run")
        estimate = objective.decode(frozen, data, energies)
        if objective.sampled:
            return estimate
        return replace(estimate, values=estimate.values + estimate.stderrs * rng.normal(size=len(points)))

    return measure


def invented(hamiltonian: SparsePauliOp, start: Point, shots: int, rng: np.random.Generator) -> Landscape:
    """A random smooth function of as many parameters: a sum of waves that spreads like the Hamiltonian's energies, with shot noise.

    It says how often an optimizer asks and nothing of what it will find.
    """
    spread = float(np.linalg.norm(np.real(hamiltonian.coeffs))) or 1.0
    directions = rng.normal(size=(_WAVES, len(start))) / np.sqrt(max(len(start), 1))
    phases = rng.uniform(0.0, 2 * np.pi, _WAVES)
    stderr = spread / np.sqrt(shots)

    def measure(points: Points) -> Estimate:
        waves = np.cos((points - start) @ directions.T + phases)
        values = spread * np.sqrt(2 / _WAVES) * waves.sum(axis=1) + stderr * rng.normal(size=len(points))
        return Estimate(values, np.full(len(points), stderr), shots=shots * len(points))

    return measure


def _exactly(program: Program) -> Program:
    """The program without shots: observables are computed, their noise is added afterwards."""
    return replace(program, pubs=tuple(replace(pub, shots=None) for pub in program.pubs))


class _Counting:
    """The `Evaluate` of a dry run."""

    noisy = True

    def __init__(self, landscape: Landscape, scales: Point, limits: Limits, price: Price) -> None:
        self.jobs: list[int] = []
        self.uncounted = False
        self._landscape = landscape
        self._scales = scales
        self._limits = limits
        self._price = price
        self._wallet = Wallet(limits.seconds)

    def __call__(self, points: Points) -> Estimate:
        return self._ask(np.atleast_2d(np.asarray(points, dtype=np.float64)))

    def gradient(self, point: Point) -> Gradient:
        centre = np.asarray(point, dtype=np.float64)
        shifts = NOISY_STEP * np.eye(len(centre))
        estimate = self._ask(np.concatenate((centre[None, :], centre + shifts, centre - shifts)))
        ahead, behind = np.split(estimate.values[1:], 2)
        errors = np.hypot(*np.split(estimate.stderrs[1:], 2))
        value, stderr = float(estimate.values[0]), float(estimate.stderrs[0])
        return Gradient(value, stderr, (ahead - behind) / (2 * NOISY_STEP), errors / (2 * NOISY_STEP))

    def _ask(self, points: Points) -> Estimate:
        limits, asked, seconds = self._limits, sum(self.jobs) + len(points), self._price.seconds(len(points))
        if limits.points is not None and asked > limits.points:
            raise BudgetReached
        if limits.shots is not None and asked * self._price.shots > limits.shots:
            raise BudgetReached
        if limits.seconds is not None and not self._wallet.affordable(seconds, reserve=limits.reserve):
            raise BudgetReached
        if asked > limits.counted or len(self.jobs) == limits.jobs:
            self.uncounted = True
            raise BudgetReached
        self.jobs.append(len(points))
        self._wallet = self._wallet.pay(seconds, seconds)
        return self._landscape(points * self._scales)
