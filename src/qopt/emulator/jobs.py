"""What users do with jobs: submit, look, cancel, tag, fetch, delete."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

from qopt.emulator import seeds
from qopt.emulator.platform import EXPIRED, new_id
from qopt.emulator.refusals import Refused
from qopt.emulator.store import Job

if TYPE_CHECKING:
    from qopt.emulator.platform import Platform

PROGRAMS = ("estimator", "sampler", "executor")
MOST_TAGS = 8
LONGEST_TAG = 86
MINUTE = 60.0


class Jobs:
    """The jobs of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def submit(self, asked: dict[str, Any], instance: str) -> Job:
        """Take a job.

        Args:
            asked: What was posted.
            instance: The CRN that pays.

        Raises:
            Refused: If it can't be taken.
        """
        program, params, session_id, cost = (asked.get(name) for name in ("program_id", "params", "session_id", "cost"))
        if program not in PROGRAMS:
            raise Refused(404, 1207, f"program_id is {program!r}, expected one of {', '.join(PROGRAMS)}")
        if not isinstance(params, dict):
            raise Refused(400, 1002, "params is missing or no object")
        if cost is not None and (not isinstance(cost, int | float) or cost <= 0):
            raise Refused(400, 1002, f"cost is {cost!r}, expected seconds")
        tags = _tags(asked.get("tags"))
        backend = self._platform.twin(asked.get("backend")).name
        digest = seeds.digest(program, backend, params)
        with self._platform.lock:
            now = self._platform.settle()
            self._rate(now)
            mode = "job" if session_id is None else self._joinable(str(session_id), backend)
            if self._platform.usage()[1]:
                raise Refused(403, 1291, "This instance has met its usage limit.", solution="Wait until time is made available.")
            fault = self._platform.faults.of_job(program, tags, mode, self._platform.store.count("1"))
            job = Job(
                seq=0,
                id=new_id("d"),
                program=program,
                backend=backend,
                instance=instance,
                session=session_id,
                tags=tags,
                private=bool(asked.get("private", False)),
                cost=cost,
                digest=digest,
                created=now,
                arrived=time.time(),
                stalled=fault is not None and fault.do == "stall",
                fault=None if fault is None else json.dumps(fault.document()),
            )
            with self._platform.store:
                self._platform.store.add(job, json.dumps(params))
            self._platform.lock.notify_all()
            return job

    def get(self, job_id: str) -> Job:
        """A job as it is now.

        Raises:
            Refused: If there is none of that id.
        """
        with self._platform.lock:
            self._platform.settle()
            found = self._platform.store.job(job_id)
            if found is None or found.deleted:
                raise Refused(404, 1291, f"Job not found. Job ID: {job_id}")
            return found

    def params(self, job_id: str) -> dict[str, Any] | None:
        """The parameters of a job, None for those of a private one."""
        with self._platform.lock:
            job = self.get(job_id)
            text = self._platform.store.read(job_id, "params")
            return None if job.private or text is None else dict(json.loads(text))

    def cancel(self, job_id: str) -> None:
        """Cancel a job that waits or runs; of one that runs, the time until now is billed.

        Raises:
            Refused: If it is over already.
        """
        with self._platform.lock:
            job = self.get(job_id)
            if job.final:
                raise Refused(409, 1214, f"Job {job_id} cannot be cancelled: it is {job.status.lower()}.")
            now = self._platform.clock.now()
            with self._platform.store:
                self._platform.store.change(job.id, billed=0.0 if job.started is None else now - job.started)
                self._platform.end(job, "Cancelled", now)
            self._platform.settle()

    def retag(self, job_id: str, tags: object) -> None:
        """Give a job other tags.

        Raises:
            Refused: If they are too many, too long or no texts.
        """
        checked = _tags(tags)
        with self._platform.lock:
            self._platform.store.change(self.get(job_id).id, tags=checked)

    def delete(self, job_id: str) -> None:
        """Forget what a job asked and what came out, after cancelling it if it is not over."""
        with self._platform.lock:
            if not self.get(job_id).final:
                self.cancel(job_id)
            with self._platform.store:
                self._platform.store.change(job_id, deleted=True)
                self._platform.store.forget(job_id)

    def results(self, job_id: str) -> str:
        """What came out of a job, empty before it is over; of a private one, the first time only."""
        with self._platform.lock:
            job = self.get(job_id)
            text = self._platform.store.read(job_id, "results")
            with self._platform.store:
                self._platform.store.change(job_id, reads=job.reads + 1)
                if job.private and text is not None:
                    self._platform.store.forget(job_id, ["results"])
            return text or ""

    def logs(self, job_id: str) -> str:
        """What a job had to say for itself."""
        job = self.get(job_id)
        return f"{job.status} on {job.backend}, an emulated device\n{job.reason or ''}"

    def _rate(self, now: float) -> None:
        limit = self._platform.settings.rate_limit
        if limit is None:
            return
        recent = self._platform.store.jobs("created > ?", [now - MINUTE])
        if len(recent) >= limit:
            wait = math.ceil(recent[-limit].created + MINUTE - now) if limit else int(MINUTE)
            message = f"Received too many jobs requests: limit is {limit} per minute."
            header = wait if self._platform.settings.retry_after else None
            raise Refused(429, 1202, message, solution="Reduce the request rate and retry.", retry_after=header)

    def _joinable(self, session_id: str, backend: str) -> str:
        """The mode of a Session that a job can join."""
        session = self._platform.store.session(session_id)
        if session is None:
            raise Refused(404, 1211, f"Session not found: {session_id}")
        if not session.accepting:
            raise Refused(400, EXPIRED, f"Session has been closed: {session_id}", solution="Create a new session.")
        if session.backend != backend:
            raise Refused(400, 1002, f"backend is {backend}, expected that of its session, {session.backend}")
        return session.mode


def _tags(tags: object) -> tuple[str, ...]:
    if tags is None:
        return ()
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Refused(400, 1002, "tags is not a list of texts")
    if len(tags) > MOST_TAGS:
        raise Refused(400, 1204, f"Exceeds the maximum number of tags a job can have ({len(tags)} > {MOST_TAGS}).")
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise Refused(400, 1205, f"Exceeds the maximum length a job tag can have ({len(tag)} > {LONGEST_TAG}).")
    return tuple(tags)
