"""The cost of the QAOA engine against n and p, as the figure of docs/explanation/engine.md.

python benchmarks/engine/cost.py docs/images/engine.png
"""

from __future__ import annotations

import sys
import time

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

from qopt.diagonal import Diagonal
from qopt.simulate.qaoa import QaoaEngine

SIZES = range(6, 26, 2)
LAYERS = (1, 4, 16)
SECONDS = 0.5
"""How long each is repeated."""


def cut(variables: int) -> Diagonal:
    """MaxCut of a random 3-regular graph."""
    edges = nx.random_regular_graph(3, variables, seed=variables).edges
    supports = np.zeros((len(edges), variables), dtype=bool)
    for row, edge in enumerate(edges):
        supports[row, list(edge)] = True
    return Diagonal(np.full(len(edges), 0.5), supports)


def cost(variables: int, layers: int, *, gradient: bool) -> float:
    """Seconds of an energy or a gradient, the best of several."""
    engine = QaoaEngine(cut(variables), layers)
    point = np.full(2 * layers, 0.3)
    ask = (lambda: engine.gradient(point)) if gradient else (lambda: engine.energies(point[None]))
    ask()
    times = []
    while sum(times) < SECONDS or len(times) < 3:  # noqa: PLR2004 - runs
        begin = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    """Draw the figure to the path that is given."""
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for color, layers in enumerate(LAYERS):
        for gradient, style in ((False, "-"), (True, "--")):
            times = [cost(n, layers, gradient=gradient) for n in SIZES]
            print(f"p = {layers}, {'gradient' if gradient else 'energy'}: " + ", ".join(f"{1e3 * t:.3g} ms" for t in times), flush=True)
            axes.semilogy(SIZES, times, style, color=f"C{color}", label=f"{'gradient' if gradient else 'energy'}, p = {layers}")
    axes.set_xticks(SIZES)
    axes.set_xlabel("variables n")
    axes.set_ylabel("seconds, one thread")
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(sys.argv[1], dpi=150)


if __name__ == "__main__":
    main()
