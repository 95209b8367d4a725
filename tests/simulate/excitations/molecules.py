"""Five molecules with what other programs say about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qopt.problems.fcidump import read_fcidump

if TYPE_CHECKING:
    from qopt.problems.integrals import Integrals

FCIDUMPS = Path(__file__).parents[2] / "data" / "fcidump"


@dataclass(frozen=True)
class Molecule:
    """Energies in Hartree of the geometries in tests/data/fcidump.

    Attributes:
        name: The file's.
        hartree_fock: By PySCF's `scf.RHF`.
        full: By PySCF's `fci.direct_spin1`, singlets.
        uccsd_error: How far the minimum of one Trotter step of UCCSD lies above, with qiskit-nature's excitations in their order,
            by BFGS from zeros on another simulator.
    """

    name: str
    hartree_fock: float
    full: float
    uccsd_error: float | None = None

    def integrals(self) -> Integrals:
        """As the file has them."""
        return read_fcidump(FCIDUMPS / f"{self.name}.fcidump")


H2 = Molecule("h2", -1.116998996754004, -1.1373060357533995, 0.0)
H4 = Molecule("h4", -2.098545936998036, -2.1663874486347616, 7.942954297579519e-05)
LIH = Molecule("lih", -7.8620238601271195, -7.882401932290214, 1.0641278946010857e-05)
BEH2 = Molecule("beh2", -15.560312342811924, -15.595176868923177)
H2O = Molecule("h2o", -74.96304853546725, -75.0126289449297)
MOLECULES = (H2, H4, LIH, BEH2, H2O)
