"""Exact expectation values and samples of parametrised circuits, by Aer's statevector in batched calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qiskit_aer import AerSimulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

_BATCH_AMPLITUDES = 1 << 24
"""Amplitudes that one call may return: 256 MiB."""


def states(circuit: QuantumCircuit, points: NDArray[np.float64]) -> Iterator[NDArray[np.complex128]]:
    """The `(2**n,)` amplitudes of an unmeasured circuit at each of `(k, n)` points.

    The points' columns are in the order of `circuit.parameters`; bit i of an amplitude's index is qubit i.
    """
    saved = circuit.copy()
    saved.save_statevector()
    # One thread: with more, the last bits of a result depend on how many there are.
    simulator = AerSimulator(method="statevector", max_parallel_threads=1)
    batch = max(1, _BATCH_AMPLITUDES >> circuit.num_qubits)
    for first in range(0, len(points), batch):
        part = points[first : first + batch]
        binds = {parameter: part[:, column].tolist() for column, parameter in enumerate(circuit.parameters)}
        result = simulator.run(saved, parameter_binds=[binds] if binds else None, shots=1).result()
        for row in range(len(part)):
            yield np.asarray(result.get_statevector(row if binds else 0))


def expectations(circuit: QuantumCircuit, points: NDArray[np.float64], observables: Sequence[SparsePauliOp]) -> NDArray[np.float64]:
    """`(k, m)` expectation values of m observables at `(k, n)` points."""
    matrices = [_matrix(observable) for observable in observables]
    out = np.empty((len(points), len(matrices)))
    for row, state in enumerate(states(circuit, points)):
        for column, matrix in enumerate(matrices):
            out[row, column] = np.vdot(state, matrix @ state).real if matrix.ndim > 1 else matrix @ (state.real**2 + state.imag**2)
    return out


def samples(circuit: QuantumCircuit, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(k, shots)` basis states drawn at each point; bit i of a basis state is qubit i."""
    rows = []
    for state in states(circuit, points):
        probabilities = state.real**2 + state.imag**2
        rows.append(rng.choice(len(probabilities), size=shots, p=probabilities / probabilities.sum()))
    return np.array(rows, dtype=np.int64)


def _matrix(observable: SparsePauliOp) -> NDArray[np.float64]:
    """The diagonal as a vector where there is nothing else, so that it costs one product; else the sparse matrix."""
    sparse = observable.to_matrix(sparse=True)
    if observable.paulis.x.any():
        return sparse  # type: ignore[no-any-return]  # a scipy sparse array acts like an array for `@`
    return np.asarray(sparse.diagonal().real, dtype=np.float64)
