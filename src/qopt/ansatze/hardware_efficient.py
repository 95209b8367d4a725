"""Layers of rotations and entangling gates that suit a device rather than a problem."""

from __future__ import annotations

from typing import Literal, TypeAlias

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qopt.ansatze.ansatz import Ansatz

Entanglement: TypeAlias = Literal["linear", "circular", "full"]


def hardware_efficient(qubits: int, reps: int = 2, entanglement: Entanglement = "linear") -> Ansatz:
    """RY rotations on every qubit, then `reps` times CX gates and RY rotations: real amplitudes, enough for a real Hamiltonian.

    Points are written layer by layer, qubit by qubit: theta_0 .. theta_{qubits (reps + 1) - 1}.

    Args:
        qubits: How many.
        reps: How many entangling layers; 0 gives product states.
        entanglement: `linear` couples neighbours, `circular` closes the ring, `full` couples all pairs.

    References:
        Kandala et al. 2017, arXiv:1704.05018.
    """
    parameters = [Parameter(f"theta_{index}") for index in range(qubits * (reps + 1))]
    circuit = QuantumCircuit(qubits, name="hardware-efficient")
    pairs = _pairs(qubits, entanglement)
    for layer in range(reps + 1):
        if layer:
            for control, target in pairs:
                circuit.cx(control, target)
        for qubit in range(qubits):
            circuit.ry(parameters[layer * qubits + qubit], qubit)
    return Ansatz(circuit, tuple(parameter.name for parameter in parameters), "hardware-efficient", reps)


def _pairs(qubits: int, entanglement: Entanglement) -> list[tuple[int, int]]:
    if entanglement == "full":
        return [(first, second) for first in range(qubits) for second in range(first + 1, qubits)]
    line = [(qubit, qubit + 1) for qubit in range(qubits - 1)]
    return [*line, (qubits - 1, 0)] if entanglement == "circular" and qubits > 2 else line  # noqa: PLR2004 - a ring has three
