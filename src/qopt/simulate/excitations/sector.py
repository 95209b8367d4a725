"""The sector of fixed (N_alpha, N_beta): occupation strings of each spin, their ranks, and what ladder operators do to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Strings: TypeAlias = "NDArray[np.int64]"
"""Occupations of one spin's orbitals in ascending order; bit p is spatial orbital p."""
Ladder: TypeAlias = tuple[tuple[int, bool], ...]
"""A product of ladder operators as it is written, from left to right: orbital, and whether it is created."""


@dataclass(frozen=True, eq=False)
class Sector:
    """All determinants with so many electrons of each spin.

    A state is a real `(dim,)` vector; entry `a * len(beta) + b` belongs to the strings `alpha[a]` and `beta[b]`.

    Attributes:
        norb: Spatial orbitals.
        alpha: Strings of spin alpha.
        beta: Strings of spin beta.
    """

    norb: int
    alpha: Strings
    beta: Strings

    @classmethod
    def of(cls, norb: int, electrons: tuple[int, int]) -> Sector:
        """The sector of so many electrons of spin alpha and beta."""
        return cls(norb, strings(norb, electrons[0]), strings(norb, electrons[1]))

    @property
    def dim(self) -> int:
        """How many determinants there are."""
        return len(self.alpha) * len(self.beta)

    @property
    def determinants(self) -> NDArray[np.int64]:
        """`(dim,)` occupations of all spin orbitals: bit p is alpha orbital p, bit norb + p is beta orbital p."""
        return (self.alpha[:, None] | (self.beta[None, :] << self.norb)).reshape(-1)

    def index(self, determinant: int) -> int | None:
        """Which entry of a state an occupation of spin orbitals is; None where it lies outside of the sector."""
        alpha, beta = determinant & ((1 << self.norb) - 1), determinant >> self.norb
        a, b = int(np.searchsorted(self.alpha, alpha)), int(np.searchsorted(self.beta, beta))
        inside = a < len(self.alpha) and b < len(self.beta) and self.alpha[a] == alpha and self.beta[b] == beta
        return a * len(self.beta) + b if inside else None


def strings(norb: int, electrons: int) -> Strings:
    """All ways to put so many electrons of one spin into the orbitals, ascending: those without the last orbital, then those with it."""
    if not 0 <= electrons <= norb:
        return np.empty(0, dtype=np.int64)
    if electrons in (0, norb):
        return np.array([(1 << electrons) - 1], dtype=np.int64)
    return np.concatenate([strings(norb - 1, electrons), strings(norb - 1, electrons - 1) | (1 << (norb - 1))])


def transitions(basis: Strings, ladder: Ladder) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Which strings a product of ladder operators turns into which others, and with what sign.

    A ladder operator of orbital p gains a factor -1 for every electron in the orbitals below p.

    Args:
        basis: All strings of one spin.
        ladder: As many creators as annihilators.

    Returns:
        Ranks before, ranks after, and signs of the strings that aren't annihilated.
    """
    sources = np.arange(len(basis))
    images, signs = basis, np.ones(len(basis))
    for orbital, created in reversed(ladder):
        bit = np.int64(1 << orbital)
        possible = ((images & bit) == 0) == created
        sources, images, signs = sources[possible], images[possible], signs[possible]
        signs = np.where(np.bitwise_count(images & (bit - 1)) & 1, -signs, signs)
        images = images ^ bit
    return sources, np.searchsorted(basis, images), signs


def split_spins(created: Sequence[int], annihilated: Sequence[int], norb: int) -> tuple[Ladder, Ladder, float]:
    """Write `T` of an `Excitation` as sign times its alpha operators times its beta operators.

    Operators of unlike spin anticommute, so each beta operator that passes an alpha operator on its right gives -1. What beta operators
    meet in the alpha string on their way to the beta string has no sign, since an excitation that conserves both spins has an even number
    of them.

    Returns:
        The alpha operators, the beta operators (both in orbitals from 0), and the sign.
    """
    written = [(orbital, True) for orbital in created] + [(orbital, False) for orbital in reversed(annihilated)]
    alpha = tuple((orbital, creates) for orbital, creates in written if orbital < norb)
    beta = tuple((orbital - norb, creates) for orbital, creates in written if orbital >= norb)
    passed = sum(left >= norb > right for i, (left, _) in enumerate(written) for right, _ in written[i + 1 :])
    return alpha, beta, -1.0 if passed % 2 else 1.0
