"""Orbitals along a curve: whatever a chemistry program does to their order and signs is undone, and nothing else changes."""

from __future__ import annotations

import sys
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulate.excitations.cases import random_integrals

from qopt.ansatze.excitations import uccsd
from qopt.errors import InputError
from qopt.optimizers.scipy import Scipy
from qopt.problems.active_space import Space, restrict
from qopt.problems.alignment import aligned, along
from qopt.problems.determinants import determinants
from qopt.problems.distances import LongBonds
from qopt.problems.geometry import Geometry, from_geometry
from qopt.problems.mapping import electronic_hamiltonian, jordan_wigner
from qopt.problems.molecular_data import MolecularData, Orbitals, shipped, shipped_geometry
from qopt.references import lowest_in
from qopt.simulate.excitations import ExcitationEngine
from qopt.starts import mp2
from qopt.types import Gradient


def molecule(norb: int, electrons: tuple[int, int], seed: int, energies: list[float] | None = None) -> MolecularData:
    """Random integrals over random orbitals of these energies."""
    rng = np.random.default_rng(seed)
    coefficients = np.linalg.qr(rng.normal(size=(norb, norb)))[0]
    orbitals = Orbitals(coefficients, np.arange(norb) * 0.1 if energies is None else np.array(energies))
    return MolecularData(random_integrals(norb, electrons, rng), "random", orbitals=orbitals)


def turned(data: MolecularData, rotation: np.ndarray) -> MolecularData:
    """The molecule over other orbitals."""
    assert data.orbitals is not None
    energies = rotation.T**2 @ data.orbitals.energies
    return MolecularData(data.integrals.turned(rotation), data.name, orbitals=Orbitals(data.orbitals.coefficients @ rotation, energies))


def scrambled(electrons: tuple[int, int], norb: int, rng: np.random.Generator) -> np.ndarray:
    """Signs and an order, in which occupied orbitals stay occupied."""
    rotation = np.zeros((norb, norb))
    bounds = (0, min(electrons), max(electrons), norb)
    for first, last in pairwise(bounds):
        rotation[first + rng.permutation(last - first), np.arange(first, last)] = rng.choice([-1.0, 1.0], last - first)
    return rotation


@given(st.integers(0, 2**32 - 1), st.sampled_from([(2, 2), (3, 1), (0, 1), (5, 5)]))
def test_signs_and_order_are_undone_to_the_last_bit(seed: int, electrons: tuple[int, int]) -> None:
    """Of doubly, singly and not occupied orbitals."""
    data = molecule(5, electrons, seed)
    back = aligned(turned(data, scrambled(electrons, 5, np.random.default_rng(seed))), data)
    np.testing.assert_array_equal(back.integrals.one_body, data.integrals.one_body)
    np.testing.assert_array_equal(back.integrals.two_body, data.integrals.two_body)
    assert back.orbitals is not None
    assert data.orbitals is not None
    np.testing.assert_array_equal(back.orbitals.coefficients, data.orbitals.coefficients)
    np.testing.assert_array_equal(back.orbitals.energies, data.orbitals.energies)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 6.2))
def test_pairs_of_equal_energy_are_turned_back(seed: int, angle: float) -> None:
    """Any mixture of the two orbitals of a pi bond is undone, whatever their place."""
    data = molecule(6, (3, 3), seed, [0.0, 1.0, 1.0, 2.0, 3.0, 3.0])
    mixed = np.eye(6)
    for first in (1, 4):
        mixed[first : first + 2, first : first + 2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    back = aligned(turned(data, mixed @ scrambled((3, 3), 6, np.random.default_rng(seed))), data)
    np.testing.assert_allclose(back.integrals.two_body, data.integrals.two_body, rtol=0, atol=1e-11)


def test_the_energy_stays_what_it_is() -> None:
    """Full configuration interaction before and after, to 1e-10, and the constant to the last bit."""
    data, other = molecule(4, (2, 1), 5), molecule(4, (2, 1), 6)
    back = aligned(other, data)
    assert not np.array_equal(back.integrals.one_body, other.integrals.one_body)
    assert back.integrals.constant == other.integrals.constant
    first, second = (lowest_in(electronic_hamiltonian(each.integrals, jordan_wigner(4)), determinants(4, (2, 1))) for each in (back, other))
    assert first == pytest.approx(second, abs=1e-10)


def test_occupied_orbitals_never_become_empty_ones() -> None:
    """Even where the two sets look as if they had changed places."""
    data = molecule(4, (2, 2), 1)
    swapped = turned(data, np.eye(4)[:, [2, 3, 0, 1]])
    back = aligned(swapped, data)
    np.testing.assert_array_equal(np.sort(np.diag(back.integrals.one_body)[:2]), np.sort(np.diag(swapped.integrals.one_body)[:2]))


def test_unknown_orbitals_are_left_alone() -> None:
    """Of either side."""
    data = molecule(4, (2, 2), 1)
    assert aligned(shipped("h4"), data).integrals is not data.integrals
    assert aligned(data, shipped("h4")) is data


def test_only_neighbours_are_aligned() -> None:
    """Other orbitals or electrons are refused."""
    with pytest.raises(InputError, match=r"random has 4 orbitals and \(2, 2\) electrons, expected 4 and \(2, 1\) as of the neighbour"):
        aligned(molecule(4, (2, 2), 1), molecule(4, (2, 1), 1))
    with pytest.raises(InputError, match=r"has 4 orbitals .* expected 5"):
        aligned(molecule(4, (2, 2), 1), molecule(5, (2, 2), 1))


def test_the_shipped_curve_needs_no_pyscf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it warn of the bonds that it is to break; for other curves PySCF is named."""
    monkeypatch.setitem(sys.modules, "pyscf", None)
    geometries = [f"H 0 0 0; H 0 0 {length}" for length in (0.5, 0.735, 2.4)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points = along([Geometry(atoms) for atoms in geometries])
    known = [shipped_geometry(atoms) for atoms in geometries]
    assert [point.energies for point in points] == [data.energies for data in known if data is not None]
    with pytest.raises(InputError, match="needs PySCF"):
        along([Geometry("H 0 0 0; H 0 0 0.735"), Geometry("H 0 0 0; H 0 0 0.7351")])
    assert along([]) == ()


def test_long_bonds_everywhere_are_warned_of_once() -> None:
    """A whole curve in Bohr."""
    with pytest.warns(LongBonds, match="1.400 Angstrom long") as caught:
        along([Geometry("H 0 0 0; H 0 0 1.4"), Geometry("H 0 0 0; H 0 0 1.5")])
    assert len(caught) == 1


class Exact:
    """Exact energies of UCCSD and their gradients."""

    noisy = False

    def __init__(self, data: MolecularData, space: Space) -> None:
        self.integrals = restrict(data.integrals, *space.split(data.integrals, data.nuclei))
        self.excitations = uccsd(self.integrals.norb, self.integrals.electrons)
        self.engine = ExcitationEngine(self.integrals, self.excitations, len(self.excitations), compiled=False)

    def gradient(self, point: np.ndarray) -> Gradient:
        """Without errors."""
        value, gradient = self.engine.gradient(point)
        return Gradient(float(value), 0.0, gradient, np.zeros_like(gradient))

    def best(self) -> np.ndarray:
        """Amplitudes at the optimum that is reached from those of perturbation theory."""
        start = mp2(self.integrals, self.excitations, len(self.excitations))
        return Scipy("L-BFGS-B", {"ftol": 1e-12})(self, start, np.random.default_rng(0)).point  # type: ignore[arg-type]


def largest_jump(points: list[MolecularData], space: Space) -> float:
    """Of an amplitude, between neighbours."""
    best = [Exact(data, space).best() for data in points]
    return float(np.abs(np.diff(best, axis=0)).max())


CURVES = {
    "LiH": ([f"Li 0 0 0; H 0 0 {r:.1f}" for r in np.arange(2.0, 2.85, 0.2)], Space(frozen_core=True), 0.08, 0.3),
    "N2": ([f"N 0 0 0; N 0 0 {r:.1f}" for r in np.arange(0.9, 1.35, 0.1)], Space(electrons=6, orbitals=6), 0.04, 0.1),
    "H2O": ([f"O; H 1 0.958; H 1 0.958 2 {angle}" for angle in (90, 101, 112, 123)], Space(frozen_core=True), 0.01, 0.08),
}


@pytest.mark.extra
@pytest.mark.filterwarnings("ignore::qopt.problems.distances.LongBonds")
@pytest.mark.parametrize("name", CURVES)
def test_amplitudes_are_continuous_along_a_curve(name: str) -> None:
    """And are not, as orbitals come from the program."""
    atoms, space, smooth, rough = CURVES[name]
    geometries = [Geometry(each) for each in atoms]
    assert largest_jump([from_geometry(geometry, orbitals=True) for geometry in geometries], space) > rough
    assert largest_jump(list(along(geometries)), space) < smooth


@pytest.mark.extra
@pytest.mark.filterwarnings("ignore::qopt.problems.distances.LongBonds")
def test_the_energies_of_a_curve_are_those_of_its_points() -> None:
    """Full configuration interaction of LiH, whether the point is aligned or not."""
    geometries = [Geometry(f"Li 0 0 0; H 0 0 {length}") for length in (1.4, 2.2, 3.0)]
    for data, geometry in zip(along(geometries), geometries, strict=True):
        first, second = (
            lowest_in(electronic_hamiltonian(each.integrals, jordan_wigner(6)), determinants(6, (2, 2)))
            for each in (data, from_geometry(geometry))
        )
        assert first == pytest.approx(second, abs=1e-10)
