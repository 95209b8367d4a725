"""MaxCut's Hamiltonian, energies, references and words."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from qopt.errors import InputError
from qopt.problems import MaxCut, graph_from_edges, named_graph, random_regular, read_graph
from qopt.types import Sense

OPTIMA = json.loads((Path(__file__).parents[1] / "data" / "maxcut_optima.json").read_text())
GRAPHS = Path(__file__).parents[2] / "problems" / "graphs"


@st.composite
def signed_graphs(draw: st.DrawFn) -> list[list[float]]:
    """Graphs of 2 to 6 nodes with weights of either sign, as inline edges."""
    n = draw(st.integers(2, 6))
    pairs = st.sampled_from([(u, v) for u in range(n) for v in range(u)])
    edges = draw(st.lists(pairs, min_size=1, unique=True))
    weights = draw(st.lists(st.floats(-9, 9).filter(lambda w: abs(w) > 1e-3), min_size=len(edges), max_size=len(edges)))
    return [[u, v, w] for (u, v), w in zip(edges, weights, strict=True)]


@given(edges=signed_graphs(), data=st.data())
def test_the_energy_of_a_string_is_its_expectation_value(edges: list[list[float]], data: st.DataObject) -> None:
    """energy(bits) is <z|H|z>, where bits[i] is qubit i: Qiskit's label read backwards."""
    problem = MaxCut(edges)
    bits = "".join(data.draw(st.lists(st.sampled_from("01"), min_size=problem.qubits, max_size=problem.qubits)))
    expectation = Statevector.from_label(bits[::-1]).expectation_value(problem.hamiltonian())
    assert np.isclose(problem.energy(bits), expectation.real, atol=1e-12)


@given(edges=signed_graphs())
def test_the_vectorised_energies_are_those_of_single_strings(edges: list[list[float]]) -> None:
    """The polynomial in Z and the sum over cut edges agree on every string."""
    problem = MaxCut(edges)
    strings = [format(number, f"0{problem.qubits}b") for number in range(1 << problem.qubits)]
    bits = np.array([[int(bit) for bit in string] for string in strings], dtype=np.uint8)
    assert np.allclose(problem.energies(bits), [problem.energy(string) for string in strings], atol=1e-12)


@given(edges=signed_graphs())
def test_the_reference_is_the_spectrum_of_all_strings(edges: list[list[float]]) -> None:
    """Best and worst are those of enumeration, in the problem's own sense."""
    problem = MaxCut(edges)
    cuts = [-problem.energy(format(number, f"0{problem.qubits}b")) for number in range(1 << problem.qubits)]
    reference = problem.exact()
    assert np.allclose((reference.value, reference.worst), (max(cuts), min(cuts)))


@pytest.mark.parametrize(("name", "optimum"), OPTIMA["named"].items())
def test_the_optima_of_named_graphs(name: str, optimum: int) -> None:
    """The proven maximum cuts of famous graphs are found."""
    assert MaxCut(named_graph(name)).exact().value == optimum


@pytest.mark.parametrize(("name", "optimum"), OPTIMA["files"].items())
def test_the_optima_of_the_graph_files(name: str, optimum: int) -> None:
    """What the headers of the graph files say is true, and no cut has nothing as its worst."""
    reference = MaxCut(read_graph(GRAPHS / name)).exact()
    assert (reference.value, reference.worst, reference.bound) == (optimum, 0.0, None)


@pytest.mark.parametrize("case", OPTIMA["regular"])
def test_the_optima_of_random_regular_graphs(case: dict[str, int]) -> None:
    """Seeded random graphs are the published ones."""
    assert MaxCut(random_regular(case["n"], case["degree"], case["seed"])).exact().value == case["maxcut"]


def test_an_unproven_reference_has_a_bound() -> None:
    """Where time runs out, the reference says so and tells the proven bound on the best value."""
    reference = MaxCut(nx.gnp_random_graph(60, 0.5, seed=1), time_limit=0.2).exact()
    assert reference.kind == "milp, best found"
    assert reference.bound is not None
    assert reference.bound > reference.value > 0


def test_the_worst_cut_of_a_large_signed_graph_is_proven() -> None:
    """Above enumeration, the worst cut of a graph with negative weights is the maximum cut of its opposite, negated."""
    ring = [[node, (node + 1) % 30, -1 if node < 10 else 1] for node in range(30)]
    reference = MaxCut(ring).exact()
    assert (reference.value, reference.worst, reference.kind) == (20.0, -10.0, "milp, proven")


def test_a_graph_of_gset_size_gives_a_hamiltonian() -> None:
    """800 nodes and 19,176 edges, as in G1: one term per edge and a constant."""
    problem = MaxCut(nx.gnm_random_graph(800, 19_176, seed=1))
    assert len(problem.hamiltonian()) == 19_177
    assert problem.energies(np.zeros((3, 800), dtype=np.uint8)).tolist() == [0.0, 0.0, 0.0]


def test_the_answer_names_the_two_sides() -> None:
    """The largest cut measured is told by node labels, the most frequent of equals."""
    problem = MaxCut([["a", "b"], ["b", "c"]])
    solution = problem.interpret({"000": 90, "010": 3, "101": 5})
    assert (solution.bits, solution.value, solution.text) == ("101", 2.0, "a, c | b")


def test_a_networkx_graph_keeps_its_order_and_weights() -> None:
    """Variables follow the order of networkx's nodes, whatever that is."""
    graph = nx.Graph([("z", "a", {"weight": 2.0}), ("a", "m", {})])
    problem = MaxCut(graph)
    assert problem.graph.nodes == ("z", "a", "m")
    assert problem.energy("100") == -2.0


def test_a_cut_is_maximised() -> None:
    """Results are told as cuts, although energies are minimised inside."""
    problem = MaxCut(graph_from_edges([[0, 1, 1.5]]))
    assert problem.sense is Sense.MAXIMISE
    assert problem.interpret({"01": 1}).value == 1.5


@pytest.mark.parametrize("graph", [nx.DiGraph([(0, 1)]), nx.MultiGraph([(0, 1), (0, 1)]), nx.Graph([(0, 1, {"weight": "x"})])])
def test_graphs_that_have_no_maxcut_are_refused(graph: nx.Graph) -> None:
    """Directed and parallel edges and weights that aren't numbers are the user's mistake, told as one."""
    with pytest.raises(InputError, match=r"directed|second time|expected a number"):
        MaxCut(graph)
