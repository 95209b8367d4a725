"""Molecules from geometries, by PySCF's restricted Hartree-Fock, which the extra `chem` brings. What else PySCF does: `coupled_cluster`."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qopt.errors import InputError
from qopt.problems.coordinates import cartesian, is_file
from qopt.problems.distances import ELEMENTS, check_distances
from qopt.problems.integrals import MAX_ORBITALS, Integrals
from qopt.problems.molecular_data import Dipole, MolecularData, Orbitals, shipped_geometry
from qopt.problems.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BOHR = 0.529177210903
"""Angstrom, CODATA 2018."""
_NOISE = 1e-12
_LINEAR = {"Coov": "C2v", "Dooh": "D2h"}
"""The largest groups without degenerate representations within those of linear molecules."""
_ATOM = re.compile(r"[A-Za-z0-9@:_-]{0,20}")
_BASIS = re.compile(r"[A-Za-z0-9+*(),'@_ -]{1,80}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|nan|inf", re.IGNORECASE)


@dataclass(frozen=True)
class Geometry:
    """A molecule as quantum chemistry programs are told of it.

    Attributes:
        atoms: `Li 0 0 0; H 0 0 1.595`, or the lines of a z-matrix, separated by `;` or line breaks; or the path of a file `.xyz`.
        basis: A name that PySCF knows, such as `sto-3g` or `cc-pvdz`.
        charge: In units of the elementary charge.
        multiplicity: One more than there are unpaired electrons.
        units: Of the coordinates; files `.xyz` are always in Angstrom.
    """

    atoms: str
    basis: str = "sto-3g"
    charge: int = 0
    multiplicity: int = 1
    units: Literal["angstrom", "bohr"] = "angstrom"


def from_geometry(geometry: Geometry, *, orbitals: bool = False) -> MolecularData:
    """Integrals over the canonical orbitals of RHF, or of ROHF where electrons are unpaired, adapted to the point group.

    A geometry that is shipped has the shipped integrals, whether PySCF is installed or not.

    Orbitals of equal energy are told apart by the point group (its largest subgroup without degenerate representations), which leaves the
    most symmetries for tapering; each has its largest coefficient positive. Integrals below 1e-12 hartree are what is left of zeros.

    Args:
        geometry: The atoms, the basis and the electrons.
        orbitals: Whether the orbitals themselves are needed, as by `aligned`: then PySCF computes what is shipped, too.

    Raises:
        InputError: If PySCF isn't installed, the geometry, the basis, the charge or the multiplicity make no sense, or Hartree-Fock doesn't
            converge.

    Warns:
        LongBonds: If the bonds are so long that the coordinates look like Bohr.

    References:
        Sun et al. 2020, J. Chem. Phys. 153, 024109, arXiv:2002.12531 (PySCF).
    """
    if not orbitals and (data := shipped_of(geometry)) is not None:
        return data
    _check_words(geometry)
    try:
        import pyscf  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        _check_cartesian(geometry)
        raise InputError(
            "a molecule given by its geometry needs PySCF, which is not installed: pip install 'qopt-vqa[chem]', or take a shipped "
            "molecule or an FCIDUMP file"
        ) from None
    # With several threads sums end in other bits each time, and a run that is begun again would be of another Hamiltonian.
    with pyscf.lib.with_omp_threads(1):
        return _computed(_built(geometry, pyscf), geometry, pyscf)


def _computed(molecule: Any, geometry: Geometry, pyscf: Any) -> MolecularData:  # noqa: ANN401 - PySCF has no types
    coefficients, levels = _orbitals(molecule, geometry, pyscf)
    norb = len(levels)
    if norb > MAX_ORBITALS:
        raise InputError(f"{geometry.basis} gives {norb} orbitals, expected at most {MAX_ORBITALS}: choose a smaller basis")
    one_body = coefficients.T @ pyscf.scf.hf.get_hcore(molecule) @ coefficients
    two_body = pyscf.ao2mo.restore(1, pyscf.ao2mo.kernel(molecule, coefficients), norb)
    one_body, two_body = (np.where(np.abs(numbers) < _NOISE, 0.0, numbers) for numbers in (one_body, two_body))
    electrons = molecule.nelec
    integrals = Integrals(float(molecule.energy_nuc()), one_body, two_body, (int(electrons[0]), int(electrons[1])))
    nuclei = tuple(int(nucleus) for nucleus in molecule.atom_charges())
    source = f"{geometry.atoms} ({geometry.units}), {geometry.basis}, PySCF {pyscf.__version__}"
    kept = Orbitals(_orthogonal(molecule.intor("int1e_ovlp"), coefficients), levels)
    dipole = _dipole(molecule, coefficients)
    return MolecularData(integrals, _formula(molecule), nuclei, source, orbitals=kept, dipole=dipole, recipe=recipe_of(geometry))


def recipe_of(geometry: Geometry) -> str:
    """All that a molecule is computed from, as text: of a file its contents."""
    text, units = _text(geometry)
    return json.dumps([text, units, geometry.basis, geometry.charge, geometry.multiplicity])


def _dipole(molecule: Any, coefficients: NDArray[np.float64]) -> Dipole:  # noqa: ANN401 - PySCF has no types
    electrons = np.einsum("ip,xij,jq->xpq", coefficients, molecule.intor("int1e_r"), coefficients)
    nuclei = molecule.atom_charges() @ molecule.atom_coords()
    return Dipole(np.asarray(nuclei, dtype=np.float64), np.where(np.abs(electrons) < _NOISE, 0.0, electrons))


def shipped_of(geometry: Geometry) -> MolecularData | None:
    """What comes with qopt for this geometry, if anything does; its bonds are warned of like any others."""
    text, units = _text(geometry)
    if units != "Angstrom" or (data := shipped_geometry(text, geometry.basis, geometry.charge, geometry.multiplicity)) is None:
        return None
    atoms = cartesian(text)
    assert atoms is not None  # noqa: S101 - it was recognised by them
    assert data.nuclei is not None  # noqa: S101 - what is shipped knows them
    check_distances(atoms[0], data.nuclei, atoms[1])
    return data


def _built(geometry: Geometry, pyscf: Any) -> Any:  # noqa: ANN401 - PySCF has no types
    """The molecule, with everything checked that PySCF would complain about in its own words, or not at all."""
    text, units = _text(geometry)
    try:
        atoms = pyscf.gto.format_atom(text + "\n", unit=units)  # no file has a name like that: PySCF would read it
        symbols = [pyscf.gto.mole._atom_symbol(symbol) for symbol, _ in atoms]  # noqa: SLF001 - it has no public name
        numbers = [pyscf.gto.charge(symbol) for symbol in symbols]
    except Exception as error:  # noqa: BLE001 - whatever PySCF stumbles over
        raise InputError(
            f"the geometry {geometry.atoms!r} can't be read ({_line(error)}), expected atoms such as 'Li 0 0 0; H 0 0 1.595'"
        ) from None
    places = np.array([place for _, place in atoms], dtype=float)
    if not atoms or not np.isfinite(places).all():
        raise InputError(f"the geometry {geometry.atoms!r} has no atoms or coordinates that aren't finite")
    check_distances(symbols, numbers, places * BOHR)
    _check_electrons(symbols, numbers, geometry)
    arguments = {"charge": geometry.charge, "spin": geometry.multiplicity - 1, "unit": "Bohr", "verbose": 0}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It advises to install a package with more bases.
            return pyscf.gto.M(atom=atoms, basis=geometry.basis, symmetry=True, **arguments)
    except (KeyError, RuntimeError, ValueError) as error:
        raise InputError(
            f"PySCF has no basis {geometry.basis!r} for {', '.join(sorted(set(symbols)))} ({_line(error)}), expected one such as sto-3g, "
            "6-31g or cc-pvdz"
        ) from None


def _check_cartesian(geometry: Geometry) -> None:
    """Refuse what can be seen to be wrong without PySCF: installing that would not help."""
    text, units = _text(geometry)
    atoms = cartesian(text)
    if atoms is None or not set(atoms[0]) <= set(ELEMENTS):
        return
    numbers = [ELEMENTS.index(symbol) + 1 for symbol in atoms[0]]
    check_distances(atoms[0], numbers, atoms[1] * (1.0 if units == "Angstrom" else BOHR))
    _check_electrons(atoms[0], numbers, geometry)


def _check_electrons(symbols: Sequence[str], numbers: Sequence[int], geometry: Geometry) -> None:
    """Refuse a charge and a multiplicity that these atoms can't have."""
    electrons = sum(numbers) - geometry.charge
    if electrons < 1:
        raise InputError(f"charge is {geometry.charge}, expected less than {sum(numbers)}: no electron is left")
    if geometry.multiplicity < 1 or (electrons - geometry.multiplicity) % 2 == 0 or geometry.multiplicity > electrons + 1:
        odd, fitting = ("an odd", "2, 4, ..") if electrons % 2 else ("an even", "1, 3, ..")
        raise InputError(
            f"multiplicity is {geometry.multiplicity}, expected {fitting}: {'+'.join(symbols)} with charge {geometry.charge} has {odd} "
            f"number of electrons, {electrons}"
        )


def _check_words(geometry: Geometry) -> None:
    """Refuse coordinates that are no numbers and a basis that is no name: PySCF evaluates both as Python, and reads bases from files.

    Raises:
        InputError: With the first word that is wrong.
    """
    for line in re.split(r"[;\n]", _text(geometry)[0]):
        atom, *words = line.replace(",", " ").split() or [""]
        if atom.startswith("#"):
            continue
        wrong = [word for word in words if not _NUMBER.fullmatch(word)]
        if wrong or not _ATOM.fullmatch(atom):
            raise InputError(
                f"the geometry {geometry.atoms!r} can't be read ({wrong[0] if wrong else atom!r} is no {'number' if wrong else 'atom'}), "
                "expected atoms such as 'Li 0 0 0; H 0 0 1.595', or the lines of a z-matrix"
            )
    if not _BASIS.fullmatch(geometry.basis) or Path(geometry.basis).is_file():
        raise InputError(f"basis is {geometry.basis!r}, expected a name such as sto-3g, 6-31g or cc-pvdz", ("basis",))


def _text(geometry: Geometry) -> tuple[str, str]:
    if not is_file(geometry.atoms):
        return geometry.atoms, geometry.units.capitalize()
    file = TextFile.read(Path(geometry.atoms.strip()))
    lines = [line for _, line in file.lines()]
    if not re.fullmatch(r"\s*[0-9]{1,4}\s*", lines[0]) or len(lines) < int(lines[0]) + 2:
        raise file.at(1, 1, f"got {lines[0][:40]!r}, expected a file .xyz: the number of atoms, a comment, and a line for each atom")
    return "\n".join(lines[2 : int(lines[0]) + 2]), "Angstrom"


def _orbitals(molecule: Any, geometry: Geometry, pyscf: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: ANN401 - PySCF has no types
    """`(nao, norb)` canonical orbitals, those that are occupied first, then by energy, each with its largest coefficient positive.

    And their `(norb,)` energies.
    """
    field = _converged(molecule, geometry, pyscf)
    order = np.lexsort((np.round(field.mo_energy, 9), -field.mo_occ))
    orbitals = np.asarray(field.mo_coeff)[:, order]
    largest = np.abs(orbitals).argmax(axis=0)
    signs = np.sign(orbitals[largest, np.arange(orbitals.shape[1])])
    return np.ascontiguousarray(orbitals * signs), np.asarray(field.mo_energy)[order]


def _converged(molecule: Any, geometry: Geometry, pyscf: Any) -> Any:  # noqa: ANN401 - PySCF has no types
    """Hartree-Fock to its last digits, by second order where it swings between two states.

    Of a linear molecule with an open shell that is degenerate, such as NO, only a smaller group lets one of its orbitals be occupied.
    """
    candidates = [molecule]
    if molecule.groupname in _LINEAR:
        smaller = molecule.copy()
        smaller.symmetry = _LINEAR[molecule.groupname]
        candidates.append(smaller.build(dump_input=False, parse_arg=False))
    for candidate in candidates:
        field = pyscf.scf.RHF(candidate)
        field.conv_tol, field.max_cycle = 1e-13, 200
        field.kernel()
        if not field.converged:
            field = field.newton()
            field.kernel()
        if field.converged:
            return field
    raise InputError(
        f"Hartree-Fock doesn't converge for {geometry.atoms!r} in {geometry.basis}: change the geometry or the basis, or take integrals "
        "of another program as an FCIDUMP file"
    )


def _orthogonal(overlap: NDArray[np.float64], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(nao, norb)` coefficients over Lowdin's orthogonalised atomic orbitals: `S^(1/2) C`."""
    eigenvalues, vectors = np.linalg.eigh(overlap)
    return np.asarray((vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T @ coefficients)


def _formula(molecule: Any) -> str:  # noqa: ANN401 - PySCF has no types
    symbols = [molecule.atom_pure_symbol(i) for i in range(molecule.natm)]
    counted = "".join(f"{symbol}{symbols.count(symbol) if symbols.count(symbol) > 1 else ''}" for symbol in dict.fromkeys(symbols))
    charge = molecule.charge
    return counted + (f"{abs(charge) if abs(charge) > 1 else ''}{'+' if charge > 0 else '-'}" if charge else "")


def _line(error: Exception) -> str:
    """An error of PySCF on one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:120]
