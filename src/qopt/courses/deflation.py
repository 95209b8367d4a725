"""Variational quantum deflation: excited states one after another, each kept apart from those below it by a penalty on overlaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.ansatze.overlap import overlap_circuit
from qopt.errors import BudgetReached, InputError
from qopt.evaluator import NOISY_STEP
from qopt.legs import Ended
from qopt.overlaps import MAX_QUBITS, Deflated, ExactOverlap, Overlap, default_weights, pairs
from qopt.problems.excitation_product import ExcitationProduct, OverlapProduct
from qopt.starts import random_start
from qopt.types import Estimate, Gradient, Question, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.ansatze import Ansatz
    from qopt.durable import Answer, Stage
    from qopt.evaluator import Evaluator
    from qopt.legs import Leg, Legs
    from qopt.problems import Problem
    from qopt.types import Point, Points

OVERLAP = "overlap"
"""The stage in which overlaps with lower levels are measured; its calls have the numbers of the optimizer's calls that they belong to."""


@dataclass(frozen=True)
class Deflation:
    """The lowest levels that the ansatz reaches: the first minimises E, the others `E + sum_i weight_i |<psi_i|psi>|^2`.

    Overlaps are measured by the Sampler, as how often `U(phi)^dagger U(theta)` reads zeros, or computed where energies are. All levels are
    measured afresh at last, in one job.

    Attributes:
        levels: How many, the ground state included.
        weight: Of every overlap, in the units of the energy; None chooses one for each level by bounds on the spectrum.
        tries: How many random starts each excited level has; the lowest end is kept.

    References:
        Higgott, Wang, Brierley 2019, arXiv:1805.08138.
    """

    name: ClassVar[str] = "vqd"
    version: ClassVar[int] = 1
    begins_at_saddles: ClassVar[bool] = False
    levels: int
    weight: float | None = None
    tries: int = 2

    @property
    def final(self) -> int:
        """Every level."""
        return self.levels

    def check(self, problem: Problem, *, noisy: bool) -> None:
        """As the protocol says: there are as many levels as states that can be found."""
        if not noisy and problem.qubits > MAX_QUBITS:
            raise InputError(
                f"exact overlaps are computed on at most {MAX_QUBITS} qubits, the problem has {problem.qubits}: use objective expectation"
            )
        states = len(problem.reached())
        if self.levels > states:
            raise InputError(
                f"levels is {self.levels}, expected at most {states}: so many states there are on {problem.qubits} qubits with these "
                "electrons and symmetries; problem.tapering: false has more",
                ("levels",),
            )

    def __call__(self, legs: Legs) -> Ended:
        """Find the levels, from the lowest up."""
        ansatz = legs.spec.ansatz
        ground = legs.minimise(legs.first, ansatz, legs.spec.start)
        found, energies, stopped = [ground.point], [legs.value(ground)], ground.stopped
        status = ground.status
        weights, overlaps = list[list[float]](), list[list[float]]()
        objective = ExactOverlap() if legs.exact else Overlap(legs.spec.objective.shots or 0)
        while len(found) < self.levels and not stopped:
            stage = replace(legs.stage("overlaps", _overlaps_of(ansatz), objective), name=OVERLAP)
            chosen = self._weights(legs, energies)
            level, stopped = self._level(legs, stage, np.array(found), Deflated(chosen))
            if level is None:
                break
            leg, kept = level
            weights.append(list(chosen))
            overlaps.append(kept)
            found.append(leg.point)
            energies.append(legs.value(leg))
            status = status if status is not Status.CONVERGED else leg.status
        report = {"course": self.name, "weights": weights, "overlaps": overlaps}
        told = f"{len(found)} of {self.levels} levels" if stopped else f"{len(found)} levels"
        return Ended(ground, legs.stopped if stopped else status, told, points=np.array(found), report=report)

    def _level(self, legs: Legs, stage: Stage, found: Points, deflated: Deflated) -> tuple[tuple[Leg, list[float]] | None, bool]:
        """The lowest of the tries that came to their end, with its overlaps with the levels below; and whether the run was stopped."""
        spec, best = legs.spec, None
        lowest = np.inf
        for attempt in range(self.tries):
            legs.say(f"vqd: level {len(found)}, start {attempt + 1} of {self.tries}")
            rng = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(3, len(found), attempt)))
            made: list[_Penalised] = []

            def around(evaluate: Evaluator, made: list[_Penalised] = made) -> _Penalised:
                made.append(_Penalised(evaluate, legs=legs, stage=stage, found=found, deflated=deflated))
                return made[0]

            leg = legs.minimise(legs.first, spec.ansatz, random_start(len(spec.ansatz.parameters), rng), around)
            if leg.stopped:
                return best, True
            try:
                value, overlaps = made[0].at(leg.point)
            except BudgetReached:
                return best, True
            if value < lowest:
                lowest, best = value, (leg, overlaps)
        return best, False

    def _weights(self, legs: Legs, energies: list[float]) -> tuple[float, ...]:
        if self.weight is not None:
            return (self.weight,) * len(energies)
        return default_weights(legs.spec.hamiltonian, legs.spec.problem.reached(), energies)


def _overlaps_of(ansatz: Ansatz) -> Ansatz:
    product = ansatz.product
    return replace(overlap_circuit(ansatz), product=OverlapProduct(product) if isinstance(product, ExcitationProduct) else None)


class _Penalised:
    """Energies with penalties, as an optimizer sees them: each question becomes one of energies and one of overlaps."""

    def __init__(self, evaluate: Evaluator, *, legs: Legs, stage: Stage, found: Points, deflated: Deflated) -> None:
        self._evaluate = evaluate
        self._legs = legs
        self._stage = stage
        self._found = found
        self._deflated = deflated
        self._seen: dict[bytes, tuple[float, list[float]]] = {}

    @property
    def noisy(self) -> bool:
        """As energies are."""
        return self._evaluate.noisy

    def __call__(self, points: Points) -> Estimate:
        """`(k,)` penalised energies at `(k, n)` points, in the optimizer's units."""
        energies = self._evaluate(points)
        overlaps = self._overlaps("evaluate", np.atleast_2d(points)).estimate
        estimate = self._deflated.estimate(energies, overlaps)
        for point, value, row in zip(np.atleast_2d(points), estimate.values.tolist(), self._by_point(overlaps), strict=True):
            self._keep(point, value, row)
        return estimate

    def at(self, point: Point) -> tuple[float, list[float]]:
        """The penalised energy at an `(n,)` point in radians, and its overlaps, as they were seen; measured where they were not."""
        if point.tobytes() not in self._seen:
            scaled = point / self._evaluate.scales
            self(scaled[None, :])
            return self._seen[(scaled * self._evaluate.scales).tobytes()]
        return self._seen[point.tobytes()]

    def gradient(self, point: Point) -> Gradient:
        """Value and gradient at an `(n,)` point: overlaps are differentiated as the energies are."""
        energy = self._evaluate.gradient(point)
        weights = np.array(self._deflated.weights)
        levels, scales = len(weights), self._evaluate.scales
        if not self.noisy:
            answer = self._overlaps("gradient", point[None, :])
            (data,) = answer.read()
            slopes = weights @ np.asarray(data["gradients"], dtype=np.float64)[:, : len(point)] * scales
            value = energy.value + float(weights @ answer.estimate.values)
            self._keep(point, value, answer.estimate.values)
            return Gradient(value, 0.0, energy.gradient + slopes, energy.stderrs)
        shifts = NOISY_STEP * np.eye(len(point))
        estimate = self._overlaps("gradient", np.concatenate((point[None, :], point + shifts, point - shifts))).estimate
        penalties = self._by_point(estimate) @ weights
        errors = np.sqrt(estimate.stderrs.reshape(-1, levels) ** 2 @ weights**2)
        ahead, behind = np.split(penalties[1:], 2)
        error = np.hypot(*np.split(errors[1:], 2)) / (2 * NOISY_STEP)
        value = energy.value + float(penalties[0])
        self._keep(point, value, self._by_point(estimate)[0])
        return Gradient(
            value,
            float(np.hypot(energy.stderr, errors[0])),
            energy.gradient + (ahead - behind) / (2 * NOISY_STEP),
            np.hypot(energy.stderrs, error),
        )

    def _overlaps(self, kind: str, points: Points) -> Answer:
        """Of every point with every level, asked under the number of the energies' call."""
        rows = pairs(points * self._evaluate.scales, self._found)
        try:
            return self._legs.ask(self._stage, Question(OVERLAP, self._evaluate.call - 1, kind, rows))
        except Exception as error:
            self._evaluate.failure = error
            raise

    def _by_point(self, overlaps: Estimate) -> NDArray[np.float64]:
        """`(k, levels)`."""
        return overlaps.values.reshape(-1, len(self._found))

    def _keep(self, point: Point, value: float, overlaps: NDArray[np.float64]) -> None:
        self._seen[(point * self._evaluate.scales).tobytes()] = value, overlaps.tolist()
