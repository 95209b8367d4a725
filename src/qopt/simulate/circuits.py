"""The engine for any circuit: energies by Aer, derivatives by PennyLane-Lightning's adjoint method or by shifted energies."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from qopt.errors import InputError
from qopt.simulate.checks import check_coefficients, check_free, checked, fitting_threads, limits
from qopt.simulate.gates import in_one_angle_gates
from qopt.simulate.memory import SMALLER, circuit_memory, flips_of
from qopt.simulate.statevector import Observable, Statevectors, drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.simulate.gates import Gates

_MISSING = "gradients by the adjoint method were asked for, PennyLane-Lightning is not installed: pip install 'qopt-vqa[adjoint]'"


class CircuitEngine:
    """Exact energies, gradients and samples of any parametrised circuit.

    A derivative by shifted energies takes two energies for each gate that turns by a parameter, all of them in one batched call: with
    exp(-i angle G / 2) and G^2 = 1, d energy / d angle = (energy(angle + pi/2) - energy(angle - pi/2)) / 2. The adjoint method walks back
    through the circuit once, whatever the number of gates.

    Args:
        circuit: Of gates alone, but for final measurements, which are left out.
        parameters: Names of the circuit's parameters in the order in which points are written.
        hamiltonian: On as many qubits.
        threads: Points that Aer simulates at the same time, fewer where memory is short; the numbers don't depend on it.
        adjoint: Whether PennyLane-Lightning computes energies and derivatives; None takes it where it is installed.

    Raises:
        InputError: If circuit, parameters and Hamiltonian don't go together, the circuit isn't made of gates, Lightning was asked for and
            is not installed, or there is not enough memory.

    References:
        Mitarai et al. 2018, arXiv:1803.00745, eq. 6; Schuld et al. 2019, arXiv:1811.11184, eq. 13; Jones, Gacon 2020, arXiv:2009.02823.
    """

    def __init__(
        self,
        circuit: QuantumCircuit,
        parameters: Sequence[str],
        hamiltonian: SparsePauliOp,
        *,
        threads: int = 1,
        adjoint: bool | None = None,
    ) -> None:
        """Write the circuit in gates of one angle each, and choose how to differentiate."""
        if hamiltonian.num_qubits != circuit.num_qubits:
            message = f"the circuit has {circuit.num_qubits} qubits, the Hamiltonian {hamiltonian.num_qubits}: expected equal numbers"
            raise InputError(message)
        check_coefficients(hamiltonian.coeffs)
        flips = flips_of(hamiltonian)
        check_free(f"exact energies of {circuit.num_qubits} qubits", circuit_memory(circuit.num_qubits, flips, 1), SMALLER)
        threads = fitting_threads(threads, lambda count: circuit_memory(circuit.num_qubits, flips, count))
        installed = find_spec("pennylane_lightning") is not None
        if adjoint and not installed:
            raise InputError(_MISSING)
        self._gates = in_one_angle_gates(circuit.remove_final_measurements(inplace=False), parameters)
        self._limits = limits(self._gates.units)
        self._states = Statevectors(turned(self._gates), threads=threads)
        self._observable = Observable(hamiltonian)
        self._adjoint = None
        if installed if adjoint is None else adjoint:
            from qopt.simulate.adjoint import Adjoint  # noqa: PLC0415 - an optional package, which takes two seconds

            self._adjoint = Adjoint(self._gates, hamiltonian)

    @property
    def name(self) -> str:
        """What computes energies and derivatives."""
        return "circuit-aer" if self._adjoint is None else "circuit-lightning"

    def energies(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k,)` expectation values of the Hamiltonian at `(k, n)` points."""
        angles = self._gates.angles(checked(points, self._limits))
        return self._at(angles) if self._adjoint is None else self._adjoint.energies(angles)

    def gradient(self, point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The energy at one `(n,)` point, and its `(n,)` derivatives there."""
        energies, gradients = self.gradients(checked(point, self._limits, one=True))
        return float(energies[0]), gradients[0]

    def gradients(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(k,)` energies and `(k, n)` derivatives at `(k, n)` points."""
        points = checked(points, self._limits)
        angles = self._gates.angles(points)
        energies, slopes = self._shifted(angles) if self._adjoint is None else self._adjoint.gradients(angles)
        jacobians = [self._gates.jacobian(point) for point in points]
        return energies, np.array([slope @ jacobian for slope, jacobian in zip(slopes, jacobians, strict=True)]).reshape(points.shape)

    def states(self, points: NDArray[np.float64]) -> NDArray[np.complex128]:
        """`(k, 2**qubits)` amplitudes at `(k, n)` points, up to a global phase."""
        points = checked(points, self._limits)
        found = list(self._states.at(self._gates.angles(points)[:, self._gates.free]))
        return np.array(found, dtype=np.complex128).reshape(len(points), 1 << self._gates.qubits)

    def samples(self, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`(k, shots)` basis states drawn at `(k, n)` points; bit i of a basis state is qubit i."""
        points = checked(points, self._limits)
        states = self._states.at(self._gates.angles(points)[:, self._gates.free])
        return np.array([drawn(state.real**2 + state.imag**2, shots, rng) for state in states], dtype=np.int64).reshape(len(points), shots)

    def _at(self, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k,)` energies at `(k, g)` angles."""
        return np.array([self._observable.mean(state) for state in self._states.at(angles[:, self._gates.free])])

    def _shifted(self, angles: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(k,)` energies and `(k, g)` derivatives by the angles."""
        free = np.flatnonzero(self._gates.free)
        steps = np.zeros((2 * len(free) + 1, angles.shape[1]))
        steps[np.arange(len(free)) + 1, free] = np.pi / 2.0
        steps[len(free) + 1 :] = -steps[1 : len(free) + 1]
        shifted = (angles[:, None, :] + steps).reshape(len(angles) * len(steps), angles.shape[1])
        energies = self._at(shifted).reshape(len(angles), len(steps))
        slopes = np.zeros_like(angles)
        slopes[:, free] = (energies[:, 1 : len(free) + 1] - energies[:, len(free) + 1 :]) / 2.0
        return energies[:, 0], slopes


def turned(gates: Gates) -> QuantumCircuit:
    """The circuit with a parameter of its own for each free angle, in the order of the angles."""
    free = gates.free
    own = iter(ParameterVector("angle", int(free.sum())))
    circuit = QuantumCircuit(gates.qubits)
    for gate in gates.gates:
        angles = [] if gate.angle is None else [next(own) if free[gate.angle] else float(gates.offsets[gate.angle])]
        getattr(circuit, gate.name)(*angles, *gate.qubits)
    return circuit
