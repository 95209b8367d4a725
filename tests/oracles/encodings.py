"""Mappings of fermions to qubits the slow way: the matrix of an encoding by its definition, and permutations of 2**n basis states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def matrix(name: str, modes: int) -> NDArray[np.int64]:
    """B of `|B n>`: row q says which occupations are added up in qubit q, modulo 2."""
    if name == "jordan-wigner":
        return np.eye(modes, dtype=np.int64)
    if name == "parity":
        return np.tril(np.ones((modes, modes), dtype=np.int64))
    return bravyi_kitaev(modes)[:modes, :modes]


def bravyi_kitaev(modes: int) -> NDArray[np.int64]:
    """`B_2x = [[B_x, 0], [0 with a last row of ones, B_x]]`, for the next power of two. Seeley, Richard, Love 2012, arXiv:1208.5986."""
    out = np.eye(1, dtype=np.int64)
    while len(out) < modes:
        half = len(out)
        out = np.kron(np.eye(2, dtype=np.int64), out)
        out[-1, :half] = 1
    return out


def bits(numbers: Sequence[int] | NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """`(k, count)` bits, the lowest first."""
    return np.array([[int(number) >> bit & 1 for bit in range(count)] for number in numbers])


def numbers(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """`(k,)` numbers with those bits, the lowest first."""
    return rows @ (1 << np.arange(rows.shape[1]))


def isometry(rows: NDArray[np.int64], fixed: dict[int, int]) -> sparse.csr_array:
    """`(2**n, 2**k)`: each column is the occupation that one basis state of the k qubits that aren't fixed stands for.

    Args:
        rows: B, with n rows.
        fixed: Bits of the qubits that are left out.
    """
    modes = len(rows)
    occupations = np.arange(2**modes)
    encoded = bits(occupations, modes) @ rows.T % 2
    inside = np.all([encoded[:, qubit] == bit for qubit, bit in fixed.items()], axis=0) if fixed else np.full(len(encoded), fill_value=True)
    states = numbers(np.delete(encoded, list(fixed), axis=1))
    shape = 2**modes, 2 ** (modes - len(fixed))
    return sparse.csr_array((np.ones(inside.sum()), (occupations[inside], states[inside])), shape=shape)


def mapped(operator: NDArray[np.float64] | sparse.csr_array, rows: NDArray[np.int64], fixed: dict[int, int]) -> NDArray[np.float64]:
    """An operator on occupations, as the matrix on the qubits that aren't fixed."""
    columns = isometry(rows, fixed)
    out = columns.T @ operator @ columns
    return out.toarray() if sparse.issparse(out) else np.asarray(out)
