"""The quantum approximate optimization algorithm's circuit for any diagonal Hamiltonian, with the X mixer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qopt.ansatze.ansatz import Ansatz
from qopt.diagonal import Diagonal
from qopt.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import ParameterExpression
    from qiskit.quantum_info import SparsePauliOp


def qaoa(hamiltonian: SparsePauliOp, layers: int = 1) -> Ansatz:
    """The QAOA circuit `prod_l exp(-i beta_l sum X) exp(-i gamma_l C) |+>` with the cost C = -H, so that H is minimised.

    Points are written gamma_1 .. gamma_p, beta_1 .. beta_p. For MaxCut C is the cut itself, and angles are those of the literature
    (Wurtz and Lykov 2021).

    Args:
        hamiltonian: Of I and Z alone.
        layers: The number of layers, p.

    Raises:
        InputError: If the Hamiltonian has X or Y terms, or `layers` is below 1.

    References:
        Farhi, Goldstone, Gutmann 2014, arXiv:1411.4028, eqs. 2-6; Wurtz, Lykov 2021, arXiv:2107.00677.
    """
    diagonal = Diagonal.from_operator(hamiltonian)
    if diagonal is None:
        message = "the Hamiltonian has X or Y terms, qaoa needs one of I and Z alone: use the hardware-efficient ansatz"
        raise InputError(message, ("type",))
    if not diagonal.supports.any():
        message = "the Hamiltonian is a constant: every string has the same energy, there is nothing to optimize"
        raise InputError(message)
    if layers < 1:
        message = f"layers is {layers}, expected 1 or more"
        raise InputError(message, ("layers",))
    gammas = [Parameter(f"gamma_{layer}") for layer in range(1, layers + 1)]
    betas = [Parameter(f"beta_{layer}") for layer in range(1, layers + 1)]
    circuit = QuantumCircuit(diagonal.variables, name="qaoa")
    circuit.h(range(diagonal.variables))
    for gamma, beta in zip(gammas, betas, strict=True):
        for coefficient, support in zip(diagonal.coefficients, diagonal.supports, strict=True):
            # exp(-i gamma C) = exp(+i gamma c Z..Z) for H = c Z..Z, and R_Z..Z(t) = exp(-i t Z..Z / 2).
            _rotate(circuit, np.flatnonzero(support).tolist(), -2.0 * float(coefficient) * gamma)
        circuit.rx(2.0 * beta, range(diagonal.variables))
    scales = (1.0 / _typical_weight(diagonal),) * layers + (1.0,) * layers
    return Ansatz(circuit, tuple(parameter.name for parameter in gammas + betas), "qaoa", layers, scales)


def _typical_weight(diagonal: Diagonal) -> float:
    """The mean weight of the couplings, or of the fields where there are none: 1 for an unweighted cut."""
    orders = diagonal.supports.sum(axis=1)
    weights = 2.0 * np.abs(diagonal.coefficients)
    return float(weights[orders > 1].mean() if (orders > 1).any() else weights[orders > 0].mean())


def _rotate(circuit: QuantumCircuit, qubits: list[int], angle: ParameterExpression) -> None:
    """Append exp(-i angle/2 Z..Z) on the qubits; the constant term is a global phase and is left out."""
    if len(qubits) == 1:
        circuit.rz(angle, qubits[0])
    elif len(qubits) == 2:  # noqa: PLR2004 - two qubits have a gate of their own
        circuit.rzz(angle, qubits[0], qubits[1])
    elif qubits:
        ladder = list(pairwise(qubits))
        for control, target in ladder:
            circuit.cx(control, target)
        circuit.rz(angle, qubits[-1])
        for control, target in reversed(ladder):
            circuit.cx(control, target)
