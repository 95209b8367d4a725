"""Minimum vertex cover: the fewest nodes that touch every edge. Written as a researcher would write a problem of their own."""

from pathlib import Path

from qiskit.quantum_info import SparsePauliOp

from qopt import Problem, Solution, read_graph


class VertexCover(Problem):
    """Size of the cover + penalty * number of uncovered edges; bit 1 means that the node is in the cover.

    Args:
        graph: A graph file; weights are ignored.
        penalty: Above 1, so that leaving an edge uncovered never pays.
    """

    units = "nodes"

    def __init__(self, graph: Path, penalty: float = 2.0) -> None:
        self.graph = read_graph(graph)
        self.penalty = penalty

    def hamiltonian(self) -> SparsePauliOp:
        """`sum_v (1 - Z_v)/2 + penalty sum_uv (1 + Z_u)(1 + Z_v)/4`."""
        n = len(self.graph.nodes)
        terms = [("", [], n / 2)] + [("Z", [v], -1 / 2) for v in range(n)]
        for u, v in self.graph.edges.tolist():
            terms += [(pauli, qubits, self.penalty / 4) for pauli, qubits in (("", []), ("Z", [u]), ("Z", [v]), ("ZZ", [u, v]))]
        return SparsePauliOp.from_sparse_list(terms, n).simplify()

    def energy(self, bits: str) -> float:
        """The same from the definition: qopt checks one against the other."""
        return bits.count("1") + self.penalty * self._uncovered(bits)

    def interpret(self, counts: dict[str, int]) -> Solution:
        """The best cover measured, by the names of its nodes."""
        best = super().interpret(counts)
        cover = [node for node, bit in zip(self.graph.nodes, best.bits, strict=True) if bit == "1"]
        missing = self._uncovered(best.bits)
        return Solution(best.bits, best.value, ", ".join(cover) + (f" ({missing} edges uncovered)" if missing else ""))

    def _uncovered(self, bits: str) -> int:
        return sum(bits[u] == bits[v] == "0" for u, v in self.graph.edges.tolist())
