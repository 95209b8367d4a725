"""The circuit of a list of fermionic excitations in a mapping. Which excitations belong to UCCSD lives in `excitations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qopt.ansatze.ansatz import Ansatz
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qiskit.circuit import ParameterExpression
    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.mapping import Mapping


def excitation_circuit(excitations: Sequence[Excitation], mapping: Mapping, determinant: int, *, name: str = "uccsd") -> Ansatz:
    """`.. exp(angle_1 (T_1 - T_1^dag)) exp(angle_0 (T_0 - T_0^dag)) |determinant>` in CX, RY and X gates.

    Every factor is exact, with `angle = coefficient * point[parameter]` as `Excitation` says. So the states are those of
    `ExcitationEngine`, written into qubits by the mapping, signs included.

    Args:
        excitations: In the order in which they act; their parameters are 0, 1, .. without gaps, as `conserving` leaves them.
        mapping: Possibly tapered.
        determinant: To begin with, bit j for spin orbital j.
        name: Of the ansatz.

    Returns:
        Parameters `theta_0`, `theta_1`, .. in the order of the excitations' parameters.

    Raises:
        InputError: If a parameter is skipped, or an excitation or the determinant leaves the mapping's sector.

    References:
        Romero et al. 2018, arXiv:1701.02691.
    """
    used = {excitation.parameter for excitation in excitations}
    if used != set(range(len(used))):
        raise InputError(f"the excitations have the parameters {sorted(used)}, expected them counted from 0 without gaps")
    parameters = [Parameter(f"theta_{index}") for index in range(len(used))]
    circuit = QuantumCircuit(mapping.qubits, name=name)
    start = int(mapping.encode(np.array([determinant], dtype=np.int64))[0])
    for qubit in _bits(start):
        circuit.x(qubit)
    for excitation in excitations:
        excite(circuit, mapping.generator(excitation), parameters[excitation.parameter] * excitation.coefficient)
    return Ansatz(circuit, tuple(parameter.name for parameter in parameters), name, 1)


def excite(circuit: QuantumCircuit, generator: SparsePauliOp, angle: ParameterExpression | float) -> None:
    """Append `exp(-i angle G)` for the generator `G = i (T - T^dag)` of an excitation, in any mapping.

    An excitation flips the same qubits x whatever it acts on, so all strings of G have their letters X and Y there, and an odd number of
    Y. CX gates from one of these qubits, the pivot, to the others turn each string into `+-Y` on the pivot times a Z on each qubit of a
    mask m. A further CX from qubit j to the pivot makes `Y` there `Y Z_j`, so between two rotations about Y one CX is needed for each qubit
    in which their masks differ. The masks are an affine space over the integers modulo 2: in the order of a Gray code over its lightest
    basis that is mostly one CX. A double excitation under Jordan-Wigner takes 14, and 2 for each qubit of its sign.

    References:
        Yordanov, Arvidsson-Shukur, Barnes 2020, arXiv:2005.14475 (excitations as controlled rotations); Mottonen et al. 2004,
        arXiv:quant-ph/0404089 (Gray codes).
    """
    flipped = _mask(generator.paulis.x[0])
    signs = [_mask(z) for z in generator.paulis.z]
    letters_y = [(mask & flipped).bit_count() for mask in signs]
    if any(_mask(x) != flipped for x in generator.paulis.x) or not all(count % 2 for count in letters_y):
        raise InputError(
            "the operator is not i (T - T^dag) of one excitation, expected strings that flip the same qubits, with odd numbers of Y"
        )
    # With w letters Y a string is i^w X(x) Z(z), and on the pivot i^w X Z = (-1)^((w - 1) / 2) Y.
    strings = {
        mask: float(factor) * (-1) ** (count // 2) for mask, count, factor in zip(signs, letters_y, generator.coeffs.real, strict=True)
    }
    tours = {pivot: _tour({mask & ~(1 << pivot) for mask in strings}) for pivot in _bits(flipped)}
    pivot = min(tours, key=lambda candidate: (_length(tours[candidate]), candidate))
    factors = {mask & ~(1 << pivot): factor for mask, factor in strings.items()}
    fan = _bits(flipped & ~(1 << pivot))
    for qubit in fan:
        circuit.cx(pivot, qubit)
    current = 0
    for mask in (*tours[pivot], 0):
        for qubit in _bits(current ^ mask):
            circuit.cx(qubit, pivot)
        if mask in factors:
            circuit.ry(2.0 * factors.pop(mask) * angle, pivot)
        current = mask
    for qubit in fan:
        circuit.cx(pivot, qubit)


def _tour(masks: Iterable[int]) -> list[int]:
    """The masks of the affine space that these span, in an order in which neighbours differ by one vector of its lightest basis."""
    ordered = sorted(masks, key=lambda mask: (mask.bit_count(), mask))
    start, basis = ordered[0], []
    span = {0}
    for difference in sorted((a ^ b for a in ordered for b in ordered), key=lambda mask: (mask.bit_count(), mask)):
        if difference not in span:
            basis.append(difference)
            span |= {difference ^ other for other in span}
    tour = [start]
    for step in range(1, len(span)):
        tour.append(tour[-1] ^ basis[(step & -step).bit_length() - 1])
    return tour


def _length(tour: Sequence[int]) -> int:
    """How many bits change on the way from 0 through the masks and back to 0."""
    return sum((a ^ b).bit_count() for a, b in zip((0, *tour), (*tour, 0), strict=True))


def _mask(letters: Iterable[bool]) -> int:
    return sum(1 << qubit for qubit, there in enumerate(letters) if there)


def _bits(mask: int) -> list[int]:
    return [qubit for qubit in range(mask.bit_length()) if mask >> qubit & 1]
