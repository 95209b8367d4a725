"""The Hamiltonian variational ansatz: layers of evolutions under parts of a Hamiltonian, from a state that one of them knows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qopt.ansatze.ansatz import Ansatz
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qiskit.circuit import ParameterExpression
    from qiskit.quantum_info import Pauli, SparsePauliOp

_TWO = 2


def hamiltonian_variational(
    groups: Sequence[SparsePauliOp],
    layers: int,
    *,
    plus: Iterable[int] = (),
    flipped: Iterable[int] = (),
    singlets: Iterable[tuple[int, int]] = (),
) -> Ansatz:
    """`prod_l prod_g exp(-i theta_lg H_g) |start>`, where the terms of each `H_g` commute; the first group of a layer acts first.

    Points are written layer by layer, group by group: theta_0 .. theta_{layers groups - 1}.

    Args:
        groups: Parts of a Hamiltonian, each with real coefficients.
        layers: How often all groups act.
        plus: Qubits that begin in |+>; the others begin in |0>.
        flipped: Qubits among them that begin in |->.
        singlets: Pairs of qubits that begin in `(|01> - |10>) / sqrt(2)`.

    Raises:
        InputError: If there are no layers or groups, a group has no terms but the identity, or terms that don't commute.

    References:
        Wecker, Hastings, Troyer 2015, arXiv:1507.08969, eq. 2; Ho, Hsieh 2019, arXiv:1803.00026.
    """
    if layers < 1 or not groups:
        raise InputError(f"got {layers} layers of {len(groups)} groups, expected 1 or more of both", ("layers",))
    for group in groups:
        if not (group.paulis.x | group.paulis.z).any():
            raise InputError("a group of terms is a constant or empty, expected a term that acts on a qubit")
        if not all(group.paulis.commutes(pauli).all() for pauli in group.paulis):
            raise InputError("a group has terms that don't commute, expected groups of commuting terms: each is one exact evolution")
    qubits = int(groups[0].num_qubits)
    circuit = QuantumCircuit(qubits, name="hva")
    negative = set(flipped)
    for qubit in plus:
        if qubit in negative:
            circuit.x(qubit)
        circuit.h(qubit)
    for first, second in singlets:
        circuit.x(first)
        circuit.x(second)
        circuit.h(first)
        circuit.cx(first, second)
    parameters = [Parameter(f"theta_{index}") for index in range(layers * len(groups))]
    for index, parameter in enumerate(parameters):
        group = groups[index % len(groups)]
        for pauli, coefficient in zip(group.paulis, group.coeffs.real, strict=True):
            rotate(circuit, pauli, 2.0 * float(coefficient) * parameter)
    return Ansatz(circuit, tuple(parameter.name for parameter in parameters), "hva", layers, _scales(groups) * layers)


def rotate(circuit: QuantumCircuit, pauli: Pauli, angle: ParameterExpression | float) -> None:
    """Append `exp(-i angle P / 2)`, without the global phase of the identity: on one or two equal letters a gate, else a ladder of CX.

    The ladder gathers the parity in the last qubit, once letters are turned to Z: `H X H = Z`, and `(H S^dag) Y (H S^dag)^dag = Z`.
    """
    letters = {qubit: letter for qubit, letter in enumerate(reversed(pauli.to_label())) if letter != "I"}
    support = list(letters)
    if not support:
        return
    if len(support) <= _TWO and len(set(letters.values())) == 1:
        getattr(circuit, f"r{letters[support[0]].lower() * len(support)}")(angle, *support)
        return
    ladder = list(pairwise(support))
    _turn_to_z(circuit, letters)
    for control, target in ladder:
        circuit.cx(control, target)
    circuit.rz(angle, support[-1])
    for control, target in reversed(ladder):
        circuit.cx(control, target)
    _turn_to_z(circuit, letters, back=True)


def _turn_to_z(circuit: QuantumCircuit, letters: dict[int, str], *, back: bool = False) -> None:
    """Change bases so that the letters are Z, or back."""
    for qubit, letter in letters.items():
        if letter == "Y" and not back:
            circuit.sdg(qubit)
        if letter != "Z":
            circuit.h(qubit)
        if letter == "Y" and back:
            circuit.s(qubit)


def _scales(groups: Sequence[SparsePauliOp]) -> tuple[float, ...]:
    """How far each parameter moves where its rotations move by about a radian: one over twice the mean coefficient."""
    means = [float(np.abs(group.coeffs[(group.paulis.x | group.paulis.z).any(axis=1)]).mean()) for group in groups]
    return tuple(1.0 / (2.0 * mean) if mean else 1.0 for mean in means)
