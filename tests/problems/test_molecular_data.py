"""Shipped molecules and files of integrals: the energies that belong to them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qopt.errors import InputError
from qopt.problems import molecular_data
from qopt.problems.active_space import Space, restrict
from qopt.problems.determinants import determinant_energy, determinants, lowest_determinant
from qopt.problems.mapping import electronic_hamiltonian, jordan_wigner
from qopt.problems.molecular_data import from_fcidump, shipped, shipped_geometry, shipped_names
from qopt.references import lowest_in

DATA = Path(__file__).parents[1] / "data" / "fcidump"
# Restricted Hartree-Fock, coupled cluster and full configuration interaction of PySCF, computed apart from the shipped files.
ENERGIES = {
    "h2": (-1.116998996754004, -1.1373060357518172, -1.1373060357533995),
    "lih": (-7.8620238601271195, -7.882391436306734, -7.882401932290214),
    "beh2": (-15.560312342811924, -15.594783204847548, -15.595176868923177),
    "h2o": (-74.96304853546725, -75.0125122572796, -75.0126289449297),
    "h4": (-2.098545936998036, -2.166379520744085, -2.1663874486347616),
}


@pytest.mark.parametrize("name", ENERGIES)
def test_the_index_holds_known_energies(name: str) -> None:
    """To 1e-7 hartree."""
    energies = shipped(name).energies
    assert [energies[method] for method in ("hf", "ccsd", "fci")] == pytest.approx(ENERGIES[name], abs=1e-7)


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_integrals_have_the_energies_of_the_index(name: str) -> None:
    """Hartree-Fock from the lowest determinant, and the lowest eigenvalue among all determinants with so many electrons."""
    data = shipped(name)
    integrals = data.integrals
    norb, electrons = integrals.norb, integrals.electrons
    assert determinant_energy(integrals, lowest_determinant(norb, electrons)) == pytest.approx(data.energies["hf"], abs=1e-8)
    lowest = lowest_in(electronic_hamiltonian(integrals, jordan_wigner(norb)), determinants(norb, electrons))
    assert lowest == pytest.approx(data.energies["fci"], abs=1e-8)


# Complete active space energies of PySCF on canonical orbitals.
ACTIVE = {
    "lih": (Space(frozen_core=True), -7.882174505766418),
    "beh2": (Space(frozen_core=True), -15.594837958808958),
    "n2": (Space(electrons=6, orbitals=6), -107.62184885986898),
}


@pytest.mark.parametrize("name", ACTIVE)
def test_active_spaces_have_known_energies(name: str) -> None:
    """Hartree-Fock stays what it was, and CASCI is a literature value of the orbitals."""
    data = shipped(name)
    space, energy = ACTIVE[name]
    integrals = restrict(data.integrals, *space.split(data.integrals, data.nuclei))
    norb, electrons = integrals.norb, integrals.electrons
    assert determinant_energy(integrals, lowest_determinant(norb, electrons)) == pytest.approx(data.energies["hf"], abs=1e-9)
    lowest = lowest_in(electronic_hamiltonian(integrals, jordan_wigner(norb)), determinants(norb, electrons))
    assert lowest == pytest.approx(energy, abs=1e-7)


def test_charges_and_multiplicities_are_known_or_not() -> None:
    """HeH+ knows its nuclei; a file of integrals knows the unpaired electrons alone."""
    cation = shipped("HeH+")
    assert (cation.charge, cation.multiplicity) == (1, 1)
    assert cation.checked(1, 1) is cation
    file = from_fcidump(DATA / "lih.fcidump")
    assert (file.charge, file.multiplicity, file.nuclei) == (None, 1, None)
    assert file.checked(charge=0) is file


CURVE = json.loads((Path(molecular_data.__file__).with_name("molecules") / "h2_curve.json").read_text(encoding="utf-8"))["points"]


@pytest.mark.parametrize("row", CURVE, ids=[str(row[0]) for row in CURVE])
def test_the_h2_curve_has_its_energies(row: list[float]) -> None:
    """Hartree-Fock, and full configuration interaction from the integrals to 1e-9 of what PySCF computed apart from them."""
    data = shipped_geometry(f"H 0 0 0; H 0 0 {row[0]}")
    assert data is not None
    assert (data.name, data.nuclei, data.charge, data.multiplicity) == ("H2", (1, 1), 0, 1)
    assert determinant_energy(data.integrals, lowest_determinant(2, (1, 1))) == pytest.approx(data.energies["hf"], abs=1e-9)
    lowest = lowest_in(electronic_hamiltonian(data.integrals, jordan_wigner(2)), determinants(2, (1, 1)))
    assert lowest == pytest.approx(data.energies["fci"], abs=1e-9)


# FCI and Hartree-Fock along the bond of H2, computed with PySCF apart from what is shipped.
LITERATURE = {
    0.3: (-0.6018037107656875, -0.5938277585357272),
    0.7: (-1.136189454065922, -1.1173490349902786),
    1.2: (-1.0567407463052567, -1.005106706568489),
    2.5: (-0.9360549199556059, -0.7029435997235269),
    5.0: (-0.9331637619303774, -0.5990248715061531),
}


@pytest.mark.parametrize("length", LITERATURE)
def test_the_h2_curve_is_the_known_one(length: float) -> None:
    """To 1e-8 hartree."""
    data = shipped_geometry(f"H 0 0 0; H 0 0 {length}")
    assert data is not None
    assert (data.energies["fci"], data.energies["hf"]) == pytest.approx(LITERATURE[length], abs=1e-8)


@pytest.mark.parametrize(("first", "last", "points"), [(0.4, 2.4, 21), (0.5, 2.5, 21), (0.5, 3.0, 26), (0.55, 0.95, 9), (3.0, 5.0, 5)])
def test_even_spacings_of_the_h2_curve_are_shipped(first: float, last: float, points: int) -> None:
    """As an axis of a sweep makes them."""
    assert all(shipped_geometry(f"H 0 0 0; H 0 0 {length}") for length in np.linspace(first, last, points))


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_geometry_is_recognised(name: str) -> None:
    """By its atoms and places alone, however it is written."""
    index = json.loads((Path(molecular_data.__file__).with_name("molecules") / "index.json").read_text(encoding="utf-8"))
    entry = index["molecules"][name]
    written = entry["geometry"].replace("; ", "\n").replace(" ", "  ").lower()
    data = shipped_geometry(written, "STO3G", entry["charge"])
    assert data is not None
    assert data.energies == shipped(name).energies


UNKNOWN = {
    "another place": ("H 0 0 0; H 0 0 0.73500001", "sto-3g", 0, 1),
    "another order": ("H 0 0 1.595; Li 0 0 0", "sto-3g", 0, 1),
    "another orientation": ("H 0 0 0; H 0.735 0 0", "sto-3g", 0, 1),
    "another basis": ("H 0 0 0; H 0 0 0.735", "6-31g", 0, 1),
    "another charge": ("H 0 0 0; H 0 0 0.735", "sto-3g", 1, 2),
    "another multiplicity": ("H 0 0 0; H 0 0 0.735", "sto-3g", 0, 3),
    "another atom": ("H 0 0 0; He 0 0 0.735", "sto-3g", 0, 1),
    "a z-matrix": ("H; H 1 0.735", "sto-3g", 0, 1),
    "not a number": ("H 0 0 0; H 0 0 nan", "sto-3g", 0, 1),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_is_not_shipped_is_not_recognised(kind: str) -> None:
    """Whatever is near it."""
    assert shipped_geometry(*UNKNOWN[kind]) is None


REFUSALS = {
    r"no molecule 'lihh' comes with qopt, did you mean 'lih'\?; expected h2, heh\+, h3\+": lambda: shipped("lihh"),
    "charge is 0, expected 1: the integrals of HeH": lambda: shipped("heh+").checked(charge=0),
    r"multiplicity is 3, expected 1: the integrals of LiH have \(2, 2\) electrons": lambda: shipped("lih").checked(multiplicity=3),
    "there is no file": lambda: from_fcidump(DATA / "missing.fcidump"),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_does_not_fit_is_refused(message: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=message):
        REFUSALS[message]()
