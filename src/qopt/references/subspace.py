"""The lowest eigenvalue of a Hamiltonian among some of the basis states, such as all determinants with so many electrons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.linalg import eigvalsh
from scipy.sparse.linalg import eigsh

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

SUBSPACE_STATES = 50_000
"""The most basis states: a minute, and a sparse matrix in memory."""
_DENSE_STATES = 200
_MAX_QUBITS = 62


def lowest_in(hamiltonian: SparsePauliOp, states: NDArray[np.int64]) -> float:
    """The lowest eigenvalue of the matrix between these basis states, as `lowest_levels`."""
    return lowest_levels(hamiltonian, states, 1)[0]


def lowest_levels(hamiltonian: SparsePauliOp, states: NDArray[np.int64], count: int) -> tuple[float, ...]:
    """The lowest eigenvalues of the matrix between these basis states, ascending; elsewhere the Hamiltonian isn't looked at.

    Args:
        hamiltonian: With a real matrix.
        states: `(k,)` distinct basis states, bit q for qubit q.
        count: How many, each as often as it occurs; all where there are fewer.

    Raises:
        InputError: If there are no states, or more than `SUBSPACE_STATES`.

    References:
        Lehoucq, Sorensen, Yang 1998, ARPACK Users' Guide.
    """
    if not 0 < len(states) <= SUBSPACE_STATES or hamiltonian.num_qubits > _MAX_QUBITS:
        raise InputError(
            f"{len(states):,} basis states of {hamiltonian.num_qubits} qubits, expected 1 to {SUBSPACE_STATES:,} of at most 62"
        )
    matrix = _matrix(hamiltonian, np.sort(states))
    if len(states) <= max(_DENSE_STATES, 2 * count):
        return tuple(eigvalsh(matrix.toarray())[:count].tolist())
    # Always the same random vector, which overlaps with the ground state of every symmetry sector.
    start = np.random.default_rng(0).normal(size=len(states))
    return tuple(sorted(eigsh(matrix, k=count, which="SA", v0=start, return_eigenvectors=False).tolist()))


def _matrix(hamiltonian: SparsePauliOp, states: NDArray[np.int64]) -> sparse.csr_array:
    """Terms with equal letters X and Y lead from a state to the same other one, and are added up before they are written down."""
    weights = np.int64(1) << np.arange(hamiltonian.num_qubits)
    x, z = hamiltonian.paulis.x @ weights, hamiltonian.paulis.z @ weights
    # A string with w letters Y is i^w times its Z, then its X.
    factors = (hamiltonian.coeffs * 1j ** (np.bitwise_count(x & z) % 4)).real
    rows, columns, elements = [], [], []
    for mask in np.unique(x):
        images = states ^ mask
        positions = np.minimum(np.searchsorted(states, images), len(states) - 1)
        sources = np.flatnonzero(states[positions] == images)
        values = np.zeros(len(sources))
        for factor, sign in zip(factors[x == mask], z[x == mask], strict=True):
            values += factor * (1 - 2 * (np.bitwise_count(states[sources] & sign) & 1).astype(np.int8))
        rows.append(positions[sources])
        columns.append(sources)
        elements.append(values)
    indices = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.csr_array((np.concatenate(elements), indices), shape=(len(states), len(states)))
    matrix.eliminate_zeros()
    return matrix
