"""Exact expectation values and samples of parametrised circuits, by Aer's statevector in batched calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qiskit_aer import AerSimulator

from qopt.simulate.checks import check_free, fitting_threads
from qopt.simulate.memory import MATRIX_ENTRIES, SMALLER, circuit_memory, points_together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


class Statevectors:
    """The states of an unmeasured circuit, prepared once for any number of points.

    Args:
        circuit: Parametrised, of gates alone.
        threads: Points that are simulated at the same time. Each has a thread of its own, since the last bits of a state would depend on
            the number of threads that work on it together. Fewer are at work where memory is short.

    Raises:
        InputError: If there are no threads, or not even one state fits into the memory that is free.
    """

    def __init__(self, circuit: QuantumCircuit, *, threads: int = 1) -> None:
        """Add the instruction that returns the state."""
        qubits = circuit.num_qubits
        check_free(f"exact states of {qubits} qubits", circuit_memory(qubits, 0, 1), SMALLER)
        threads = fitting_threads(threads, lambda count: circuit_memory(qubits, 0, count))
        self._saved = circuit.copy()
        self._saved.save_statevector()
        self._simulator = AerSimulator(
            method="statevector", max_parallel_threads=threads, max_parallel_experiments=threads, statevector_parallel_threshold=64
        )
        self._batch = points_together(qubits, threads)

    def at(self, points: NDArray[np.float64]) -> Iterator[NDArray[np.complex128]]:
        """The `(2**n,)` amplitudes at each of `(k, n)` points.

        The points' columns are in the order of the circuit's `parameters`; bit i of an amplitude's index is qubit i.
        """
        for first in range(0, len(points), self._batch):
            yield from self._together(points[first : first + self._batch])

    def _together(self, points: NDArray[np.float64]) -> Iterator[NDArray[np.complex128]]:
        """The same of a batch. It is a function of its own, so that no batch is held while the next one is computed."""
        binds = {parameter: points[:, column].tolist() for column, parameter in enumerate(self._saved.parameters)}
        result = self._simulator.run(self._saved, parameter_binds=[binds] if binds else None, shots=1).result()
        for row in range(len(points)):
            yield np.asarray(result.get_statevector(row if binds else 0))


class Observable:
    """An observable that is applied to states: a vector where it is diagonal, else a sparse matrix or, where that is large, term by term.

    A sparse matrix takes one pass over the state for all terms that flip the same qubits, which measures as fast as Aer's own expectation
    values for a handful of terms and twice as fast for hundreds.
    """

    def __init__(self, operator: SparsePauliOp) -> None:
        """Choose by the number of entries that the matrix would have."""
        flips = np.unique(operator.paulis.x, axis=0)
        self.diagonal: NDArray[np.float64] | None = None
        self._matrix = None
        self._parts: tuple[SparsePauliOp, ...] = ()
        if not flips.any():
            self.diagonal = np.asarray(operator.to_matrix(sparse=True).diagonal().real, dtype=np.float64)
        elif len(flips) << operator.num_qubits <= MATRIX_ENTRIES:
            self._matrix = operator.to_matrix(sparse=True)
        else:
            self._parts = tuple(operator[(operator.paulis.x == flip).all(axis=1)] for flip in flips)

    @property
    def entries(self) -> int:
        """How many numbers are held."""
        return (0 if self.diagonal is None else self.diagonal.size) + (0 if self._matrix is None else int(self._matrix.nnz))

    def mean(self, state: NDArray[np.complex128]) -> float:
        """The expectation value in a state."""
        if self.diagonal is not None:
            return float(self.diagonal @ (state.real**2 + state.imag**2))
        return float(np.vdot(state, self._applied(state)).real)

    def moments(self, state: NDArray[np.complex128]) -> tuple[float, float]:
        """The expectation value in a state, and the variance of what is measured there."""
        if self.diagonal is not None:
            return moments(self.diagonal, state.real**2 + state.imag**2)
        applied = self._applied(state)
        mean = float(np.vdot(state, applied).real)
        return mean, max(0.0, float(np.vdot(applied, applied).real) - mean**2)

    def _applied(self, state: NDArray[np.complex128]) -> NDArray[np.complex128]:
        if self._matrix is not None:
            return np.asarray(self._matrix @ state)
        out = np.zeros_like(state)
        for part in self._parts:
            out += part.to_matrix(sparse=True) @ state
        return out


def moments(diagonal: NDArray[np.float64], probabilities: NDArray[np.float64]) -> tuple[float, float]:
    """The mean and the variance of a `(2**n,)` diagonal under `(2**n,)` probabilities."""
    mean = float(diagonal @ probabilities)
    return mean, max(0.0, float((diagonal - mean) ** 2 @ probabilities))


def drawn(probabilities: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(shots,)` basis states drawn from `(2**n,)` probabilities."""
    return rng.choice(len(probabilities), size=shots, p=probabilities / probabilities.sum())


def states(circuit: QuantumCircuit, points: NDArray[np.float64]) -> Iterator[NDArray[np.complex128]]:
    """The `(2**n,)` amplitudes of an unmeasured circuit at each of `(k, n)` points; see `Statevectors.at`."""
    return Statevectors(circuit).at(points)


def expectations(circuit: QuantumCircuit, points: NDArray[np.float64], observables: Sequence[SparsePauliOp]) -> NDArray[np.float64]:
    """`(k, m)` expectation values of m observables at `(k, n)` points."""
    prepared = [Observable(observable) for observable in observables]
    out = np.empty((len(points), len(prepared)))
    for row, state in enumerate(states(circuit, points)):
        out[row] = [observable.mean(state) for observable in prepared]
    return out


def samples(circuit: QuantumCircuit, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(k, shots)` basis states drawn at each point; bit i of a basis state is qubit i."""
    return np.array([drawn(state.real**2 + state.imag**2, shots, rng) for state in states(circuit, points)], dtype=np.int64)
