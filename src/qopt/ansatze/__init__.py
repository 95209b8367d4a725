"""Functions of Hamiltonians that return an `Ansatz`."""

from qopt.ansatze.ansatz import Ansatz
from qopt.ansatze.hardware_efficient import hardware_efficient
from qopt.ansatze.qaoa import qaoa

__all__ = ["Ansatz", "hardware_efficient", "qaoa"]
