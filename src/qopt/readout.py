"""Correcting the mean energy of strings for qubits that are read wrongly, one qubit at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal
    from qopt.types import Bits, Values


def corrected(diagonal: Diagonal, readout: NDArray[np.float64], bits: Bits) -> Values:
    """`(k,)` numbers whose mean over measured `(k, n)` strings is the mean energy without readout errors.

    With p01 the probability to read 1 where 0 was prepared and p10 that to read 0 where 1 was, Z of a qubit is replaced by what the inverse
    of its confusion matrix makes of it: f(0) = (1 + p01 - p10) / (1 - p01 - p10) and f(1) = -(1 - p01 + p10) / (1 - p01 - p10). A term's
    product of Z becomes the product of f. This is the tensored inverse applied to the counts, at no cost in the number of qubits; the
    scatter of these numbers over shots is the corrected mean's, so its standard error needs no theory of its own.

    What it can't do: it takes the probabilities as exact, and readout errors as independent of those of other qubits; the error grows by
    about 1 / (1 - p01 - p10) for every qubit of a term; single strings are not corrected, so neither is a CVaR nor the best string; errors
    of gates stay.

    Args:
        diagonal: The Hamiltonian.
        readout: `(n, 2)` columns p01 and p10, as `checked` returns them.
        bits: Measured strings.

    References:
        Bravyi, Sheldon, Kandala, Mckay, Gambetta 2021, arXiv:2006.14044, section II (tensor product noise).
    """
    ones, zeros = readout.T
    span = 1.0 - ones - zeros
    sizes = np.where(bits, 1.0 - ones + zeros, 1.0 + ones - zeros) / span
    # The sign of f is that of Z, so the product is the term's sign times a product of sizes, which is a sum of logarithms.
    products = diagonal.signs(bits) * np.exp(np.log(sizes) @ diagonal.supports.T)
    means: Values = products @ diagonal.coefficients
    return means


def checked(readout: Sequence[Sequence[float]], variables: int) -> NDArray[np.float64]:
    """`(n, 2)` readout errors as an array.

    Raises:
        InputError: If there is not a pair for each variable, or a qubit is read at random or worse, which can't be undone.
    """
    pairs = np.array(readout, dtype=np.float64)
    if pairs.shape != (variables, 2):
        message = f"the readout errors have the shape {pairs.shape}, expected ({variables}, 2): p01 and p10 of each variable"
        raise InputError(message)
    if not ((pairs >= 0.0) & (pairs <= 1.0)).all() or not (pairs.sum(axis=1) < 1.0).all():
        message = f"the readout errors are {pairs.tolist()}, expected probabilities with p01 + p10 below 1: such a qubit tells nothing"
        raise InputError(message)
    return pairs
