"""Distances between atoms: what is refused, warned of, and accepted without PySCF."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from qopt.errors import InputError
from qopt.problems.distances import _RADII, LongBonds, check_distances


def pair(length: float) -> np.ndarray:
    """Two atoms so far apart, in Angstrom."""
    return np.array([[0.0, 0.0, 0.0], [0.0, 0.0, length]])


@pytest.mark.extra
def test_radii_are_those_of_the_literature() -> None:
    """As PySCF has them, from hydrogen to curium."""
    from pyscf.data import radii  # noqa: PLC0415 - an extra

    np.testing.assert_allclose(_RADII, np.array(radii.COVALENT[1:]) * 52.9177210903, rtol=0, atol=1e-6)


def test_usual_bonds_pass() -> None:
    """H2 at its equilibrium, and a lone atom."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_distances(("H", "H"), (1, 1), pair(0.735))
        check_distances(("He",), (2,), np.zeros((1, 3)))


def test_one_usual_bond_is_enough() -> None:
    """A third atom may leave: only where all bonds are long, the units look wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_distances(("H",) * 3, (1,) * 3, np.array([[0.0, 0, 0], [0, 0, 0.735], [0, 0, 5.0]]))


def test_bonds_in_bohr_are_warned_of() -> None:
    """N2 at 2.07."""
    with pytest.warns(LongBonds, match="N-N, is 2.070 Angstrom long, about 1.42 are usual"):
        check_distances(("N", "N"), (7, 7), pair(2.07))


def test_atoms_on_top_of_each_other_are_refused() -> None:
    """With their numbers."""
    with pytest.raises(InputError, match=r"the atoms H and Li \(number 1 and 2\) are 0.100 Angstrom apart"):
        check_distances(("H", "Li"), (1, 3), pair(0.1))
