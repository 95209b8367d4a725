"""An `Evaluate` in memory that keeps every question and answer, and one that plays them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from qopt.types import Estimate, Gradient

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.types import Point, Points

Answer = TypeVar("Answer", Estimate, Gradient)


@dataclass
class Memory:
    """Measures a function of one point, with normal noise of a given standard error."""

    function: Callable[[Point], float]
    stderr: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))
    questions: list[bytes] = field(default_factory=list)
    answers: list[Estimate | Gradient] = field(default_factory=list)
    points: list[Points] = field(default_factory=list)
    fail_at: int | None = None
    failure: BaseException | None = None
    failed: bool = False

    @property
    def noisy(self) -> bool:
        """Whether answers carry noise."""
        return self.stderr > 0

    def __call__(self, points: Points) -> Estimate:
        """One job for all points."""
        self._ask(points)
        return self._keep(self._measure(points))

    def gradient(self, point: Point) -> Gradient:
        """Central differences in one job."""
        self._ask(point)
        step = 0.1 if self.noisy else 1e-5
        shifts = step * np.eye(len(point))
        measured = self._measure(np.concatenate([point[None, :], point + shifts, point - shifts]))
        upper, lower = measured.values[1 : len(point) + 1], measured.values[len(point) + 1 :]
        stderrs = np.full(len(point), self.stderr / np.sqrt(2) / step)
        return self._keep(Gradient(float(measured.values[0]), self.stderr, (upper - lower) / (2 * step), stderrs))

    def _ask(self, points: Points) -> None:
        if self.failure is not None and len(self.questions) == self.fail_at:
            self.failed = True
            raise self.failure
        self.questions.append(repr(points.shape).encode() + points.tobytes())
        self.points.append(np.array(points))

    def _keep(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer

    def _measure(self, points: Points) -> Estimate:
        values = np.array([self.function(point) for point in points])
        return Estimate(values + self.stderr * self.rng.normal(size=len(points)), np.full(len(points), self.stderr))


@dataclass
class Playback:
    """Answers from a record, and keeps what it is asked."""

    noisy: bool
    answers: list[Estimate | Gradient]
    questions: list[bytes] = field(default_factory=list)

    def __call__(self, points: Points) -> Estimate:
        """The next recorded answer."""
        answer = self._next(points)
        assert isinstance(answer, Estimate)
        return answer

    def gradient(self, point: Point) -> Gradient:
        """The next recorded answer."""
        answer = self._next(point)
        assert isinstance(answer, Gradient)
        return answer

    def _next(self, points: Points) -> Estimate | Gradient:
        self.questions.append(repr(points.shape).encode() + points.tobytes())
        return self.answers[len(self.questions) - 1]
