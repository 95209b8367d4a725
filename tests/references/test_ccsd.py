"""Energies of coupled cluster: the known ones, open shells, edges, and what happens without PySCF."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from tests.simulate.excitations.cases import random_integrals

from qopt.problems.active_space import Space, restrict
from qopt.problems.determinants import determinant_energy, lowest_determinant
from qopt.problems.geometry import Geometry, from_geometry
from qopt.problems.integrals import Integrals
from qopt.problems.molecular_data import shipped
from qopt.references import ccsd_energy

# Total energies of PySCF 2.14's CCSD on its own Hartree-Fock.
KNOWN = {
    "h2": -1.1373060357518172,
    "lih": -7.882391436306734,
    "beh2": -15.594783204847548,
    "h2o": -75.0125122572796,
    "h4": -2.166379520744085,
}


@pytest.mark.extra
@pytest.mark.parametrize("name", KNOWN)
def test_energies_are_the_known_ones(name: str) -> None:
    """From integrals alone, without a geometry."""
    assert ccsd_energy(shipped(name).integrals) == pytest.approx(KNOWN[name], abs=1e-7)


@pytest.mark.extra
def test_two_electrons_are_exact() -> None:
    """LiH's bond in five orbitals: singles and doubles are all that there is."""
    data = shipped("lih")
    integrals = restrict(data.integrals, *Space(frozen_core=True).split(data.integrals, data.nuclei))
    assert ccsd_energy(integrals) == pytest.approx(-7.882174505766418, abs=1e-8)


@pytest.mark.extra
@pytest.mark.parametrize(("atoms", "multiplicity"), [("O 0 0 0; H 0 0 0.97", 2), ("O 0 0 0; O 0 0 1.2075", 3)])
def test_open_shells_have_the_energy_of_restricted_orbitals(atoms: str, multiplicity: int) -> None:
    """PySCF's own CCSD on its ROHF, from the geometry."""
    from pyscf import cc, gto, scf  # noqa: PLC0415 - an extra

    field = scf.ROHF(gto.M(atom=atoms, basis="sto-3g", spin=multiplicity - 1, symmetry=True, verbose=0)).run(conv_tol=1e-12)
    expected = cc.CCSD(field).run(conv_tol=1e-10, conv_tol_normt=1e-8).e_tot
    integrals = from_geometry(Geometry(atoms, multiplicity=multiplicity)).integrals
    assert ccsd_energy(integrals) == pytest.approx(expected, abs=1e-7)


@pytest.mark.extra
def test_spin_up_and_down_are_the_same() -> None:
    """Three alpha electrons and one beta electron, or the other way round."""
    integrals = shipped("h4").integrals
    energies = [
        ccsd_energy(Integrals(integrals.constant, integrals.one_body, integrals.two_body, electrons)) for electrons in ((3, 1), (1, 3))
    ]
    assert energies[0] == pytest.approx(energies[1], abs=1e-9)


@pytest.mark.extra
def test_rotated_orbitals_have_the_same_energy() -> None:
    """Within the occupied and within the empty ones, so that they aren't canonical any more."""
    integrals = shipped("h4").integrals
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    turns = np.block([[turn, np.zeros((2, 2))], [np.zeros((2, 2)), turn.T]])
    one_body = turns.T @ integrals.one_body @ turns
    two_body = np.einsum("pqrs,pi,qj,rk,sl->ijkl", integrals.two_body, turns, turns, turns, turns, optimize=True)
    assert ccsd_energy(Integrals(integrals.constant, one_body, two_body, (2, 2))) == pytest.approx(KNOWN["h4"], abs=1e-7)


@pytest.mark.extra
@pytest.mark.parametrize("electrons", [(0, 0), (3, 3), (3, 0)])
def test_where_nothing_can_be_excited_it_is_the_determinant(electrons: tuple[int, int]) -> None:
    """No electrons, or no empty orbital of their spin."""
    integrals = random_integrals(3, electrons, np.random.default_rng(0))
    expected = determinant_energy(integrals, lowest_determinant(3, electrons))
    assert ccsd_energy(integrals) == pytest.approx(expected, abs=1e-9)


def test_without_pyscf_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference is no reason to refuse a run."""
    monkeypatch.setitem(sys.modules, "pyscf", None)
    assert ccsd_energy(shipped("h2").integrals) is None


@pytest.mark.extra
def test_without_a_solution_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the iterations don't end, here because there are too few."""
    monkeypatch.setattr("qopt.coupled_cluster._CYCLES", 2)
    assert ccsd_energy(shipped("h4").integrals) is None
