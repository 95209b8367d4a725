"""Worker processes side by side: who answers, and how long each takes, round by round.

What is measured lives in `sections.py`, whether answers agree in `agreement.py`; the processes' own side is `worker.py`.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agreement import ask_for_answers, disagreements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agreement import Checks

THREAD_VARIABLES = (
    "KOKKOS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "QISKIT_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contender:
    """A package that takes part.

    Attributes:
        name: As it is printed.
        module: Of `contenders`, or any module that the worker can import.
        environment: The virtual environment's folder; None is the Python that runs the comparison.
        own_ansatz: Whether its ansatz only coincides with the others' at points made for it.
    """

    name: str
    module: str
    environment: str | None = None
    own_ansatz: bool = False


@dataclass(frozen=True)
class Pace:
    """How thoroughly is measured.

    Attributes:
        rounds: In each, all contenders get their turn.
        repeats: Calls of one turn at most.
        budget: Seconds of one turn after which no other call begins.
        slow: Seconds of a call from which on a contender is timed in one round only.
        patience: Seconds after which an answer isn't waited for any more.
    """

    rounds: int = 7
    repeats: int = 200
    budget: float = 0.3
    slow: float = 4.0
    patience: float = 240.0


@dataclass
class Timing:
    """Medians of the rounds, seconds; or why there are none.

    Attributes:
        rounds: The median of each round.
        missing: Why nothing was measured, empty where it was.
    """

    rounds: list[float] = field(default_factory=list)
    missing: str = ""

    @property
    def median(self) -> float:
        """Of the rounds."""
        return statistics.median(self.rounds)


class Worker:
    """A contender's process. It is stopped while others are asked, because thread pools may go on spinning."""

    def __init__(self, contender: Contender, python: Path, threads: int) -> None:
        self.contender = contender
        self._threads = threads
        self._python = python
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        self._begin()

    def ask(self, request: Mapping[str, Any], patience: float) -> dict[str, Any]:
        """The answer, or `{"error": ..}`; a process that died or was too slow is begun anew."""
        self._process.send_signal(signal.SIGCONT)
        try:
            assert self._process.stdin is not None  # noqa: S101 - it is a pipe
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._begin_anew(f"the process died: {self._last_words()}")
        line = self._line(patience)
        if line is None:
            return self._begin_anew(f"no answer within {patience:g} s")
        if not line:
            return self._begin_anew(f"the process died: {self._last_words()}")
        self._process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _begin(self) -> None:
        command = [str(self._python), "-W", "ignore", str(_HERE / "worker.py"), self.contender.module, str(self._threads)]
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter of an environment that the user named
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=worker_environment(self._threads, own=self.contender.environment is None),
        )

    def _begin_anew(self, reason: str) -> dict[str, Any]:
        self._process.kill()
        self._process.communicate()
        self._begin()
        return {"error": reason}

    def _line(self, patience: float) -> str | None:
        """The next line of the process, empty at its end; None if there is none in time."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(patience):
                return None
        return self._process.stdout.readline()

    def _last_words(self) -> str:
        self._errors.seek(0)
        return next((line.strip() for line in reversed(self._errors.readlines()) if line.strip()), "without a word")[:200]


def worker_environment(threads: int, *, own: bool) -> dict[str, str]:
    """Variables of a process with so many threads.

    Args:
        threads: Of OpenMP, BLAS and whatever else reads its number there.
        own: Whether it runs in the Python of the comparison: PYTHONPATH is of no use to others.
    """
    # These two are workarounds for old builds of OpenBLAS, and make new ones slow.
    dropped = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} | (set() if own else {"PYTHONPATH"})
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | dict.fromkeys(THREAD_VARIABLES, str(threads))


@dataclass
class Field:
    """The contenders of one problem: those that take part, and why the others don't.

    Attributes:
        workers: By name, in the order in which they are printed.
        missing: By name, why one doesn't take part.
    """

    workers: dict[str, Worker]
    missing: dict[str, str]

    def prepare(self, problem: Mapping[str, Any], patience: float) -> Starters:
        """Give all the same problem."""
        answers = {name: worker.ask({"do": "prepare", "problem": problem}, patience) for name, worker in self.workers.items()}
        out = dict(self.missing)
        out |= {name: answer["error"] for name, answer in answers.items() if "error" in answer}
        return Starters({name: self.workers[name] for name in answers if name not in out}, out, answers)


@dataclass
class Starters:
    """Those who have a problem before them.

    Attributes:
        workers: Who they are.
        out: Why others aren't among them.
        prepared: What each said when it had set the problem up.
    """

    workers: dict[str, Worker]
    out: dict[str, str]
    prepared: dict[str, dict[str, Any]]

    def measure(self, quantity: str, checks: Checks, points: Sequence[Sequence[float]], pace: Pace) -> dict[str, Timing]:
        """Time a quantity of all that agree on it; the first of the workers is the one that others are held against.

        Whoever fails or disagrees is out, also for the next quantity.
        """
        asked = {name: worker for name, worker in self.workers.items() if quantity != "gradient" or self.prepared[name]["gradients"]}
        without = {name: Timing(missing="it has no gradients") for name in self.workers if name not in asked}
        self._drop(disagreements(ask_for_answers(asked, quantity, checks, pace.patience)))
        racing = {name: worker for name, worker in asked.items() if name in self.workers}
        timings = race(racing, {"do": "time", "quantity": quantity, "points": points}, pace)
        self._drop({name: timing.missing for name, timing in timings.items() if timing.missing})
        return timings | without | {name: Timing(missing=reason) for name, reason in self.out.items()}

    def _drop(self, reasons: Mapping[str, str]) -> None:
        for name, reason in reasons.items():
            self.workers.pop(name)
            self.out[name] = reason


def race(workers: Mapping[str, Worker], request: Mapping[str, Any], pace: Pace) -> dict[str, Timing]:
    """Ask all the same round by round, each round in the same order, so that what disturbs the machine disturbs all.

    Whoever is slow sits out after the first round.
    """
    timings = {name: Timing() for name in workers}
    for _ in range(pace.rounds):
        for name, worker in workers.items():
            timing = timings[name]
            if timing.missing or max(timing.rounds, default=0.0) > pace.slow:
                continue
            answer = worker.ask({**request, "repeats": pace.repeats, "budget": pace.budget}, pace.patience)
            if "error" in answer:
                timing.missing = answer["error"]
            else:
                timing.rounds.append(statistics.median(answer["seconds"]))
    return timings


def load() -> str:
    """The machine's load over a minute, and when: what else was running can't be seen, but that something was."""
    average = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"load {average} at {time.strftime('%H:%M:%S')}"
