"""No optimization: the start is the answer. The run's final measurement measures it, so nothing is asked here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.types import Outcome

if TYPE_CHECKING:
    from qopt.types import Evaluate, Point


@dataclass(frozen=True)
class MeasureStart:
    """Returns the start as it is, so that a run is one job; `none` in a config."""

    name: ClassVar[str] = "none"
    version: ClassVar[int] = 1

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome:  # noqa: ARG002 - a Minimizer's signature
        """Ask nothing."""
        return Outcome(np.array(start, dtype=np.float64), converged=True, message="nothing was optimized")
