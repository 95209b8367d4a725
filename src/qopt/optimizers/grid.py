"""Not an optimizer in earnest: measures the points that it was given, as a landscape does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.types import Outcome

if TYPE_CHECKING:
    from qopt.types import Evaluate, Point

POINTS_PER_CALL = 64
"""Points of one job: enough to make a job worth its way, few enough that a kill costs little."""


@dataclass(frozen=True)
class Grid:
    """Measures every point once and ends at the lowest.

    Attributes:
        points: k points of n floats, radians.
    """

    name: ClassVar[str] = "grid"
    version: ClassVar[int] = 1
    points: tuple[tuple[float, ...], ...]

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome:  # noqa: ARG002 - the protocol's
        """Measure the points in wide calls; the start is not among them."""
        points = np.array(self.points)
        parts = [points[first : first + POINTS_PER_CALL] for first in range(0, len(points), POINTS_PER_CALL)]
        values = np.concatenate([evaluate(part).values for part in parts])
        return Outcome(points[int(np.argmin(values))], converged=True, message=f"{len(points)} points")
