"""The walk along a curve: which point begins where, forward from one end to the other, and backward. Measures nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qopt.errors import InputError


@dataclass(frozen=True)
class Step:
    """One run of the optimizer at one point of the curve.

    Attributes:
        point: Index of the point, in the order of the walk.
        sources: Points whose best parameters the start is made of by `starts.extrapolate`, the nearest first; empty for a cold start.
        direction: `forward` or `backward`.
    """

    point: int
    sources: tuple[int, ...]
    direction: Literal["forward", "backward"]


def walk(points: int, *, sources: int = 3, backward: bool = True) -> tuple[Step, ...]:
    """Forward from a cold start, each point from the ones before it, and backward, each from the best of the ones after it.

    A step may begin as soon as its sources have been stepped on; of what was found at a point, `better` chooses. The way back finds what
    the way forward has missed, such as a branch that it came to further on. It needs not be walked where the first is known to be best.

    On curves of H2, LiH, H4, H2O and N2 with exact energies, evaluations of L-BFGS-B after starts from 1, 2 and 3 points were 66 to 86%,
    51 to 80% and 37 to 79% of those after zeros; of BFGS 70 to 83%, 64 to 79% and 42 to 73%; more points gained nothing more.

    Args:
        points: How many there are.
        sources: How many points a start is made of at most: 1 takes over the neighbour's parameters, 2 follows the straight line through
            those of two, 3 the parabola of three. Independent noise of the parameters becomes 1, 2.2 and 4.4 times as large.
        backward: Whether to go back.

    Raises:
        InputError: If a number is negative, or there are no sources.
    """
    if points < 0 or sources < 1:
        raise InputError(f"points is {points} and sources is {sources}, expected 0 or more and 1 or more")
    forward = (Step(point, tuple(range(point - 1, max(point - 1 - sources, -1), -1)), "forward") for point in range(points))
    ends = reversed(range(points - 1 if backward else 0))
    back = (Step(point, tuple(range(point + 1, min(point + 1 + sources, points))), "backward") for point in ends)
    return (*forward, *back)


def better(first: tuple[float, float], second: tuple[float, float]) -> int:
    """Which of two results of one point is kept, 0 or 1: the lower energy, but the first one unless the second is lower beyond the noise.

    Keeping the lower of two noisy values would be biased; the first one stands where the two differ by less than twice their error.

    Args:
        first: Energy and standard error of what is known.
        second: Energy and standard error of what comes later.
    """
    error = 2.0 * (first[1] ** 2 + second[1] ** 2) ** 0.5
    return int(second[0] < first[0] - error)
