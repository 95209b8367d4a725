"""What is known of a molecule in a basis: its integrals, where they come from, and reference energies. Some are shipped with qopt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qopt.errors import InputError
from qopt.problems.fcidump import read_fcidump
from qopt.problems.text_file import TextFile, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qopt.problems.integrals import Integrals

_FOLDER = Path(__file__).with_name("molecules")


@dataclass(frozen=True, eq=False)
class MolecularData:
    """Integrals over all orbitals of a molecule, and their origin.

    Attributes:
        integrals: Over canonical orbitals, the occupied ones first.
        name: For people, such as `LiH`.
        nuclei: Atomic numbers; None where only integrals are known.
        source: Geometry, basis and program, in words.
        energies: Known total energies of all electrons in hartree: `hf`, `ccsd`, `fci`.
    """

    integrals: Integrals
    name: str
    nuclei: tuple[int, ...] | None = None
    source: str = ""
    energies: Mapping[str, float] = field(default_factory=dict)

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
    entry = entries[key]
    source = f"{entry['geometry']} (Angstrom), {entry['basis']}, {entry['program']}"
    return MolecularData(read_fcidump(_FOLDER / entry["file"]), entry["formula"], tuple(entry["nuclei"]), source, entry["energies"])


def shipped_names() -> tuple[str, ...]:
    """What `shipped` knows."""
    return tuple(_index())


def _index() -> dict[str, Any]:
    molecules: dict[str, Any] = TextFile.read(_FOLDER / "index.json").json_object()["molecules"]
    return molecules
