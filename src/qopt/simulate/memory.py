"""How much memory an exact computation takes, told before it is taken."""

from __future__ import annotations

from qopt.environment import free_memory
from qopt.errors import InputError
from qopt.simulate import qaoa
from qopt.simulate.qaoa.costs import is_symmetric
from qopt.simulate.structure import AlternatingLayers

_STATES = 4
"""States that a circuit's simulation holds at a time: Aer's own, its copy, the observable's product with it, and a spare one."""
_GIGA = 1e9


def memory_needed(structure: AlternatingLayers | None, qubits: int, *, gradient: bool, threads: int = 1) -> int:
    """Bytes that the engine of an ansatz takes at most.

    Args:
        structure: The ansatz's.
        qubits: n.
        gradient: Whether gradients are asked for.
        threads: Points that are computed at the same time.
    """
    if isinstance(structure, AlternatingLayers):
        symmetric = is_symmetric(structure.cost)
        return qaoa.memory_needed(qubits, structure.layers, gradient=gradient, batch=threads, threads=threads, symmetric=symmetric)
    return (16 << qubits) * _STATES * threads


def check_memory(structure: AlternatingLayers | None, qubits: int, *, gradient: bool) -> None:
    """Refuse what does not fit into the memory that is free, with one thread.

    Raises:
        InputError: With what is needed, what there is, and what would fit.
    """
    free, needed = free_memory(), memory_needed(structure, qubits, gradient=gradient)
    if needed <= free:
        return
    fitting = max((n for n in range(1, qubits) if memory_needed(structure, n, gradient=gradient) <= free), default=0)
    what = "energies with gradients" if gradient else "energies"
    raise InputError(
        f"exact {what} of {qubits} qubits take {needed / _GIGA:.1f} GB of memory, {free / _GIGA:.1f} GB are free here, which is enough for "
        f"{fitting} qubits: use a smaller problem, a machine with more memory, or a device",
        ("problem",),
    )


def threads_that_fit(structure: AlternatingLayers | None, qubits: int, threads: int) -> int:
    """How many of so many threads have memory enough to compute a point each; at least one."""
    free = free_memory()
    return next((count for count in range(threads, 1, -1) if memory_needed(structure, qubits, gradient=True, threads=count) <= free), 1)
