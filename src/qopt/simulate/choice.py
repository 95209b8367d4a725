"""Which engine computes a circuit: by the structure of its ansatz where that is known, else gate by gate."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from qopt.ansatze.structure import AlternatingLayers
from qopt.diagonal import Diagonal
from qopt.simulate import qaoa
from qopt.simulate.memory import threads_that_fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze.structure import Structure
    from qopt.simulate.engine import Engine


def engine_for(
    circuit: QuantumCircuit, parameters: Sequence[str], hamiltonian: SparsePauliOp, structure: Structure | None = None, *, threads: int = 1
) -> Engine:
    """The fastest engine there is.

    Args:
        circuit: Of gates alone, but for final measurements.
        parameters: Names of the circuit's parameters in the order in which points are written.
        hamiltonian: Whose expectation is asked for.
        structure: The ansatz's; it has to say what the circuit does.
        threads: How many may compute at the same time.
    """
    diagonal = _cost(structure, hamiltonian)
    if diagonal is not None and structure is not None:
        return qaoa.QaoaEngine(diagonal, structure.layers, threads=threads_that_fit(structure, hamiltonian, threads))
    from qopt.simulate.circuits import CircuitEngine  # noqa: PLC0415 - it brings Aer

    return CircuitEngine(circuit, parameters, hamiltonian, threads=threads)


def engine_name(structure: Structure | None, hamiltonian: SparsePauliOp) -> str:
    """The name of the engine that `engine_for` would choose."""
    diagonal = _cost(structure, hamiltonian)
    if diagonal is None:
        return "circuit-lightning" if find_spec("pennylane_lightning") is not None else "circuit-aer"
    return "qaoa-numba" if qaoa.compiles(diagonal) else "qaoa-numpy"


def compiles_first(structure: Structure | None, hamiltonian: SparsePauliOp, *, gradient: bool) -> bool:
    """Whether the engine's kernels have to be compiled before its first answer, which takes some seconds, once on a machine.

    Args:
        structure: The ansatz's.
        hamiltonian: Whose expectation is asked for.
        gradient: Whether gradients are.
    """
    diagonal = _cost(structure, hamiltonian)
    if diagonal is None or structure is None or not qaoa.compiles(diagonal):
        return False
    return qaoa.QaoaEngine(diagonal, structure.layers).compile_needed(gradient=gradient)


def _cost(structure: Structure | None, hamiltonian: SparsePauliOp) -> Diagonal | None:
    """The diagonal that QAOA's own engine is for; None where the ansatz is another one, or another cost is asked for than it turns by."""
    if not isinstance(structure, AlternatingLayers):
        return None
    diagonal = Diagonal.from_operator(hamiltonian)
    return diagonal if diagonal is not None and diagonal.equals(structure.cost) else None
