"""Which engine computes a circuit: by the structure of its ansatz where that is known, else gate by gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.ansatze.structure import AlternatingLayers
from qopt.diagonal import Diagonal

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
    if isinstance(structure, AlternatingLayers):
        diagonal = Diagonal.from_operator(hamiltonian)
        if diagonal is not None and diagonal.equals(structure.cost):
            from qopt.simulate.qaoa import QaoaEngine  # noqa: PLC0415 - each engine brings a library of its own

            return QaoaEngine(diagonal, structure.layers, threads=threads)
    from qopt.simulate.circuits import CircuitEngine  # noqa: PLC0415 - as above

    return CircuitEngine(circuit, parameters, hamiltonian, threads=threads)
