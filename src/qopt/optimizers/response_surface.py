"""Few, wide jobs: a quadratic is fitted to one job's values and its minimum is where the next job is measured."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.optimizers.options import count, positive
from qopt.types import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.types import Estimate, Evaluate, Point, Points

_BISECTIONS = 100
_FARTHEST = 1.0
"""Radians. Angles have periods, so that farther steps lead nowhere new."""


@dataclass(frozen=True)
class _Surface:
    """The quadratic `value + gradient d + d curvature d / 2` around `centre`, fitted to one job."""

    centre: Point
    value: float
    gradient: Point
    curvature: NDArray[np.float64]
    stderr: float

    def gain(self, step: Point) -> float:
        """By how much a step should lower the value."""
        return -float(self.gradient @ step + step @ self.curvature @ step / 2)


@dataclass(frozen=True)
class ResponseSurface:
    """Measures `n^2 + n + 1` points around the centre in one job, fits a quadratic, and moves to its minimum within a trust region.

    It has converged when the fitted minimum lies inside the box that was measured, which from a good start is after one job, or when a step
    beyond the box promises less than the noise.
    A job's latency is paid once for all its points, and errors of single values average out in the fit.

    Attributes:
        width: Half the edge of the measured box, radians. Wide against noise, narrow against the periods of the angles.
        reach: Radius of the first trust region, radians; it doubles where the fit predicts well and halves where it does not.
        iterations: Jobs at most.

    References:
        Box, Wilson 1951, J. R. Stat. Soc. B 13, 1 (response surfaces); Conn, Gould, Toint 2000, Trust-Region Methods, algorithm 7.3.1.
    """

    name: ClassVar[str] = "response-surface"
    version: ClassVar[int] = 1
    width: float = 0.15
    reach: float = 0.3
    iterations: int = 11

    def __post_init__(self) -> None:
        """Refuse what can't be done."""
        positive("width", self.width)
        positive("reach", self.reach)
        count("iterations", self.iterations)

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome:  # noqa: ARG002 - nothing is random
        """Minimise from `start`."""
        offsets = self.width * design(len(start))
        point = np.array(start, dtype=np.float64)
        reach = self.reach
        surface: _Surface | None = None
        step, predicted, on_the_edge = np.zeros_like(point), 0.0, False
        for job in range(1, self.iterations + 1):
            measured = _fit(point, offsets, evaluate(point + offsets))
            if surface is None:
                surface = measured
            elif measured.value > surface.value + 2 * np.hypot(measured.stderr, surface.stderr):
                reach = float(np.linalg.norm(step)) / 2
            else:
                if on_the_edge and surface.value - measured.value > predicted / 2:
                    reach = min(2 * reach, max(_FARTHEST, self.reach))
                surface = measured
            step, on_the_edge = _step(surface, reach)
            predicted = surface.gain(step)
            point = surface.centre + step
            if not on_the_edge and np.abs(step).max(initial=0.0) <= self.width:
                return Outcome(point, converged=True, message=f"the fitted minimum lies inside the box measured by job {job}")
            if predicted < surface.stderr or reach < self.width / 4:
                return Outcome(surface.centre, converged=True, message="what lies beyond the measured box promises less than the noise")
        return Outcome(
            point, converged=False, message=f"the fitted minimum was still outside the measured box after {self.iterations} jobs"
        )


def design(parameters: int) -> Points:
    """`(n^2 + n + 1, n)`: centre, both ways along each axis, and two opposite corners for each pair of axes, in units of the width.

    Opposite points come together, so that odd and even terms don't mix; which diagonal of a pair is measured alternates.
    """
    axes = np.eye(parameters)
    pairs = [axes[i] + (-1) ** (i + j + 1) * axes[j] for i, j in combinations(range(parameters), 2)]
    directions = np.array([*axes, *pairs]).reshape(-1, parameters)
    return np.concatenate([np.zeros((1, parameters)), directions, -directions])


def _fit(centre: Point, offsets: Points, estimate: Estimate) -> _Surface:
    """Least squares for the quadratic's coefficients; unweighted, because near an eigenstate a standard error of 0 says little."""
    rows, columns = np.triu_indices(len(centre))
    basis = np.column_stack([np.ones(len(offsets)), offsets, offsets[:, rows] * offsets[:, columns]])
    solution = np.linalg.pinv(basis)
    coefficients = solution @ estimate.values
    upper = np.zeros((len(centre), len(centre)))
    upper[rows, columns] = coefficients[1 + len(centre) :]
    stderr = float(np.linalg.norm(solution[0] * estimate.stderrs))
    return _Surface(centre, float(coefficients[0]), coefficients[1 : 1 + len(centre)], upper + upper.T, stderr)


def _step(surface: _Surface, radius: float) -> tuple[Point, bool]:
    """The quadratic's minimum within a ball, and whether it lies on the ball's edge."""
    curvatures, axes = np.linalg.eigh(surface.curvature)
    slopes = axes.T @ surface.gradient
    lowest = float(curvatures.min(initial=0.0))
    if not slopes.any() and lowest >= 0:
        return np.zeros_like(slopes), False
    if curvatures.min() > 0 and np.linalg.norm(slopes / curvatures) <= radius:
        return -axes @ (slopes / curvatures), False
    # The step is -(H + m)^-1 g with the m > -lowest at which its length is the radius; the length falls as m grows.
    low, high = -lowest, -lowest + float(np.linalg.norm(slopes)) / radius
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if np.linalg.norm(_quotient(slopes, curvatures + middle)) > radius:
            low = middle
        else:
            high = middle
    step = -axes @ _quotient(slopes, curvatures + high)
    # The hard case: no slope along the most negative curvature, as at a saddle point, where either way is as good.
    missing = radius**2 - float(step @ step)
    return step + np.sqrt(max(0.0, missing)) * axes[:, 0] if lowest < 0 else step, True


def _quotient(slopes: Point, curvatures: Point) -> Point:
    """`slopes / curvatures`, 0 where there is no slope."""
    with np.errstate(divide="ignore"):
        return np.divide(slopes, curvatures, out=np.zeros_like(slopes), where=slopes != 0)
