"""Values of the literature through the circuit that qopt builds: a wrong sign, factor or bit order fails here."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from tests.execution.asking import ask

from qopt import Exact, Execution, Expectation, MaxCut, Sampled, Transpile
from qopt.execution.connect import Connections, find
from qopt.execution.isa import freeze
from qopt.objective import constant_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qopt.objective import Objective

DATA = json.loads((Path(__file__).parents[1] / "data" / "qaoa_literature.json").read_text())
CASES = [(graph, depth) for graph, entry in DATA["graphs"].items() for depth in entry["optima"]]


def measured(problem: MaxCut, layers: int, point: ArrayLike, objective: Objective, backend: str) -> tuple[float, float]:
    """The expected cut and its standard error at a point, through the primitives of a Session or by the statevector."""
    hamiltonian = problem.hamiltonian()
    ansatz = problem.ansatz(layers)
    execution = Execution(backend=backend)
    device = find(execution, exact=isinstance(objective, Exact))
    logical = freeze(ansatz, objective.observables(hamiltonian), constant_of(hamiltonian), sampled=objective.sampled)
    frozen = device.prepare(logical, Transpile())
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    program = objective.encode(frozen, np.atleast_2d(point), seed=20221)
    estimate = objective.decode(frozen, ask(executor, program), problem.energies)
    connections.close()
    return -float(estimate.values[0]), float(estimate.stderrs[0])


def optimum(graph: str, depth: str) -> tuple[MaxCut, int, list[float], float]:
    """Problem, layers, best point and its expected cut, as published."""
    entry = DATA["graphs"][graph]
    best = entry["optima"][depth]
    return MaxCut([tuple(edge) for edge in entry["edges"]]), int(depth[1:]), best["gamma"] + best["beta"], best["E_opt"]


@pytest.mark.parametrize(("graph", "depth"), CASES)
def test_exact_energy_at_the_published_optimum(graph: str, depth: str) -> None:
    """The exact engine gives the published expected cut to 1e-8."""
    problem, layers, point, expected = optimum(graph, depth)
    value, stderr = measured(problem, layers, point, Exact(), "statevector")
    assert value == pytest.approx(expected, abs=1e-8)
    assert stderr == 0.0


@pytest.mark.parametrize("objective", [Sampled(4096), Expectation(4096)], ids=["SamplerV2", "EstimatorV2"])
@pytest.mark.parametrize(("graph", "depth"), [("petersen", "p1"), ("petersen", "p2"), ("petersen", "p3"), ("ring_8", "p2"), ("K4", "p1")])
def test_primitives_agree_with_the_published_optimum(graph: str, depth: str, objective: Objective) -> None:
    """Measured values lie within 3 standard errors."""
    problem, layers, point, expected = optimum(graph, depth)
    value, stderr = measured(problem, layers, point, objective, "aer")
    assert 0 < stderr < 0.1
    assert abs(value - expected) < 3 * stderr


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_ring_reaches_its_known_ratio(layers: int) -> None:
    """The ring's optimum is (2p + 1) / (2p + 2) of the edges (Farhi et al. 2014, arXiv:1411.4028, section IV)."""
    entry = DATA["graphs"]["ring_8"]
    best = entry["optima"][f"p{layers}"]
    value, _ = measured(MaxCut([tuple(edge) for edge in entry["edges"]]), layers, best["gamma"] + best["beta"], Exact(), "statevector")
    assert value / 8 == pytest.approx((2 * layers + 1) / (2 * layers + 2), abs=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_one_layer_agrees_with_the_closed_form(seed: int) -> None:
    """On random signed weighted graphs, at random angles, to 1e-8."""
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(8, 0.5, seed=seed)
    edges = [(u, v, float(rng.normal())) for u, v in graph.edges]
    gamma, beta = rng.uniform(-math.pi, math.pi, size=2)
    value, _ = measured(MaxCut(edges), 1, [gamma, beta], Exact(), "statevector")
    assert value == pytest.approx(closed_form(edges, gamma, beta), abs=1e-8)


def closed_form(edges: list[tuple[int, int, float]], gamma: float, beta: float) -> float:
    """Expected cut of one layer on a weighted graph (Wang et al. 2018, arXiv:1706.02998, theorem 1, with a product for each weight)."""
    weight = {}
    for u, v, w in edges:
        weight[u, v] = weight[v, u] = w
    nodes = {u for u, _ in weight}
    total = 0.0
    for u, v, w in edges:
        others = nodes - {u, v}
        at = {node: [weight.get((node, k), 0.0) for k in others] for node in (u, v)}
        single = math.prod(math.cos(gamma * x) for x in at[u]) + math.prod(math.cos(gamma * x) for x in at[v])
        both = math.prod(math.cos(gamma * (x + y)) for x, y in zip(at[u], at[v], strict=True))
        apart = math.prod(math.cos(gamma * (x - y)) for x, y in zip(at[u], at[v], strict=True))
        correlation = 0.5 * math.sin(4 * beta) * math.sin(gamma * w) * single + 0.5 * math.sin(2 * beta) ** 2 * (both - apart)
        total += w / 2 * (1 + correlation)
    return total
