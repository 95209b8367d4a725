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


def walk(points: int, *, sources: int = 2, backward: bool = True) -> tuple[Step, ...]:
    """Forward from a cold start, each point from the ones before it, and backward, each from the best of its right neighbour.

    A step may begin as soon as its sources have been stepped on; whatever was measured there so far, `better` keeps the lower. The step
    back extrapolates nothing: it is to find what the way forward has missed, such as another branch that it came to further on.

    Args:
        points: How many there are.
        sources: How many points a start forward is made of at most: 1 takes over the neighbour's parameters, 2 follows the straight line
            through those of two, which noise of theirs moves 2.2 times as much.
        backward: Whether to go back.

    Raises:
        InputError: If a number is negative, or there are no sources.
    """
    if points < 0 or sources < 1:
        raise InputError(f"points is {points} and sources is {sources}, expected 0 or more and 1 or more")
    forward = (Step(point, tuple(range(point - 1, max(point - 1 - sources, -1), -1)), "forward") for point in range(points))
    back = (Step(point, (point + 1,), "backward") for point in reversed(range(points - 1 if backward else 0)))
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
