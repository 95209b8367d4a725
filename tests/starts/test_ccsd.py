"""Coupled cluster as a start: signs, shared and repeated excitations, and energies below those of perturbation theory."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from tests.simulate.excitations.cases import random_integrals

from qopt.ansatze.excitations import Excitation, kupccgsd, puccd, uccsd
from qopt.coupled_cluster import coupled_cluster
from qopt.errors import InputError
from qopt.problems.active_space import Space, restrict
from qopt.problems.geometry import Geometry, from_geometry
from qopt.problems.molecular_data import shipped
from qopt.simulate.excitations import ExcitationEngine
from qopt.starts import ccsd, mp2


@pytest.mark.extra
@pytest.mark.parametrize("name", ["lih", "h4", "h2o"])
def test_the_start_lies_below_that_of_perturbation_theory(name: str) -> None:
    """And above the exact energy, by less than a third of what correlation brings."""
    data = shipped(name)
    excitations = uccsd(data.integrals.norb, data.integrals.electrons)
    engine = ExcitationEngine(data.integrals, excitations, len(excitations), compiled=False)
    points = [start(data.integrals, excitations, len(excitations)) for start in (mp2, ccsd)]
    second_order, coupled = engine.energies(points) - data.energies["fci"]
    assert 0 < coupled < second_order
    assert coupled < 0.1 * (data.energies["hf"] - data.energies["fci"])


@pytest.mark.extra
def test_the_amplitude_of_two_electrons_is_the_tangent_of_their_angle() -> None:
    """H2 has one double, `cos angle |0> + sin angle |1>` here and `|0> + t |1>` there; so the start is almost exact."""
    integrals = shipped("h2").integrals
    excitations = uccsd(2, (1, 1))
    point = ccsd(integrals, excitations, 3)
    np.testing.assert_allclose(point[:2], 0, rtol=0, atol=1e-9)
    engine = ExcitationEngine(integrals, excitations, 3, compiled=False)
    start, exact = engine.energies([point, np.arctan(point)]) - shipped("h2").energies["fci"]
    assert 0 < start < 1e-5
    assert abs(exact) < 1e-9


@pytest.mark.extra
def test_an_open_shell_has_its_own_amplitudes() -> None:
    """The radical OH, whose spins have unlike numbers of singles: the start lies below the determinant and near the solution."""
    data = from_geometry(Geometry("O 0 0 0; H 0 0 0.97", multiplicity=2))
    integrals = restrict(data.integrals, *Space(frozen_core=True).split(data.integrals, data.nuclei))
    excitations = uccsd(integrals.norb, integrals.electrons)
    engine = ExcitationEngine(integrals, excitations, len(excitations), compiled=False)
    start = ccsd(integrals, excitations, len(excitations))
    zeros, coupled = engine.energies(np.stack([np.zeros(len(start)), start]))
    energy = coupled_cluster(integrals).energy
    assert abs(coupled - energy) < 0.1 * (zeros - energy)


@pytest.mark.extra
def test_signs_follow_the_order_of_the_excitation() -> None:
    """Creators or annihilators in another order, with spins swapped or not, and coefficients."""
    integrals = shipped("h4").integrals
    mixed = [((3, 6), (0, 5)), ((6, 3), (5, 0)), ((6, 3), (0, 5)), ((3, 6), (5, 0))]
    same = [((2, 3), (0, 1)), ((3, 2), (1, 0)), ((3, 2), (0, 1)), ((2, 3), (1, 0))]
    for moves in (mixed, same):
        point = ccsd(integrals, [Excitation(*move, index) for index, move in enumerate(moves)], 4)
        assert abs(point[0]) > 1e-4
        np.testing.assert_allclose(point / point[0], [1, 1, -1, -1], rtol=0, atol=1e-9)
    alone = ccsd(integrals, [Excitation(*mixed[0], 0)], 1)
    assert ccsd(integrals, [Excitation(*mixed[0], 0, -2.0)], 1) == pytest.approx(-alone / 2)


@pytest.mark.extra
def test_a_weak_repulsion_has_the_amplitudes_of_perturbation_theory() -> None:
    """All of them, of either spin and both, with their signs: random integrals with wide gaps."""
    weak = random_integrals(4, (2, 1), np.random.default_rng(3))
    integrals = type(weak)(0.0, np.diag([-9.0, -8.0, 1.0, 3.0]) + 1e-4 * weak.one_body, 1e-4 * weak.two_body, (2, 1))
    excitations = uccsd(4, (2, 1))
    first, solved = (start(integrals, excitations, len(excitations)) for start in (mp2, ccsd))
    np.testing.assert_allclose(solved, first, rtol=0, atol=2e-6)
    assert np.count_nonzero(np.abs(first) > 1e-5) > len(first) / 2


@pytest.mark.extra
def test_repeated_excitations_share_their_amplitude() -> None:
    """Two layers of k-UpCCGSD begin with the same pairs as one, half in each."""
    integrals = shipped("h4").integrals
    once, twice = ccsd(integrals, kupccgsd(4, 1), 12), ccsd(integrals, kupccgsd(4, 2), 24)
    np.testing.assert_allclose(twice, np.tile(once / 2, 2), rtol=0, atol=1e-12)
    pairs = ccsd(integrals, puccd(4, (2, 2)), 4)
    np.testing.assert_allclose(sorted(pairs), sorted(once[:6][once[:6] != 0]), rtol=0, atol=1e-12)


@pytest.mark.extra
def test_what_coupled_cluster_does_not_know_is_zero() -> None:
    """Between empty orbitals, triples, and flipped spins."""
    unknown = (Excitation((3,), (2,), 0), Excitation((2, 3, 6), (0, 1, 4), 1), Excitation((6,), (0,), 2))
    np.testing.assert_array_equal(ccsd(shipped("h4").integrals, unknown, 3), np.zeros(3))


@pytest.mark.extra
def test_it_is_the_same_every_time() -> None:
    """To the last bit, so that a run finds itself again."""
    integrals = shipped("h2o").integrals
    excitations = uccsd(7, (5, 5))
    np.testing.assert_array_equal(*(ccsd(integrals, excitations, len(excitations)) for _ in range(2)))


def test_without_pyscf_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that can be copied into a shell."""
    monkeypatch.setitem(sys.modules, "pyscf", None)
    with pytest.raises(InputError, match=r"which is not installed: pip install 'qopt-vqa\[chem\]'"):
        ccsd(shipped("h2").integrals, uccsd(2, (1, 1)), 3)


@pytest.mark.extra
def test_without_a_solution_another_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the iterations don't end, here because there are too few."""
    monkeypatch.setattr("qopt.coupled_cluster._CYCLES", 2)
    with pytest.raises(InputError, match="start with mp2 or zeros"):
        ccsd(shipped("h4").integrals, uccsd(4, (2, 2)), 26)
