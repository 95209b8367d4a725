"""Determinants of spin orbitals as bit masks: the lowest one, all of a sector, and their energies."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals


def lowest_determinant(norb: int, electrons: tuple[int, int]) -> int:
    """The electrons of spin alpha and beta in the lowest orbitals: bit p for alpha orbital p, bit norb + p for beta orbital p."""
    return (1 << electrons[0]) - 1 | ((1 << electrons[1]) - 1) << norb


def determinants(norb: int, electrons: tuple[int, int]) -> NDArray[np.int64]:
    """`(k,)` masks of all determinants with so many electrons of either spin, ascending."""
    alpha, beta = (
        np.array([sum(1 << orbital for orbital in chosen) for chosen in combinations(range(norb), count)], dtype=np.int64)
        for count in electrons
    )
    return np.sort((alpha[None, :] | beta[:, None] << norb).reshape(-1))


def sector_size(norb: int, electrons: tuple[int, int]) -> int:
    """How many determinants have so many electrons of either spin."""
    return comb(norb, electrons[0]) * comb(norb, electrons[1])


def determinant_energy(integrals: Integrals, determinant: int) -> float:
    """The expectation of the Hamiltonian in a determinant; in the lowest one of canonical orbitals that is the Hartree-Fock energy.

    `constant + sum_i h_ii + 1/2 sum_ij (ii|jj) - 1/2 sum_ij (ij|ji)`, with the last sum over pairs of equal spin.

    Raises:
        InputError: If the determinant has spin orbitals that don't exist.

    References:
        Szabo, Ostlund 1996, Modern Quantum Chemistry, table 2.3.
    """
    norb = integrals.norb
    if determinant < 0 or determinant >> 2 * norb:
        raise InputError(f"the determinant {determinant:#b} has spin orbitals beyond the {2 * norb} of the integrals")
    alpha, beta = (np.array([determinant >> orbital + shift & 1 for orbital in range(norb)], dtype=float) for shift in (0, norb))
    both = alpha + beta
    coulomb, exchange = np.einsum("iijj->ij", integrals.two_body), np.einsum("ijji->ij", integrals.two_body)
    repulsion = both @ coulomb @ both - alpha @ exchange @ alpha - beta @ exchange @ beta
    return float(integrals.constant + both @ np.diag(integrals.one_body) + 0.5 * repulsion)
