"""Where to begin at a point of a curve: at the parameters of its neighbours, continued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
