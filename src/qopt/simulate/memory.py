"""How much memory an exact computation takes, told before it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.environment import free_memory
from qopt.simulate import qaoa
from qopt.simulate.checks import check_free, fitting_threads

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from qopt.errors import Where
    from qopt.simulate.structure import AlternatingLayers

SMALLER = "use a smaller problem or a machine with more memory"

MATRIX_ENTRIES = 1 << 24
"""Entries up to which an observable is kept as a sparse matrix."""
_ENTRY = 48
"""Bytes of each: 24 that are kept, and as many while the matrix is made."""
_BATCH_AMPLITUDES = 1 << 22
"""Amplitudes that one call of Aer returns, 64 MiB, where each of its threads has more than one point: more make no call faster."""
_STATES = 5
"""States beside those: Aer's own copy, the one that is looked at, its product with the observable, a diagonal, and a spare one."""
_PART = 4
"""States that an observable without a matrix takes: the terms that flip the same qubits, and a sum."""
_SMALL = 1 << 24


def memory_needed(structure: AlternatingLayers | None, hamiltonian: SparsePauliOp, *, gradient: bool, threads: int = 1) -> int:
    """Bytes that the engine of a circuit takes at most.

    Args:
        structure: Of a circuit that is QAOA with this cost.
        hamiltonian: Whose energies are asked for.
        gradient: Whether gradients are.
        threads: Points that are computed at the same time.
    """
    return _needed(structure, hamiltonian, hamiltonian.num_qubits, gradient=gradient, threads=threads)


def circuit_memory(qubits: int, flips: int, threads: int) -> int:
    """Bytes that Aer's states take, and what is looked at in them.

    Args:
        qubits: n.
        flips: How many different sets of qubits an observable's terms flip; 0 where it is diagonal, or there is none.
        threads: Points that are computed at the same time.
    """
    state = 16 << qubits
    states = points_together(qubits, threads) + threads + _STATES
    if flips << qubits <= MATRIX_ENTRIES:
        return states * state + (_ENTRY * flips << qubits) + _SMALL
    return (states + _PART) * state + _SMALL


def points_together(qubits: int, threads: int) -> int:
    """Points whose states one call of Aer returns: at least one for each thread, and no more than a quarter of the free memory holds."""
    return max(threads, min(_BATCH_AMPLITUDES, free_memory() // 64) >> qubits)


def flips_of(hamiltonian: SparsePauliOp) -> int:
    """How many different sets of qubits the terms of an observable flip; 0 where it is diagonal."""
    flips = hamiltonian.paulis.x
    return len(np.unique(flips, axis=0)) if flips.any() else 0


def check_memory(
    structure: AlternatingLayers | None, hamiltonian: SparsePauliOp, *, gradient: bool, where: Where = ("problem",), instead: str = SMALLER
) -> None:
    """Refuse what does not fit into the memory that is free, with one thread.

    Args:
        structure: Of a circuit that is QAOA with this cost.
        hamiltonian: Whose energies are asked for.
        gradient: Whether gradients are.
        where: The config key that asked for an exact computation.
        instead: What to do about it.

    Raises:
        InputError: With what is needed, what there is, and what would fit.
    """
    qubits = hamiltonian.num_qubits

    def fitting(free: int) -> str:
        smaller = (n for n in range(qubits - 1, 0, -1) if _needed(structure, hamiltonian, n, gradient=gradient, threads=1) <= free)
        return f"{next(smaller, 0)} qubits"

    what = f"exact {'energies with gradients' if gradient else 'energies'} of {qubits} qubits"
    check_free(what, memory_needed(structure, hamiltonian, gradient=gradient), instead, where=where, enough=fitting)


def threads_that_fit(structure: AlternatingLayers | None, hamiltonian: SparsePauliOp, threads: int) -> int:
    """How many of so many threads have memory enough to compute a point with its gradient each; at least one.

    An engine doesn't know beforehand whether gradients will be asked for, so room for them is always counted.
    """
    return fitting_threads(threads, lambda count: memory_needed(structure, hamiltonian, gradient=True, threads=count))


def _needed(structure: AlternatingLayers | None, hamiltonian: SparsePauliOp, qubits: int, *, gradient: bool, threads: int) -> int:
    """As `memory_needed`, where the same Hamiltonian would have so many qubits."""
    if structure is not None:
        return qaoa.memory_of(structure.cost, structure.layers, gradient=gradient, threads=threads, variables=qubits)
    return circuit_memory(qubits, flips_of(hamiltonian), threads)
