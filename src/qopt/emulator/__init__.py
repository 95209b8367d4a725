"""An IBM Quantum Platform on 127.0.0.1 for rehearsals and fault tests; it knows nothing of the rest of qopt."""

from __future__ import annotations

from qopt.emulator.control import Control
from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings

TESTED_WITH = ("0.49.0", "0.50.0", "0.51.0")
"""The versions of qiskit-ibm-runtime that were pointed at the emulator: the last by every test, the others by hand."""

OLDEST_CLIENT = (0, 49)
"""The first version of qiskit-ibm-runtime that the environment can tell where IAM is: older ones ask IBM Cloud's own for a token."""

__all__ = ["OLDEST_CLIENT", "TESTED_WITH", "Control", "Emulator", "Settings"]
