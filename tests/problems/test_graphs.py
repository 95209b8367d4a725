"""Graphs: what every reader and generator gives, and what each refuses where."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.errors import InputError, Where
from qopt.problems import NAMED_GRAPHS, Graph, graph_from_edges, named_graph, random_regular, read_graph

PROBLEMS = Path(__file__).parents[2] / "problems"
WEIGHTS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs whose labels are 1 to n and in which every node has an edge, in order: what every format can say."""
    n = draw(st.integers(2, 8))
    path = [(node, node + 1) for node in range(n - 1)]
    chords = draw(st.lists(st.sampled_from([(u, v) for u in range(n) for v in range(u + 2, n)] or [(0, 1)]), unique=True))
    edges = path + [chord for chord in chords if chord not in path]
    weights = draw(st.lists(WEIGHTS, min_size=len(edges), max_size=len(edges)))
    return Graph(tuple(str(node + 1) for node in range(n)), np.array(edges), np.array(weights))


def _edge_list(graph: Graph) -> str:
    return "# a comment\n\n" + "".join(f"{u + 1}\t{v + 1} {w!r} # why\r\n" for (u, v), w in _edges(graph))


def _gset(graph: Graph) -> str:
    return f"{len(graph.nodes)} {len(graph.edges)}\n" + "".join(f"{u + 1} {v + 1} {w!r}\n" for (u, v), w in _edges(graph))


def _dimacs(graph: Graph) -> str:
    lines = [f"e {u + 1} {v + 1} {w!r}" for (u, v), w in _edges(graph)]
    return "\n".join(["c a comment", f"p edge {len(graph.nodes)} {len(graph.edges)}", *lines])


def _json(graph: Graph) -> str:
    return json.dumps(nx.node_link_data(graph.to_networkx(), edges="edges"), indent=1)


def _graphml(graph: Graph) -> str:
    return "\n".join(nx.generate_graphml(graph.to_networkx()))


def _edges(graph: Graph) -> list[tuple[list[int], float]]:
    return list(zip(graph.edges.tolist(), graph.weights.tolist(), strict=True))


WRITERS = {".edges": _edge_list, ".gset": _gset, ".col": _dimacs, ".json": _json, ".graphml": _graphml}


@pytest.mark.parametrize("suffix", WRITERS)
@given(graph=graphs())
def test_a_graph_survives_its_file(suffix: str, graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is written in each format, by networkx where it can, is read back exactly."""
    path = tmp_path_factory.mktemp("graph") / f"graph{suffix}"
    path.write_text(WRITERS[suffix](graph))
    again = read_graph(path)
    assert again.nodes == graph.nodes
    assert sorted((sorted(ends), w) for ends, w in _edges(again)) == sorted((sorted(ends), w) for ends, w in _edges(graph))


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_names_keep_their_order_of_appearance(tmp_path: Path) -> None:
    """In an edge list of names, variable 0 is the first name; a missing weight is 1."""
    graph = read_graph(_write(tmp_path / "families.edges", "Medici Pazzi\nAlbizzi Medici 2.5\n"))
    assert graph.nodes == ("Medici", "Pazzi", "Albizzi")
    assert _edges(graph) == [([0, 1], 1.0), ([2, 0], 2.5)]


@pytest.mark.parametrize("edges", [[[10, 2], [2, 0]], [[2, 0], [10, 2]]])
def test_integers_are_ordered_by_size(edges: list[list[float]]) -> None:
    """Where all labels are integers, variable i is the i-th smallest, whatever the order of the edges."""
    assert graph_from_edges(edges).nodes == ("0", "2", "10")


def test_an_isolated_node_is_a_variable(tmp_path: Path) -> None:
    """A header that announces more nodes than have edges is kept."""
    assert read_graph(_write(tmp_path / "g.rudy", "3 1\n1 2 -1\n")).nodes == ("1", "2", "3")


def test_graphml_weights_have_a_default(tmp_path: Path) -> None:
    """An edge without data has the default of the key named weight, and other data is passed over."""
    text = (
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="d0" for="edge" attr.name="weight"><default>3</default></key>'
        '<key id="d1" for="edge" attr.name="colour"/><graph edgedefault="undirected"><edge source="a" target="b"><data key="d1">7</data>'
        '</edge><edge source="b" target="c"><data key="d0"> -2 </data></edge><node id="a"/><node id="b"/><node id="c"/></graph></graphml>'
    )
    assert read_graph(_write(tmp_path / "g.graphml", text)).weights.tolist() == [3.0, -2.0]


BAD_FILES = [
    ("g.edges", "a b\nb b\n", "2:1: edge b - b joins a node to itself"),
    ("g.edges", "a b\nc a\n  b a 2\n", "3:3: edge b - a is given a second time"),
    ("g.edges", "a b nan\n", "1:1: edge a - b has a weight that is not finite"),
    ("g.edges", "a b 1e999\n", "1:1: edge a - b has a weight that is not finite"),
    ("g.edges", "a b 1e308\nb c -1e308\n", "1:1: the weights are so large"),
    ("g.edges", "a b x\n", "1:5: the weight is 'x', expected a number"),
    ("g.edges", "a,b,1\n", "1:1: expected `u v` or `u v weight` separated by spaces"),
    ("g.edges", "a \x07\n", r"1:3: '\\x07' can't be a node's label"),
    ("g.edges", "# nothing\n", "1:1: the graph has no nodes"),
    ("g.gset", "", "1:1: expected a first line `n m`"),
    ("g.gset", "3 2\n1 2 1\n", "1:3: 2 edges are announced, but the file has 1"),
    ("g.gset", "3 1\n1 2 1\n2 3 1\n", "3:1: only 1 edges are announced"),
    ("g.gset", "3 1\n1 4 1\n", "2:3: there is no node 4, expected 1 to 3"),
    ("g.gset", "999999999999 1\n1 2 1\n", "1:1: the graph has 999999999999 nodes"),
    ("g.gset", "3 x\n", "1:3: expected an integer, got 'x'"),
    ("g.col", "e 1 2\n", "1:1: expected `p edge n m`"),
    ("g.col", "p edge 2 1\nx 1 2\n", "2:1: expected `e i j`"),
    ("g.col", "p edge 2 1\ne 1 2 3 4\n", "2:3: expected two nodes and at most a weight"),
    ("g.json", '{"nodes": [{"id": 0}, {"id": 1}],\n "edges": [{"source": 0, "target": 2}]}', "2:36: there is no node '2'"),
    ("g.json", '{"nodes": [{"id": 0},\n {"id": "0"}], "edges": []}', "1:1: the graph has no edges"),
    ("g.json", '{"nodes": [{"id": 0},\n {"id": "0"}], "edges": [{"source": 0, "target": 0}]}', "2:2: node '0' is given twice"),
    ("g.json", '{"nodes": [{"id": 0}], "links": [\n{"source": 0, "target": 0}]}', "2:1: edge 0 - 0 joins a node to itself"),
    ("g.json", '{"nodes": [{"id": 1.5}], "edges": []}', "1:19: expected an object whose 'id'"),
    ("g.json", '{"nodes": []}', "1:1: expected a list under the key 'edges'"),
    ("g.json", '{"directed": true}', "1:14: the graph is directed"),
    ("g.json", "[" * 100_000, "1:1: the JSON is nested too deeply"),
    ("g.graphml", "<graphml><graph>\n <edge source='a'/></graph></graphml>", "2:2: the edge has no attribute 'target'"),
    ("g.graphml", "<graphml><graph>\n<node id='a'/><edge source='a' target='b'/></graph></graphml>", "2:15: there is no node 'b'"),
    ("g.graphml", "<graphml><graph edgedefault='directed'/></graphml>", "1:10: expected one undirected graph"),
    ("g.graphml", "<graphml>\n<graph></graphml>", "2:10: this is not XML: mismatched tag"),
]


@pytest.mark.parametrize(("name", "text", "message"), BAD_FILES)
def test_a_mistake_in_a_file_is_told_at_its_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    """The message begins with path, line and column of what is wrong, and says what was expected."""
    with pytest.raises(InputError, match=f"{name}:{message}"):
        read_graph(_write(tmp_path / name, text))


BAD_EDGES = [
    ([[0, 1], [1, 1]], ("edges", 1)),
    ([[0, 1], [1, 2], [1, 0]], ("edges", 2)),
    ([[0, 1], "12"], ("edges", 1)),
    ([[0, 1, float("nan")]], ("edges", 0)),
    ([[0, 1, 10**400]], ("edges", 0)),
    ([[0, True]], ("edges", 0)),
    ([[0, 1.5]], ("edges", 0)),
    ([[0]], ("edges", 0)),
    ([["", 1]], ("edges",)),
    ([], ("edges",)),
]


@pytest.mark.parametrize(("edges", "where"), BAD_EDGES)
def test_a_mistake_in_inline_edges_is_told_at_its_entry(edges: list[list[float]], where: Where) -> None:
    """The refusal carries the key path of the entry, for the config to add line and column."""
    with pytest.raises(InputError) as caught:
        graph_from_edges(edges)
    assert caught.value.where == where


@pytest.mark.parametrize("name", NAMED_GRAPHS)
def test_every_name_is_a_graph(name: str) -> None:
    """All named graphs can be had, as networkx has them."""
    original = getattr(nx, f"{name}_graph")()
    assert (len(named_graph(name).nodes), len(named_graph(name).edges)) == (len(original), original.size())


@pytest.mark.parametrize(("name", "near"), [("peterson", "petersen"), ("karate", "karate_club"), ("florentine", "florentine_families")])
def test_an_unknown_name_suggests_a_known_one(name: str, near: str) -> None:
    """A misspelt name is met with the nearest one."""
    with pytest.raises(InputError, match=f"did you mean '{near}'"):
        named_graph(name)


def test_a_name_is_never_an_attribute_of_networkx() -> None:
    """Only listed generators are called, whatever else networkx holds."""
    with pytest.raises(InputError, match="expected one of bull"):
        named_graph("to_networkx")


@pytest.mark.parametrize(
    ("n", "degree", "where"), [(5, 3, "degree"), (4, 4, "degree"), (4, 0, "degree"), (10**7, 3, "n"), (0, 3, "degree")]
)
def test_impossible_regular_graphs_are_refused(n: int, degree: int, where: str) -> None:
    """Odd products, degrees out of range and absurd sizes are refused at the key that is at fault."""
    with pytest.raises(InputError) as caught:
        random_regular(n, degree, 1)
    assert caught.value.where == (where,)


def test_a_regular_graph_has_networkx_s_edges() -> None:
    """The same seed gives networkx's own edges, in its order, on nodes 0 to n-1."""
    graph = random_regular(12, 3, 42)
    assert graph.nodes == tuple(map(str, range(12)))
    assert graph.edges.tolist() == [list(edge) for edge in nx.random_regular_graph(3, 12, seed=42).edges()]


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    """The format is told by the suffix alone."""
    with pytest.raises(InputError, match=r"suffix '\.xyz', expected one of \.edges"):
        read_graph(_write(tmp_path / "g.xyz", "a b"))


def test_a_graph_can_not_be_changed() -> None:
    """The arrays are copies and read-only, so that a problem stays what it was."""
    weights = np.ones(1)
    graph = Graph(("a", "b"), np.array([[0, 1]]), weights)
    weights[0] = 7.0
    assert graph.weights[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        graph.weights[0] = 2.0


def test_the_torus_has_the_cut_that_its_readme_proves() -> None:
    """Alternating around both rings cuts all but one edge of each odd ring of 25: 6,000 - 120, which no cut can pass."""
    graph = read_graph(PROBLEMS / "graphs" / "torus_25x120.gset")
    rows, columns = np.divmod(np.arange(3000), 120)
    side = (rows + columns) % 2
    cut = side[graph.edges[:, 0]] != side[graph.edges[:, 1]]
    assert (len(graph.nodes), len(graph.edges), graph.weights.sum()) == (3000, 6000, 6000.0)
    assert cut.sum() == 5880
    assert set(rows[graph.edges[~cut]].ravel().tolist()) == {0, 24}
