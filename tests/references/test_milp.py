"""The mixed-integer program against enumeration."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from qopt.problems import Graph, MaxCut
from qopt.references import brute_force, maxcut_milp


def signed_graph(seed: int) -> Graph:
    """A random graph of 4 to 16 nodes with weights of either sign: integers for even seeds, reals in small units for odd ones."""
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(4, 17)), rng.uniform(0.2, 0.9), seed=seed)
    graph.add_edge(0, 1)
    for _, _, data in graph.edges(data=True):
        data["weight"] = float(rng.integers(-4, 5)) if seed % 2 == 0 else float(rng.normal()) * 1e-6
    return Graph.from_networkx(graph)


def check(seed: int) -> None:
    """The proven optimum is that of enumeration, and the string has it."""
    problem = MaxCut(signed_graph(seed))
    assert problem.diagonal is not None
    cut = maxcut_milp(problem.graph.edges, problem.graph.weights, problem.qubits, 60)
    scale = float(np.abs(problem.graph.weights).max(initial=0.0))
    assert cut.proven
    assert cut.value == pytest.approx(-brute_force(problem.diagonal)[0], abs=1e-6 * scale)
    assert -problem.energy(cut.bits) == pytest.approx(cut.value)


@pytest.mark.parametrize("seed", range(30))
def test_it_equals_brute_force(seed: int) -> None:
    """On graphs with weights of either sign."""
    check(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(30, 230))
def test_it_equals_brute_force_on_many_graphs(seed: int) -> None:
    """The same on 200 more."""
    check(seed)


def test_a_time_limit_leaves_a_cut_and_a_bound() -> None:
    """What no time suffices for is a local optimum under its own bound, not called proven."""
    graph = Graph.from_networkx(nx.gnp_random_graph(80, 0.5, seed=3))
    cut = maxcut_milp(graph.edges, graph.weights, 80, 0.2)
    assert not cut.proven
    assert len(graph.edges) / 2 < cut.value < cut.bound <= len(graph.edges)
