"""MaxCut: split the nodes of a graph in two so that the edges between the sides weigh as much as possible."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from qiskit.quantum_info import PauliList, SparsePauliOp

from qopt.problems.graph import Graph
from qopt.problems.graphs import graph_from_edges
from qopt.problems.problem import Problem
from qopt.references import BRUTE_FORCE_VARIABLES, brute_force, maxcut_milp
from qopt.types import Reference, Sense, Solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.types import Counts

_NODES_IN_TEXT = 40


class MaxCut(Problem):
    """The cut of a graph, maximised; an edge is cut where the bits of its ends differ.

    Args:
        graph: A `Graph`, a networkx graph, or a list of `[u, v]` or `[u, v, weight]`. Weights may have either sign.
        time_limit: Seconds that the classical reference may take above 24 nodes.

    References:
        Farhi, Goldstone, Gutmann 2014, arXiv:1411.4028.
    """

    sense = Sense.MAXIMISE

    def __init__(self, graph: Graph | nx.Graph[Any] | Sequence[Sequence[str | float]], *, time_limit: float = 20.0) -> None:
        if isinstance(graph, nx.Graph):
            graph = Graph.from_networkx(graph)
        self.graph = graph if isinstance(graph, Graph) else graph_from_edges(graph)
        self.time_limit = time_limit

    def hamiltonian(self) -> SparsePauliOp:
        """`H = sum_uv w_uv/2 (Z_u Z_v - 1)`, so that the energy of a string is minus its cut."""
        return self._hamiltonian

    @cached_property
    def _hamiltonian(self) -> SparsePauliOp:
        edges, weights = self.graph.edges, self.graph.weights
        # Arrays instead of labels: a graph of 800 nodes and 19,000 edges takes milliseconds instead of seconds.
        z = np.zeros((len(edges) + 1, len(self.graph.nodes)), dtype=np.bool_)
        z[np.arange(len(edges))[:, None], edges] = True
        coefficients = np.append(weights / 2, -weights.sum() / 2)
        return SparsePauliOp(PauliList.from_symplectic(z, np.zeros_like(z)), coefficients)

    def energy(self, bits: str) -> float:
        """Minus the weight of the edges whose ends are on different sides."""
        cut = 0.0
        for (u, v), weight in zip(self.graph.edges, self.graph.weights, strict=True):
            if bits[u] != bits[v]:
                cut += float(weight)
        return -cut

    def exact(self) -> Reference:
        """The maximum by brute force up to 24 nodes, above the best that mixed-integer programming finds, with its proven bound."""
        edges, weights, nodes = self.graph.edges, self.graph.weights, len(self.graph.nodes)
        if nodes <= BRUTE_FORCE_VARIABLES and self.diagonal is not None:
            lowest, highest, _ = brute_force(self.diagonal)
            return Reference(0.0 - lowest, "brute force", worst=0.0 - highest)  # 0.0 - x, for no cut is -0
        best = maxcut_milp(edges, weights, nodes, self.time_limit)
        worst: float | None = 0.0
        if (weights < 0).any():
            opposite = maxcut_milp(edges, -weights, nodes, self.time_limit)
            worst = 0.0 - opposite.value if opposite.proven else None
        if best.proven:
            return Reference(best.value, "milp, proven", worst=worst)
        return Reference(best.value, "milp, best found", worst=worst, bound=best.bound)

    def interpret(self, counts: Counts) -> Solution:
        """The largest cut measured, told as the two sides of the graph."""
        solution = super().interpret(counts)
        sides: tuple[list[str], list[str]] = ([], [])
        for label, bit in zip(self.graph.nodes, solution.bits, strict=True):
            sides[bit != solution.bits[0]].append(label)
        if len(self.graph.nodes) > _NODES_IN_TEXT:
            text = " | ".join(f"{len(side)} nodes" for side in sides)
        else:
            text = " | ".join(", ".join(side) for side in sides)
        return Solution(solution.bits, solution.value, text)
