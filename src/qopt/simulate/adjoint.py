"""Energies and derivatives of circuits by PennyLane-Lightning, the optional package of the extra `adjoint`; imported where it is used.

Of the packages with an adjoint method it was the fastest from 12 qubits on and the only one with wheels for every Python that qopt takes.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pennylane
from pennylane.devices import ExecutionConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.simulate.gates import Gate, Gates

_OPERATIONS = {
    "rx": pennylane.RX,
    "ry": pennylane.RY,
    "rz": pennylane.RZ,
    "rxx": pennylane.IsingXX,
    "ryy": pennylane.IsingYY,
    "rzz": pennylane.IsingZZ,
    "p": pennylane.PhaseShift,
    "h": pennylane.Hadamard,
    "x": pennylane.PauliX,
    "y": pennylane.PauliY,
    "z": pennylane.PauliZ,
    "s": pennylane.S,
    "t": pennylane.T,
    "sx": pennylane.SX,
    "cx": pennylane.CNOT,
    "cz": pennylane.CZ,
    "swap": pennylane.SWAP,
}
_INVERSE = {"sdg": (pennylane.PhaseShift, -np.pi / 2.0), "tdg": (pennylane.PhaseShift, -np.pi / 4.0), "sxdg": (pennylane.RX, -np.pi / 2.0)}
"""As rotations, up to a global phase: Lightning has no names for them."""

_PAULIS = {"X": pennylane.PauliX, "Y": pennylane.PauliY, "Z": pennylane.PauliZ}


class Adjoint:
    """One circuit and one Hamiltonian on `lightning.qubit`, with one thread. The device holds one state, so callers wait for each other.

    Args:
        gates: The circuit.
        hamiltonian: On as many qubits.
    """

    def __init__(self, gates: Gates, hamiltonian: SparsePauliOp) -> None:
        """Translate both once; points are bound to copies."""
        self._device = pennylane.device("lightning.qubit", wires=gates.qubits)
        self._in_use = Lock()
        self._config = ExecutionConfig(gradient_method="adjoint", use_device_gradient=True)
        self._free = gates.free
        # One number of a circuit for each angle, counting the fixed angles of inverse gates.
        turning = [gate for gate in gates.gates if gate.angle is not None or gate.name in _INVERSE]
        self._trainable = [index for index, gate in enumerate(turning) if gate.angle is not None and self._free[gate.angle]]
        measured = pennylane.expval(_operator(hamiltonian))
        self._script = pennylane.tape.QuantumScript([_operation(gate, gates.offsets) for gate in gates.gates], [measured])
        self._script.trainable_params = self._trainable

    def energies(self, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k,)` energies at `(k, g)` angles."""
        with self._in_use:
            return np.array([float(self._device.execute([self._bound(row)], self._config)[0]) for row in angles])

    def gradients(self, angles: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(k,)` energies and `(k, g)` derivatives by the angles."""
        if not self._trainable:
            return self.energies(angles), np.zeros_like(angles)
        energies, slopes = np.empty(len(angles)), np.zeros_like(angles)
        with self._in_use:
            for k, row in enumerate(angles):
                (energies[k],), (derivatives,) = self._device.execute_and_compute_derivatives([self._bound(row)], self._config)
                slopes[k, self._free] = np.ravel(derivatives)
        return energies, slopes

    def _bound(self, angles: NDArray[np.float64]) -> Any:  # noqa: ANN401 - PennyLane's own
        return self._script.bind_new_parameters(angles[self._free].tolist(), self._trainable)


def _operation(gate: Gate, offsets: NDArray[np.float64]) -> Any:  # noqa: ANN401 - PennyLane's own
    if gate.name in _INVERSE:
        operation, angle = _INVERSE[gate.name]
        return operation(angle, gate.qubits)
    angles = [] if gate.angle is None else [float(offsets[gate.angle])]
    return _OPERATIONS[gate.name](*angles, wires=gate.qubits)


def _operator(hamiltonian: SparsePauliOp) -> Any:  # noqa: ANN401 - PennyLane's own
    """A sum of Pauli words, with the identity where a term has no other factor."""
    terms = hamiltonian.to_sparse_list()
    words = [
        pennylane.prod(*(_PAULIS[factor](qubit) for factor, qubit in zip(factors, qubits, strict=True)))
        if len(qubits) > 1
        else (_PAULIS[factors](qubits[0]) if qubits else pennylane.Identity(0))
        for factors, qubits, _ in terms
    ]
    return pennylane.Hamiltonian([float(np.real(coefficient)) for _, _, coefficient in terms], words)
