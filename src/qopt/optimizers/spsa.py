"""Simultaneous perturbation: two points a step whatever the number of parameters, calibrated so that a good start survives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.optimizers.options import count, positive
from qopt.types import Outcome

if TYPE_CHECKING:
    from qopt.types import Evaluate, Point, Points, Values

_STEP_DECAY = 0.602
_PERTURBATION_DECAY = 0.101
_STABILITY = 0.1
_CALIBRATIONS = 10
_TAIL = 10


@dataclass(frozen=True)
class SPSA:
    """Spall's simultaneous perturbation stochastic approximation, with gains `a_k = a / (A + k + 1)^0.602` and `c_k = c / (k + 1)^0.101`.

    Three things differ from the textbook. The gain `a` is calibrated at randomly displaced points: at a good start the slope is about
    zero, and a gain made from it would throw the start away. Steps are clipped. The average of the last ten points is returned, which
    is closer to the minimum than the last one. It has converged when that average lies within the perturbation `c` of the average of
    the ten points before.

    Attributes:
        iterations: Steps, one job each, after one job of calibration.
        resamplings: Pairs of points whose slopes are averaged in a step; all are measured in its one job.
        perturbation: c, radians: as large as the landscape allows under noise.
        step: The length per parameter that the first step should have, radians; the gain a is made from it.
        limit: The length per parameter that no step exceeds, radians.

    References:
        Spall 1992, IEEE Trans. Autom. Control 37, 332; Spall 1998, IEEE Trans. Aerosp. Electron. Syst. 34, 817, section III (A = 10 %
        of the iterations).
    """

    name: ClassVar[str] = "spsa"
    version: ClassVar[int] = 1
    iterations: int = 100
    resamplings: int = 1
    perturbation: float = 0.15
    step: float = 0.1
    limit: float = 0.2

    def __post_init__(self) -> None:
        """Refuse what can't be done."""
        count("iterations", self.iterations)
        count("resamplings", self.resamplings)
        for name in ("perturbation", "step", "limit"):
            positive(name, getattr(self, name))

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome:
        """Minimise from `start`."""
        point = np.array(start, dtype=np.float64)
        stability = _STABILITY * self.iterations
        gain = self.step * (stability + 1) ** _STEP_DECAY / self._typical_slope(evaluate, point, rng)
        trail = []
        for iteration in range(self.iterations):
            perturbation = self.perturbation / (iteration + 1) ** _PERTURBATION_DECAY
            centres = np.repeat(point[None, :], self.resamplings, axis=0)
            slopes, signs = _slopes(evaluate, centres, perturbation, rng)
            gradient = (slopes[:, None] * signs).mean(axis=0)
            step = gain / (stability + iteration + 1) ** _STEP_DECAY * gradient
            point = point - np.clip(step, -self.limit, self.limit)
            trail.append(point)
        return self._outcome(trail)

    def _typical_slope(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> float:
        """Mean size of the slope around the start, in one job; 1 where the objective is flat."""
        spread = 2 * self.perturbation
        centres = start + rng.uniform(-spread, spread, (_CALIBRATIONS, len(start)))
        slopes, _ = _slopes(evaluate, centres, self.perturbation, rng)
        return float(np.abs(slopes).mean()) or 1.0

    def _outcome(self, trail: list[Point]) -> Outcome:
        last = np.mean(trail[-_TAIL:], axis=0)
        before = np.mean(trail[-2 * _TAIL : -_TAIL], axis=0) if len(trail) >= 2 * _TAIL else np.full_like(last, np.inf)
        drift = float(np.abs(last - before).max(initial=0.0))
        if drift <= self.perturbation:
            return Outcome(last, converged=True, message=f"the last {_TAIL} points drifted by {drift:.2g} rad")
        return Outcome(last, converged=False, message=f"the points still drifted after {self.iterations} iterations")


def _slopes(evaluate: Evaluate, centres: Points, perturbation: float, rng: np.random.Generator) -> tuple[Values, Points]:
    """`(k,)` slopes at `(k, n)` centres along `(k, n)` random signs, in one job (Spall 1998, eq. 2)."""
    signs = rng.choice([-1.0, 1.0], size=centres.shape)
    values = evaluate(np.concatenate([centres + perturbation * signs, centres - perturbation * signs])).values
    return (values[: len(centres)] - values[len(centres) :]) / (2 * perturbation), signs
