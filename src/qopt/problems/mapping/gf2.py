"""Linear algebra over the integers modulo 2, with rows as bit masks: bit j of a row is its entry in column j."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def parity(mask: int) -> int:
    """Whether an odd number of bits are set: 0 or 1."""
    return mask.bit_count() & 1


def reduced(rows: Iterable[int]) -> dict[int, int]:
    """A basis of the space that the rows span, by column: each basis row has a leading column, in which all others are 0."""
    basis: dict[int, int] = {}
    for row in rows:
        rest = row
        for column, other in basis.items():
            if rest >> column & 1:
                rest ^= other
        if rest:
            lead = rest.bit_length() - 1
            basis = {column: other ^ rest if other >> lead & 1 else other for column, other in basis.items()}
            basis[lead] = rest
    return basis


def kernel(rows: Iterable[int], columns: int) -> dict[int, int]:
    """A basis of all masks that share an even number of bits with every row, by column: each has a column in which all others are 0."""
    basis = reduced(rows)
    return {
        free: sum((1 << lead for lead, row in basis.items() if row >> free & 1), 1 << free) for free in range(columns) if free not in basis
    }


def inverse(rows: Sequence[int]) -> tuple[int, ...]:
    """The rows of the inverse of a square matrix.

    Raises:
        InputError: If the matrix has none.
    """
    size = len(rows)
    # Each row with the unit matrix below it: what turns the upper part into the unit matrix turns the lower one into the inverse.
    basis = reduced(row << size | 1 << i for i, row in enumerate(rows))
    if sorted(basis) != list(range(size, 2 * size)):
        raise InputError("the matrix over the integers modulo 2 has no inverse, expected one that tells all occupations apart")
    below = (1 << size) - 1
    return tuple(basis[size + column] & below for column in range(size))


def transposed(rows: Sequence[int], columns: int) -> tuple[int, ...]:
    """The columns as masks."""
    return tuple(sum((row >> column & 1) << i for i, row in enumerate(rows)) for column in range(columns))
