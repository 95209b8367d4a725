"""Natural orbitals of second-order perturbation theory: the orbitals by which an active space is chosen well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals

    Matrix = NDArray[np.float64]

_GAP = 1e-3
"""Hartree: where levels are closer than that, perturbation theory says nothing."""
_COUPLING = 1e-8
"""Elements up to this one don't mix orbitals: what a symmetry forbids is never more, and what it allows hardly ever less."""
_TIE = 1e-6


def natural(integrals: Integrals, *, core: int = 0) -> tuple[Integrals, NDArray[np.float64]]:
    """The same molecule over the natural orbitals of MP2, occupied ones first, either by falling occupation.

    The density matrix of MP2 (unrelaxed, spin-summed) is that of Hartree-Fock with electrons moved from occupied to empty orbitals:

    `D_ij = 2 delta_ij - 2 sum_kab (2 t_ikab - t_ikba) t_jkab` and `D_ab = 2 sum_ijc (2 t_ijac - t_ijca) t_ijbc`, and nothing in between.

    So its eigenvectors never mix the two, and that is wanted: the determinant with the lowest orbitals filled stays that of Hartree-Fock,
    with its energy, its symmetries for tapering, and starts by MP2 or coupled cluster. An active space around the gap, such as
    `Space(electrons=6, orbitals=6)`, then has the occupations that are farthest from 2 and from 0: those that matter most. In a basis of
    many empty orbitals the lowest canonical ones are diffuse, and a poor choice.

    Orbitals that a symmetry tells apart aren't mixed, also where their occupations are equal, so tapering finds as many symmetries as
    before. Each orbital has its largest coefficient positive.

    Args:
        integrals: Over orbitals of Hartree-Fock (rotated ones within the occupied and the empty ones too), the lowest doubly occupied.
        core: So many of the lowest orbitals stay as they are, and take no part in the correlation.

    Returns:
        The integrals, and `(norb,)` occupations from 0 to 2.

    Raises:
        InputError: If there are unpaired electrons, no such core, or the levels of the occupied and the empty orbitals meet.

    References:
        Lowdin 1955, Physical Review 97, 1474; Taube, Bartlett 2005, Collect. Czech. Chem. Commun. 70, 837 (frozen natural orbitals).
    """
    alpha, beta = integrals.electrons
    if alpha != beta:
        raise InputError(
            f"natural orbitals are for closed shells, got {alpha} alpha and {beta} beta electrons: choose the active space by the numbers "
            "of canonical orbitals instead"
        )
    if not 0 <= core <= alpha:
        raise InputError(f"{core} orbitals are to stay as they are, expected 0 to {alpha}, which are doubly occupied")
    turn = _canonical(integrals, core)
    canonical = integrals.turned(turn)
    occupied, empty = _densities(canonical, core)
    occupations = np.concatenate([np.full(core, 2.0), np.zeros(integrals.norb - core)])
    for block, density in ((slice(core, alpha), occupied), (slice(alpha, None), empty)):
        occupations[block], vectors = _eigenvectors(density, falling=True)
        turn[:, block] = turn[:, block] @ vectors
    turn = _positive(turn)
    return integrals.turned(turn), occupations


def _canonical(integrals: Integrals, core: int) -> Matrix:
    """`(norb, norb)`, in columns: orbitals that make the Fock matrix diagonal within the correlated occupied and within the empty ones."""
    filled = integrals.electrons[0]
    repulsion = integrals.two_body
    fock = integrals.one_body + 2 * np.einsum("pqii->pq", repulsion[:, :, :filled, :filled])
    fock -= np.einsum("piiq->pq", repulsion[:, :filled, :filled, :])
    turn = np.eye(integrals.norb)
    for block in (slice(core, filled), slice(filled, None)):
        turn[block, block] = _eigenvectors(fock[block, block], falling=False)[1]
    return turn


def _densities(integrals: Integrals, core: int) -> tuple[Matrix, Matrix]:
    """`D_ij` and `D_ab`, of orbitals that make both blocks of the Fock matrix diagonal."""
    filled = integrals.electrons[0]
    repulsion = integrals.two_body
    levels = np.diag(integrals.one_body) + 2 * np.einsum("ppii->p", repulsion[:, :, :filled, :filled])
    levels = levels - np.einsum("piip->p", repulsion[:, :filled, :filled, :])
    below, above = levels[core:filled], levels[filled:]
    if len(below) and len(above) and above.min() - below.max() < _GAP:
        raise InputError(
            f"the highest occupied level, {below.max():.4f} Ha, is not below the lowest empty one, {above.min():.4f} Ha, so perturbation "
            "theory says nothing: choose the active space by the numbers of canonical orbitals instead"
        )
    moved = repulsion[core:filled, filled:, core:filled, filled:].transpose(0, 2, 1, 3)
    gaps = below[:, None, None, None] + below[None, :, None, None] - above[:, None] - above
    amplitudes = moved / gaps
    paired = 2 * amplitudes - amplitudes.transpose(0, 1, 3, 2)
    occupied = 2 * np.eye(len(below)) - 2 * np.einsum("ikab,jkab->ij", paired, amplitudes, optimize=True)
    return occupied, 2 * np.einsum("ijac,ijbc->ab", paired, amplitudes, optimize=True)


def _eigenvectors(matrix: Matrix, *, falling: bool) -> tuple[NDArray[np.float64], Matrix]:
    """Eigenvalues in order, and their vectors in columns, each among orbitals that are coupled; of equal values those of lower orbitals."""
    values, vectors = np.zeros(len(matrix)), np.zeros_like(matrix)
    position = 0
    for group in _coupled(matrix):
        block = slice(position, position + len(group))
        values[block], vectors[group, block] = np.linalg.eigh(matrix[np.ix_(group, group)])
        position += len(group)
    order = np.argsort(np.round(-values if falling else values, 9), kind="stable")
    return values[order], vectors[:, order]


def _coupled(matrix: Matrix) -> list[list[int]]:
    """The orbitals in groups between which all elements are 0, each ascending, by their first ones."""
    linked = np.abs(matrix) > _COUPLING
    left, groups = set(range(len(matrix))), []
    while left:
        group, frontier = set(), {min(left)}
        while frontier:
            group |= frontier
            frontier = {int(orbital) for orbital in np.flatnonzero(linked[sorted(frontier)].any(axis=0))} - group
        groups.append(sorted(group))
        left -= group
    return groups


def _positive(turn: Matrix) -> Matrix:
    """With signs such that in each column the first of the largest coefficients is positive."""
    sizes = np.abs(turn)
    first = (sizes > sizes.max(axis=0) - _TIE).argmax(axis=0)
    signs: Matrix = np.sign(turn[first, np.arange(len(turn))])
    return turn * signs
