"""Distances between the atoms of a molecule: refused where two are on top of each other, warned of where they look like Bohr."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_CLASH = 0.2
_LONG = 1.4
_SMALLEST_RADIUS = 0.37
"""Half the bond of H2: the tabulated radius of hydrogen is that of its bonds to carbon and the like."""

# fmt: off
ELEMENTS = (
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti",
    "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc",
    "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd",
    "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At",
    "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm",
)
"""From hydrogen to curium, by their atomic numbers."""
_RADII = (
    31, 28, 128, 96, 84, 73, 71, 66, 57, 58, 166, 141, 121, 111, 107, 105, 102, 106, 203, 176, 170, 160, 153, 139, 150, 142, 138,
    124, 132, 122, 122, 120, 119, 120, 120, 116, 220, 195, 190, 175, 164, 154, 147, 146, 142, 139, 145, 144, 142, 139, 139, 138,
    139, 140, 244, 215, 207, 204, 203, 201, 199, 198, 198, 196, 194, 192, 192, 189, 190, 187, 187, 175, 170, 162, 151, 144, 141,
    136, 136, 132, 145, 146, 148, 140, 150, 150, 260, 221, 215, 206, 200, 196, 190, 187, 180, 169,
)
# fmt: on
"""Covalent radii from hydrogen to curium in picometres."""


class LongBonds(UserWarning):
    """All bonds are so long that the coordinates look like Bohr."""


def check_distances(symbols: Sequence[str], nuclei: Sequence[int], places: NDArray[np.float64]) -> None:
    """Refuse atoms that are on top of each other, and warn of bonds as long as if Bohr were taken for Angstrom.

    Args:
        symbols: `(n,)` names of the atoms, for people.
        nuclei: `(n,)` atomic numbers.
        places: `(n, 3)` coordinates in Angstrom.

    Raises:
        InputError: If two atoms are less than 0.2 Angstrom apart.

    Warns:
        LongBonds: If the shortest bond is 1.4 times as long as the atoms' radii, or more.

    References:
        Cordero et al. 2008, Dalton Transactions 2832 (radii).
    """
    pairs = list(combinations(range(len(symbols)), 2))
    distances = [float(np.linalg.norm(places[i] - places[j])) for i, j in pairs]
    for (i, j), distance in zip(pairs, distances, strict=True):
        if distance < _CLASH:
            raise InputError(
                f"the atoms {symbols[i]} and {symbols[j]} (number {i + 1} and {j + 1}) are {distance:.3f} Angstrom apart, expected at "
                f"least {_CLASH}: they are on top of each other"
            )
    if not pairs:
        return
    radius = [max(0.01 * _RADII[min(max(number, 1), len(_RADII)) - 1], _SMALLEST_RADIUS) for number in nuclei]
    usual = [radius[i] + radius[j] for i, j in pairs]
    shortest = min(range(len(pairs)), key=lambda pair: distances[pair] / usual[pair])
    i, j = pairs[shortest]
    if distances[shortest] > _LONG * usual[shortest]:
        warnings.warn(
            f"the shortest bond, {symbols[i]}-{symbols[j]}, is {distances[shortest]:.3f} Angstrom long, about {usual[shortest]:.2f} are "
            "usual: if the coordinates are in Bohr, say units: bohr",
            LongBonds,
            stacklevel=4,
        )
