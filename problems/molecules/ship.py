"""Makes the molecules in src/qopt/problems/molecules: `python problems/molecules/ship.py`, with the extra `chem` installed.

The files in the package are what it wrote; nothing runs it but a person who wants other molecules.
"""

from __future__ import annotations

import json
from math import cos, radians, sin, sqrt
from pathlib import Path

import pyscf
from pyscf import cc, fci, gto, scf

from qopt.problems.fcidump import write_fcidump
from qopt.problems.geometry import Geometry, from_geometry

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


def main() -> None:
    """Write all files and their index."""
    index = {}
    for name, geometry in GEOMETRIES.items():
        data = from_geometry(geometry)
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
        }
    about = (
        "Integrals over canonical RHF orbitals adapted to the point group, all electrons, and total energies in hartree, geometries in "
        "Angstrom; FCI is that of the lowest singlet. Made by problems/molecules/ship.py; numbers computed here, in the public domain."
    )
    (FOLDER / "index.json").write_text(json.dumps({"about": about, "molecules": index}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
