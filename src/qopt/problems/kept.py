"""Molecules on disk, to the last bit: Hartree-Fock does not end in the same bits on every machine, and a run has to find its own again."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt import private
from qopt.errors import DamagedError, StorageError
from qopt.problems.integrals import Integrals
from qopt.problems.molecular_data import Dipole, MolecularData, Orbitals

if TYPE_CHECKING:
    from pathlib import Path

FILE = "molecule.npz"
"""Its name in the run folder."""
_UNREADABLE = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What NumPy and zipfile raise for bytes that were changed: where a flag is wrong, such as that of encryption, that is a RuntimeError."""


def to_bytes(data: MolecularData) -> bytes:
    """All that is known of a molecule, but for what it was told by other programs of its energies."""
    arrays: dict[str, Any] = {
        "constant": data.integrals.constant,
        "one_body": data.integrals.one_body,
        "two_body": data.integrals.two_body,
        "electrons": np.array(data.integrals.electrons),
        "texts": np.array([data.name, data.source, data.recipe]),
    }
    if data.nuclei is not None:
        arrays["nuclei"] = np.array(data.nuclei)
    if data.dipole is not None:
        arrays |= {"dipole_nuclei": data.dipole.nuclei, "dipole_electrons": data.dipole.electrons}
    if data.orbitals is not None:
        arrays |= {"coefficients": data.orbitals.coefficients, "levels": data.orbitals.energies}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def write(data: MolecularData, folder: Path) -> None:
    """Write a molecule into a run folder.

    Raises:
        StorageError: If it can't be written.
    """
    path = folder / FILE
    try:
        private.replace(path, to_bytes(data))
        private.sync_folder(folder)
    except OSError as error:
        message = f"{path} can't be written: {error.strerror}; free space or change the permissions, then run the same command again"
        raise StorageError(message) from error


def read(path: Path) -> MolecularData | None:
    """What `to_bytes` was made from; None where there is no such file.

    Raises:
        DamagedError: If it is not what was written.
    """
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
        alpha, beta = found["electrons"].tolist()
        name, source, recipe = found["texts"].tolist()
        return MolecularData(
            Integrals(float(found["constant"]), found["one_body"], found["two_body"], (alpha, beta)),
            name,
            tuple(found["nuclei"].tolist()) if "nuclei" in found else None,
            source,
            orbitals=Orbitals(found["coefficients"], found["levels"]) if "levels" in found else None,
            dipole=Dipole(found["dipole_nuclei"], found["dipole_electrons"]) if "dipole_nuclei" in found else None,
            recipe=recipe,
        )
    except _UNREADABLE as error:
        message = (
            f"{path} does not read as it was written ({type(error).__name__}): put it back from a copy of the run folder, or start a new "
            "run under another name"
        )
        raise DamagedError(message) from error
