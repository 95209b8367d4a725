"""The weighted graph that problems are made of, and what every graph must fulfil. How graphs are read or generated lives elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MAX_NODES = 100_000
MAX_EDGES = 500_000
MAX_LABEL = 100


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph with real edge weights, without loops or parallel edges.

    Attributes:
        nodes: Labels; node i is variable i, which is qubit i.
        edges: `(m, 2)` node indices.
        weights: `(m,)`, finite, of either sign.
        name: For people.

    Raises:
        InputError: If the graph is empty, too large, has a self-loop, an edge given twice (also reversed), a weight that isn't finite, or a
            label that is given twice, too long or not printable. `where` is `("edges", i)` or `("nodes", i)` where one is at fault.
    """

    nodes: tuple[str, ...]
    edges: NDArray[np.int64]
    weights: NDArray[np.float64]
    name: str = "graph"

    def __post_init__(self) -> None:
        """Copy the arrays, make them read-only and check the graph."""
        edges = np.array(self.edges, dtype=np.int64).reshape(-1, 2)
        weights = np.array(self.weights, dtype=np.float64)
        edges.flags.writeable = weights.flags.writeable = False
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "weights", weights)
        check_size(len(self.nodes), len(edges))
        self._check_nodes()
        self._check_edges()

    def __repr__(self) -> str:
        """The name and the size, not a million edges."""
        return f"Graph({self.name!r}, {len(self.nodes)} nodes, {len(self.edges)} edges)"

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any], name: str | None = None) -> Graph:
        """A networkx graph in its own order of nodes and edges; the edge attribute `weight` counts, 1 where there is none.

        Raises:
            InputError: If the graph is directed, has weights that aren't numbers, or isn't a valid `Graph`.
        """
        if graph.is_directed():
            message = "the graph is directed, expected an undirected one: use graph.to_undirected()"
            raise InputError(message)
        index = {node: position for position, node in enumerate(graph.nodes)}
        edges = [(index[u], index[v]) for u, v in graph.edges()]
        weights = [weight for _, _, weight in graph.edges(data="weight", default=1)]
        for position, weight in enumerate(weights):
            if isinstance(weight, bool) or not isinstance(weight, (int, float, np.integer, np.floating)):
                message = f"the weight of edge {edges[position]} is {weight!r}, expected a number"
                raise InputError(message, ("edges", position))
        return cls(tuple(map(str, graph.nodes)), np.array(edges), np.array(weights), name or graph.name or "graph")

    def to_networkx(self) -> nx.Graph[str]:
        """The same graph for networkx, with labels as nodes and the edge attribute `weight`."""
        graph: nx.Graph[str] = nx.Graph(name=self.name)
        graph.add_nodes_from(self.nodes)
        for (u, v), weight in zip(self.edges.tolist(), self.weights.tolist(), strict=True):
            graph.add_edge(self.nodes[u], self.nodes[v], weight=weight)
        return graph

    def _check_nodes(self) -> None:
        for position, label in enumerate(self.nodes):
            if not label.isprintable() or not 1 <= len(label) <= MAX_LABEL:
                message = f"{label[:20]!r} can't be a node's label, expected 1 to {MAX_LABEL} printable characters"
                raise InputError(message, ("nodes", position))
        if len(set(self.nodes)) < len(self.nodes):
            twice = Counter(self.nodes).most_common(1)[0][0]
            second = self.nodes.index(twice, self.nodes.index(twice) + 1)
            message = f"node {twice!r} is given twice, expected each label once"
            raise InputError(message, ("nodes", second))

    def _check_edges(self) -> None:
        low, high = self.edges.min(axis=1), self.edges.max(axis=1)
        if self.weights.shape != low.shape or low.min() < 0 or high.max() >= len(self.nodes):
            message = f"expected one weight for each of the {len(low)} edges, and node indices from 0 to {len(self.nodes) - 1}"
            raise InputError(message)
        self._refuse(low == high, lambda edge: f"{edge} joins a node to itself, expected two different nodes")
        keys = low * len(self.nodes) + high
        order = np.argsort(keys, kind="stable")
        repeated = np.zeros(len(keys), dtype=np.bool_)
        repeated[order[1:]] = keys[order[1:]] == keys[order[:-1]]
        self._refuse(repeated, lambda edge: f"{edge} is given a second time, expected each once: add the weights up or remove one")
        self._refuse(~np.isfinite(self.weights), lambda edge: f"{edge} has a weight that is not finite, expected a finite number")
        with np.errstate(over="ignore"):
            if not np.isfinite(np.abs(self.weights).sum()):
                message = "the weights are so large that their sum is not finite: rescale them"
                raise InputError(message, ("edges", int(np.abs(self.weights).argmax())))

    def _refuse(self, wrong: NDArray[np.bool_], message: Callable[[str], str]) -> None:
        """Refuse the first edge that is wrong, if any."""
        if wrong.any():
            position = int(wrong.argmax())
            u, v = self.edges[position]
            raise InputError(message(f"edge {self.nodes[u]} - {self.nodes[v]}"), ("edges", position))


def check_size(nodes: int, edges: int) -> None:
    """Refuse a graph that is empty or larger than any that can be worked with; for use before anything of that size is built.

    Raises:
        InputError: If it is.
    """
    for count, what, limit in ((nodes, "nodes", MAX_NODES), (edges, "edges", MAX_EDGES)):
        if not 1 <= count <= limit:
            message = f"the graph has {count or 'no'} {what}, expected 1 to {limit:,}"
            raise InputError(message)
