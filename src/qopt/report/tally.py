"""What every display of progress knows: what the run is, and what its answers add up to. Nothing is shown from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qopt.report.history import MAIN

if TYPE_CHECKING:
    from qopt.durable import Progress
    from qopt.types import Sense


BESIDE = ("overlap",)
"""Stages that answer for each call of the optimizer: what they say is part of what it sees."""


@dataclass(frozen=True)
class Heading:
    """What a display is about.

    Attributes:
        name: The run's name.
        sense: Whether values are made small or large; what is shown is in the problem's own sense.
        units: Units of the values.
        engine: What answers, where that is known.
        notes: Choices that were made for the user, in words.
    """

    name: str
    sense: Sense
    units: str = ""
    engine: str = ""
    notes: tuple[str, ...] = ()


class Tally:
    """What a run's answers add up to, in the problem's own sense.

    Attributes:
        series: The value of every main call.
        last: The last of them and its standard error.
        best: The best of them and its standard error; biased by selection.
        calls: Answers of the main stage.
        evaluations: Points of the main stage.
        replayed: Those of them that came from the journal.
        shots: Of all answers.
    """

    def __init__(self, sign: int) -> None:
        """Nothing is answered yet."""
        self.series: list[float] = []
        self.last: tuple[float, float] | None = None
        self.best: tuple[float, float] | None = None
        self.calls = 0
        self.evaluations = 0
        self.replayed = 0
        self.shots = 0
        self._sign = sign

    def add(self, progress: Progress) -> None:
        """Count an answer."""
        self.shots += progress.estimate.shots or 0
        if progress.question.stage != MAIN:
            return
        self.last = self.value(progress)
        self.series.append(self.last[0])
        lowest = self._own(progress, int(progress.estimate.values.argmin()))
        if self.best is None or self._sign * lowest[0] < self._sign * self.best[0]:
            self.best = lowest
        self.calls += 1
        self.evaluations = progress.evaluations
        self.replayed += len(progress.question.points) if progress.replayed else 0

    def value(self, progress: Progress) -> tuple[float, float]:
        """The one value to show of an answer: of a gradient that at its centre, else the best; and its standard error."""
        return self._own(progress, 0 if progress.question.kind == "gradient" else int(progress.estimate.values.argmin()))

    def _own(self, progress: Progress, row: int) -> tuple[float, float]:
        return self._sign * float(progress.estimate.values[row]) + 0.0, float(progress.estimate.stderrs[row])
