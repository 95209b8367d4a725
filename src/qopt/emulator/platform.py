"""What the platform does: it takes, lists, cancels and finishes jobs, opens and closes Sessions, and counts what they cost."""

from __future__ import annotations

import json
import math
import secrets
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qopt.emulator import seeds, sessions, twins
from qopt.emulator.clock import Clock
from qopt.emulator.refusals import Refused
from qopt.emulator.sessions import Session
from qopt.emulator.store import Job, Store

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.emulator.settings import Settings

PROGRAMS = ("estimator", "sampler", "executor")
MOST_TAGS = 8
LONGEST_TAG = 86
MINUTE = 60.0
TOO_LONG = 1305
"""The code by which the client recognises a job that took longer than it was allowed to."""
EXPIRED = 1217

_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def new_id(letter: str) -> str:
    """An id in the form of the platform's own: twenty small letters and digits."""
    return letter + "".join(secrets.choice(_ALPHABET) for _ in range(19))


class Platform:
    """The state of the platform; its methods are called by one thread for each request and one for each device.

    Attributes:
        settings: How it behaves.
        lock: Held by whoever reads or changes anything; notified when a job may have become ready to run.
        clock: Its time.
        store: Its memory.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.store = Store(folder / "platform.sqlite")
        kept = self.store.fact("settings")
        self.settings = settings.changed(kept) if kept else settings
        self.twins = {name: twins.find(name) for name in self.settings.backends}
        times = self.store.fact("clock")
        self.clock = Clock(**times) if times else Clock.started(self.settings.clock_rate)
        self.keep_clock()
        for job in self.store.jobs("status = 'Running'"):
            # Its execution died with the server that had begun it.
            self.store.change(job.id, status="Queued", started=None)

    # Time

    def keep_clock(self) -> None:
        """Write the clock down, so that a restarted server goes on from here."""
        self.store.state("clock", {"rate": self.clock.rate, "real": self.clock.real, "virtual": self.clock.virtual})

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        with self.lock:
            self.clock.advance_to(self.clock.now() + seconds)
            self.keep_clock()
            self.settle()
            self.lock.notify_all()

    def settle(self) -> float:
        """Let happen to Sessions what time has brought.

        Returns:
            The virtual time.
        """
        now = self.clock.now()
        for session in self.store.sessions(closed=False):
            self._settle(session, now)
        return now

    def _settle(self, session: Session, now: float) -> None:
        settled = sessions.settled(session, self.store.load(session.id), now)
        if settled.expired and not session.expired:
            over = (settled.started or now) + settled.max_ttl
            for job in self.store.jobs("session = ? AND status = 'Queued'", [session.id]):
                self._end(job, "Failed", over, "The maximum time of its session is over.", EXPIRED)
            settled = sessions.settled(settled, self.store.load(session.id), now)
        if settled != session:
            self.store.keep(settled)

    def configure(self, changes: dict[str, Any]) -> None:
        """Change settings.

        Raises:
            SettingsError: If one does not exist or can't have its value.
        """
        with self.lock:
            self.settings = self.settings.changed(changes)
            self.store.state("settings", json.loads(self.settings.to_json()))
            self.lock.notify_all()

    # Sessions

    def open_session(self, mode: str, backend: str, instance: str, max_ttl: float | None) -> Session:
        """A new Session or Batch.

        Raises:
            Refused: If the plan has none, or the device or the length are impossible.
        """
        with self.lock:
            now = self.settle()
            if mode == "dedicated" and self.settings.plan == "open":
                solution = "Create an instance of a different plan type, or use a different execution mode."
                raise Refused(400, 1352, "You are not authorized to run a session when using the open plan.", solution=solution)
            if mode not in ("dedicated", "batch"):
                raise Refused(400, 1002, f"mode is {mode!r}, expected dedicated or batch")
            self._known(backend)
            if max_ttl is not None and not 0 < max_ttl <= self.settings.max_ttl:
                raise Refused(400, 1002, f"max_ttl is {max_ttl}, expected at most {self.settings.max_ttl:g} seconds")
            session = sessions.opened(
                Session(
                    id=new_id("s"),
                    mode=mode,
                    backend=backend,
                    instance=instance,
                    max_ttl=self.settings.max_ttl if max_ttl is None else max_ttl,
                    interactive_ttl=self.settings.interactive_ttl,
                    created=now,
                )
            )
            self.store.keep(session)
            return session

    def session(self, session_id: str) -> tuple[Session, float]:
        """A Session as it is now, and the seconds that it has used.

        Raises:
            Refused: If there is none of that id.
        """
        with self.lock:
            now = self.settle()
            found = self.store.session(session_id)
            if found is None:
                raise Refused(404, 1211, f"Session not found: {session_id}")
            return found, self._session_usage(found, now)

    def stop_accepting(self, session_id: str) -> None:
        """Let a Session finish what it has and take nothing more."""
        with self.lock:
            session, _ = self.session(session_id)
            now = self.clock.now()
            if session.state != "closed":
                self._settle_from(replace(session, accepting=False), now)

    def close_session(self, session_id: str, *, reason: str = "its session was closed") -> None:
        """Cancel what a Session has waiting, and close it when what runs has ended."""
        with self.lock:
            self.stop_accepting(session_id)
            for job in self.store.jobs("session = ? AND status = 'Queued'", [session_id]):
                self._end(job, "Cancelled", self.clock.now(), reason)
            self.settle()

    def _settle_from(self, session: Session, now: float) -> None:
        if session.accepting is False and not (self.store.load(session.id).queued or self.store.load(session.id).running):
            # Told to close while idle: it ends now, and was paid for until now.
            session = sessions.closed(session, now)
        self.store.keep(session)

    def _session_usage(self, session: Session, now: float) -> float:
        if session.mode == "batch":
            return self.store.billed("session = ?", [session.id])
        return session.usage(now)

    # Jobs

    def submit(self, payload: dict[str, Any], params: str, instance: str) -> Job:
        """Take a job.

        Args:
            payload: What was posted.
            params: The text of its `params`.
            instance: The CRN that pays.

        Raises:
            Refused: If it can't be taken.
        """
        with self.lock:
            now = self.settle()
            self._rate(now)
            program, backend = payload.get("program_id"), payload.get("backend")
            if program not in PROGRAMS:
                raise Refused(404, 1207, f"program_id is {program!r}, expected one of {', '.join(PROGRAMS)}")
            self._known(backend)
            tags = _tags(payload.get("tags"))
            session_id = payload.get("session_id")
            if session_id is not None:
                self._joinable(session_id, backend)
            if self.usage()[1]:
                raise Refused(403, 1291, "This instance has met its usage limit.", solution="Wait until time is made available.")
            job = Job(
                seq=0,
                id=new_id("d"),
                program=program,
                backend=str(backend),
                instance=instance,
                session=session_id,
                tags=tags,
                private=bool(payload.get("private", False)),
                cost=payload.get("cost"),
                digest=seeds.digest(program, str(backend), payload["params"]),
                created=now,
                arrived=time.time(),
            )
            with self.store:
                self.store.add(job, params)
            self.lock.notify_all()
            return job

    def job(self, job_id: str) -> Job:
        """A job as it is now.

        Raises:
            Refused: If there is none of that id.
        """
        with self.lock:
            self.settle()
            found = self.store.job(job_id)
            if found is None or found.deleted:
                raise Refused(404, 1291, f"Job not found. Job ID: {job_id}")
            return found

    def cancel(self, job_id: str) -> Job:
        """Cancel a job that waits or runs.

        Raises:
            Refused: If it is over already.
        """
        with self.lock:
            job = self.job(job_id)
            if job.final:
                raise Refused(409, 1214, f"Job {job_id} cannot be cancelled: it is {job.status.lower()}.")
            now = self.clock.now()
            if job.started is not None:
                self.store.change(job.id, billed=now - job.started)
            self._end(job, "Cancelled", now, None)
            self.settle()
            return job

    def retag(self, job_id: str, tags: object) -> None:
        """Give a job other tags."""
        with self.lock:
            self.store.change(self.job(job_id).id, tags=_tags(tags))

    def delete(self, job_id: str) -> None:
        """Forget what a job asked and what came out."""
        with self.lock:
            job = self.job(job_id)
            if not job.final:
                self.cancel(job_id)
            self.store.change(job_id, deleted=True)
            self.store.forget(job_id)

    def results(self, job_id: str) -> str:
        """What came out of a job; of a private one, the first time only."""
        with self.lock:
            job = self.job(job_id)
            text = self.store.read(job_id, "results")
            self.store.change(job_id, reads=job.reads + 1)
            if job.private and text is not None:
                self.store.forget(job_id, ["results"])
            return text or ""

    def logs(self, job_id: str) -> str:
        """What a job had to say for itself."""
        with self.lock:
            job = self.job(job_id)
            return f"{job.status} on {job.backend} as a job of the emulated platform\n{job.reason or ''}"

    # Money

    def usage(self) -> tuple[float, bool]:
        """Seconds of QPU time that the instance has used, and whether that is all that it has."""
        with self.lock:
            now = self.clock.now()
            used = self.settings.usage_consumed
            dedicated = [session for session in self.store.sessions() if session.mode == "dedicated"]
            used += sum(session.usage(now) for session in dedicated)
            used += self.store.billed('session IS NULL OR session IN (SELECT id FROM sessions WHERE document LIKE \'%"mode": "batch"%\')')
            return used, self.settings.limit is not None and used >= self.settings.limit

    # Devices

    def twin(self, name: str) -> twins.Twin:
        """The device of that name.

        Raises:
            Refused: If there is none.
        """
        self._known(name)
        return self.twins[name]

    def queue_length(self, name: str) -> int:
        """Jobs that wait for a device or run on it, those of others included."""
        return self.settings.queue_length + self.store.count("backend = ? AND status IN ('Queued', 'Running')", [name])

    def properties(self, name: str) -> dict[str, Any]:
        """What was last measured of a device."""
        properties = self.twin(name).properties()
        with self.lock:
            calibrated = self.store.fact(f"calibrated {name}")
        return properties if calibrated is None else properties | {"last_update_date": calibrated}

    # What the lanes do

    def begin(self, backend: str) -> tuple[Job, dict[str, Any]] | None:
        """Begin the next job of a device, if one is ready.

        Returns:
            The job, and what has to be performed.
        """
        with self.lock:
            self.settle()
            for job in self.store.jobs("backend = ? AND status = 'Queued' AND NOT stalled", [backend]):
                if (now := self._ready(job)) is None:
                    continue
                self.settle()
                # The wait in the queue may have been longer than what was left of its Session.
                waiting = self.store.job(job.id)
                if waiting is None or waiting.status != "Queued":
                    continue
                return waiting, self._started(waiting, now)
            return None

    def _ready(self, job: Job) -> float | None:
        """The moment at which a job begins, None if it has to wait longer; waiting is skipped unless time is real."""
        session = self.store.session(job.session) if job.session else None
        now = self.clock.now()
        if session is not None and session.state == "active":
            return now
        start = job.created + self.settings.queue_wait
        if self.settings.real_time:
            return now if now >= start else None
        self.clock.advance_to(start)
        self.keep_clock()
        return self.clock.now()

    def _started(self, job: Job, now: float) -> dict[str, Any]:
        ordinal = self.store.count("digest = ? AND seq < ? AND status NOT IN ('Failed', 'Cancelled')", [job.digest, job.seq])
        with self.store:
            self.store.change(job.id, status="Running", started=now, starts=job.starts + 1, ordinal=ordinal)
            session = self.store.session(job.session) if job.session else None
            if session is not None:
                self.store.keep(sessions.job_started(session, now))
        return {
            "program_id": job.program,
            "params": json.loads(self.store.read(job.id, "params") or "{}"),
            "backend": job.backend,
            "seed": seeds.seed(self.settings.seed, job.digest, ordinal),
            "noise": self.settings.noise,
            "bias": self.settings.bias,
            "max_execution_time": job.cost,
        }

    def finish(self, job_id: str, results: str, quantum_seconds: float) -> None:
        """A job was executed to its end; it may have been cancelled in the meantime."""
        with self.lock:
            job = self.store.job(job_id)
            if job is None or job.status != "Running" or job.started is None:
                return
            self._pass(job.started + quantum_seconds)
            with self.store:
                self.store.write(job.id, "results", results)
                self.store.change(job.id, executions=job.executions + 1, billed=quantum_seconds, estimate=quantum_seconds)
                self._end(job, "Completed", self.clock.now(), None)
            self.settle()

    def fail(self, job_id: str, code: int, message: str, *, billed: float = 0.0) -> None:
        """A job that ran has failed; it may have been cancelled in the meantime."""
        with self.lock:
            job = self.store.job(job_id)
            if job is None or job.status != "Running" or job.started is None:
                return
            self._pass(job.started + billed)
            with self.store:
                self.store.change(job.id, billed=billed)
                self._end(job, "Cancelled" if code == TOO_LONG else "Failed", self.clock.now(), message, code)
            self.settle()

    def _pass(self, moment: float) -> None:
        if not self.settings.real_time:
            self.clock.advance_to(moment)
            self.keep_clock()

    def _end(self, job: Job, status: str, now: float, reason: str | None, code: int | None = None) -> None:
        self.store.change(job.id, status=status, ended=now, reason=reason, reason_code=code)
        if reason is not None:
            self.store.write(job.id, "results", reason)
        session = self.store.session(job.session) if job.session else None
        if session is not None and job.status == "Running":
            self.store.keep(sessions.job_ended(session, now))

    # What is refused

    def _known(self, backend: object) -> None:
        if backend not in self.twins:
            raise Refused(404, 1007, f"Backend not found: {backend}", solution=f"This server has {', '.join(self.twins)}.")

    def _rate(self, now: float) -> None:
        limit = self.settings.rate_limit
        if limit is None:
            return
        recent = self.store.jobs("created > ?", [now - MINUTE])
        if len(recent) >= limit:
            wait = math.ceil(recent[-limit].created + MINUTE - now) if limit else int(MINUTE)
            message = f"Received too many jobs requests: limit is {limit} per minute."
            solution = "Reduce the request rate and retry."
            raise Refused(429, 1202, message, solution=solution, retry_after=wait if self.settings.retry_after else None)

    def _joinable(self, session_id: str, backend: object) -> None:
        session = self.store.session(session_id)
        if session is None:
            raise Refused(404, 1211, f"Session not found: {session_id}")
        if not session.accepting:
            raise Refused(400, EXPIRED, f"Session has been closed: {session_id}", solution="Create a new session.")
        if session.backend != backend:
            raise Refused(400, 1002, f"backend is {backend!r}, expected that of its session, {session.backend}")


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
