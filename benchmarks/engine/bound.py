"""The physical bound of a QAOA energy or gradient: bytes over measured bandwidth and multiply-adds over measured peak.

With the spin-flip symmetry of MaxCut N = 2^(n-1) amplitudes are held, 16 N bytes. Each layer has to read and write the state at least once,
32 N bytes and N more for costs, and to turn it: the phase is a complex product, 4 multiply-adds an amplitude, and each of n rotations takes
one for each real number, 2 n an amplitude. At the end the costs are weighed, 3 an amplitude and a read of 16 N bytes. What is larger, the
time for the bytes or that for the arithmetic, can't be undercut, since the two overlap at best. A gradient takes a sweep forward and one
back over two vectors, three times an energy's layers, whose derivatives are counted as free.

    python bound.py THREADS BYTES ..

prints what is measured, as JSON: `fma`, multiply-adds in double precision a second, and `bandwidth`, bytes a second that can be read and
written back in a vector of so many bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from harness import worker_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_CHAIN = 32
"""Multiply-adds for each number that is loaded, so that loads don't count."""
_LONG = 1 << 22
"""Numbers that are worked on between two looks at the clock."""


def bounds(python: Path, threads: int, sizes: Sequence[int], depths: Sequence[int]) -> dict[tuple[int, int, str], tuple[float, str]]:
    """Seconds, and what decides, for each (n, p, quantity)."""
    footprints = {n: 16 << (n - 1) for n in sizes}
    command = [str(python), str(Path(__file__)), str(threads), *map(str, footprints.values())]
    ran = subprocess.run(command, env=worker_environment(threads, own=True), check=True, capture_output=True, text=True)  # noqa: S603
    measured = json.loads(ran.stdout)
    out = {}
    for n, footprint in footprints.items():
        bandwidth, amplitudes = measured["bandwidth"][str(footprint)], 2.0 ** (n - 1)
        note = f"{bandwidth / 1e9:.0f} GB/s, {measured['fma'] / 1e9:.0f} G multiply-adds/s"
        layer = max((2 * n + 4) * amplitudes / measured["fma"], 33 * amplitudes / bandwidth)
        end = max(3 * amplitudes / measured["fma"], 17 * amplitudes / bandwidth)
        for p in depths:
            out[n, p, "energy"] = p * layer + end, note
            out[n, p, "gradient"] = 3 * p * layer + end, note
    return out


def _measure(threads: int, footprints: Sequence[int]) -> dict[str, object]:
    import numba  # noqa: PLC0415 - `bounds` does without
    import numpy as np  # noqa: PLC0415 - as above

    @numba.njit("void(float64[::1])", nogil=True, fastmath={"contract"})
    def scale(vector: NDArray) -> None:
        # Small vectors are gone through many times, so that the call itself doesn't count.
        for _ in range(max(1, _LONG // len(vector))):
            for i in range(len(vector)):
                vector[i] = vector[i] * 1.0000001 + 1e-9

    @numba.njit("void(float64[::1])", nogil=True, fastmath={"contract"})
    def chain(vector: NDArray) -> None:
        for i in range(len(vector)):
            x = vector[i]
            for _ in range(_CHAIN):
                x = x * 0.999 + 1e-3
            vector[i] = x

    with ThreadPoolExecutor(threads) as pool:

        def per_second(kernel: Callable[[NDArray], None], parts: list[NDArray], work: float) -> float:
            """The best of many runs, as a bound has to be."""
            best, end = float("inf"), time.perf_counter() + 1.0
            while time.perf_counter() < end:
                began = time.perf_counter()
                list(pool.map(kernel, parts))
                best = min(best, time.perf_counter() - began)
            return work / best

        small = [np.ones(2048 * 512) for _ in range(threads)]
        fma = per_second(chain, small, float(_CHAIN * sum(map(len, small))))
        bandwidth = {}
        for footprint in footprints:
            parts = [np.ones(footprint // 8 // threads) for _ in range(threads)]
            bandwidth[footprint] = per_second(scale, parts, 2.0 * footprint * max(1, _LONG // len(parts[0])))
    return {"fma": fma, "bandwidth": bandwidth}


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]), [int(word) for word in sys.argv[2:]])))
