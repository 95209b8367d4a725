"""What a job is made of: circuits on all of a device's qubits, and how a job that was found is told to be the one that was meant."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit

if TYPE_CHECKING:
    from qopt.programs import Frozen, Program


def inputs_digest(program: Program) -> str:
    """A tag that tells the numbers of a program: points, shots and how many observables; not the circuit, which a run has but one of."""
    text = hashlib.sha256()
    for pub in program.pubs:
        text.update(np.ascontiguousarray(pub.points).tobytes())
        text.update(f"{pub.points.shape} {pub.shots} {len(pub.observables)}".encode())
    return f"qopt-inputs-{text.hexdigest()[:16]}"


def differs(inputs: Any, program: Program) -> str:  # noqa: ANN401 - JSON, decoded by the client
    """What a job's own inputs have that the program has not; empty where they are the same."""
    pubs = inputs.get("pubs") if isinstance(inputs, dict) else None
    if not isinstance(pubs, list) or len(pubs) != len(program.pubs):
        return f"{len(pubs) if isinstance(pubs, list) else 'no'} PUBs, expected {len(program.pubs)}"
    for number, (found, pub) in enumerate(zip(pubs, program.pubs, strict=True)):
        arrays = [part for part in found if isinstance(part, np.ndarray)]
        if pub.values.size and not any(np.array_equal(np.ravel(array), pub.values.ravel()) for array in arrays):
            return f"PUB {number} has other parameter values"
    return ""


def widen(frozen: Frozen, width: int) -> Frozen:
    """A circuit on all of a device's qubits, made from the one on those that it uses."""
    places = frozen.device_qubits
    circuit = QuantumCircuit(width, name=frozen.circuit.name, global_phase=frozen.circuit.global_phase)
    for register in frozen.circuit.cregs:
        circuit.add_register(register)
    for item in frozen.circuit.data:
        circuit.append(
            item.operation,
            [places[frozen.circuit.find_bit(qubit).index] for qubit in item.qubits],
            [frozen.circuit.find_bit(clbit).index for clbit in item.clbits],
        )
    return replace(frozen, circuit=circuit)
