"""What a good answer costs in jobs, on MaxCut of 3-regular graphs: the loop of the usual tutorials, fixed angles, qopt's defaults.

Every way is a real run on Aer. Ratios are exact expected cuts at the point that a run reports over the maximum cut, so that no selection
from noise flatters them; jobs include the final measurement, which the tutorials' loop does not make.

    python benchmarks/economy.py [graphs]
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

import qopt
from qopt import simulate
from qopt.starts import random_start

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = 12
SHOTS = 4096


@dataclass(frozen=True)
class Way:
    """One way to run a graph.

    Attributes:
        layers: p.
        start: None is qopt's default, the fixed angles.
        optimizer: None is qopt's default.
        objective: What is measured.
        final: Whether the final measurement counts as a job of this way.
    """

    layers: int = 2
    start: Callable[[int, qopt.Problem], np.ndarray] | None = None
    optimizer: Callable[..., object] | None = None
    objective: object = field(default_factory=lambda: qopt.Sampled(SHOTS))
    final: bool = True


def tutorial(layers: int) -> Callable[[int, qopt.Problem], np.ndarray]:
    """Gamma = pi and beta = pi / 2, as in the tutorials."""
    return lambda _seed, _problem: np.repeat([np.pi, np.pi / 2], layers)


WAYS = {
    "tutorial: COBYLA, tol 0.01, gamma = pi, beta = pi/2": Way(
        2, tutorial(2), qopt.Scipy("COBYLA", {"rhobeg": 1.0, "tol": 0.01}), final=False
    ),
    "fixed angles, measured once": Way(optimizer=qopt.MeasureStart()),
    "qopt's defaults": Way(),
    "L-BFGS-B from fixed angles": Way(optimizer=qopt.Scipy("L-BFGS-B", {"maxiter": 10})),
    "COBYLA from fixed angles": Way(optimizer=qopt.Scipy("COBYLA")),
    "qopt's optimizer from a linear ramp": Way(
        start=lambda _seed, problem: qopt.ramp(problem.hamiltonian(), 2), optimizer=qopt.ResponseSurface()
    ),
    "qopt's optimizer from a random start": Way(
        start=lambda seed, _problem: random_start(4, np.random.default_rng(seed)), optimizer=qopt.ResponseSurface()
    ),
    "the optimum near the fixed angles, without noise": Way(objective=qopt.Exact(), final=False),
    "qopt's defaults, p = 3": Way(3),
}


def measured(seed: int, way: Way, folder: Path) -> tuple[float, int, int]:
    """Exact ratio at the reported point, jobs and points of one run."""
    problem = qopt.MaxCut(nx.random_regular_graph(3, NODES, seed=seed))
    ansatz = problem.ansatz(way.layers)
    result = qopt.run(
        problem,
        ansatz=ansatz,
        start=None if way.start is None else way.start(seed, problem),
        objective=way.objective,
        optimizer=way.optimizer,
        seed=seed,
        name=f"graph-{seed}",
        folder=folder,
    )
    assert result.reference is not None  # noqa: S101 - twelve nodes are brute-forced
    cut = -simulate.expectations(ansatz.circuit, _columns(ansatz, result.point), [problem.hamiltonian()])[0, 0]
    return cut / result.reference.value, result.jobs - (not way.final), result.evaluations


def _columns(ansatz: qopt.Ansatz, point: tuple[float, ...]) -> np.ndarray:
    """A point in the order of the circuit's parameters, which Qiskit sorts by name."""
    return np.array([[point[ansatz.parameters.index(parameter.name)] for parameter in ansatz.circuit.parameters]])


def main() -> None:
    """Measure every way on every graph and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graphs", nargs="?", type=int, default=20, help="how many graphs, default 20")
    graphs = parser.parse_args().graphs
    print(f"MaxCut, random_regular_graph(3, {NODES}, seed=0..{graphs - 1}), p = 2 where not said, {SHOTS} shots a point\n")
    print(f"{'':52} {'median':>7} {'mean':>7} {'worst':>7} {'best':>7} {'jobs':>5} {'most':>5} {'points':>7}")
    for name, way in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            rows = [measured(seed, way, Path(folder)) for seed in range(graphs)]
        ratios, jobs, points = (np.array(column) for column in zip(*rows, strict=True))
        print(
            f"{name:52} {np.median(ratios):7.4f} {ratios.mean():7.4f} {ratios.min():7.4f} {ratios.max():7.4f}"
            f" {np.median(jobs):5.0f} {jobs.max():5d} {np.median(points):7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
