"""Ends of the spectrum of operators that aren't diagonal."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, random_pauli_list

from qopt.errors import InputError
from qopt.references import diagonalise


@pytest.mark.parametrize("qubits", [1, 3, 8])
def test_it_agrees_with_the_dense_spectrum(qubits: int) -> None:
    """Dense and Lanczos paths both give NumPy's extreme eigenvalues, for complex Hermitian matrices too."""
    rng = np.random.default_rng(qubits)
    operator = SparsePauliOp(random_pauli_list(qubits, 30, seed=qubits, phase=False), rng.normal(size=30))
    spectrum = np.linalg.eigvalsh(operator.to_matrix())
    assert diagonalise(operator) == pytest.approx((spectrum[0], spectrum[-1]), abs=1e-10)


def test_the_transverse_field_ring_has_its_closed_form() -> None:
    """The critical Ising ring of 10 spins: E = -2 / sin(pi / 2n).

    References:
        Pfeuty 1970, Annals of Physics 57, 79: the sum of 2 |sin(k/2)| over k = (2j + 1) pi / n.
    """
    n = 10
    terms = [("ZZ", [i, (i + 1) % n], -1.0) for i in range(n)] + [("X", [i], -1.0) for i in range(n)]
    lowest, highest = diagonalise(SparsePauliOp.from_sparse_list(terms, n))
    assert lowest == pytest.approx(-2 / np.sin(np.pi / (2 * n)), abs=1e-10)
    assert highest == pytest.approx(-lowest, abs=1e-10)


def test_it_gives_the_same_bits_twice() -> None:
    """The start vector is always the same, so the answer is."""
    operator = SparsePauliOp(random_pauli_list(9, 20, seed=1, phase=False), np.arange(1.0, 21.0))
    assert diagonalise(operator) == diagonalise(operator)


def test_too_many_qubits_are_refused() -> None:
    """Fifteen qubits are refused before a matrix is made."""
    with pytest.raises(InputError, match="15 qubits are too many"):
        diagonalise(SparsePauliOp("X" * 15))
