"""What an optimizer sees: numbered calls of the main stage, in its own units, under a budget."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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


@dataclass
class Frontier:
    """Where the journal ends, and whether the run may go on there.

    The budget is enforced where a question would be measured, outside the optimizer; what is recorded already is always answered.

    Attributes:
        durable: Answers.
        budget: When to stop.
        stop: Whether to stop where the journal ends, to finish now.
        stops: Under which budget a recorded run of the same questions was stopped, by the number of calls that it had made.
    """

    durable: Durable
    budget: Budget
    stop: bool = False
    stops: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def check(self, stage: Stage, question: Question, *, calls: int, reserve: int) -> None:
        """Look whether a question can be afforded, if it would cost something: what was asked already was affordable then.

        Args:
            stage: To be asked.
            question: Of it.
            calls: Of the main stage before it.
            reserve: Shots kept back for the final measurement.

        Raises:
            BudgetReached: If it can't.
        """
        key = (question.stage, question.call)
        if key not in self.durable.ledger.answered and not self.stop:
            self.durable.turn_to(stage)
            self.durable.go_live()  # before the budget is looked at: what it finds may cost something, too
        if self._is_new(key):
            self._check_budget(stage, question, calls, reserve)

    def _is_new(self, key: tuple[str, int]) -> bool:
        """Whether the question would cost something: what was asked was affordable when it was asked, and may be paid already."""
        ledger = self.durable.ledger
        return key not in ledger.answered and key not in ledger.jobs if self.stop else key not in ledger.asked

    def _was_stopping(self, calls: int) -> bool:
        """Whether the run was stopped here under the same budget: what was left of its seconds then is not what is left now."""
        known = self.durable.ledger.budgets.get(calls) or self.stops.get(calls)
        return known == asdict(self.budget)

    def _check_budget(self, stage: Stage, question: Question, calls: int, reserve: int) -> None:
        budget, ledger, points = self.budget, self.durable.ledger, len(question.points)
        if self.stop or self._was_stopping(calls):
            raise BudgetReached
        counted = points if question.stage == MAIN else 0
        if budget.evaluations is not None and self.durable.evaluations + counted > budget.evaluations:
            raise BudgetReached
        if budget.shots is not None and ledger.shots + shots_of(stage.objective, stage.frozen, points) + reserve > budget.shots:
            raise BudgetReached
        if budget.wall is not None and ledger.wall >= budget.wall:
            raise BudgetReached
        if budget.qpu is not None and not self.durable.affords(points, question.stage):
            raise BudgetReached


class Evaluator:
    """The `Evaluate` that an optimizer sees: numbered calls of the main stage, as far as the frontier lets it.

    Attributes:
        scales: As given.
        call: The number of the next call.
        failure: What went wrong in measuring, which is not the optimizer's fault, whatever it makes of it.
    """

    def __init__(self, frontier: Frontier, stage: Stage, *, scales: Point, reserve: int = 0, call: int = 0) -> None:
        """Nothing is asked yet.

        Args:
            frontier: Lets questions pass.
            stage: The main stage.
            scales: `(n,)` what a unit of the optimizer is in radians of each parameter.
            reserve: Shots kept back for the final measurement.
            call: The number of the first call.
        """
        self._frontier = frontier
        self._stage = stage
        self.scales = scales
        self._reserve = reserve
        self.call = call
        self.failure: Exception | None = None

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
            return Gradient(float(answer.estimate.values[0]), 0.0, slopes * self.scales, np.zeros_like(slopes))
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
        return points * self.scales if points.shape[-1:] == self.scales.shape else points

    def _ask(self, kind: str, points: Points) -> Answer:
        wanted = len(self._stage.frozen.parameters)
        if points.ndim != 2 or points.shape[1] != wanted or not len(points):  # noqa: PLR2004 - (k, n)
            message = f"the optimizer asked for points of shape {points.shape}, expected (k, {wanted}) with k of 1 or more: mend it"
            raise InputError(message, ("optimizer",))
        if not np.isfinite(points).all():
            message = f"the optimizer asked for the point {points.tolist()}, expected finite numbers: check its options and its bounds"
            raise InputError(message, ("optimizer",))
        question = Question(MAIN, self.call, kind, points)
        try:
            self._frontier.check(self._stage, question, calls=self.call, reserve=self._reserve)
            self.call += 1
            return self._frontier.durable.measure(self._stage, question)
        except Exception as error:
            self.failure = error
            raise
