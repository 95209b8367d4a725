"""Makes the molecules in src/qopt/problems/molecules: `python problems/molecules/ship.py`, with the extra `chem` installed.

The files in the package are what it wrote; nothing runs it but a person who wants other molecules.
"""

from __future__ import annotations

import json
import warnings
from math import cos, radians, sin, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyscf
from pyscf import cc, fci, gto, scf

from qopt.problems.coordinates import filled
from qopt.problems.distances import LongBonds
from qopt.problems.fcidump import write_fcidump
from qopt.problems.geometry import Geometry, from_geometry

if TYPE_CHECKING:
    from qopt.problems.molecular_data import MolecularData

FOLDER = Path(__file__).parents[2] / "src" / "qopt" / "problems" / "molecules"
_ANGLE = radians(104.5)
GEOMETRIES = {
    "h2": Geometry("H 0 0 0; H 0 0 0.735"),
    "heh+": Geometry("He 0 0 0; H 0 0 0.772", charge=1),
    "h3+": Geometry(f"H 0 0 0; H 0.874 0 0; H 0.437 {0.437 * sqrt(3)} 0", charge=1),
    "lih": Geometry("Li 0 0 0; H 0 0 1.595"),
    "beh2": Geometry("Be 0 0 0; H 0 0 1.3264; H 0 0 -1.3264"),
    "h2o": Geometry(f"O 0 0 0; H 0.958 0 0; H {0.958 * cos(_ANGLE)} {0.958 * sin(_ANGLE)} 0"),
    "n2": Geometry("N 0 0 0; N 0 0 1.0977"),
    "h4": Geometry("; ".join(f"H 0 0 {i}.0" for i in range(4))),
    "h6": Geometry("; ".join(f"H 0 0 {i}.0" for i in range(6))),
}

NOISE = 1e-10
CURVE = "H 0 0 0; H 0 0 {r}"
LENGTHS = sorted({*(i / 10 for i in range(3, 31)), *(i / 20 for i in range(11, 20)), 0.73, 0.74, 3.5, 4.0, 4.5, 5.0})
"""Angstrom: every 0.1 up to 3.0, closer about the minimum (0.735 is among the molecules), and far out where the bond is broken."""


def energies(geometry: Geometry) -> dict[str, float]:
    """Total energies by PySCF's own methods, independent of the integrals that are shipped."""
    molecule = gto.M(atom=geometry.atoms, basis=geometry.basis, charge=geometry.charge, spin=geometry.multiplicity - 1, verbose=0)
    field = scf.RHF(molecule).set(conv_tol=1e-13)
    field.kernel()
    coupled = cc.CCSD(field).set(conv_tol=1e-11, conv_tol_normt=1e-8)
    coupled.kernel()
    solver = fci.addons.fix_spin_(fci.FCI(field), ss=0)
    solver.conv_tol = 1e-12
    return {"hf": float(field.e_tot), "ccsd": float(coupled.e_tot), "fci": float(solver.kernel()[0])}


def curve() -> dict[str, Any]:
    """Integrals of H2 along its bond: those that the symmetry of two orbitals, even and odd, doesn't make 0 or equal to others."""
    points = []
    for length in LENGTHS:
        geometry = Geometry(filled(CURVE, {"r": length}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LongBonds)
            integrals = from_geometry(geometry, orbitals=True).integrals
        one, two = integrals.one_body, integrals.two_body
        numbers = [one[0, 0], one[1, 1], two[0, 0, 0, 0], two[0, 0, 1, 1], two[0, 1, 0, 1], two[1, 1, 1, 1]]
        assert abs(one[0, 1]) + abs(two[0, 0, 0, 1]) + abs(two[0, 1, 1, 1]) == 0.0  # noqa: S101 - a script's own check
        points.append([length, integrals.constant, *map(float, numbers), *energies(geometry).values()])
    return {
        "about": (
            "Integrals of H2 in hartree over its two canonical RHF orbitals in chemist's notation, those that symmetry makes neither 0 nor "
            "equal to others, and total energies, for bond lengths r in Angstrom. Made by problems/molecules/ship.py; numbers computed "
            "here, in the public domain."
        ),
        "formula": "H2",
        "geometry": CURVE,
        "nuclei": [1, 1],
        "charge": 0,
        "multiplicity": 1,
        "basis": "sto-3g",
        "program": f"PySCF {pyscf.__version__}",
        "columns": ["r", "constant", "h11", "h22", "(11|11)", "(11|22)", "(12|12)", "(22|22)", "hf", "ccsd", "fci"],
        "points": points,
    }


def dipole(data: MolecularData) -> dict[str, Any]:
    """In atomic units: what the nuclei have, and `[axis, p, q, element]` of the electrons, p <= q, without zeros."""
    assert data.dipole is not None  # noqa: S101 - PySCF gave it
    elements = [
        [int(axis), int(p), int(q), float(data.dipole.electrons[axis, p, q])]
        for axis, p, q in np.argwhere(np.abs(data.dipole.electrons) > NOISE)
        if p <= q
    ]
    return {"nuclei": data.dipole.nuclei.tolist(), "electrons": elements}


def main() -> None:
    """Write all files and their index."""
    table = curve()
    rows = ",\n  ".join(json.dumps(row) for row in table.pop("points"))
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in table.items())
    (FOLDER / "h2_curve.json").write_text(f'{{\n{head} "points": [\n  {rows}\n ]\n}}\n', encoding="utf-8")
    index = {}
    for name, geometry in GEOMETRIES.items():
        data = from_geometry(geometry, orbitals=True)
        file = f"{name.replace('+', '_cation')}.fcidump"
        write_fcidump(data.integrals, FOLDER / file)
        index[name] = {
            "file": file,
            "formula": data.name,
            "geometry": geometry.atoms,
            "nuclei": data.nuclei,
            "charge": geometry.charge,
            "multiplicity": geometry.multiplicity,
            "basis": geometry.basis,
            "program": f"PySCF {pyscf.__version__}",
            "energies": energies(geometry),
            "dipole": dipole(data),
        }
    about = (
        "Integrals over canonical RHF orbitals adapted to the point group, all electrons, and total energies in hartree, geometries in "
        "Angstrom; FCI is that of the lowest singlet. dipoles in atomic units. "
        "Made by problems/molecules/ship.py; numbers computed here, in the public domain."
    )
    (FOLDER / "index.json").write_text(json.dumps({"about": about, "molecules": index}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
