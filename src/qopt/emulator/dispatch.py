"""Which job of a device is next, when it begins, with which seed, and what becomes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from qopt.emulator import seeds, sessions, tampering
from qopt.emulator.rules import Rule

if TYPE_CHECKING:
    from qopt.emulator.platform import Platform
    from qopt.emulator.store import Job

TOO_LONG = 1305
"""The code by which the client recognises a job that took longer than it was allowed to."""

FAILED = 1500
"""The code of a job that failed by a fault that names none."""


class Dispatch:
    """Begins and ends the jobs of one platform; called by one thread for each device."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def begin(self, backend: str) -> tuple[Job, dict[str, Any]] | None:
        """Begin the next job of a device, if one is ready.

        Returns:
            The job, and what has to be performed; None if there is nothing to perform now.
        """
        with self._platform.lock:
            self._platform.settle()
            for job in self._platform.store.jobs("backend = ? AND status = 'Queued' AND NOT stalled", [backend]):
                if not self._ready(job):
                    continue
                self._platform.settle()
                waiting = self._platform.store.job(job.id)
                # The wait in the queue may have been longer than what was left of its Session.
                if waiting is not None and waiting.status == "Queued" and (work := self._start(waiting)) is not None:
                    return waiting, work
            return None

    def _ready(self, job: Job) -> bool:
        """Whether a job has waited long enough; where time is virtual the wait is skipped, and it has."""
        session = self._platform.store.session(job.session) if job.session else None
        if session is not None and session.state == "active":
            return True
        self._platform.jump_to(job.created + self._platform.settings.queue_wait)
        return self._platform.clock.now() >= job.created + self._platform.settings.queue_wait

    def _start(self, job: Job) -> dict[str, Any] | None:
        """The work of a job that runs from now on; None for one that a fault has ended already."""
        store, now = self._platform.store, self._platform.clock.now()
        ordinal = store.count("digest = ? AND seq < ? AND status NOT IN ('Failed', 'Cancelled')", [job.digest, job.seq])
        with store:
            store.change(job.id, status="Running", started=now, starts=job.starts + 1, ordinal=ordinal)
            session = store.session(job.session) if job.session else None
            if session is not None:
                store.keep(sessions.job_started(session, now))
        rule = _fault(job)
        if rule is not None and rule.do == "fail":
            self.fail(job.id, FAILED if rule.code is None else rule.code, rule.message)
            return None
        if rule is not None and rule.do == "too_long":
            self.fail(job.id, TOO_LONG, "The job took longer than it was allowed to.", billed=rule.billed)
            return None
        if rule is not None and rule.do == "cancel":
            running = store.job(job.id)
            if running is not None:
                self._platform.end(running, "Cancelled", now)
            return None
        settings = self._platform.settings
        return {
            "program_id": job.program,
            "params": json.loads(store.read(job.id, "params") or "{}"),
            "backend": job.backend,
            "seed": seeds.seed(settings.seed, job.digest, ordinal),
            "noise": settings.noise,
            "bias": settings.bias,
            "max_execution_time": job.cost,
        }

    def finish(self, job_id: str, results: str, quantum_seconds: float) -> None:
        """A job was executed to its end; it may have been cancelled in the meantime."""
        with self._platform.lock:
            job = self._running(job_id)
            if job is None or job.started is None:
                return
            rule = _fault(job)
            if rule is not None and rule.do == "corrupt":
                results = tampering.corrupt(results, rule.how)
            self._platform.jump_to(job.started + quantum_seconds)
            store = self._platform.store
            with store:
                store.write(job.id, "results", results)
                store.change(job.id, executions=job.executions + 1, billed=quantum_seconds, estimate=quantum_seconds)
                self._platform.end(job, "Completed", self._platform.clock.now())
            self._platform.settle()

    def fail(self, job_id: str, code: int, message: str, *, billed: float | None = None) -> None:
        """A job that ran has failed; it may have been cancelled in the meantime.

        Args:
            job_id: Which.
            code: Why, as a number.
            message: Why.
            billed: QPU seconds; None for nothing, or where it took too long for what it was allowed.
        """
        with self._platform.lock:
            job = self._running(job_id)
            if job is None or job.started is None:
                return
            status = "Cancelled" if code == TOO_LONG else "Failed"
            if billed is None:
                billed = job.cost if code == TOO_LONG and job.cost is not None else 0.0
            self._platform.jump_to(job.started + billed)
            with self._platform.store:
                self._platform.store.change(job.id, billed=billed)
                self._platform.end(job, status, self._platform.clock.now(), reason=message, code=code)
            self._platform.settle()

    def _running(self, job_id: str) -> Job | None:
        job = self._platform.store.job(job_id)
        return job if job is not None and job.status == "Running" else None


def _fault(job: Job) -> Rule | None:
    return None if job.fault is None else Rule(**json.loads(job.fault))
