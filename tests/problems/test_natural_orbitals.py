"""Natural orbitals: better active spaces, the same molecule, the same symmetries, and the same signs every time."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulate.excitations.cases import random_integrals

from qopt.ansatze.excitations import uccsd
from qopt.errors import InputError
from qopt.problems.active_space import Space
from qopt.problems.determinants import determinant_energy, lowest_determinant
from qopt.problems.integrals import Integrals
from qopt.problems.mapping import electronic_hamiltonian, jordan_wigner, z2_symmetries
from qopt.problems.molecular_data import MolecularData, shipped, shipped_names
from qopt.problems.molecule import Molecule
from qopt.problems.natural_orbitals import _positive, natural
from qopt.simulate.excitations import ExcitationEngine
from qopt.starts import mp2

CLOSED = tuple(name for name in shipped_names() if shipped(name).multiplicity == 1)


def exact(integrals: Integrals, space: Space | None = None) -> float:
    """By diagonalisation."""
    reference = Molecule(MolecularData(integrals, "test"), space=space, tapering=False).exact()
    assert reference is not None
    return reference.value


# Electrons and orbitals, and the energies in canonical and in natural orbitals; the former are those of PySCF's CASCI.
SPACES = {
    ("n2", 6, 6): (-107.62184885986898, -107.63594805),
    ("n2", 4, 4): (-107.53574975, -107.59835568),
    ("h2o", 4, 4): (-74.97048438, -75.00852636),
    ("h2o", 6, 5): (-74.99686847, -75.01151462),
    ("lih", 2, 2): (-7.86228553, -7.88070723),
    ("beh2", 4, 4): (-15.5662118, -15.58939517),
}


@pytest.mark.parametrize(("name", "electrons", "orbitals"), SPACES)
def test_active_spaces_are_better(name: str, electrons: int, orbitals: int) -> None:
    """Lower by several millihartree."""
    canonical = shipped(name).integrals
    space = Space(electrons=electrons, orbitals=orbitals)
    energies = [exact(canonical, space), exact(natural(canonical)[0], space)]
    assert energies == pytest.approx(SPACES[name, electrons, orbitals], abs=1e-7)
    assert energies[1] < energies[0] - 0.005


@pytest.mark.parametrize("name", [name for name in CLOSED if name != "n2"])
def test_with_all_orbitals_nothing_changes(name: str) -> None:
    """Neither the exact energy, nor that of the determinant to begin with."""
    data = shipped(name)
    integrals, _ = natural(data.integrals)
    determinant = lowest_determinant(integrals.norb, integrals.electrons)
    assert exact(integrals) == pytest.approx(exact(data.integrals), abs=1e-10)
    assert determinant_energy(integrals, determinant) == pytest.approx(data.energies["hf"], abs=1e-8)


@pytest.mark.parametrize("name", CLOSED)
def test_tapering_finds_the_same_symmetries(name: str) -> None:
    """Water has 4 of them, and the pairs of equal occupation in N2 and BeH2 stay apart."""
    canonical = shipped(name).integrals
    mapping = jordan_wigner(canonical.norb)
    before, after = (electronic_hamiltonian(integrals, mapping) for integrals in (canonical, natural(canonical)[0]))
    assert len(z2_symmetries(after)) == len(z2_symmetries(before)) >= 2
    assert name != "h2o" or len(z2_symmetries(after)) == 4
    assert len(after) == len(before)


@pytest.mark.parametrize("name", CLOSED)
def test_occupations_are_ordered_and_count_all_electrons(name: str) -> None:
    """Occupied orbitals come first, and either by falling occupation."""
    integrals, occupations = natural(shipped(name).integrals)
    filled = integrals.electrons[0]
    assert occupations.sum() == pytest.approx(2 * filled, abs=1e-9)
    assert (np.diff(occupations) <= 1e-8).all()
    assert 2 >= occupations[filled - 1] > 1 > occupations[filled] >= 0


@pytest.mark.extra
def test_occupations_are_those_of_pyscf() -> None:
    """Of the unrelaxed density matrix of MP2 for water."""
    occupations = natural(shipped("h2o").integrals)[1]
    from pyscf import gto, mp, scf  # noqa: PLC0415 - an extra

    atoms = "O 0 0 0; H 0.958 0 0; H -0.23986404388415483 0.9274854394822272 0"
    field = scf.RHF(gto.M(atom=atoms, basis="sto-3g", verbose=0)).run(conv_tol=1e-12)
    expected = np.linalg.eigvalsh(mp.MP2(field).run().make_rdm1())
    np.testing.assert_allclose(np.sort(occupations), expected, rtol=0, atol=1e-7)


def test_a_core_stays_as_it_is() -> None:
    """Its integrals are those of before, its occupation is 2, and freezing it costs what it did."""
    data = shipped("n2")
    integrals, occupations = natural(data.integrals, core=2)
    np.testing.assert_allclose(integrals.one_body[:2, :2], data.integrals.one_body[:2, :2], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(occupations[:2], [2, 2])
    assert occupations[2] < 1.9999
    assert exact(integrals, Space(frozen_core=2)) == pytest.approx(exact(data.integrals, Space(frozen_core=2)), abs=1e-9)


def test_orbitals_do_not_depend_on_those_that_were_given() -> None:
    """Rotated within the occupied and the empty ones, and with other signs, the canonical orbitals give the same natural ones."""
    canonical = shipped("lih").integrals
    turn = np.eye(6)
    turn[:2, :2] = [[0.8, 0.6], [-0.6, 0.8]]
    turn[5, 5] = -1
    one_body = turn.T @ canonical.one_body @ turn
    two_body = np.einsum("pqrs,pi,qj,rk,sl->ijkl", canonical.two_body, turn, turn, turn, turn, optimize=True)
    (one, occupations), (other, others) = natural(canonical), natural(Integrals(canonical.constant, one_body, two_body, (2, 2)))
    np.testing.assert_allclose(others, occupations, rtol=0, atol=1e-9)
    # Signs are those of the largest coefficients in the orbitals that were given, so they differ.
    np.testing.assert_allclose(np.abs(other.one_body), np.abs(one.one_body), rtol=0, atol=1e-7)


def test_signs_are_the_same_every_time() -> None:
    """The largest coefficient is positive, and of two that are equal up to rounding the first one."""
    vectors = np.array([[-0.6, np.sqrt(0.5)], [0.8, -np.sqrt(0.5) - 1e-12]])
    for signs in ([1, 1], [-1, 1], [1, -1], [-1, -1]):
        np.testing.assert_array_equal(_positive(vectors * signs), vectors)


def test_perturbation_theory_is_a_start_in_them_too() -> None:
    """Over natural orbitals of water the start lies below the determinant by most of the correlation."""
    integrals, _ = natural(shipped("h2o").integrals)
    excitations = uccsd(7, (5, 5))
    engine = ExcitationEngine(integrals, excitations, 140, compiled=False)
    zeros, start = engine.energies(np.stack([np.zeros(140), mp2(integrals, excitations, 140)]))
    assert start - shipped("h2o").energies["fci"] < 0.5 * (zeros - shipped("h2o").energies["fci"])


REFUSALS = {
    "natural orbitals are for closed shells, got 2 alpha and 1 beta electrons: choose the active space by": (
        random_integrals(3, (2, 1), np.random.default_rng(0)),
        0,
    ),
    "3 orbitals are to stay as they are, expected 0 to 2, which are doubly occupied": (shipped("h4").integrals, 3),
    "the highest occupied level, 0.0000 Ha, is not below the lowest empty one, 0.0000 Ha": (
        Integrals(0.0, np.zeros((2, 2)), np.zeros((2,) * 4), (1, 1)),
        0,
    ),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_has_no_natural_orbitals_is_refused(message: str) -> None:
    """In one sentence."""
    integrals, core = REFUSALS[message]
    with pytest.raises(InputError, match=message):
        natural(integrals, core=core)
