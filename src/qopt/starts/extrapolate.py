"""Where to begin at a point of a curve: at the parameters of its neighbours, continued, and fitted to an ansatz of other excitations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qopt.ansatze.excitations import Excitation
    from qopt.types import Point


def extrapolate(coordinate: float, known: Sequence[tuple[float, Point]]) -> Point:
    """`(n,)` parameters at a coordinate, by the polynomial of least degree through known ones: of one point, its own parameters.

    Args:
        coordinate: Where parameters are wanted.
        known: Coordinates, each another one, and the best `(n,)` parameters there.

    Raises:
        InputError: If nothing is known, a coordinate comes twice, or the parameters are not equally many.

    References:
        Lagrange's interpolation formula.
    """
    places, points = [place for place, _ in known], [np.asarray(point, dtype=np.float64) for _, point in known]
    if not known or len(set(places)) < len(places) or len({point.shape for point in points}) > 1:
        raise InputError(f"parameters are known at {places}, expected one or more different coordinates with equally many parameters")
    start: Point = np.zeros_like(points[0])
    for index, (place, point) in enumerate(zip(places, points, strict=True)):
        others = [other for position, other in enumerate(places) if position != index]
        start += point * np.prod([(coordinate - other) / (place - other) for other in others])
    return start


def carried(point: Point, before: Sequence[Excitation], after: Sequence[Excitation]) -> Point:
    """`(n,)` parameters with which the excitations of one ansatz turn by the angles that they have in another; new ones don't turn.

    Where a molecule is more symmetric at one geometry than at its neighbour, as bent molecules are once they are straight, fewer
    excitations stay in its sector. The two lists have to be over orbitals that are aligned.

    Args:
        point: Parameters of the ansatz that is known.
        before: Its excitations.
        after: Those of the one to begin; of several that share a parameter the first one that is known sets it.

    Raises:
        InputError: If an excitation has a parameter that the point lacks.
    """
    if max((excitation.parameter for excitation in before), default=-1) >= len(point):
        raise InputError(f"{len(point)} parameters, expected as many as the excitations that they belong to have")
    angles = {key: excitation.coefficient * float(point[excitation.parameter]) for key, excitation in _named(before)}
    start: Point = np.zeros(1 + max((excitation.parameter for excitation in after), default=-1))
    placed: set[int] = set()
    for key, excitation in _named(after):
        if key in angles and excitation.coefficient and excitation.parameter not in placed:
            start[excitation.parameter] = angles[key] / excitation.coefficient
            placed.add(excitation.parameter)
    return start


def _named(excitations: Sequence[Excitation]) -> Iterator[tuple[tuple[tuple[int, ...], tuple[int, ...], int], Excitation]]:
    """Each with what it moves, and how often the same was moved before it: ansatzes of several layers repeat themselves."""
    seen: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for excitation in excitations:
        moved = (excitation.created, excitation.annihilated)
        yield (*moved, seen[moved]), excitation
        seen[moved] += 1
