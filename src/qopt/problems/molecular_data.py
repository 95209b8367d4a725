"""What is known of a molecule in a basis: its integrals, where they come from, and reference energies. Some are shipped with qopt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.errors import InputError
from qopt.problems.coordinates import cartesian, filled
from qopt.problems.fcidump import read_fcidump
from qopt.problems.integrals import Integrals
from qopt.problems.text_file import TextFile, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_FOLDER = Path(__file__).with_name("molecules")
_CURVE = "h2_curve.json"
_SAME_PLACE = 1e-9
"""Angstrom."""


@dataclass(frozen=True, eq=False)
class Orbitals:
    """What tells the orbitals of one geometry from those of another.

    Attributes:
        coefficients: `(nao, norb)` over Lowdin's orthogonalised atomic orbitals, so that columns are orthonormal at every geometry.
        energies: `(norb,)` in hartree.

    References:
        Lowdin 1950, Journal of Chemical Physics 18, 365.
    """

    coefficients: NDArray[np.float64]
    energies: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dipole:
    """The dipole moment as an operator, in atomic units (elementary charge times Bohr): `nuclei - sum_pq electrons_pq E_pq`.

    Of a charged molecule it depends on where the origin of the coordinates is.

    Attributes:
        nuclei: `(3,)` what the nuclei have.
        electrons: `(3, norb, norb)` matrix elements of x, y and z over the orbitals of the integrals.
    """

    nuclei: NDArray[np.float64]
    electrons: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MolecularData:
    """Integrals over all orbitals of a molecule, and their origin.

    Attributes:
        integrals: Over canonical orbitals, the occupied ones first.
        name: For people, such as `LiH`.
        nuclei: Atomic numbers; None where only integrals are known.
        source: Geometry, basis and program, in words.
        energies: Known total energies of all electrons in hartree: `hf`, `ccsd`, `fci`.
        orbitals: The orbitals themselves; None where only integrals are known.
        dipole: Over the same orbitals; None where it isn't known.
    """

    integrals: Integrals
    name: str
    nuclei: tuple[int, ...] | None = None
    source: str = ""
    energies: Mapping[str, float] = field(default_factory=dict)
    orbitals: Orbitals | None = None
    dipole: Dipole | None = None

    @property
    def charge(self) -> int | None:
        """Of the molecule; None where the nuclei aren't known."""
        return None if self.nuclei is None else sum(self.nuclei) - sum(self.integrals.electrons)

    @property
    def multiplicity(self) -> int:
        """Of the determinant to begin with: one more than there are unpaired electrons."""
        return abs(self.integrals.electrons[0] - self.integrals.electrons[1]) + 1

    def checked(self, charge: int | None = None, multiplicity: int | None = None) -> MolecularData:
        """The same, if charge and multiplicity are what is said; None says nothing.

        Raises:
            InputError: If one of them differs.
        """
        if charge is not None and self.charge not in (None, charge):
            raise InputError(f"charge is {charge}, expected {self.charge}: the integrals of {self.name} were made with that charge")
        if multiplicity not in (None, self.multiplicity):
            raise InputError(
                f"multiplicity is {multiplicity}, expected {self.multiplicity}: the integrals of {self.name} have "
                f"{self.integrals.electrons} electrons of spin alpha and beta"
            )
        return self


def from_fcidump(path: Path | str) -> MolecularData:
    """Integrals from a file of any program.

    Raises:
        InputError: If the file can't be read or is damaged.
    """
    return MolecularData(read_fcidump(path), Path(path).name, source=f"FCIDUMP file {Path(path).name}")


def shipped(name: str) -> MolecularData:
    """A molecule that comes with qopt: `h2`, `heh+`, `lih` and others, in the basis STO-3G, near their equilibrium geometries.

    Raises:
        InputError: If there is none of that name.
    """
    entries = _index()
    key = name.strip().lower()
    if key not in entries:
        raise InputError(f"no molecule {name!r} comes with qopt{suggestion(key, tuple(entries))}; expected {', '.join(entries)}")
    return _read(entries[key])


def shipped_names() -> tuple[str, ...]:
    """What `shipped` knows."""
    return tuple(_index())


def shipped_geometry(atoms: str, basis: str = "sto-3g", charge: int = 0, multiplicity: int = 1) -> MolecularData | None:
    """What comes with qopt for a geometry: one of the molecules of `shipped`, or a point of the H2 curve.

    Args:
        atoms: Cartesian coordinates in Angstrom, as in `H 0 0 0; H 0 0 0.735`, in the order and orientation of what is shipped, to 1e-9;
            anything else isn't recognised.
        basis: In any capitals, with or without the dash.
        charge: In units of the elementary charge.
        multiplicity: One more than there are unpaired electrons.

    Raises:
        InputError: If a shipped file is damaged.
    """
    wanted = cartesian(atoms)
    if wanted is None:
        return None
    electrons = (re.sub(r"[-_ ]", "", basis.lower()), charge, multiplicity)
    for entry in _index().values():
        if electrons == (entry["basis"].replace("-", ""), entry["charge"], entry["multiplicity"]) and _same(wanted, entry["geometry"]):
            return _read(entry)
    curve = TextFile.read(_FOLDER / _CURVE).json_object()
    if electrons == (curve["basis"].replace("-", ""), curve["charge"], curve["multiplicity"]):
        for row in curve["points"]:
            point = dict(zip(curve["columns"], row, strict=True))
            if _same(wanted, geometry := filled(curve["geometry"], {"r": point["r"]})):
                return _point(curve, point, geometry)
    return None


def _same(wanted: tuple[tuple[str, ...], NDArray[np.float64]], geometry: str) -> bool:
    """Whether these are the atoms of a geometry, at their places."""
    known = cartesian(geometry)
    return known is not None and wanted[0] == known[0] and bool(np.allclose(wanted[1], known[1], rtol=0.0, atol=_SAME_PLACE))


def _read(entry: dict[str, Any]) -> MolecularData:
    source = f"{entry['geometry']} (Angstrom), {entry['basis']}, {entry['program']}"
    integrals = read_fcidump(_FOLDER / entry["file"])
    electrons = np.zeros((3, integrals.norb, integrals.norb))
    for axis, row, column, value in entry["dipole"]["electrons"]:
        electrons[axis, row, column] = electrons[axis, column, row] = value
    dipole = Dipole(np.array(entry["dipole"]["nuclei"], dtype=np.float64), electrons)
    return MolecularData(integrals, entry["formula"], tuple(entry["nuclei"]), source, entry["energies"], dipole=dipole)


def _point(curve: dict[str, Any], point: dict[str, float], geometry: str) -> MolecularData:
    """A point of the H2 curve: by the symmetry of the two orbitals, even and odd, six integrals are all that aren't 0."""
    one_body, two_body = np.diag([point["h11"], point["h22"]]), np.zeros((2, 2, 2, 2))
    two_body[0, 0, 0, 0], two_body[1, 1, 1, 1] = point["(11|11)"], point["(22|22)"]
    two_body[0, 0, 1, 1] = two_body[1, 1, 0, 0] = point["(11|22)"]
    two_body[0, 1, 0, 1] = two_body[0, 1, 1, 0] = two_body[1, 0, 0, 1] = two_body[1, 0, 1, 0] = point["(12|12)"]
    source = f"{geometry} (Angstrom), {curve['basis']}, {curve['program']}"
    energies = {method: point[method] for method in ("hf", "ccsd", "fci")}
    return MolecularData(
        Integrals(point["constant"], one_body, two_body, (1, 1)), curve["formula"], tuple(curve["nuclei"]), source, energies
    )


def _index() -> dict[str, Any]:
    molecules: dict[str, Any] = TextFile.read(_FOLDER / "index.json").json_object()["molecules"]
    return molecules
