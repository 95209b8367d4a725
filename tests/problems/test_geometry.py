"""Molecules from geometries: what PySCF makes of them, and every refusal in one sentence. Without PySCF only what is said without it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from qopt.errors import InputError
from qopt.problems.determinants import determinant_energy, lowest_determinant
from qopt.problems.distances import LongBonds
from qopt.problems.geometry import Geometry, from_geometry
from qopt.problems.molecular_data import shipped

if TYPE_CHECKING:
    from pathlib import Path


def test_without_pyscf_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that can be copied into a shell."""
    monkeypatch.setitem(sys.modules, "pyscf", None)
    with pytest.raises(InputError, match=r"which is not installed: pip install 'qopt-vqa\[chem\]'"):
        from_geometry(Geometry("H 0 0 0; H 0 0 0.7353"))


def test_what_is_shipped_needs_no_pyscf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Inline or in a file; unless the orbitals themselves are wanted, or the units are others."""
    monkeypatch.setitem(sys.modules, "pyscf", None)
    path = tmp_path / "hydrogen.xyz"
    path.write_text("2\nhydrogen\nH 0 0 0\nH 0 0 0.735\n", encoding="utf-8")
    for atoms in ("H 0 0 0; H 0 0 0.735", str(path)):
        assert from_geometry(Geometry(atoms)).energies == shipped("h2").energies
    with pytest.raises(InputError, match="needs PySCF"):
        from_geometry(Geometry("H 0 0 0; H 0 0 0.735"), orbitals=True)
    with pytest.raises(InputError, match="needs PySCF"):
        from_geometry(Geometry("H 0 0 0; H 0 0 0.735", units="bohr"))


def test_a_shipped_geometry_is_warned_of_too() -> None:
    """1.4 is the bond of H2 in Bohr."""
    with pytest.warns(LongBonds, match="if the coordinates are in Bohr, say units: bohr"):
        from_geometry(Geometry("H 0 0 0; H 0 0 1.4"))


@pytest.mark.extra
@pytest.mark.parametrize(("name", "atoms"), [("h2", "H 0 0 0; H 0 0 0.735"), ("lih", "Li 0 0 0; H 0 0 1.595"), ("h2", "H\nH 1 0.735")])
def test_integrals_are_those_that_are_shipped(name: str, atoms: str) -> None:
    """Also from a z-matrix; the signs of orbitals are fixed, so every integral is the same."""
    data, expected = from_geometry(Geometry(atoms), orbitals=True), shipped(name)
    assert (data.name, data.nuclei, data.charge) == (expected.name, expected.nuclei, 0)
    np.testing.assert_allclose(data.integrals.two_body, expected.integrals.two_body, rtol=0, atol=1e-7)
    np.testing.assert_allclose(data.integrals.one_body, expected.integrals.one_body, rtol=0, atol=1e-7)
    assert data.integrals.constant == pytest.approx(expected.integrals.constant, abs=1e-9)


@pytest.mark.extra
@pytest.mark.filterwarnings("ignore::qopt.problems.distances.LongBonds")
@pytest.mark.parametrize("length", [0.3, 0.73, 1.0, 2.4, 5.0])
def test_the_shipped_curve_is_what_pyscf_computes(length: float) -> None:
    """Every integral to 1e-9, with and without PySCF."""
    geometry = Geometry(f"H 0 0 0; H 0 0 {length}")
    known, data = from_geometry(geometry), from_geometry(geometry, orbitals=True)
    assert known.orbitals is None
    assert known.integrals.constant == pytest.approx(data.integrals.constant, abs=1e-12)
    np.testing.assert_allclose(known.integrals.one_body, data.integrals.one_body, rtol=0, atol=1e-9)
    np.testing.assert_allclose(known.integrals.two_body, data.integrals.two_body, rtol=0, atol=1e-9)


@pytest.mark.extra
def test_orbitals_are_orthonormal_and_known_with_their_energies() -> None:
    """Over orthogonalised atomic orbitals, so that columns of two geometries can be compared."""
    orbitals = from_geometry(Geometry("O; H 1 0.958; H 1 0.958 2 104.5")).orbitals
    assert orbitals is not None
    np.testing.assert_allclose(orbitals.coefficients.T @ orbitals.coefficients, np.eye(7), rtol=0, atol=1e-12)
    assert orbitals.energies[0] == pytest.approx(-20.24, abs=0.01)
    assert (np.diff(orbitals.energies) > 0).all()


@pytest.mark.extra
def test_files_and_units(tmp_path: Path) -> None:
    """A file .xyz in Angstrom is the molecule that its lines in Bohr are."""
    path = tmp_path / "hydrogen.xyz"
    path.write_text("2\nhydrogen\nH 0 0 0\nH 0 0 0.735\n", encoding="utf-8")
    bohr = from_geometry(Geometry("H 0 0 0; H 0 0 1.388948706", units="bohr"))
    assert from_geometry(Geometry(str(path)), orbitals=True).integrals.constant == pytest.approx(bohr.integrals.constant, abs=1e-8)


@pytest.mark.extra
def test_unpaired_electrons_are_alpha() -> None:
    """A triplet of ROHF: the energy of its lowest determinant is the known one of triplet oxygen in a minimal basis."""
    data = from_geometry(Geometry("O 0 0 0; O 0 0 1.2075", multiplicity=3))
    assert data.integrals.electrons == (9, 7)
    assert (data.multiplicity, data.charge) == (3, 0)
    from pyscf import gto, scf  # noqa: PLC0415 - an extra

    expected = scf.ROHF(gto.M(atom="O 0 0 0; O 0 0 1.2075", basis="sto-3g", spin=2, verbose=0)).kernel()
    assert determinant_energy(data.integrals, lowest_determinant(10, (9, 7))) == pytest.approx(expected, abs=1e-7)


@pytest.mark.extra
@pytest.mark.parametrize("atoms", ["H 0 0 0; H 0 0 1.389", "N 0 0 0; N 0 0 2.0743", "O 0 0 0; H 1.81 0 0; H -0.453 1.753 0"])
def test_bohr_taken_for_angstrom_is_warned_of(atoms: str) -> None:
    """By the shortest bond, compared to the radii of its atoms."""
    with pytest.warns(LongBonds, match="if the coordinates are in Bohr, say units: bohr"):
        from_geometry(Geometry(atoms))


REFUSALS = {
    r"multiplicity is 1, expected 2, 4, ..: Li\+H with charge 1 has an odd number of electrons, 3": Geometry(
        "Li 0 0 0; H 0 0 1.595", charge=1
    ),
    r"multiplicity is 2, expected 1, 3, ..: H\+H with charge 0 has an even number of electrons, 2": Geometry(
        "H 0 0 0; H 0 0 0.735", multiplicity=2
    ),
    r"the atoms H and H \(number 1 and 2\) are 0.000 Angstrom apart": Geometry("H 0 0 0; H 0 0 0"),
    "PySCF has no basis 'sto-3h' for H": Geometry("H 0 0 0; H 0 0 0.735", "sto-3h"),
    "the geometry 'Xq 0 0 0' can't be read": Geometry("Xq 0 0 0"),
    "the geometry 'H 0 0 0; H 0 0' can't be read": Geometry("H 0 0 0; H 0 0"),
    "the geometry '' ": Geometry(""),
    "charge is 2, expected less than 2: no electron is left": Geometry("H 0 0 0; H 0 0 0.735", charge=2),
    "there is no file": Geometry("missing.xyz"),
}


@pytest.mark.extra
@pytest.mark.parametrize("message", REFUSALS)
def test_what_makes_no_sense_is_refused(message: str) -> None:
    """Before Hartree-Fock begins."""
    with pytest.raises(InputError, match=message):
        from_geometry(REFUSALS[message])


CODE = "__import__('pathlib').Path('touched').touch()"


@pytest.mark.parametrize("atoms", [f"H 0 0 0; H 0 0 {CODE}", f"H; H 1 {CODE}", f"{CODE} 0 0 0; H 0 0 1", "file.xyz", "file"])
def test_code_in_a_geometry_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atoms: str) -> None:
    """PySCF evaluates coordinates that aren't numbers, and reads a file whose name it is given; nothing of both gets to it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.xyz").write_text(f"2\nhydrogen\nH 0 0 0\nH 0 0 {CODE}\n", encoding="utf-8")
    (tmp_path / "file").write_text(f"H 0 0 0\nH 0 0 {CODE}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"can't be read|needs PySCF"):
        from_geometry(Geometry(atoms))
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("basis", ["file", f"H S\n{CODE} 1.0", "../file", "", "/dev/null"])
def test_a_basis_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, basis: str) -> None:
    """And no file or text, whose numbers PySCF would evaluate."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text(f"H S\n{CODE} 1.0\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected a name such as sto-3g"):
        from_geometry(Geometry("H 0 0 0; H 0 0 0.7351", basis))
    assert not (tmp_path / "touched").exists()


@pytest.mark.extra
def test_a_damaged_file_is_refused_at_its_line(tmp_path: Path) -> None:
    """Three atoms are announced and two are there."""
    path = tmp_path / "short.xyz"
    path.write_text("3\nwater\nO 0 0 0\nH 0 0 1", encoding="utf-8")
    with pytest.raises(InputError, match=r"short.xyz:1:1: got '3', expected a file .xyz"):
        from_geometry(Geometry(str(path)))


@pytest.mark.extra
@pytest.mark.parametrize(("atoms", "electrons"), [("O 0 0 0; H 0 0 0.9697", (6, 5, 4)), ("N 0 0 0; O 0 0 1.1508", (10, 8, 7))])
def test_linear_radicals_converge(atoms: str, electrons: tuple[int, int, int]) -> None:
    """Doublets with one electron or three in pi orbitals; that of NO does not by its own group, C2v gives the energies of both."""
    from pyscf import gto, scf  # noqa: PLC0415 - an extra

    norb, alpha, beta = electrons
    integrals = from_geometry(Geometry(atoms, multiplicity=2)).integrals
    assert (integrals.norb, integrals.electrons) == (norb, (alpha, beta))
    field = scf.ROHF(gto.M(atom=atoms, basis="sto-3g", spin=1, symmetry="C2v", verbose=0))
    field.conv_tol = 1e-12
    assert determinant_energy(integrals, lowest_determinant(norb, (alpha, beta))) == pytest.approx(field.kernel(), abs=1e-8)
    assert field.converged
