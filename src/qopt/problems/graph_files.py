"""Readers of graph files: edge lists, GraphML, node-link JSON, Gset/rudy and DIMACS. What makes a graph valid is `Graph`'s affair."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from qopt.errors import InputError, Where
from qopt.problems.graph import MAX_EDGES, Graph, check_size
from qopt.problems.graphml import parse_graphml
from qopt.problems.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from pathlib import Path

Place: TypeAlias = tuple[int, int]
"""Line and column, both counted from 1."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a line and where it begins."""

    text: str
    place: Place


@dataclass
class Draft:
    """A graph while it is read: labels, edges and the places that they came from."""

    nodes: dict[str, int] = field(default_factory=dict)
    edges: list[tuple[int, int]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    places: dict[str, list[Place]] = field(default_factory=lambda: {"nodes": [], "edges": []})

    def node(self, token: Token) -> int:
        """The index of a label, a new one if it is seen for the first time."""
        if token.text not in self.nodes:
            self.places["nodes"].append(token.place)
        return self.nodes.setdefault(token.text, len(self.nodes))

    def edge(self, ends: tuple[int, int], weight: float, place: Place) -> None:
        """Add one edge."""
        self.edges.append(ends)
        self.weights.append(weight)
        self.places["edges"].append(place)

    def graph(self, file: TextFile) -> Graph:
        """The graph, or its refusal at the line and column that is at fault."""
        try:
            return Graph(tuple(self.nodes), np.array(self.edges), np.array(self.weights), file.path.stem)
        except InputError as error:
            raise file.at(*self._place(error.where), error.message) from None

    def _place(self, where: Where) -> Place:
        match where:
            case (str(kind), int(index)):
                return self.places[kind][index]
            case _:
                return 1, 1


def read_graph(path: Path | str) -> Graph:
    """Read a graph file; its suffix says the format.

    | Suffix | Format |
    |---|---|
    | .edges .edgelist .txt | lines `u v [weight]`, `#` begins a comment; labels may be names |
    | .graphml | GraphML, with weights under the attribute name `weight` |
    | .json | node-link JSON: `{"nodes": [{"id": ...}], "edges": [{"source", "target", "weight"}]}` (`links` for `edges` too) |
    | .gset .rudy .mc | first line `n m`, then m lines `i j [weight]` with nodes 1 to n |
    | .dimacs .col .clq | `p edge n m`, then lines `e i j [weight]` with nodes 1 to n; `c` begins a comment |

    Nodes keep the order of the file. In an edge list that is their first appearance, or their size where all labels are integers.

    Raises:
        InputError: If the file can't be read or isn't a valid graph; the message begins with `path:line:column` where the contents are
            at fault.
    """
    file = TextFile.read(path)
    reader = _READERS.get(file.path.suffix.lower())
    if reader is None:
        message = f"{file.path} has the suffix {file.path.suffix!r}, expected one of {' '.join(_READERS)}"
        raise InputError(message)
    return reader(file)


def _read_edge_list(file: TextFile) -> Graph:
    draft = Draft()
    for tokens in _rows(file, comment="#"):
        if len(tokens) not in (2, 3):
            raise file.at(*tokens[0].place, f"expected `u v` or `u v weight` separated by spaces, got {len(tokens)} word(s)")
        if len(draft.edges) == MAX_EDGES:
            raise file.at(*tokens[0].place, f"the graph has more than {MAX_EDGES:,} edges")
        ends = draft.node(tokens[0]), draft.node(tokens[1])
        draft.edge(ends, _weight(file, tokens[2:]), tokens[0].place)
    if all(_INTEGER.fullmatch(label) for label in draft.nodes):
        rank = sorted(draft.nodes, key=int)
        new = {draft.nodes[label]: position for position, label in enumerate(rank)}
        draft.nodes = {label: position for position, label in enumerate(rank)}
        draft.edges = [(new[u], new[v]) for u, v in draft.edges]
    return draft.graph(file)


def _read_gset(file: TextFile) -> Graph:
    rows = _rows(file)
    header = next(rows, [])
    if len(header) != 2:  # noqa: PLR2004 - nodes and edges
        raise file.at(*_first_place(header), "expected a first line `n m`: the numbers of nodes and of edges")
    return _read_numbered(file, header, rows)


def _read_dimacs(file: TextFile) -> Graph:
    rows = (tokens for tokens in _rows(file) if tokens[0].text != "c")
    header = next(rows, [])
    match [token.text for token in header]:
        case ["p", "edge" | "col", _, _]:
            return _read_numbered(file, header[2:], (_dimacs_edge(file, tokens) for tokens in rows))
    raise file.at(*_first_place(header), "expected `p edge n m` before the first edge: the numbers of nodes and of edges")


def _dimacs_edge(file: TextFile, tokens: list[Token]) -> list[Token]:
    if tokens[0].text != "e" or len(tokens) == 1:
        raise file.at(*tokens[0].place, "expected `e i j`, `e i j weight` or a comment `c ...`")
    return tokens[1:]


def _read_numbered(file: TextFile, header: list[Token], rows: Iterable[list[Token]]) -> Graph:
    nodes, edges = (_integer(file, token) for token in header)
    try:
        check_size(nodes, edges)
    except InputError as error:
        raise file.at(*header[0].place, error.message) from None
    draft = Draft({str(number): number - 1 for number in range(1, nodes + 1)})
    for tokens in rows:
        if len(tokens) not in (2, 3):
            raise file.at(*tokens[0].place, f"expected two nodes and at most a weight, got {len(tokens)} word(s)")
        if len(draft.edges) == edges:
            raise file.at(*tokens[0].place, f"only {edges} edges are announced, this is one more")
        u, v = (_integer(file, token) for token in tokens[:2])
        for number, token in zip((u, v), tokens, strict=False):
            if not 1 <= number <= nodes:
                raise file.at(*token.place, f"there is no node {number}, expected 1 to {nodes}")
        draft.edge((u - 1, v - 1), _weight(file, tokens[2:]), tokens[0].place)
    if len(draft.edges) != edges:
        raise file.at(*header[1].place, f"{edges} edges are announced, but the file has {len(draft.edges)}")
    return draft.graph(file)


def _read_graphml(file: TextFile) -> Graph:
    nodes, edges = parse_graphml(file)
    draft = Draft()
    for label, place in nodes:
        if label in draft.nodes:
            raise file.at(*place, f"node {label[:40]!r} is given twice, expected each label once")
        draft.node(Token(label, place))
    for edge in edges:
        for label in (edge.source, edge.target):
            if label not in draft.nodes:
                raise file.at(*edge.place, f"there is no node {label[:40]!r}, expected one that the file declares")
        weight = 1.0 if edge.weight is None else _weight(file, [Token(edge.weight.strip(), edge.place)])
        draft.edge((draft.nodes[edge.source], draft.nodes[edge.target]), weight, edge.place)
    return draft.graph(file)


def _read_json(file: TextFile) -> Graph:
    data = file.json_object()
    if data.get("directed") is True:
        raise file.at_key(("directed",), "the graph is directed, expected an undirected one")
    links = "links" if "links" in data and "edges" not in data else "edges"
    for key in ("nodes", links):
        if not isinstance(data.get(key), list):
            raise file.at_key((key,), f"expected a list under the key {key!r}, as in node-link JSON")
    labels = [_json_label(file, node, ("nodes", index), "id") for index, node in enumerate(data["nodes"])]
    position = {label: index for index, label in enumerate(labels)}
    edges, weights = [], []
    for index, edge in enumerate(data[links]):
        ends = [_json_label(file, edge, (links, index), end, position) for end in ("source", "target")]
        weight = edge.get("weight", 1)
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise file.at_key((links, index, "weight"), f"expected a number, got {str(weight)[:40]!r}")
        edges.append([position[label] for label in ends])
        weights.append(weight)
    try:
        return Graph(tuple(labels), np.array(edges), np.array(weights), file.path.stem)
    except InputError as error:
        keys = (links, *error.where[1:]) if error.where[:1] == ("edges",) else error.where
        raise file.at_key(keys, error.message) from None


def _json_label(file: TextFile, owner: object, keys: Where, key: str, known: Container[str] | None = None) -> str:
    """The label under a key of a node or an edge: a string or an integer, and a known one where that is asked for."""
    value = owner.get(key) if isinstance(owner, dict) else None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise file.at_key((*keys, key), f"expected an object whose {key!r} is a string or an integer")
    if known is not None and str(value) not in known:
        raise file.at_key((*keys, key), f"there is no node {str(value)[:40]!r}, expected one listed under 'nodes'")
    return str(value)


def _rows(file: TextFile, comment: str | None = None) -> Iterator[list[Token]]:
    """The words of each line that has some."""
    for number, line in file.lines():
        text = line if comment is None else line.split(comment, 1)[0]
        tokens = [Token(match.group(), (number, match.start() + 1)) for match in re.finditer(r"\S+", text)]
        if tokens:
            yield tokens


def _first_place(tokens: list[Token]) -> Place:
    return tokens[0].place if tokens else (1, 1)


def _weight(file: TextFile, tokens: list[Token]) -> float:
    """The weight in the only token, 1 where there is none."""
    if not tokens:
        return 1.0
    if not _NUMBER.fullmatch(tokens[0].text):
        raise file.at(*tokens[0].place, f"the weight is {tokens[0].text[:40]!r}, expected a number")
    return float(tokens[0].text)


def _integer(file: TextFile, token: Token) -> int:
    if not _INTEGER.fullmatch(token.text):
        raise file.at(*token.place, f"expected an integer, got {token.text[:40]!r}")
    return int(token.text)


_READERS: dict[str, Callable[[TextFile], Graph]] = {
    ".edges": _read_edge_list,
    ".edgelist": _read_edge_list,
    ".txt": _read_edge_list,
    ".graphml": _read_graphml,
    ".json": _read_json,
    ".gset": _read_gset,
    ".rudy": _read_gset,
    ".mc": _read_gset,
    ".dimacs": _read_dimacs,
    ".col": _read_dimacs,
    ".clq": _read_dimacs,
}
