"""The whole spectrum of a diagonal cost, by enumeration. Nothing here knows what the cost means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal

BRUTE_FORCE_VARIABLES = 24
"""The most variables that are enumerated: about a second, and little memory."""
_LOW_VARIABLES = 16


def brute_force(diagonal: Diagonal) -> tuple[float, float, str]:
    """The lowest energy, the highest energy and a string of the lowest, over all 2^n strings.

    The first 16 variables run through a fast Walsh-Hadamard transform, which turns coefficients into energies at n additions a string
    whatever the number of terms; the others through a plain loop, so that memory stays at one small array.

    Returns:
        `(lowest, highest, bits)`; `bits[i]` is variable i. Of equally good strings it is the first in the order of enumeration.

    Raises:
        InputError: If there are more than `BRUTE_FORCE_VARIABLES` variables.
    """
    n = diagonal.variables
    if n > BRUTE_FORCE_VARIABLES:
        message = f"{n} variables are too many to enumerate, expected at most {BRUTE_FORCE_VARIABLES}"
        raise InputError(message)
    low = min(n, _LOW_VARIABLES)
    powers = 1 << np.arange(n, dtype=np.int64)
    low_masks = diagonal.supports[:, :low] @ powers[:low]
    high_masks = diagonal.supports[:, low:] @ powers[: n - low]
    lowest, highest, best = np.inf, -np.inf, 0
    for high in range(1 << (n - low)):
        odd = np.bitwise_count(high_masks & high) & 1
        coefficients = np.zeros(1 << low)
        np.add.at(coefficients, low_masks, np.where(odd, -diagonal.coefficients, diagonal.coefficients))
        energies = _walsh_hadamard(coefficients)
        index = int(energies.argmin())
        if energies[index] < lowest:
            lowest, best = float(energies[index]), (high << low) | index
        highest = max(highest, float(energies.max()))
    return lowest, highest, "".join(str(best >> variable & 1) for variable in range(n))


def _walsh_hadamard(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """`out[z] = sum_mask coefficients[mask] (-1)^|mask & z|`, for a length that is a power of two."""
    out = coefficients.copy()
    half = 1
    while half < len(out):
        pairs = out.reshape(-1, 2, half)
        pairs[:, 0], pairs[:, 1] = pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]
        half *= 2
    return out
