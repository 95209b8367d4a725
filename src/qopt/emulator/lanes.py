"""One thread for each device, which runs its jobs one after another in the order of their creation."""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING, Any

from qopt.emulator.dispatch import Dispatch
from qopt.emulator.worker import INTERNAL
from qopt.emulator.workers import Killed

if TYPE_CHECKING:
    from qopt.emulator.platform import Platform
    from qopt.emulator.workers import Pool

LOOK = 0.2
"""Real seconds after which a lane looks by itself whether time has made a job ready."""


class Lanes:
    """The threads; they live as long as the process."""

    def __init__(self, platform: Platform, pool: Pool) -> None:
        self._platform = platform
        self._dispatch = Dispatch(platform)
        self._pool = pool

    def start(self) -> None:
        """Begin with what is queued."""
        for backend in self._platform.twins:
            threading.Thread(target=self._run, args=(backend,), daemon=True, name=f"lane of {backend}").start()

    def _run(self, backend: str) -> None:
        while True:
            with self._platform.lock:
                begun = self._dispatch.begin(backend)
                if begun is None:
                    self._platform.lock.wait(LOOK if self._platform.settings.real_time else None)
                    continue
            job, work = begun
            try:
                self._end(job.id, self._pool.perform(job.id, work))
            except Killed as died:
                # Where the job was cancelled, that was recorded before, and this says nothing new.
                self._dispatch.fail(job.id, INTERNAL, str(died))
            except Exception:  # noqa: BLE001 - a mistake of the emulator fails one job and says how, the next job goes on
                self._dispatch.fail(job.id, INTERNAL, traceback.format_exc())

    def _end(self, job_id: str, answer: dict[str, Any]) -> None:
        if "results" in answer:
            self._dispatch.finish(job_id, answer["results"], answer["quantum_seconds"])
        else:
            self._dispatch.fail(job_id, answer["code"], answer["message"])
