"""The circuit of a list of fermionic excitations in a mapping. Which excitations belong to UCCSD lives in `excitations`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qopt.ansatze.ansatz import Ansatz
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.circuit import ParameterExpression
    from qiskit.quantum_info import Pauli

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.mapping import Mapping


def excitation_circuit(excitations: Sequence[Excitation], mapping: Mapping, determinant: int, *, name: str = "uccsd") -> Ansatz:
    """`.. exp(angle_1 (T_1 - T_1^dag)) exp(angle_0 (T_0 - T_0^dag)) |determinant>` as rotations about Pauli strings.

    Each excitation is exact, as its strings commute: `exp(-i angle G)`, with `G = sum c_k P_k`, is the product of rotations about `P_k` by
    `2 angle c_k`, where `angle = coefficient * point[parameter]` as `Excitation` says. So its states are those of `ExcitationEngine`,
    written into qubits by the mapping, to the sign.

    Args:
        excitations: In the order in which they act; their parameters are 0, 1, .. without gaps, as `conserving` leaves them.
        mapping: Possibly tapered.
        determinant: To begin with, bit j for spin orbital j.
        name: Of the ansatz.

    Returns:
        Parameters `theta_0`, `theta_1`, .. in the order of the excitations' parameters.

    Raises:
        InputError: If there are no excitations, a parameter is skipped, or an excitation or the determinant leaves the mapping's sector.

    References:
        Romero et al. 2018, arXiv:1701.02691; Whitfield, Biamonte, Aspuru-Guzik 2011, arXiv:1001.3855, table A2 (circuits).
    """
    used = {excitation.parameter for excitation in excitations}
    if not used or used != set(range(len(used))):
        raise InputError(f"the excitations have the parameters {sorted(used)}, expected one or more, counted from 0 without gaps")
    parameters = [Parameter(f"theta_{index}") for index in range(len(used))]
    circuit = QuantumCircuit(mapping.qubits, name=name)
    start = int(mapping.encode(np.array([determinant], dtype=np.int64))[0])
    for qubit in range(mapping.qubits):
        if start >> qubit & 1:
            circuit.x(qubit)
    for excitation in excitations:
        generator = mapping.generator(excitation)
        angle = parameters[excitation.parameter] * excitation.coefficient
        for pauli, factor in zip(generator.paulis, generator.coeffs.real, strict=True):
            rotate(circuit, pauli, 2.0 * float(factor) * angle)
    return Ansatz(circuit, tuple(parameter.name for parameter in parameters), name, 1)


def rotate(circuit: QuantumCircuit, pauli: Pauli, angle: ParameterExpression | float) -> None:
    """Append `exp(-i angle P / 2)`: the letters are turned to Z, their parity is gathered in the last qubit, and that one is turned.

    `H X H = Z`, and `(H S^dag) Y (H S^dag)^dag = Z`.
    """
    support = [int(qubit) for qubit in np.flatnonzero(pauli.x | pauli.z)]
    if not support:
        raise InputError("a rotation about the identity is a global phase, expected a string with a letter X, Y or Z")
    for qubit in support:
        if pauli.x[qubit]:
            if pauli.z[qubit]:
                circuit.sdg(qubit)
            circuit.h(qubit)
    chain = list(pairwise(support))
    for control, target in chain:
        circuit.cx(control, target)
    circuit.rz(angle, support[-1])
    for control, target in reversed(chain):
        circuit.cx(control, target)
    for qubit in support:
        if pauli.x[qubit]:
            circuit.h(qubit)
            if pauli.z[qubit]:
                circuit.s(qubit)
