"""A contender's process: JSON requests on its standard input, a JSON answer for each on its standard output.

    python worker.py MODULE THREADS

It runs in the contender's environment, so it uses the standard library, NumPy and the contender's module alone.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Request = dict[str, Any]


class Job:
    """What the process knows between requests: the module, and the problem that was prepared last."""

    def __init__(self, module: str, threads: int) -> None:
        self._module = importlib.import_module(module)
        self._threads = threads
        self._solver: Any = None

    def versions(self, _request: Request) -> dict[str, Any]:
        """Of the packages that the module names."""
        return {"versions": {name: metadata.version(name) for name in self._module.PACKAGES}}

    def prepare(self, request: Request) -> dict[str, Any]:
        """Set a problem up; whether it has gradients."""
        self._solver = None
        began = time.perf_counter()
        self._solver = self._module.prepare(request["problem"], self._threads)
        return {"seconds": [time.perf_counter() - began], "gradients": hasattr(self._solver, "gradient")}

    def answer(self, request: Request) -> dict[str, Any]:
        """One quantity, computed once: what the contenders have to agree on."""
        values = self._calls(request)[0]()
        if request["quantity"] == "gradient":
            values = [values[0], *values[1]]
        return {"values": [float(value) for value in values]}

    def time(self, request: Request) -> dict[str, Any]:
        """Seconds of each of up to `repeats` calls, of which the last one begins within `budget` seconds.

        Each call gets the next one of the points, so that no contender can answer from memory.
        """
        calls, seconds = self._calls(request), []
        end = time.perf_counter() + request["budget"]
        while len(seconds) < request["repeats"] and (not seconds or time.perf_counter() < end):
            call = calls[len(seconds) % len(calls)]
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
        return {"seconds": seconds}

    def peak(self, _request: Request) -> dict[str, Any]:
        """The most memory that the process ever had resident, bytes."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"bytes": most if sys.platform == "darwin" else 1024 * most}

    def _calls(self, request: Request) -> list[Callable[[], Any]]:
        """What is to be called: for a batch all points at once, else one call for each."""
        import numpy as np  # noqa: PLC0415 - the module may want to be imported first

        points = np.array(request["points"], dtype=np.float64)
        if request["quantity"] == "batch":
            return [partial(self._solver.energies, points), partial(self._solver.energies, points[::-1].copy())]
        if request["quantity"] == "gradient":
            return [partial(self._solver.gradient, point) for point in points]
        return [partial(self._solver.energies, points[k : k + 1]) for k in range(len(points))]


def main() -> None:
    """Answer until the input ends."""
    module, threads = sys.argv[1], int(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        # Some packages take every core they see, whatever they are told.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    # Packages print to the standard output now and then, so the protocol gets a descriptor of its own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            job = job or Job(module, threads)
            answer = getattr(job, request["do"])(request)
        except Exception as error:  # noqa: BLE001 - whatever a package raises is the answer
            answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
