"""What every exact engine checks, in the same words: points, numbers, and the memory that is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qopt.environment import free_memory
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from qopt.errors import Where
    from qopt.types import Point, Points

_LARGEST = 1e9
"""Radians. The next double lies 1e-7 further, so that larger angles say less and less about what they stand for."""
_LEAST_UNIT = 1e-290
_SAFE = 1e150
"""Its square is still a double."""


@dataclass(frozen=True, eq=False)
class Limits:
    """How large the parameters of a point may be.

    Attributes:
        each: `(n,)` the largest value of each.
        square: A sum of squares up to which no value exceeds its own limit, whichever it is: the quick way to see it.
    """

    each: Point
    square: float


def limits(units: ArrayLike) -> Limits:
    """For parameters that turn gates by at most `(n,)` radians for each unit of theirs."""
    each = _LARGEST / np.maximum(np.abs(units), _LEAST_UNIT)
    return Limits(each, float(each.min(initial=_SAFE)) ** 2)


def checked(points: ArrayLike, most: Limits, *, one: bool = False) -> Points:
    """`(k, n)` points as contiguous doubles.

    Args:
        points: `(k, n)` real numbers, or `(n,)` where `one` point is expected.
        most: How large they may be.
        one: Whether it is a point alone; it comes back as `(1, n)`.

    Raises:
        InputError: If they are no real numbers, have another shape, or turn a gate by more than a double can resolve.
    """
    try:
        array = np.asarray(points)
    except ValueError as error:
        message = f"points are no array: {error}; expected rows of {len(most.each)} angles each"
        raise InputError(message) from error
    if array.dtype.kind not in "fiu":
        message = f"points are of the type {array.dtype}, expected real numbers: angles in radians"
        raise InputError(message)
    if array.ndim != (1 if one else 2) or array.shape[-1] != len(most.each):
        shape = f"({len(most.each)},)" if one else f"(k, {len(most.each)})"
        message = f"points have the shape {array.shape}, expected {shape}: an angle for each parameter"
        raise InputError(message)
    array = np.ascontiguousarray(array[None] if one else array, dtype=np.float64)
    if not np.vdot(array, array) <= most.square:  # so that NaN is looked at too
        _check_each(array, most)
    return array


def _check_each(points: Points, most: Limits) -> None:
    small = np.abs(points) <= most.each
    if not small.all():
        row, column = np.argwhere(~small)[0]
        message = (
            f"a point has the angle {points[row, column]:g}, expected finite ones of at most {most.each[column]:.3g} in size: "
            "beyond that a double doesn't resolve how far a gate turns"
        )
        raise InputError(message)


def check_count(what: str, number: object) -> None:
    """Refuse what there can't be so many of.

    Raises:
        InputError: If it isn't a whole number of 1 or more.
    """
    if not isinstance(number, int | np.integer) or number < 1:
        message = f"{what} is {number}, expected 1 or more"
        raise InputError(message)


def check_coefficients(coefficients: NDArray[np.float64] | NDArray[np.complex128]) -> None:
    """Refuse a Hamiltonian whose energies would be no numbers.

    Raises:
        InputError: If a coefficient is not finite.
    """
    if not np.isfinite(coefficients).all():
        message = "the Hamiltonian has a coefficient that is not finite, expected finite numbers"
        raise InputError(message)


def check_free(what: str, needed: int, instead: str, *, where: Where = (), enough: Callable[[int], str] | None = None) -> None:
    """Refuse what does not fit into the memory that is free.

    Args:
        what: Takes so much: the subject of the sentence, in the plural.
        needed: Bytes.
        instead: What to do about it.
        where: The config key to blame.
        enough: What so many free bytes are enough for.

    Raises:
        InputError: With what is needed, what there is, and what to do.
    """
    free = free_memory()
    if needed > free:
        besides = "" if enough is None else f", which is enough for {enough(free)}"
        message = f"{what} take {_gigabytes(needed)} of memory, {_gigabytes(free)} are free here{besides}: {instead}"
        raise InputError(message, where)


def fitting_threads(threads: int, needed: Callable[[int], int]) -> int:
    """How many of so many threads have memory enough, by the bytes that a number of them needs; at least one.

    Raises:
        InputError: If there are no threads.
    """
    check_count("threads", threads)
    if threads == 1:
        return 1
    free = free_memory()
    return next((count for count in range(threads, 1, -1) if needed(count) <= free), 1)


def _gigabytes(size: int) -> str:
    """In GB of 10^9 bytes, to two digits where that is less than one."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e9:.2g} GB"  # noqa: PLR2004 - a GB
