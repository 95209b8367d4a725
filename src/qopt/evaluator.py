"""What an optimizer sees: numbered calls of the main stage, in its own units, under a budget."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.durable import shots_of
from qopt.errors import BudgetReached, InputError
from qopt.ledger import MAIN
from qopt.types import Budget, Estimate, Gradient, Point, Points, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qopt.durable import Answer, Durable, Stage

NOISY_STEP = 0.1
"""Radians. The step of central differences under shot noise, near (3 sigma / |f'''|)^(1/3)."""


class Evaluator:
    """The `Evaluate` that an optimizer sees: numbered calls of the main stage, under a budget.

    The budget is enforced where a question would be measured, outside the optimizer; what is recorded already is always answered.

    Attributes:
        stop_at_frontier: Whether to stop where the journal ends.
        failure: What went wrong in measuring, which is not the optimizer's fault, whatever it makes of it.
        stops: Under which budget a recorded run of the same questions was stopped, by the number of calls that it had made.
    """

    def __init__(
        self, durable: Durable, stage: Stage, budget: Budget, *, scales: Point, reserve: int = 0, stop_at_frontier: bool = False
    ) -> None:
        """Count from the first call.

        Args:
            durable: Answers.
            stage: The main stage.
            budget: When to stop.
            scales: `(n,)` what a unit of the optimizer is in radians of each parameter.
            reserve: Shots kept back for the final measurement.
            stop_at_frontier: Stop where the journal ends, to finish now.
        """
        self._durable = durable
        self._stage = stage
        self._budget = budget
        self._scales = scales
        self._reserve = reserve
        self.stop_at_frontier = stop_at_frontier
        self._call = 0
        self.failure: Exception | None = None
        self.stops: Mapping[int, Mapping[str, Any]] = {}

    @property
    def noisy(self) -> bool:
        """Whether answers carry shot noise."""
        return self._stage.objective.shots is not None

    def __call__(self, points: Points) -> Estimate:
        """Measure `(k, n)` points in one job."""
        return self._ask("evaluate", self._unscaled(np.atleast_2d(np.asarray(points, dtype=np.float64)))).estimate

    def gradient(self, point: Point) -> Gradient:
        """Value and gradient: under shot noise by central differences, `2n + 1` points in one job; without it the engine's own."""
        centre = np.asarray(point, dtype=np.float64)
        if not self.noisy:
            answer = self._ask("gradient", self._unscaled(centre[None, :]))
            (data,) = answer.read()
            slopes = np.asarray(data["gradients"], dtype=np.float64)[0]
            return Gradient(float(answer.estimate.values[0]), 0.0, slopes * self._scales, np.zeros_like(slopes))
        shifts = NOISY_STEP * np.eye(len(centre))
        estimate = self._ask("gradient", self._unscaled(np.concatenate((centre[None, :], centre + shifts, centre - shifts)))).estimate
        ahead, behind = np.split(estimate.values[1:], 2)
        ahead_error, behind_error = np.split(estimate.stderrs[1:], 2)
        return Gradient(
            float(estimate.values[0]),
            float(estimate.stderrs[0]),
            (ahead - behind) / (2 * NOISY_STEP),
            np.hypot(ahead_error, behind_error) / (2 * NOISY_STEP),
        )

    def _unscaled(self, points: Points) -> Points:
        """Points in radians; a wrong width is left for `_ask` to refuse."""
        return points * self._scales if points.shape[-1:] == self._scales.shape else points

    def _ask(self, kind: str, points: Points) -> Answer:
        wanted = len(self._stage.frozen.parameters)
        if points.ndim != 2 or points.shape[1] != wanted or not len(points):  # noqa: PLR2004 - (k, n)
            message = f"the optimizer asked for points of shape {points.shape}, expected (k, {wanted}) with k of 1 or more: mend it"
            raise InputError(message, ("optimizer",))
        if not np.isfinite(points).all():
            message = f"the optimizer asked for the point {points.tolist()}, expected finite numbers: check its options and its bounds"
            raise InputError(message, ("optimizer",))
        question = Question(MAIN, self._call, kind, points)
        try:
            if (MAIN, self._call) not in self._durable.ledger.answered and not self.stop_at_frontier:
                self._durable.go_live()  # before the budget is looked at: what it finds may cost something, too
            if self._is_new():
                self._check_budget(points)
            self._call += 1
            return self._durable.measure(self._stage, question)
        except Exception as error:
            self.failure = error
            raise

    def _is_new(self) -> bool:
        """Whether the question would cost something: what was asked was affordable when it was asked, and may be paid already."""
        ledger, key = self._durable.ledger, (MAIN, self._call)
        if self.stop_at_frontier:
            return key not in ledger.answered and key not in ledger.jobs
        return key not in ledger.asked

    def _was_stopping(self) -> bool:
        """Whether the run was stopped here under the same budget: what was left of its seconds then is not what is left now."""
        known = self._durable.ledger.budgets.get(self._call) or self.stops.get(self._call)
        return known == asdict(self._budget)

    def _check_budget(self, points: Points) -> None:
        budget, ledger = self._budget, self._durable.ledger
        if self.stop_at_frontier or self._was_stopping():
            raise BudgetReached
        if budget.evaluations is not None and self._durable.evaluations + len(points) > budget.evaluations:
            raise BudgetReached
        if (
            budget.shots is not None
            and ledger.shots + shots_of(self._stage.objective, self._stage.frozen, len(points)) + self._reserve > budget.shots
        ):
            raise BudgetReached
        if budget.wall is not None and ledger.wall >= budget.wall:
            raise BudgetReached
        if budget.qpu is not None and not self._durable.affords(len(points)):
            raise BudgetReached
