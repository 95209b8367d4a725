"""The child processes that perform jobs: at most two, kept warm, and killed with the job when it is cancelled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MOST = 2
LOG = "workers.log"
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "RAYON")} | {"QISKIT_PARALLEL": "FALSE"}


class Killed(Exception):
    """The worker died, by a cancelled job or by itself, before it answered."""


class Pool:
    """Worker processes, started when they are first needed.

    Args:
        engine: The module that performs.
        log: Where workers write what they have to say.
    """

    def __init__(self, engine: str, log: Path) -> None:
        self._engine = engine
        self._log = log
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST)
        self._idle: list[subprocess.Popen[str]] = []
        self._busy: dict[str, subprocess.Popen[str]] = {}

    def warm(self) -> None:
        """Have one worker begin to import what it needs, if there is none yet."""
        with self._lock:
            if not self._idle and not self._busy:
                self._idle.append(self._start())

    def perform(self, job_id: str, work: dict[str, Any]) -> dict[str, Any]:
        """Have a job performed; waits for it.

        Raises:
            Killed: If the worker died before it answered.
        """
        with self._places:
            with self._lock:
                worker = self._idle.pop() if self._idle else self._start()
                self._busy[job_id] = worker
            try:
                answer = _ask(worker, work)
            finally:
                with self._lock:
                    del self._busy[job_id]
                    if worker.poll() is None:
                        self._idle.append(worker)
            return answer

    def kill(self, job_id: str) -> None:
        """Stop performing a job; nothing happens if it isn't performed."""
        with self._lock:
            worker = self._busy.get(job_id)
            if worker is not None:
                worker.kill()
                # The next job is not to wait for imports.
                self._idle.append(self._start())

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for worker in (*self._idle, *self._busy.values()):
                worker.kill()
                worker.wait()

    def _start(self) -> subprocess.Popen[str]:
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - this very Python
                [sys.executable, "-m", "qopt.emulator.worker", self._engine],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | ONE_THREAD,
                text=True,
                encoding="utf-8",
                # Ctrl-C is for the server, which ends them.
                start_new_session=True,
            )


def _ask(worker: subprocess.Popen[str], work: dict[str, Any]) -> dict[str, Any]:
    if worker.stdin is None or worker.stdout is None:
        raise Killed("the worker has no pipes")
    try:
        worker.stdin.write(json.dumps(work) + "\n")
        worker.stdin.flush()
        line = worker.stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        worker.kill()
        worker.wait()
        raise Killed(f"the worker ended with exit code {worker.returncode} before it answered; {LOG} in the folder of the state says more")
    answer: dict[str, Any] = json.loads(line)
    return answer
