"""Molecules that a run folder keeps: to the last bit, and every damage is said."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.errors import DamagedError
from qopt.problems import kept
from qopt.problems.molecular_data import MolecularData, Orbitals, shipped
from qopt.problems.molecule import Molecule

if TYPE_CHECKING:
    from pathlib import Path

HYDROGEN = replace(shipped("h2"), orbitals=Orbitals(np.array([[0.1, 0.7], [1 / 3, -0.2]]), np.array([-0.6, 0.7])), recipe='["H", "é"]')
BARE = MolecularData(HYDROGEN.integrals, "bare", None, "", recipe="a recipe")
STORED = kept.to_bytes(BARE)


def arrays_of(data: MolecularData) -> list[bytes]:
    """All numbers of a molecule, as bits."""
    arrays = [data.integrals.one_body, data.integrals.two_body]
    if data.orbitals is not None:
        arrays += [data.orbitals.coefficients, data.orbitals.energies]
    if data.dipole is not None:
        arrays += [data.dipole.nuclei, data.dipole.electrons]
    return [array.tobytes() for array in arrays]


def assert_same(found: MolecularData | None, expected: MolecularData) -> None:
    """In every bit, but for the energies that other programs had told."""
    assert found is not None
    assert arrays_of(found) == arrays_of(expected)
    for key in ("name", "nuclei", "source", "recipe"):
        assert getattr(found, key) == getattr(expected, key)
    assert found.integrals.electrons == expected.integrals.electrons
    assert found.integrals.constant.hex() == float(expected.integrals.constant).hex()


@pytest.mark.parametrize("data", [HYDROGEN, BARE], ids=["all", "integrals"])
def test_what_is_kept_is_read_to_the_last_bit(tmp_path: Path, data: MolecularData) -> None:
    """With and without what need not be known; for its owner alone."""
    kept.write(data, tmp_path)
    assert_same(kept.read(tmp_path / kept.FILE), data)
    assert [path.name for path in tmp_path.iterdir()] == [kept.FILE]
    assert (tmp_path / kept.FILE).stat().st_mode & 0o077 == 0


def test_only_what_was_computed_is_kept(tmp_path: Path) -> None:
    """Shipped molecules are the same on every machine."""
    Molecule(shipped("h2")).keep(tmp_path)
    assert kept.read(tmp_path / kept.FILE) is None
    Molecule(HYDROGEN).keep(tmp_path)
    assert_same(kept.read(tmp_path / kept.FILE), HYDROGEN)


@given(st.integers(0, len(STORED) - 1), st.integers(1, 255))
def test_a_byte_that_has_changed_does_no_harm(tmp_path_factory: pytest.TempPathFactory, place: int, change: int) -> None:
    """It is the same molecule still, or said to be damaged."""
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    path.write_bytes(STORED[:place] + bytes([STORED[place] ^ change]) + STORED[place + 1 :])
    with suppress(DamagedError):
        assert_same(kept.read(path), BARE)


@given(st.integers(0, len(STORED) - 1))
def test_a_file_that_was_cut_off_is_damaged(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    """Wherever that is."""
    path = tmp_path_factory.getbasetemp() / "cut.npz"
    path.write_bytes(STORED[:length])
    with pytest.raises(DamagedError, match="put it back from a copy of the run folder"):
        kept.read(path)
