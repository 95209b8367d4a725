"""What a good angle costs in jobs: the loop of the usual tutorials against fixed angles and qopt's default, on MaxCut of 3-regular graphs.

Prints a table. Ratios are exact expected cuts at the returned angles over the maximum cut, so that no selection from noise flatters them;
jobs include the final measurement. `measure_instance` is the one function that knows how a run is made.

    python benchmarks/economy.py [graphs]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from qiskit.quantum_info import SparsePauliOp

from qopt.optimizers import MeasureStart, Scipy, choose
from qopt.starts import fixed_angles, ramp, random_start
from qopt.types import Estimate, Gradient, Outcome

if TYPE_CHECKING:
    from qopt.types import Minimizer, Point, Points

LAYERS = 2
NODES = 12
SHOTS = 4096
GRADIENT_STEP = 0.1


class Instance:
    """The QAOA of one graph as arrays."""

    def __init__(self, seed: int) -> None:
        self.graph = nx.random_regular_graph(3, NODES, seed=seed)
        strings = np.arange(1 << NODES)
        self.cuts = np.sum([(strings >> u ^ strings >> v) & 1 for u, v in self.graph.edges], axis=0).astype(np.float64)

    @property
    def hamiltonian(self) -> SparsePauliOp:
        """Minus the cut."""
        terms = [("ZZ", [u, v], 0.5) for u, v in self.graph.edges]
        return SparsePauliOp.from_sparse_list([*terms, ("", [], -len(terms) / 2)], num_qubits=NODES)

    def probabilities(self, point: Point) -> Point:
        """`(2^n,)` probabilities of all strings at gamma_1 .. gamma_p, beta_1 .. beta_p."""
        state = np.full(1 << NODES, 2.0 ** (-NODES / 2), dtype=np.complex128)
        for gamma, beta in zip(*np.split(point, 2), strict=True):
            state = state * np.exp(-1j * gamma * self.cuts)
            for qubit in range(NODES):
                pairs = state.reshape(-1, 2, 1 << qubit)
                state = (np.cos(beta) * pairs - 1j * np.sin(beta) * pairs[:, ::-1]).ravel()
        return np.abs(state) ** 2

    def ratio(self, point: Point) -> float:
        """The exact expected cut over the maximum cut."""
        return float(self.probabilities(point) @ self.cuts / self.cuts.max())


@dataclass
class Sampled:
    """An `Evaluate` on simulated shots that counts jobs and points."""

    instance: Instance
    rng: np.random.Generator
    jobs: int = 0
    points: int = 0
    noisy: bool = True

    def __call__(self, points: Points) -> Estimate:
        """One job."""
        self.jobs += 1
        self.points += len(points)
        cuts = self.instance.cuts
        counts = [self.rng.multinomial(SHOTS, chances / chances.sum()) / SHOTS for chances in map(self.instance.probabilities, points)]
        means = np.array([share @ cuts for share in counts])
        squares = np.array([share @ cuts**2 for share in counts])
        return Estimate(-means, np.sqrt((squares - means**2) / (SHOTS - 1)), SHOTS * len(points))

    def gradient(self, point: Point) -> Gradient:
        """Central differences in one job."""
        shifts = GRADIENT_STEP * np.eye(len(point))
        estimate = self(np.concatenate([point[None, :], point + shifts, point - shifts]))
        upper, lower = np.split(np.arange(1, 2 * len(point) + 1), 2)
        gradient = (estimate.values[upper] - estimate.values[lower]) / (2 * GRADIENT_STEP)
        stderrs = np.hypot(estimate.stderrs[upper], estimate.stderrs[lower]) / (2 * GRADIENT_STEP)
        return Gradient(float(estimate.values[0]), float(estimate.stderrs[0]), gradient, stderrs)


@dataclass(frozen=True)
class Measured:
    """What one run cost and reached."""

    ratio: float
    jobs: int
    points: int


def measure_instance(instance: Instance, minimizer: Minimizer, start: Point, seed: int) -> Measured:
    """Minimise, and count one more job for the final measurement."""
    evaluate = Sampled(instance, np.random.default_rng(seed))
    outcome = minimizer(evaluate, start, np.random.default_rng(seed))
    point = outcome.point if isinstance(outcome, Outcome) else outcome
    return Measured(instance.ratio(point), evaluate.jobs + 1, evaluate.points + 1)


def contenders(hamiltonian: SparsePauliOp, seed: int) -> dict[str, tuple[Minimizer, Point]]:
    """Name, optimizer and start of each way."""
    tutorial = np.repeat([np.pi, np.pi / 2], LAYERS)
    table, line = fixed_angles(hamiltonian, LAYERS), ramp(hamiltonian, LAYERS)
    anywhere = random_start(2 * LAYERS, np.random.default_rng(seed))
    tuned, _ = choose(noisy=True, parameters=2 * LAYERS, good_start=True)
    untrained, _ = choose(noisy=True, parameters=2 * LAYERS, good_start=False)
    return {
        "tutorial: COBYLA from gamma = pi, beta = pi/2": (Scipy("COBYLA", {"rhobeg": 1.0, "tol": 0.01}), tutorial),
        "COBYLA from fixed angles": (Scipy("COBYLA"), table),
        "L-BFGS-B from fixed angles": (Scipy("L-BFGS-B", {"maxiter": 10}), table),
        "fixed angles alone": (MeasureStart(), table),
        "qopt's default from fixed angles": (tuned, table),
        "qopt's default from a linear ramp": (untrained, line),
        "COBYLA from a random start": (Scipy("COBYLA"), anywhere),
        "L-BFGS-B from a random start": (Scipy("L-BFGS-B", {"maxiter": 10}), anywhere),
        "qopt's default from a random start": (untrained, anywhere),
        "the optimum itself, found without noise": (_Exact(), table),
    }


@dataclass(frozen=True)
class _Exact:
    """The local optimum without noise: the ceiling of the table, at no jobs."""

    def __call__(self, evaluate: Sampled, start: Point, rng: np.random.Generator) -> Outcome:
        exact = _Expected(evaluate.instance)
        return Scipy("L-BFGS-B")(exact, start, rng)


@dataclass(frozen=True)
class _Expected:
    """An `Evaluate` without noise."""

    instance: Instance
    noisy: bool = False

    def __call__(self, points: Points) -> Estimate:
        values = np.array([-self.instance.probabilities(point) @ self.instance.cuts for point in points])
        return Estimate(values, np.zeros(len(points)))

    def gradient(self, point: Point) -> Gradient:
        shifts = 1e-5 * np.eye(len(point))
        values = self(np.concatenate([point[None, :], point + shifts, point - shifts])).values
        gradient = (values[1 : len(point) + 1] - values[len(point) + 1 :]) / 2e-5
        return Gradient(float(values[0]), 0.0, gradient, np.zeros(len(point)))


def main() -> None:
    """Measure every way on every graph and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graphs", nargs="?", type=int, default=20, help="how many graphs, default 20")
    graphs = parser.parse_args().graphs
    instances = [Instance(seed) for seed in range(graphs)]
    rows: dict[str, list[Measured]] = {}
    for seed, instance in enumerate(instances):
        for name, (minimizer, start) in contenders(instance.hamiltonian, seed).items():
            rows.setdefault(name, []).append(measure_instance(instance, minimizer, start, seed))
    print(
        f"MaxCut, {graphs} random 3-regular graphs of {NODES} nodes, p = {LAYERS}, {SHOTS} shots a point, the final measurement included\n"
    )
    print(f"{'':46} {'median':>7} {'mean':>7} {'worst':>7} {'jobs':>6} {'most':>5} {'points':>7}")
    for name, row in rows.items():
        ratios, jobs = [run.ratio for run in row], [run.jobs for run in row]
        points = np.mean([run.points for run in row])
        print(
            f"{name:46} {np.median(ratios):7.4f} {np.mean(ratios):7.4f} {min(ratios):7.4f}"
            f" {np.mean(jobs):6.1f} {max(jobs):5d} {points:7.0f}"
        )


if __name__ == "__main__":
    main()
