"""A state as a product of excitations, before it is mapped to qubits: what circuits of UCC and its relatives are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qopt.ansatze.overlap import overlap_circuit
from qopt.ansatze.uccsd import excitation_circuit
from qopt.diagonal import simplified
from qopt.identity import circuit_digest
from qopt.problems.mapping.operators import electronic_hamiltonian

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze import Ansatz
    from qopt.ansatze.excitations import Excitation
    from qopt.problems.integrals import Integrals
    from qopt.problems.mapping import Mapping

_SAME = 1e-10
"""Of the largest coefficient: so far two sums of the same integrals may differ."""


@dataclass(frozen=True, eq=False)
class ExcitationProduct:
    """`.. exp(angle_1 (T_1 - T_1^dag)) exp(angle_0 (T_0 - T_0^dag)) |determinant>`, and the integrals of its Hamiltonian.

    The exact engine computes with this and not with the circuit, once `constant_of` has made sure that the two are the same.

    Attributes:
        integrals: Of the Hamiltonian.
        excitations: In the order in which they act; their parameters are 0, 1, .. without gaps.
        mapping: From determinants to basis states of qubits.
        determinant: To begin with, bit j for spin orbital j.
    """

    integrals: Integrals
    excitations: tuple[Excitation, ...]
    mapping: Mapping
    determinant: int

    @property
    def parameters(self) -> int:
        """How many entries a point has."""
        return len({excitation.parameter for excitation in self.excitations})

    def ansatz(self, name: str) -> Ansatz:
        """The circuit.

        Raises:
            InputError: If a parameter is skipped, or an excitation or the determinant leaves the mapping's sector.
        """
        return replace(excitation_circuit(self.excitations, self.mapping, self.determinant, name=name), product=self)

    def constant_of(self, circuit: QuantumCircuit, parameters: Sequence[str], hamiltonian: SparsePauliOp) -> float | None:
        """What a Hamiltonian has more than that of the integrals, a number; None if that or the circuit isn't the one of this product."""
        own = self.ansatz("")
        if own.parameters != tuple(parameters) or circuit_digest(own.circuit) != circuit_digest(_gates(circuit)):
            return None
        difference = simplified(hamiltonian - electronic_hamiltonian(self.integrals, self.mapping))
        identity = ~(difference.paulis.x | difference.paulis.z).any(axis=1)
        scale = _SAME * float(np.abs(hamiltonian.coeffs).max(initial=1.0))
        if (np.abs(difference.coeffs[~identity]) > scale).any():
            return None
        return float(difference.coeffs[identity].real.sum())


def _gates(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit without what measures it, its gates in their order."""
    gates = circuit.copy_empty_like()
    gates.data = [item for item in circuit.data if item.operation.name not in ("measure", "barrier")]
    return gates


@dataclass(frozen=True, eq=False)
class OverlapProduct:
    """Two states of one product of excitations, whose overlap is how often a circuit reads zeros.

    Attributes:
        product: Of both.
    """

    product: ExcitationProduct

    def constant_of(self, circuit: QuantumCircuit, parameters: Sequence[str], hamiltonian: SparsePauliOp) -> float | None:
        """0 if the Hamiltonian is the projector on zeros and the circuit is the one of this overlap, else None."""
        own = overlap_circuit(self.product.ansatz(""))
        states = 1 << circuit.num_qubits
        z = hamiltonian.paulis.z
        projects = (
            len(hamiltonian) == states
            and not hamiltonian.paulis.x.any()
            and len(np.unique(z, axis=0)) == states
            and np.abs(hamiltonian.coeffs * states - 1.0).max() <= _SAME
        )
        same = own.parameters == tuple(parameters) and circuit_digest(own.circuit) == circuit_digest(circuit)
        return 0.0 if projects and same else None
