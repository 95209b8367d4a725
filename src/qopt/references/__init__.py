"""What is known of a cost without a quantum computer: brute force, integer programming, diagonalisation, CCSD, random strings."""

from qopt.references.brute_force import BRUTE_FORCE_VARIABLES, brute_force
from qopt.references.ccsd import ccsd_energy
from qopt.references.diagonalisation import DIAGONALISE_QUBITS, diagonalise
from qopt.references.milp import Cut, maxcut_milp
from qopt.references.random_strings import greedy_descent, random_strings
from qopt.references.subspace import SUBSPACE_STATES, lowest_in, lowest_levels

__all__ = [
    "BRUTE_FORCE_VARIABLES",
    "DIAGONALISE_QUBITS",
    "SUBSPACE_STATES",
    "Cut",
    "brute_force",
    "ccsd_energy",
    "diagonalise",
    "greedy_descent",
    "lowest_in",
    "lowest_levels",
    "maxcut_milp",
    "random_strings",
]
