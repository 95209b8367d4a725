"""Operators on the qubits of a mapping: the electronic Hamiltonian, and the conserved numbers."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError
from qopt.problems.mapping.paulis import RealPaulis

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.problems.integrals import Integrals
    from qopt.problems.mapping.mapping import Mapping


def electronic_hamiltonian(integrals: Integrals, mapping: Mapping) -> SparsePauliOp:
    """The Hamiltonian of the integrals, its constant included, so that expectations are total energies.

    With `M_pq`, the sum over spins of `Mapping.hops`, and the symmetries of integrals over real orbitals,
    `H = constant + sum k_pp + 1/2 sum (pp|rr) + 1/2 sum (k_pq + sum_r (pq|rr)) M_pq + 1/8 sum (pq|rs) M_pq M_rs`, where
    `k_pq = h_pq - 1/2 sum_r (pr|rq)`. Each product of two M is one Pauli string, so strings are made for all integrals at once, and equal
    ones added up.

    Returns:
        Real coefficients, terms sorted by their X and then their Z masks, so the identity comes first.

    Raises:
        InputError: If the mapping is for another number of orbitals.
    """
    if mapping.norb != integrals.norb:
        raise InputError(f"the mapping is for {mapping.norb} orbitals, expected {integrals.norb} as in the integrals")
    two_body = integrals.two_body
    k = integrals.one_body - 0.5 * np.einsum("prrq->pq", two_body)
    constant = integrals.constant + np.trace(k) + 0.5 * np.einsum("pprr", two_body)
    linear = 0.5 * (k + np.einsum("pqrr->pq", two_body))
    alpha, beta = mapping.hops(0), mapping.hops(1)
    parts = [RealPaulis.constant(float(constant)), alpha.scaled(linear), beta.scaled(linear)]
    pairs = two_body.reshape(integrals.norb**2, -1)
    left, right = np.nonzero(pairs)
    values = pairs[left, right]
    # The products of unlike spins come in both orders, which are the same.
    for one, other, weight in ((alpha, alpha, 0.125), (beta, beta, 0.125), (alpha, beta, 0.25)):
        parts.append(_chosen(one, left).paired(_chosen(other, right)).scaled(weight * values))
    return mapping.operator(RealPaulis.total(parts).collected())


def one_body_operator(matrix: NDArray[np.float64], mapping: Mapping) -> SparsePauliOp:
    """`sum d_pq E_pq` of a symmetric `(norb, norb)` matrix, such as a component of the dipole: `tr d + 1/2 sum d_pq M_pq`.

    What changes a parity that the mapping holds fixed has the expectation 0 in all of its states, and is left out.

    Raises:
        InputError: If the matrix isn't symmetric, or has another number of orbitals.
    """
    if matrix.shape != (mapping.norb, mapping.norb) or not np.allclose(matrix, matrix.T, rtol=0, atol=1e-8):
        raise InputError(f"got a matrix of shape {matrix.shape}, expected a symmetric one over {mapping.norb} orbitals")
    symmetric = 0.5 * (matrix + matrix.T)
    strings = RealPaulis.total(
        [RealPaulis.constant(float(np.trace(symmetric))), *(mapping.hops(s).scaled(0.5 * symmetric) for s in (0, 1))]
    )
    return mapping.operator(mapping.conserved(strings.collected()))


def density_operators(mapping: Mapping) -> dict[tuple[int, int], SparsePauliOp]:
    """`(E_pq + E_qp) / 2` for p <= q, whose expectations are the spin-summed one-body reduced density matrix.

    Real orbitals and the symmetric part are all that a real observable needs. An element that some conserved parity makes 0 is an operator
    without terms but 0 times the identity.

    References:
        Helgaker, Jorgensen, Olsen 2000, Molecular Electronic-Structure Theory, section 1.7.
    """
    operators = {}
    for p, q in combinations_with_replacement(range(mapping.norb), 2):
        unit = np.zeros((mapping.norb, mapping.norb))
        unit[p, q] += 0.5
        unit[q, p] += 0.5
        operators[p, q] = one_body_operator(unit, mapping)
    return operators


def number_operator(mapping: Mapping) -> SparsePauliOp:
    """How many electrons there are."""
    return mapping.operator(RealPaulis.total(_numbers(mapping, spin) for spin in (0, 1)).collected())


def sz_operator(mapping: Mapping) -> SparsePauliOp:
    """The spin along z, in units of hbar: half the alpha electrons less half the beta electrons."""
    return mapping.operator(_sz(mapping).collected())


def s_squared_operator(mapping: Mapping) -> SparsePauliOp:
    """The total spin squared: `S^2 = S_- S_+ + S_z^2 + S_z`, s (s + 1) for a state of spin s.

    References:
        Helgaker, Jorgensen, Olsen 2000, Molecular Electronic-Structure Theory, section 2.4.
    """
    raising = RealPaulis.total(
        mapping.ladder(orbital, created=True) @ mapping.ladder(orbital + mapping.norb, created=False) for orbital in range(mapping.norb)
    )
    sz = _sz(mapping)
    return mapping.operator(RealPaulis.total([raising.transpose() @ raising, sz @ sz, sz]).collected())


def _numbers(mapping: Mapping, spin: int) -> RealPaulis:
    """The electrons of one spin: `E_pp` of that spin is `1/2 (1 + M_pp)`."""
    orbitals = range(spin * mapping.norb, (spin + 1) * mapping.norb)
    return RealPaulis.total(mapping.ladder(orbital, created=True) @ mapping.ladder(orbital, created=False) for orbital in orbitals)


def _sz(mapping: Mapping) -> RealPaulis:
    return RealPaulis.total([_numbers(mapping, 0).scaled(0.5), _numbers(mapping, 1).scaled(-0.5)])


def _chosen(strings: RealPaulis, indices: NDArray[np.int64]) -> RealPaulis:
    return RealPaulis(strings.x.reshape(-1)[indices], strings.z.reshape(-1)[indices], strings.coefficients.reshape(-1)[indices])
