"""Random integrals, excitations and points, for properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import strategies as st

from qopt.ansatze.excitations import Excitation
from qopt.problems.integrals import Integrals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ENGINES = pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "numba"])


@dataclass(frozen=True)
class Case:
    """A small problem.

    Attributes:
        integrals: Without any symmetry but the permutations of indices.
        excitations: Singles to triples, also such that share orbitals between both sides.
        point: As many entries as there are parameters; excitations may share one, and some are used by none.
        reference: Any determinant of the sector.
    """

    integrals: Integrals
    excitations: tuple[Excitation, ...]
    point: NDArray[np.float64]
    reference: int

    @property
    def hartree_fock(self) -> int:
        """The determinant with the lowest orbitals filled."""
        alpha, beta = self.integrals.electrons
        return ((1 << alpha) - 1) | ((1 << beta) - 1) << self.integrals.norb


def random_integrals(norb: int, electrons: tuple[int, int], rng: np.random.Generator) -> Integrals:
    """Integrals with the eightfold symmetry and no other."""
    one_body, two_body = rng.normal(size=(norb,) * 2), rng.normal(size=(norb,) * 4)
    two_body = two_body + two_body.transpose(1, 0, 2, 3)
    two_body = two_body + two_body.transpose(0, 1, 3, 2)
    return Integrals(float(rng.normal()), one_body + one_body.T, two_body + two_body.transpose(2, 3, 0, 1), electrons)


def random_excitation(norb: int, parameters: int, rng: np.random.Generator) -> Excitation:
    """Up to three electrons moved, spins conserved, the orbitals in any order."""
    while True:
        counts = rng.integers(0, min(norb, 2) + 1, size=2)
        if not 1 <= counts.sum() <= 3:
            continue
        sides = [
            tuple(
                int(i)
                for i in rng.permutation(
                    np.concatenate([rng.choice(norb, count, replace=False) + spin for spin, count in zip((0, norb), counts, strict=True)])
                )
            )
            for _ in range(2)
        ]
        if set(sides[0]) != set(sides[1]):
            return Excitation(sides[0], sides[1], int(rng.integers(parameters)), float(rng.normal()))


@st.composite
def cases(draw: Callable[..., int]) -> Case:
    """Any sector of 2 to 4 orbitals; what is in it comes from a seed."""
    norb = draw(st.integers(2, 4))
    electrons = (draw(st.integers(0, norb)), draw(st.integers(0, norb)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    parameters = draw(st.integers(1, 4))
    excitations = tuple(random_excitation(norb, parameters, rng) for _ in range(draw(st.integers(0, 6))))
    filled = [rng.choice(norb, count, replace=False) + spin for spin, count in zip((0, norb), electrons, strict=True)]
    reference = sum(1 << int(orbital) for orbital in np.concatenate(filled))
    return Case(random_integrals(norb, electrons, rng), excitations, rng.normal(size=parameters), reference)
