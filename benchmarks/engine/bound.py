"""How far the QAOA engine is from what the machine's memory and arithmetic allow.

For each size the script measures, interleaved so that a busy machine is busy for all: the bandwidth of a scaling in place of an array as
large as the state, the peak of fused multiply-adds, and an energy and a gradient. See docs/explanation/engine.md for the two bounds.

    python benchmarks/engine/bound.py [--threads 1] [--variables 20 22] [--layers 4 8] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from qopt.diagonal import Diagonal
from qopt.simulate.qaoa import QaoaEngine
from qopt.simulate.qaoa.instructions import address
from qopt.simulate.qaoa.vectors import HALF, LANES, Emitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

VECTORS, REPEATS = 12, 16
"""Registers that are multiplied and added to side by side, and how often before they are stored."""
ROUNDS = 25
NUMBERS = 1 << 21
"""How many are scaled between two looks at the clock: small arrays several times over, so that calls and threads don't count."""


@intrinsic
def burst(typing, place):  # noqa: ANN001, ANN201, ARG001 - numba infers the types
    """REPEATS multiply-adds on each of VECTORS registers, from memory and back."""

    def generate(context, builder, signature, arguments):  # noqa: ANN001, ANN202, ARG001
        emit = Emitter(builder)
        vectors = [emit.load(arguments[0], HALF * number) for number in range(VECTORS)]
        for _ in range(REPEATS):
            vectors = [emit.product_sum(vector, emit.constant(0.999), emit.constant(1e-9)) for vector in vectors]
        for number, vector in enumerate(vectors):
            emit.store(vector, arguments[0], HALF * number)
        return context.get_dummy_value()

    return types.void(types.int64), generate


@njit("void(f8[::1], i8)", nogil=True)
def multiply_add(array: NDArray[np.float64], visits: int) -> None:
    """Bursts on the beginning of an array."""
    place = address(array)
    for _ in range(visits):
        burst(place)


@njit("void(f8[::1], i8)", nogil=True)
def scale(array: NDArray[np.float64], visits: int) -> None:
    """Read and write all of an array."""
    for _ in range(visits):
        for place in range(len(array)):
            array[place] *= 1.0000001


def cut(variables: int) -> Diagonal:
    """MaxCut of a random 3-regular graph."""
    edges = nx.random_regular_graph(3, variables, seed=variables).edges
    supports = np.zeros((len(edges) + 1, variables), dtype=bool)
    for row, edge in enumerate(edges):
        supports[row, list(edge)] = True
    return Diagonal(np.append(np.full(len(edges), 0.5), -0.5 * len(edges)), supports)


def seconds(tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The best of interleaved runs: limits are limits of an undisturbed machine, and the engine is measured likewise."""
    times = dict.fromkeys(tasks, float("inf"))
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            begin = time.perf_counter()
            task()
            times[name] = min(times[name], time.perf_counter() - begin)
    return times


def measure(variables: int, layers: int, threads: int) -> dict[str, float]:
    """Milliseconds of an energy and a gradient, the bounds of an energy, and how far it is from the larger one."""
    states = 1 << (variables - 1)  # half of them, for the spin-flip symmetry
    engine = QaoaEngine(cut(variables), layers, threads=threads)
    point = np.random.default_rng(0).uniform(0.1, 0.7, 2 * layers)
    parts = np.split(np.ones(2 * states), threads)
    registers = [np.ones(VECTORS * LANES) for _ in range(threads)]
    visits, passes = 20_000, max(1, NUMBERS // len(parts[0]))
    with ThreadPoolExecutor(threads) as pool:
        run = map if threads == 1 else pool.map
        took = seconds(
            {
                "energy": lambda: engine.energies(point[None]),
                "gradient": lambda: engine.gradient(point),
                "scale": lambda: list(run(lambda part: scale(part, passes), parts)),
                "multiply_add": lambda: list(run(lambda array: multiply_add(array, visits), registers)),
            }
        )
    bandwidth = passes * 32 * states / took["scale"]
    peak = threads * visits * REPEATS * VECTORS * LANES / took["multiply_add"]
    # A sweep reads and writes the state and reads a byte of each level; the first one reads no state.
    memory = (states * (33 * (layers + 1) - 16)) / bandwidth
    # A multiply-add for each qubit and real number, and four for each phase.
    arithmetic = layers * states * (2 * variables + 4) / peak
    return {
        "energy": 1e3 * took["energy"],
        "gradient": 1e3 * took["gradient"],
        "GB/s": bandwidth / 1e9,
        "Gfma/s": peak / 1e9,
        "memory": 1e3 * memory,
        "arithmetic": 1e3 * arithmetic,
        "ratio": took["energy"] / max(memory, arithmetic),
    }


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variables", type=int, nargs="+", default=[20, 22])
    parser.add_argument("--layers", type=int, nargs="+", default=[4])
    parser.add_argument("--json", action="store_true", help="a JSON object for each size, with n and p")
    options = parser.parse_args()
    if not options.json:
        print(f"threads: {options.threads}; energy, gradient and bounds in ms")
    for variables in options.variables:
        for layers in options.layers:
            row = measure(variables, layers, options.threads)
            if options.json:
                print(json.dumps({"n": variables, "p": layers, **row}), flush=True)
            else:
                numbers = ", ".join(f"{name} {value:.3g}" for name, value in row.items())
                print(f"n = {variables}, p = {layers}: {numbers}", flush=True)


if __name__ == "__main__":
    main()
