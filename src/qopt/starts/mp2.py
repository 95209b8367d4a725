"""Amplitudes of second-order perturbation theory: where UCCSD begins when it doesn't begin at zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.starts.amplitudes import angles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.integrals import Integrals
    from qopt.types import Point

_GAP = 1e-3
"""Hartree: where levels are closer than that, perturbation theory says nothing."""


def mp2(integrals: Integrals, excitations: Sequence[Excitation], parameters: int) -> Point:
    """`(n,)` angles: `<ab||ij> / (e_i + e_j - e_a - e_b)` of doubles, and of singles `F_ai / (e_i - e_a)`, 0 for canonical orbitals.

    To first order in the repulsion, the ansatz at this point is the perturbed determinant. Excitations that move more than two electrons
    or cross a gap below 0.001 hartree get 0; what others, and shared or repeated ones get, is said at `angles`.

    Args:
        integrals: Over (nearly) canonical orbitals, of which the lowest are occupied.
        excitations: The ansatz.
        parameters: How many entries a point has, n.

    Raises:
        InputError: If an excitation has a spin orbital that the integrals lack, or a parameter that a point lacks.

    References:
        Moller, Plesset 1934, Physical Review 46, 618; as a start for UCC: Romero et al. 2018, arXiv:1701.02691.
    """
    fock = fock_matrices(integrals)
    levels = np.concatenate([np.diag(matrix) for matrix in fock])

    def amplitude(excitation: Excitation) -> float:
        gap = levels[list(excitation.annihilated)].sum() - levels[list(excitation.created)].sum()
        return _element(integrals, fock, excitation) / gap if abs(gap) > _GAP else 0.0

    return angles(integrals, excitations, parameters, amplitude)


def fock_matrices(integrals: Integrals) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(norb, norb)` of spin alpha and beta: `F_pq = h_pq + sum_j (pq|jj) - sum_i (pi|iq)`, over all occupied j and i of equal spin."""
    coulomb = sum(np.einsum("pqjj->pq", integrals.two_body[:, :, :count, :count]) for count in integrals.electrons)
    alpha, beta = (
        integrals.one_body + coulomb - np.einsum("piiq->pq", integrals.two_body[:, :count, :count, :]) for count in integrals.electrons
    )
    return alpha, beta


def _element(integrals: Integrals, fock: tuple[NDArray[np.float64], NDArray[np.float64]], excitation: Excitation) -> float:
    """`<ab||ij> = (ai|bj) - (aj|bi)` of a double, where spins allow either, and `F_ai` of a single."""
    norb = integrals.norb
    (spins, orbitals), (spins_from, orbitals_from) = (
        zip(*(divmod(orbital, norb) for orbital in side), strict=True) for side in (excitation.created, excitation.annihilated)
    )
    if len(orbitals) == 1:
        return float(fock[spins[0]][orbitals[0], orbitals_from[0]]) if spins == spins_from else 0.0
    if len(orbitals) > 2:  # noqa: PLR2004 - the Hamiltonian moves two electrons
        return 0.0
    (a, b), (i, j) = orbitals, orbitals_from
    direct = integrals.two_body[a, i, b, j] if spins == spins_from else 0.0
    exchanged = integrals.two_body[a, j, b, i] if spins == spins_from[::-1] else 0.0
    return float(direct - exchanged)
