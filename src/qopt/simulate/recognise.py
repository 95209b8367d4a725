"""Telling whether a circuit is QAOA with the X mixer, so that the engine made for it can take it. What is not certain is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qopt.diagonal import Diagonal
from qopt.simulate.gates import in_one_angle_gates
from qopt.simulate.structure import AlternatingLayers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

    from qopt.simulate.gates import Gate, Gates

_ROUNDING = 1e-12
_TRACKED = frozenset({"h", "rx", "rz", "p", "rzz", "cx", "swap"})


@dataclass(frozen=True, eq=False)
class Recognised:
    """What a circuit is, up to a global phase.

    Attributes:
        structure: Its cost, without a constant, where Z_i is that of qubit i, and its number of layers, p.
        weights: `(2p, n)`: gamma_1 .. gamma_p, beta_1 .. beta_p are `weights @ point + offsets`.
        offsets: `(2p,)` radians.
    """

    structure: AlternatingLayers
    weights: NDArray[np.float64]
    offsets: NDArray[np.float64]

    @property
    def plain(self) -> bool:
        """Whether points are gammas and betas as they are."""
        return np.array_equal(self.weights, np.eye(len(self.weights))) and not self.offsets.any()

    def angles(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k, 2p)` gammas and betas at `(k, n)` points of the circuit."""
        return points @ self.weights.T + self.offsets


def alternating_layers(circuit: QuantumCircuit, parameters: Sequence[str]) -> Recognised | None:
    """The cost and the angles of a circuit that is exactly QAOA with the X mixer; None for every other.

    Recognised are H on all qubits, then in each layer any gates that are diagonal, also between CX gates that undo each other, and RX of
    the same angle on all qubits. The diagonal gates of a layer may turn by anything affine in the parameters as long as their ratios are
    those of every other layer.

    Why that is certain: with U the permutation that the CX gates up to some place make, a rotation about Z on a qubit there is one about a
    product of Z, the qubit's parity, before U; RX of a qubit that no other parity contains is itself before U. What is left when U is the
    identity at the end are rotations about products of Z and RX gates. Two of them that don't commute share a qubit, and how many RX each
    qubit has seen puts those in order.

    Args:
        circuit: Unmeasured, or with final measurements.
        parameters: Names of the circuit's parameters in the order of a point.

    Raises:
        InputError: If the circuit has parameters that aren't named, or is not made of gates alone.
    """
    gates = in_one_angle_gates(circuit.remove_final_measurements(inplace=False), parameters)
    if gates.curved or not _TRACKED.issuperset(gate.name for gate in gates.gates):
        return None
    # An angle as a row of its slopes and its value at zero: angles are added and compared as such rows.
    rows = np.column_stack([gates.weights, gates.offsets])
    read = _Reading(gates, rows)
    if not all(read.take(gate) for gate in gates.gates):
        return None
    return _assembled(read)


class _Reading:
    """What has been read of a circuit so far: a parity of qubits on each wire, and how many mixers each qubit has passed."""

    def __init__(self, gates: Gates, rows: NDArray[np.float64]) -> None:
        self.qubits = gates.qubits
        self.rows = rows
        self.parities = np.eye(gates.qubits, dtype=np.bool_)
        self.ready = np.zeros(gates.qubits, dtype=np.bool_)
        self.touched = np.zeros(gates.qubits, dtype=np.bool_)
        self.mixers: list[list[NDArray[np.float64]]] = [[] for _ in range(gates.qubits)]
        self.phases: dict[tuple[int, bytes], NDArray[np.float64]] = {}

    def take(self, gate: Gate) -> bool:
        """Read one gate; False where it is none of QAOA's."""
        if gate.name == "h":
            (qubit,) = gate.qubits
            fresh = not (self.ready[qubit] or self.touched[qubit])
            self.ready[qubit] = True
            return fresh
        self.touched[list(gate.qubits)] = True
        if not self.ready[list(gate.qubits)].all():
            return False
        if gate.name == "cx":
            control, target = gate.qubits
            self.parities[target] ^= self.parities[control]
            return True
        if gate.name == "swap":
            self.parities[list(gate.qubits)] = self.parities[list(gate.qubits[::-1])]
            return True
        if gate.angle is None:
            return False
        return self._mix(gate.qubits[0], self.rows[gate.angle]) if gate.name == "rx" else self._turn(gate, self.rows[gate.angle])

    def _mix(self, qubit: int, angle: NDArray[np.float64]) -> bool:
        self.mixers[qubit].append(angle)
        alone = np.zeros(self.qubits, dtype=np.bool_)
        alone[qubit] = True
        return np.array_equal(self.parities[:, qubit], alone)

    def _turn(self, gate: Gate, angle: NDArray[np.float64]) -> bool:
        support = np.logical_xor.reduce(self.parities[list(gate.qubits)])
        passed = {len(self.mixers[qubit]) for qubit in np.flatnonzero(support)}
        if len(passed) != 1:
            return False
        key = (passed.pop(), support.tobytes())
        self.phases[key] = self.phases.get(key, 0.0) + angle
        return True


def _assembled(read: _Reading) -> Recognised | None:
    layers = len(read.mixers[0]) if read.mixers else 0
    whole = read.ready.all() and np.array_equal(read.parities, np.eye(read.qubits)) and {len(m) for m in read.mixers} == {layers}
    if not whole or not layers or any(layer >= layers for layer, _ in read.phases):
        return None
    supports = sorted({support for _, support in read.phases})
    width = read.rows.shape[1]
    phases = np.array([[read.phases.get((layer, s), np.zeros(width)) for s in supports] for layer in range(layers)])
    mixers = np.array(read.mixers).transpose(1, 0, 2)
    if not supports or not _close(mixers, mixers[:, :1, :]):
        return None
    shared = _proportional(phases)
    if shared is None:
        return None
    ratios, gammas = shared
    # R_Z..Z(t) = exp(-i t Z..Z / 2) is exp(+i gamma h Z..Z) for t = -2 h gamma, and R_X(t) = exp(-i beta X) for t = 2 beta.
    cost = Diagonal(-ratios / 2.0, np.array([np.frombuffer(support, dtype=np.bool_) for support in supports]))
    slots = np.concatenate([gammas, mixers[:, 0, :] / 2.0])
    return Recognised(AlternatingLayers(cost, layers), slots[:, :-1], slots[:, -1])


def _proportional(phases: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """`(t,)` ratios and `(layers, width)` rows whose outer products are the `(layers, t, width)` phases; None where there are none.

    The scale is that of the first layer: its first slope that is not zero becomes 1, so that its gamma is the circuit's own parameter.
    """
    largest = np.unravel_index(np.abs(phases).argmax(), phases.shape)
    if not phases[largest]:
        return None
    ratios = phases[largest[0], :, largest[2]]
    gammas = phases[:, largest[1], :] / phases[largest]
    first = gammas[0][np.abs(gammas[0]) > _ROUNDING]
    scale = first[0] if len(first) else 1.0
    ratios, gammas = ratios * scale, gammas / scale
    return (ratios, gammas) if _close(phases, ratios[:, None] * gammas[:, None, :]) else None


def _close(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> bool:
    return bool(np.abs(found - wanted).max() <= _ROUNDING * np.abs(found).max())
