"""A circuit split into parts that no gate and no classical bit connects: each is simulated alone, whatever the width of the whole.

This is exact, with noise too: the twins' errors act on the qubits of a gate. What the client-side primitives measure on the idle
qubits of a wide device comes as many parts of a single qubit.
"""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit


@dataclass(frozen=True)
class Part:
    """Some qubits of a circuit, with all that is done to them."""

    circuit: QuantumCircuit
    """On these qubits and classical bits alone, without global phase."""
    qubits: tuple[int, ...]
    """Their numbers in the whole circuit, which are the device's."""
    clbits: tuple[int, ...]
    """The classical bits' numbers in the whole circuit."""


def split(circuit: QuantumCircuit) -> tuple[Part, ...]:
    """The parts of a circuit without control flow that measure something, ordered by their first qubit."""
    place = {bit: index for index, bit in enumerate([*circuit.qubits, *circuit.clbits])}
    leader = list(range(len(place)))
    instructions = [(item.operation, [place[bit] for bit in (*item.qubits, *item.clbits)], len(item.qubits)) for item in circuit.data]
    for operation, bits, _ in instructions:
        if operation.name != "barrier":
            for bit in bits[1:]:
                _join(leader, bits[0], bit)
    width = circuit.num_qubits
    members: dict[int, list[int]] = {}
    for bit in range(len(place)):
        members.setdefault(_find(leader, bit), []).append(bit)
    inside = {root: bits for root, bits in members.items() if bits[0] < width <= bits[-1]}
    new = {bit: index for bits in inside.values() for index, bit in enumerate(bits)}
    parts = {}
    for root, bits in inside.items():
        count = sum(bit < width for bit in bits)
        new.update({bit: index - count for index, bit in enumerate(bits) if bit >= width})
        parts[root] = QuantumCircuit(count, len(bits) - count)
    for operation, bits, count in instructions:
        if operation.name == "barrier":
            # Barriers keep the order of the instructions, which simulators keep anyway.
            continue
        part = parts.get(_find(leader, bits[0])) if bits else None
        if part is not None:
            part.append(operation, [new[bit] for bit in bits[:count]], [new[bit] for bit in bits[count:]], copy=False)
    return tuple(
        Part(parts[root], tuple(bit for bit in bits if bit < width), tuple(bit - width for bit in bits if bit >= width))
        for root, bits in inside.items()
    )


def _find(leader: list[int], bit: int) -> int:
    while leader[bit] != bit:
        leader[bit] = leader[leader[bit]]
        bit = leader[bit]
    return bit


def _join(leader: list[int], one: int, other: int) -> None:
    leader[_find(leader, other)] = _find(leader, one)
