"""Frozen cores and active spaces: integrals over fewer orbitals, with the energy and the mean field of the electrons left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError
from qopt.problems.integrals import Integrals

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOBLE_GASES = ((2, 1), (10, 5), (18, 9), (36, 18), (54, 27))
"""Electrons of He, Ne, Ar, Kr, Xe, and the orbitals that they fill."""


@dataclass(frozen=True)
class Space:
    """Which electrons and orbitals take part.

    Attributes:
        frozen_core: True freezes the noble gas core of each atom; a number that many of the lowest orbitals.
        electrons: Of both spins that take part; None means all that aren't in the core.
        orbitals: How many take part, from the lowest that isn't frozen on; or which ones, counted from 0 in the integrals as they were
            given. None means all that aren't in the core.
    """

    frozen_core: bool | int = False
    electrons: int | None = None
    orbitals: int | tuple[int, ...] | None = None

    def split(self, integrals: Integrals, nuclei: Sequence[int] | None = None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The orbitals of the core, which are doubly occupied, and those that are active.

        Args:
            integrals: With all orbitals and electrons.
            nuclei: Atomic numbers, where they are known.

        Raises:
            InputError: If the space doesn't exist in the molecule.
        """
        norb, total = integrals.norb, sum(integrals.electrons)
        frozen = self._frozen(nuclei)
        if not 0 <= frozen <= min(integrals.electrons):
            raise InputError(f"{frozen} orbitals are to be frozen, expected 0 to {min(integrals.electrons)}, which are doubly occupied")
        if isinstance(self.orbitals, tuple):
            return self._chosen(integrals, frozen)
        electrons = total - 2 * frozen if self.electrons is None else self.electrons
        inner, odd = divmod(total - electrons, 2)
        if odd or inner > min(integrals.electrons):
            raise InputError(
                f"the active space has {electrons} of {total} electrons, expected {total} less two for each orbital that is left out, "
                f"and at least the {abs(integrals.electrons[0] - integrals.electrons[1])} unpaired ones"
            )
        if electrons <= 0 or inner < frozen:
            raise InputError(f"the active space has {electrons} electrons, expected 1 to {total - 2 * frozen}, which the molecule has")
        orbitals = norb - inner if self.orbitals is None else self.orbitals
        if not 1 <= orbitals <= norb - inner:
            raise InputError(
                f"the active space has {orbitals} orbitals above {inner} doubly occupied ones, expected 1 to {norb - inner}: the molecule "
                f"has {norb} in this basis"
            )
        if orbitals < max(integrals.electrons) - inner:
            raise InputError(
                f"the active space has {orbitals} orbital(s) for {electrons} electrons, expected at least "
                f"{max(integrals.electrons) - inner}"
            )
        return tuple(range(inner)), tuple(range(inner, inner + orbitals))

    def _frozen(self, nuclei: Sequence[int] | None) -> int:
        if self.frozen_core is not True:
            return int(self.frozen_core)
        if nuclei is None:
            raise InputError(
                "frozen_core is true, but integrals from a file don't say which atoms they belong to, expected how many of the lowest "
                "orbitals are frozen, such as frozen_core: 1"
            )
        return sum(core_orbitals(nucleus) for nucleus in nuclei)

    def _chosen(self, integrals: Integrals, frozen: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        active = tuple(sorted(self.orbitals)) if isinstance(self.orbitals, tuple) else ()
        if not active or len(set(active)) < len(active) or active[0] < frozen or active[-1] >= integrals.norb:
            raise InputError(
                f"the active orbitals are {list(active)}, expected each once, from {frozen} to {integrals.norb - 1}: they count from 0"
            )
        low, high = sorted(integrals.electrons)
        if missing := set(range(low, high)) - set(active):
            raise InputError(f"the orbitals {sorted(missing)} hold unpaired electrons, expected them among the active ones {list(active)}")
        core = tuple(orbital for orbital in range(low) if orbital not in active)
        electrons = low + high - 2 * len(core)
        if self.electrons not in (None, electrons):
            raise InputError(
                f"the active space has {self.electrons} electrons, expected {electrons}: the orbitals {list(active)} hold so many"
            )
        return core, active


def core_orbitals(nucleus: int) -> int:
    """How many orbitals the noble gas below an element fills."""
    return max((orbitals for electrons, orbitals in _NOBLE_GASES if electrons < nucleus), default=0)


def restrict(integrals: Integrals, core: Sequence[int], active: Sequence[int]) -> Integrals:
    """The integrals over the active orbitals, in the mean field of a core that stays doubly occupied; other orbitals stay empty.

    `constant + 2 sum h_ii + sum 2 (ii|jj) - (ij|ji)` over the core, and `h_pq + sum_i 2 (pq|ii) - (pi|iq)`.

    Args:
        integrals: With all orbitals and electrons.
        core: Orbitals that hold two electrons each.
        active: The orbitals that are left, in their new order.

    References:
        Helgaker, Jorgensen, Olsen 2000, Molecular Electronic-Structure Theory, section 12.5.
    """
    inner, outer = np.array(core, dtype=np.int64), np.array(active, dtype=np.int64)
    field = 2 * np.einsum("pqii->pq", integrals.two_body[:, :, inner[:, None], inner[None, :]])
    field -= np.einsum("piiq->pq", integrals.two_body[:, inner[:, None], inner[None, :], :])
    energy = 2 * integrals.one_body[inner, inner].sum() + field[inner, inner].sum()
    alpha, beta = integrals.electrons
    return Integrals(
        float(integrals.constant + energy),
        (integrals.one_body + field)[np.ix_(outer, outer)],
        integrals.two_body[np.ix_(outer, outer, outer, outer)],
        (alpha - len(inner), beta - len(inner)),
    )
