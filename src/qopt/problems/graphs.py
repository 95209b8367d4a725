"""Graphs from a config or a program: inline edges, named and random ones. Files are read in `graph_files`, validity is `Graph`'s affair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from qopt.errors import InputError
from qopt.problems.graph import MAX_EDGES, Graph, check_size
from qopt.problems.graph_files import read_graph
from qopt.problems.text_file import suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NAMED_GRAPHS", "Graph", "graph_from_edges", "named_graph", "random_regular", "read_graph"]

_NAMED: dict[str, Callable[[], nx.Graph[Any]]] = {
    "bull": nx.bull_graph,
    "chvatal": nx.chvatal_graph,
    "cubical": nx.cubical_graph,
    "desargues": nx.desargues_graph,
    "diamond": nx.diamond_graph,
    "dodecahedral": nx.dodecahedral_graph,
    "florentine_families": nx.florentine_families_graph,
    "frucht": nx.frucht_graph,
    "heawood": nx.heawood_graph,
    "hoffman_singleton": nx.hoffman_singleton_graph,
    "house": nx.house_graph,
    "house_x": nx.house_x_graph,
    "icosahedral": nx.icosahedral_graph,
    "karate_club": nx.karate_club_graph,
    "krackhardt_kite": nx.krackhardt_kite_graph,
    "les_miserables": nx.les_miserables_graph,
    "moebius_kantor": nx.moebius_kantor_graph,
    "octahedral": nx.octahedral_graph,
    "pappus": nx.pappus_graph,
    "petersen": nx.petersen_graph,
    "sedgewick_maze": nx.sedgewick_maze_graph,
    "tetrahedral": nx.tetrahedral_graph,
    "truncated_cube": nx.truncated_cube_graph,
    "truncated_tetrahedron": nx.truncated_tetrahedron_graph,
    "tutte": nx.tutte_graph,
}
_LARGEST = 10**18
NAMED_GRAPHS = tuple(_NAMED)
"""The names that `named_graph` knows."""


def named_graph(name: str) -> Graph:
    """A famous graph by the name of its networkx generator without `_graph`, with the weights that networkx gives it (`karate_club`).

    Raises:
        InputError: If the name is unknown.
    """
    if name not in _NAMED:
        near = suggestion(name, NAMED_GRAPHS)
        message = f"there is no graph named {name!r}{near or ', expected one of ' + ' '.join(NAMED_GRAPHS)}"
        raise InputError(message)
    return Graph.from_networkx(_NAMED[name](), name)


def random_regular(n: int, degree: int, seed: int) -> Graph:
    """A random graph of n nodes in which each has `degree` neighbours; its edges in networkx's order, its nodes 0 to n-1.

    Args:
        n: How many nodes.
        degree: Below n; n times degree is even.
        seed: The same seed gives the same graph.

    Raises:
        InputError: If there is no such graph.

    References:
        Steger, Wormald 1999, Generating random regular graphs quickly (networkx.random_regular_graph).
    """
    if not 1 <= degree < n:
        message = f"degree is {degree}, expected 1 to {n - 1} for {n} nodes"
        raise InputError(message, ("degree",))
    if n * degree % 2:
        message = f"there is no graph of {n} nodes with {degree} neighbours each: n times degree must be even"
        raise InputError(message, ("degree",))
    try:
        check_size(n, n * degree // 2)
    except InputError as error:
        raise error.below("n") from None
    edges = np.array(nx.random_regular_graph(degree, n, seed=seed).edges())
    return Graph(tuple(map(str, range(n))), edges, np.ones(len(edges)), f"random {degree}-regular, n={n}, seed={seed}")


def graph_from_edges(edges: Sequence[Sequence[str | float]], name: str = "inline") -> Graph:
    """A graph from `[u, v]` or `[u, v, weight]` entries; labels are integers or names.

    Nodes are ordered by size where all labels are integers, else by first appearance.

    Raises:
        InputError: If an entry has another form or the graph isn't valid; `where` is `("edges", i)` for entry i.
    """
    if len(edges) > MAX_EDGES:
        check_size(1, len(edges))
    labels: dict[str | int, None] = {}
    ends: list[tuple[str | int, str | int]] = []
    weights: list[float] = []
    for index, entry in enumerate(edges):
        u, v, weight = _entry(entry, index)
        labels.update({u: None, v: None})
        ends.append((u, v))
        weights.append(weight)
    if all(isinstance(label, int) for label in labels):
        labels = dict.fromkeys(sorted(labels, key=int))
    position = {str(label): index for index, label in enumerate(dict.fromkeys(map(str, labels)))}
    try:
        return Graph(tuple(position), np.array([(position[str(u)], position[str(v)]) for u, v in ends]), np.array(weights), name)
    except InputError as error:
        raise InputError(error.message, error.where if error.where[:1] == ("edges",) else ("edges",)) from None


def _entry(entry: object, index: int) -> tuple[str | int, str | int, float]:
    """One entry as two labels and a weight."""
    if isinstance(entry, (list, tuple)) and not any(isinstance(part, bool) for part in entry):
        match tuple(entry):
            case (str() | int() as u, str() | int() as v):
                return u, v, 1.0
            case (str() | int() as u, str() | int() as v, int() | float() as weight) if isinstance(weight, float) or abs(weight) < _LARGEST:
                return u, v, float(weight)
    message = f"got {str(entry)[:60]}, expected [u, v] or [u, v, weight] with names or integers for nodes and a number for the weight"
    raise InputError(message, ("edges", index))
