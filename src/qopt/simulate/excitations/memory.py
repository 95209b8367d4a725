"""How much memory the simulation of excitations takes, told before it is taken."""

from __future__ import annotations

from math import comb, prod
from typing import TYPE_CHECKING

from qopt.errors import InputError
from qopt.simulate.checks import check_free
from qopt.simulate.excitations.plain import KEPT_PAIRS
from qopt.simulate.excitations.sector import split_spins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.ansatze.excitations import Excitation
    from qopt.errors import Where
    from qopt.simulate.excitations.sector import Ladder

MATRIX_ELEMENTS = 1 << 21
"""Where the sector's matrix may have more elements the Hamiltonian is applied factor by factor, which is faster from there on."""
_SMALLER = "choose a smaller active space or a machine with more memory"
_SMALL = 1 << 20
_ELEMENT = 58
"""Bytes that an element of the matrix takes while it is made: 12 are kept, and the rest are copies, more in SciPy 1.16 than in 1.17."""
_MAX_ORBITALS = 31
"""The occupations of so many orbitals of both spins fit into 64 bits."""


def dimension(norb: int, electrons: tuple[int, int]) -> int:
    """How many determinants a sector has."""
    return comb(norb, electrons[0]) * comb(norb, electrons[1])


def matrix_elements(norb: int, electrons: tuple[int, int]) -> int:
    """How many elements the sector's matrix has at most: Slater-Condon's diagonal, singles and doubles of each determinant."""
    singles = [count * (norb - count) for count in electrons]
    doubles = [comb(count, 2) * comb(norb - count, 2) for count in electrons]
    return dimension(norb, electrons) * ((1 + singles[0]) * (1 + singles[1]) + sum(doubles))


def fits_a_matrix(norb: int, electrons: tuple[int, int]) -> bool:
    """Whether the Hamiltonian is kept as the matrix of the sector."""
    return matrix_elements(norb, electrons) <= MATRIX_ELEMENTS


def memory_needed(norb: int, electrons: tuple[int, int], excitations: Sequence[Excitation], *, gradient: bool, batch: int = 1) -> int:
    """Bytes that an engine takes at most at a time, while it is made or while it computes.

    Args:
        norb: Spatial orbitals.
        electrons: Of spin alpha and beta.
        excitations: The ansatz.
        gradient: Whether gradients are asked for.
        batch: How many points are computed at the same time: the engine's `threads`.
    """
    dim = dimension(norb, electrons)
    strings = [comb(norb, count) for count in electrons]
    connected = [n * (1 + count * (norb - count)) for n, count in zip(strings, electrons, strict=True)]
    one_spin = 5 * 8 * norb**2 * max(connected)
    factorised = 12 * connected[0] * (norb * (norb + 1) // 2) + 4 * 8 * dim
    hamiltonian = _ELEMENT * matrix_elements(norb, electrons) if fits_a_matrix(norb, electrons) else factorised
    vectors = 8 * dim * batch * (5 if gradient else 4)
    ladders = [split_spins(excitation.created, excitation.annihilated, norb)[:2] for excitation in excitations]
    parts = {ladder for both in ladders for ladder in both}
    tables = 3 * 24 * sum(max(strings) for _ in parts)
    pairs = [prod(_sources(norb, count, ladder) for count, ladder in zip(electrons, both, strict=True)) for both in ladders]
    kept = sum(pairs) if sum(pairs) <= KEPT_PAIRS else 0
    return one_spin + hamiltonian + vectors + tables + 16 * kept + 64 * max(pairs, default=0) + _SMALL


def _sources(norb: int, electrons: int, ladder: Ladder) -> int:
    """How many strings of one spin a product of ladder operators doesn't annihilate: those that have what it takes."""
    held, free = len(ladder) // 2, norb - len({orbital for orbital, _ in ladder})
    return comb(free, electrons - held) if electrons >= held else 0


def check_size(
    norb: int, electrons: tuple[int, int], excitations: Sequence[Excitation], where: Where = (), instead: str = _SMALLER
) -> None:
    """Refuse what this machine can't hold.

    Args:
        norb: Spatial orbitals.
        electrons: Of spin alpha and beta.
        excitations: The ansatz.
        where: The config key to blame.
        instead: What to do about it.

    Raises:
        InputError: If there are too many orbitals, or an engine would need more memory than is free, with one thread.
    """
    if norb > _MAX_ORBITALS:
        raise InputError(f"there are {norb} orbitals, expected at most {_MAX_ORBITALS}: choose an active space")
    what = f"energies with gradients of {dimension(norb, electrons):,} determinants of {electrons} electrons in {norb} orbitals"
    needed = memory_needed(norb, electrons, excitations, gradient=True)
    check_free(what, needed, instead, where=where)
