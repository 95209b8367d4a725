"""From fermions to qubits: mappings as matrices over the integers modulo 2, what operators become in them, and tapering."""

from qopt.problems.mapping.mapping import Mapping, bravyi_kitaev, jordan_wigner, parity_mapping
from qopt.problems.mapping.operators import (
    density_operators,
    electronic_hamiltonian,
    number_operator,
    one_body_operator,
    s_squared_operator,
    sz_operator,
)
from qopt.problems.mapping.paulis import diagonal_element
from qopt.problems.mapping.tapering import Conserving, conserving, taper, z2_symmetries

__all__ = [
    "Conserving",
    "Mapping",
    "bravyi_kitaev",
    "conserving",
    "density_operators",
    "diagonal_element",
    "electronic_hamiltonian",
    "jordan_wigner",
    "number_operator",
    "one_body_operator",
    "parity_mapping",
    "s_squared_operator",
    "sz_operator",
    "taper",
    "z2_symmetries",
]
