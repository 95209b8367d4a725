"""The equilibrium and the well depth of a curve of energies, by polynomials about its lowest point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Polynomial

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FEWEST, _WINDOW = 5, 7
_CUBIC, _QUARTIC, _SEXTIC = 3, 4, 6
_RESTLESS = 0.04
"""Of half the window: from so much noise in the quartic's minimum on, the sextic's, which has twice as much, is left alone."""
_SMALLEST = 1e-3
"""Of the largest error: a point with a smaller one gets no more weight, however exact it is."""
_REAL = 1e-6
"""Roots with a smaller imaginary part are real: those of a flat minimum are nearly double."""


@dataclass(frozen=True)
class Minimum:
    """Where a curve is lowest, with standard errors of the energies' noise and of the fit together.

    Attributes:
        position: In the units of the coordinate.
        position_stderr: Of the position.
        energy: In the units of the energies.
        energy_stderr: Of the energy.
        degree: Of the polynomial.
        points: Indices of the points that it was fitted to, ascending by coordinate.
    """

    position: float
    position_stderr: float
    energy: float
    energy_stderr: float
    degree: int
    points: tuple[int, ...]


@dataclass(frozen=True)
class Depth:
    """How far the minimum lies below a reference: the last point of the curve, or a limit that is known.

    Attributes:
        value: Energy of the reference minus that of the minimum.
        stderr: Of the value.
        coordinate: Of the last point; None where a limit was given. The last point is no dissociation limit: where the curve
            still rises, the true depth is larger.
        rising: Whether the last point is above the one before, by more than twice the error of their difference.
    """

    value: float
    stderr: float
    coordinate: float | None
    rising: bool


@dataclass(frozen=True)
class _Fit:
    """The lowest point of one polynomial, and how it depends on each energy: `(n,)` weights over all points of the curve."""

    position: float
    energy: float
    position_weights: NDArray[np.float64]
    energy_weights: NDArray[np.float64]
    degree: int
    points: tuple[int, ...]

    def noise(self, errors: NDArray[np.float64]) -> tuple[float, float]:
        """Standard errors of the position and of the energy that the energies' own bring."""
        return float(np.linalg.norm(self.position_weights * errors)), float(np.linalg.norm(self.energy_weights * errors))


def fit(coordinate: ArrayLike, energies: ArrayLike, stderrs: ArrayLike) -> Minimum | None:
    """The minimum by a local fit about the lowest point.

    A sextic through the 7 points about it follows the curve; where noise would move its minimum too far, a quartic by least squares
    through the same points averages the noise. The error is that of the noise, carried through the fit, and that of the polynomial: how
    far another one lands from it, beyond what the noise of the two explains. The other one is the quartic through the 5 innermost points
    for the sextic, and the sextic for the quartic. Of 5 points in all it is a cubic for the quartic.

    Args:
        coordinate: `(n,)` different values, in any order.
        energies: `(n,)`.
        stderrs: `(n,)` standard errors, of independent noise; 0 for exact energies.

    Returns:
        None where there are fewer than 5 points, the lowest one is the first or the last, or the fit has no minimum among its points.

    Raises:
        InputError: If the arrays don't fit, a number isn't finite, or a coordinate comes twice.
    """
    x, y, errors, order = _sorted(coordinate, energies, stderrs)
    if len(x) < _FEWEST or (lowest := int(np.argmin(y))) in (0, len(x) - 1):
        return None
    wide, narrow = _window(len(x), lowest, _WINDOW), _window(len(x), lowest, _FEWEST)
    quartic = _lowest(x, y, errors, wide, _QUARTIC)
    if quartic is None:
        return None
    top = min(_SEXTIC, len(wide) - 1)
    closer = _lowest(x, y, errors, wide, top, near=quartic.position)
    if closer is None or quartic.noise(errors)[0] > _RESTLESS * (x[wide[-1]] - x[wide[0]]) / 2:
        return _minimum(quartic, closer or quartic, errors, order)
    check = _lowest(x, y, errors, narrow, _QUARTIC if top > _QUARTIC else _CUBIC, near=closer.position)
    return _minimum(closer, check or quartic, errors, order)


def well_depth(
    minimum: Minimum, coordinate: ArrayLike, energies: ArrayLike, stderrs: ArrayLike, *, limit: tuple[float, float] | None = None
) -> Depth | None:
    """How far the last point, or a dissociation limit, lies above the minimum.

    Args:
        minimum: From `fit`, of these energies.
        coordinate: `(n,)` as for `fit`; the largest is the last one.
        energies: `(n,)` as for `fit`.
        stderrs: `(n,)` as for `fit`.
        limit: Energy and standard error of the separate fragments, where they are known.

    Returns:
        None where the last point is one of those that the minimum was fitted to.

    Raises:
        InputError: As by `fit`.
    """
    x, y, errors, order = _sorted(coordinate, energies, stderrs)
    rising = bool(y[-1] - y[-2] > 2.0 * np.hypot(errors[-1], errors[-2]))
    if limit is not None:
        return Depth(limit[0] - minimum.energy, float(np.hypot(limit[1], minimum.energy_stderr)), None, rising)
    if int(order[-1]) in minimum.points:
        return None
    return Depth(float(y[-1]) - minimum.energy, float(np.hypot(errors[-1], minimum.energy_stderr)), float(x[-1]), rising)


def _sorted(
    coordinate: ArrayLike, energies: ArrayLike, stderrs: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """The three arrays by ascending coordinate, and the order that they were in."""
    x, y, errors = (np.asarray(numbers, dtype=np.float64) for numbers in (coordinate, energies, stderrs))
    if x.ndim != 1 or not x.shape == y.shape == errors.shape:
        raise InputError(f"the shapes are {x.shape}, {y.shape} and {errors.shape}, expected as many energies and errors as coordinates")
    if not all(np.isfinite(numbers).all() for numbers in (x, y, errors)) or (errors < 0).any() or len(set(x.tolist())) < len(x):
        raise InputError("the curve has a number that isn't finite, a negative error or a coordinate that comes twice")
    order = np.argsort(x)
    return x[order], y[order], errors[order], order


def _window(count: int, centre: int, size: int) -> range:
    size = min(size, count)
    first = min(max(centre - size // 2, 0), count - size)
    return range(first, first + size)


def _lowest(
    x: NDArray[np.float64], y: NDArray[np.float64], errors: NDArray[np.float64], window: range, degree: int, *, near: float | None = None
) -> _Fit | None:
    """A polynomial's minimum within a window, the lowest one or the one that is nearest to a place; points weighted by errors.

    At the minimum x of `p(x) = b(x) . c` with `c = A y`, energies change it by `dx = -b'(x) A dy / p''(x)`, and `dp = b(x) A dy`.
    """
    inside = np.asarray(window)
    middle, half = 0.5 * (x[inside[0]] + x[inside[-1]]), 0.5 * (x[inside[-1]] - x[inside[0]])
    scaled = (x[inside] - middle) / half
    largest = errors[inside].max()
    weights = largest / np.maximum(errors[inside], _SMALLEST * largest) if largest else np.ones(len(inside))
    solver = np.linalg.pinv(np.vander(scaled, degree + 1, increasing=True) * weights[:, None]) * weights
    shift = y[inside].mean()
    curve = Polynomial(solver @ (y[inside] - shift))
    slope, bend = curve.deriv(), curve.deriv(2)
    roots = [complex(root) for root in slope.roots()]
    places = [root.real for root in roots if abs(root.imag) < _REAL and abs(root.real) <= 1.0 and bend(root.real) > 0.0]
    if not places:
        return None
    rank = curve(np.array(places)) if near is None else np.abs(middle + half * np.array(places) - near)
    place = places[int(np.argmin(rank))]
    powers = np.arange(degree + 1)
    basis, derivative = place**powers, powers * place ** np.maximum(powers - 1, 0)
    position_weights, energy_weights = np.zeros((2, len(x)))
    position_weights[inside] = -half * (derivative @ solver) / bend(place)
    energy_weights[inside] = basis @ solver
    return _Fit(float(middle + half * place), float(curve(place) + shift), position_weights, energy_weights, degree, tuple(window))


def _minimum(estimate: _Fit, check: _Fit, errors: NDArray[np.float64], order: NDArray[np.int64]) -> Minimum:
    """With errors: the noise's variance, and the square of the difference to the check in excess of the variance of that difference."""
    stderrs = []
    for distance, weights, others in (
        (estimate.position - check.position, estimate.position_weights, check.position_weights),
        (estimate.energy - check.energy, estimate.energy_weights, check.energy_weights),
    ):
        noise, difference = (float(row**2 @ errors**2) for row in (weights, weights - others))
        stderrs.append(float(np.sqrt(noise + max(0.0, distance**2 - difference))))
    points = tuple(int(order[index]) for index in estimate.points)
    return Minimum(estimate.position, stderrs[0], estimate.energy, stderrs[1], estimate.degree, points)
