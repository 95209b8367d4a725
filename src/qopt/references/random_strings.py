"""The baseline that every sampled result stands next to: uniformly random strings, raw and after 1-flip greedy descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.types import Baseline

if TYPE_CHECKING:
    from qopt.diagonal import Diagonal
    from qopt.types import Bits

_CHUNK_STRINGS = 1 << 14


def random_strings(diagonal: Diagonal, shots: int, rng: np.random.Generator, sign: int = 1) -> Baseline:
    """What `shots` uniformly random strings reach, in the problem's own sense.

    Args:
        diagonal: The cost that is minimised.
        shots: How many strings; as many as the quantum computer was given.
        rng: Where the strings come from.
        sign: `Sense.sign` of the problem: its values are `sign` times the cost.
    """
    raw, greedy = np.empty(shots), np.empty(shots)
    for first in range(0, shots, _CHUNK_STRINGS):
        bits = rng.integers(2, size=(min(_CHUNK_STRINGS, shots - first), diagonal.variables), dtype=np.uint8)
        part = slice(first, first + len(bits))
        raw[part] = diagonal.energies(bits)
        greedy[part] = diagonal.energies(greedy_descent(diagonal, bits))
    return Baseline(
        random=sign * float(raw.mean()),
        random_best=sign * float(raw.min()),
        greedy=sign * float(greedy.mean()),
        greedy_best=sign * float(greedy.min()),
    )


def greedy_descent(diagonal: Diagonal, bits: Bits) -> Bits:
    """The `(k, n)` local minima that steepest 1-flip descent reaches from `(k, n)` strings; the first of equal flips is taken."""
    out = bits.copy()
    # Sums of rounded coefficients can pretend a gain of a few ulps for ever.
    slack = 1e-10 * float(np.abs(diagonal.coefficients).max(initial=0.0))
    active = np.arange(len(out))
    while active.size:
        gains = diagonal.flip_gains(out[active])
        flips = gains.argmax(axis=1)
        improves = gains[np.arange(len(active)), flips] > slack
        active, flips = active[improves], flips[improves]
        out[active, flips] ^= 1
    return out
