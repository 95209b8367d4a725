"""Determinants, frozen cores and active spaces, against the matrix on all 2**n basis states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles import excitations as slow
from tests.simulate.excitations.cases import random_integrals

from qopt.errors import InputError
from qopt.problems.active_space import Space, core_orbitals, restrict
from qopt.problems.determinants import determinant_energy, determinants, lowest_determinant
from qopt.problems.fcidump import read_fcidump

DATA = Path(__file__).parents[1] / "data" / "fcidump"


@given(norb=st.integers(1, 3), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_energies_of_determinants_are_the_diagonal_of_the_hamiltonian(norb: int, seed: int, data: st.DataObject) -> None:
    """Whatever their numbers of electrons."""
    integrals = random_integrals(norb, (0, 0), np.random.default_rng(seed))
    determinant = data.draw(st.integers(0, 4**norb - 1))
    expected = slow.hamiltonian(integrals)[determinant, determinant]
    assert determinant_energy(integrals, determinant) == pytest.approx(expected, abs=1e-10)


def test_all_determinants_of_a_sector_are_listed() -> None:
    """As many as there are ways to choose, ascending, with the right numbers of either spin."""
    every = determinants(4, (2, 1))
    assert len(every) == 24
    assert np.all(np.diff(every) > 0)
    assert {((int(mask) & 0b1111).bit_count(), (int(mask) >> 4).bit_count()) for mask in every} == {(2, 1)}
    assert every[0] == lowest_determinant(4, (2, 1)) == 0b00010011


@given(seed=st.integers(0, 2**32 - 1), unpaired=st.integers(0, 1), core=st.sampled_from([(), (0,), (2,), (0, 1)]))
def test_restricted_integrals_are_a_block_of_the_hamiltonian(seed: int, unpaired: int, core: tuple[int, ...]) -> None:
    """The block of determinants in which the core is full and orbital 3 is empty."""
    norb = 4
    integrals = random_integrals(norb, (len(core) + unpaired, len(core)), np.random.default_rng(seed))
    active = [orbital for orbital in range(3) if orbital not in core]
    small = restrict(integrals, core, active)
    full_core = sum(1 << orbital | 1 << orbital + norb for orbital in core)
    positions = [*active, *(orbital + norb for orbital in active)]
    block = [full_core | sum(1 << new for old, new in enumerate(positions) if mask >> old & 1) for mask in range(4 ** len(active))]
    # Ladder operators of the core come in pairs, so they give no signs.
    expected = slow.hamiltonian(integrals)[np.ix_(block, block)]
    np.testing.assert_allclose(slow.hamiltonian(small), expected, rtol=0, atol=1e-10)
    assert small.electrons == (unpaired, 0)


def test_noble_gas_cores() -> None:
    """1s from lithium on, 2s and 2p from sodium on, and so forth."""
    assert [core_orbitals(nucleus) for nucleus in (1, 2, 3, 10, 11, 18, 19, 36, 37)] == [0, 0, 1, 1, 5, 5, 9, 9, 18]


def test_spaces_are_split_as_told() -> None:
    """By frozen core, by numbers, and by orbitals; what is left out below is full."""
    water = read_fcidump(DATA / "h2o.fcidump")
    assert Space().split(water) == ((), tuple(range(7)))
    assert Space(frozen_core=True).split(water, (8, 1, 1)) == ((0,), (1, 2, 3, 4, 5, 6))
    assert Space(2).split(water) == ((0, 1), (2, 3, 4, 5, 6))
    assert Space(electrons=4, orbitals=4).split(water) == ((0, 1, 2), (3, 4, 5, 6))
    assert Space(orbitals=5).split(water) == ((), (0, 1, 2, 3, 4))
    assert Space(frozen_core=True, orbitals=(6, 1, 3, 4)).split(water, (8, 1, 1)) == ((0, 2), (1, 3, 4, 6))


REFUSALS = {
    "frozen_core is true, but integrals from a file don't say which atoms": Space(frozen_core=True),
    "6 orbitals are to be frozen, expected 0 to 5": Space(6),
    "the active space has 3 of 10 electrons, expected 10 less two": Space(electrons=3),
    "the active space has 14 electrons, expected 1 to 10": Space(electrons=14),
    "the active space has 10 electrons, expected 1 to 8": Space(1, electrons=10),
    "the active space has 0 electrons, expected 1 to 10": Space(electrons=0),
    "the active space has 8 orbitals above 3 doubly occupied ones, expected 1 to 4: the molecule has 7": Space(electrons=4, orbitals=8),
    r"the active space has 1 orbital\(s\) for 4 electrons, expected at least 2": Space(electrons=4, orbitals=1),
    r"the active orbitals are \[5, 7\], expected each once, from 0 to 6": Space(orbitals=(5, 7)),
    r"the active orbitals are \[0, 3\], expected each once, from 1 to 6": Space(1, orbitals=(0, 3)),
    r"the active orbitals are \[3, 3\], expected each once": Space(orbitals=(3, 3)),
    r"the active space has 6 electrons, expected 4: the orbitals \[3, 4, 5\] hold so many": Space(electrons=6, orbitals=(3, 4, 5)),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_spaces_that_do_not_exist_are_refused(message: str) -> None:
    """Water has 10 electrons in 7 orbitals; each refusal says what was got."""
    with pytest.raises(InputError, match=message):
        REFUSALS[message].split(read_fcidump(DATA / "h2o.fcidump"))


def test_unpaired_electrons_have_to_be_active() -> None:
    """A triplet's two open orbitals can't be left out."""
    triplet = random_integrals(4, (3, 1), np.random.default_rng(0))
    assert Space(orbitals=(1, 2, 3)).split(triplet) == ((0,), (1, 2, 3))
    with pytest.raises(InputError, match=r"the orbitals \[2\] hold unpaired electrons"):
        Space(orbitals=(0, 1, 3)).split(triplet)


def test_a_determinant_of_other_orbitals_has_no_energy() -> None:
    """Two orbitals have four bits."""
    with pytest.raises(InputError, match="spin orbitals beyond the 4"):
        determinant_energy(read_fcidump(DATA / "h2.fcidump"), 0b10000)
