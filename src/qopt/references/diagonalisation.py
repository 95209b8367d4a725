"""The ends of the spectrum of a Hamiltonian that isn't diagonal, to machine precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigvalsh
from scipy.sparse.linalg import eigsh

from qopt.errors import InputError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

DIAGONALISE_QUBITS = 14
"""The most qubits that are diagonalised: seconds, and a sparse matrix in memory."""
_DENSE_QUBITS = 7


def diagonalise(hamiltonian: SparsePauliOp) -> tuple[float, float]:
    """The lowest and the highest eigenvalue: dense up to 7 qubits, above by Lanczos from a start vector that is always the same.

    Raises:
        InputError: If there are more than `DIAGONALISE_QUBITS` qubits.

    References:
        Lehoucq, Sorensen, Yang 1998, ARPACK Users' Guide.
    """
    qubits = int(hamiltonian.num_qubits)
    if qubits > DIAGONALISE_QUBITS:
        message = f"{qubits} qubits are too many to diagonalise, expected at most {DIAGONALISE_QUBITS}"
        raise InputError(message)
    if qubits <= _DENSE_QUBITS:
        spectrum = eigvalsh(hamiltonian.to_matrix())
        return float(spectrum[0]), float(spectrum[-1])
    matrix = hamiltonian.to_matrix(sparse=True).tocsr()
    if not matrix.imag.count_nonzero():
        matrix = matrix.real
    # A random vector overlaps with the ground state of every symmetry sector; ARPACK's own differs from call to call.
    start = np.random.default_rng(0).normal(size=matrix.shape[0]).astype(matrix.dtype)
    lowest, highest = (eigsh(matrix, k=1, which=end, v0=start, return_eigenvectors=False)[0] for end in ("SA", "LA"))
    return float(lowest), float(highest)
