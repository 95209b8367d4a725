"""A Hamiltonian's diagonal as a table over basis states: with few distinct values as levels of one byte, else as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal

MOST_LEVELS = 256
_LOW_BITS = 10
_CHUNK = 1 << 16
_ROUNDING = 1e-13
"""Costs that are nearer to each other than this, relative to the sum of all coefficients, are equal."""


@dataclass(frozen=True, eq=False)
class Costs:
    """The costs of N basis states; bit i of an index is qubit i.

    Attributes:
        table: `(N,)` levels of one byte, or the costs themselves as doubles.
        values: `(k,)` the levels' costs, ascending; empty where the table has the costs themselves.
    """

    table: NDArray[np.uint8] | NDArray[np.float64]
    values: NDArray[np.float64]

    def total(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k,)` the weight on each level, of `(N,)` weights of basis states."""
        out = np.zeros(len(self.values))
        for first in range(0, len(weights), _CHUNK):
            part = slice(first, first + _CHUNK)
            out += np.bincount(self.table[part], weights[part], len(out))
        return out


def is_symmetric(diagonal: Diagonal) -> bool:
    """Whether a flip of all spins changes no cost: every term is of even order."""
    return not (diagonal.supports[diagonal.coefficients != 0.0].sum(axis=1) & 1).any()


def tabulate(diagonal: Diagonal, bits: int, *, levels: bool = True) -> Costs:
    """The costs of the states in which all qubits from `bits` on are 0.

    Args:
        diagonal: The Hamiltonian's.
        bits: N is 2**bits.
        levels: Whether to look for levels.
    """
    costs = _table(diagonal, bits)
    values = _levels(costs, _ROUNDING * float(np.abs(diagonal.coefficients).sum())) if levels else None
    if values is None:
        return Costs(costs, np.empty(0))
    table = np.empty(len(costs), dtype=np.uint8)
    middles = 0.5 * (values[1:] + values[:-1])
    for first in range(0, len(costs), _CHUNK):
        part = slice(first, first + _CHUNK)
        table[part] = np.searchsorted(middles, costs[part])
    return Costs(table, values)


def _table(diagonal: Diagonal, bits: int) -> NDArray[np.float64]:
    """`(2**bits,)` costs: the Walsh-Hadamard transform of the coefficients.

    A term's mask is the index of its coefficient. The transform is written out for the lowest qubits, and the others are passes of
    (a, b) -> (a + b, a - b) in place, so that no temporary is larger than a chunk.
    """
    low = min(bits, _LOW_BITS)
    rows = np.zeros((1 << (bits - low), 1 << low))
    states = np.arange(1 << low)
    weights = 1 << np.arange(bits)
    masks = diagonal.supports[:, :bits] @ weights
    for coefficient, mask in zip(diagonal.coefficients, masks.tolist(), strict=True):
        signs = 1.0 - 2.0 * (np.bitwise_count(states & mask) & 1)
        rows[mask >> low] += coefficient * signs
    for bit in range(bits - low):
        pairs = rows.reshape(-1, 2, 1 << bit, 1 << low)
        many = max(1, (_CHUNK >> low) // (1 << bit))
        for first in range(0, len(pairs), many):
            _butterfly(pairs[first : first + many, 0], pairs[first : first + many, 1])
    return rows.reshape(-1)


def _butterfly(first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
    """(a, b) -> (a + b, a - b) in place, by parts along the second axis."""
    step = max(1, _CHUNK // (first.shape[0] * first.shape[2]))
    for start in range(0, first.shape[1], step):
        a, b = first[:, start : start + step], second[:, start : start + step]
        difference = a - b
        a += b
        b[...] = difference


def _levels(costs: NDArray[np.float64], rounding: float) -> NDArray[np.float64] | None:
    """The distinct values, ascending, or None where there are too many."""
    values = np.empty(0)
    for first in range(0, len(costs), _CHUNK):
        found = np.unique(np.concatenate([values, costs[first : first + _CHUNK]]))
        values = found[np.concatenate([[True], np.diff(found) > rounding])]
        if len(values) > MOST_LEVELS:
            return None
    return values
