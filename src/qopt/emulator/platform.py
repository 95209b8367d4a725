"""The state of the platform: time, devices, Sessions and what was used. Jobs are taken by `jobs` and run by `dispatch`."""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qopt.emulator import sessions, twins
from qopt.emulator.clock import Clock, stamp
from qopt.emulator.faults import Faults
from qopt.emulator.refusals import Refused
from qopt.emulator.sessions import Session
from qopt.emulator.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.emulator.settings import Settings
    from qopt.emulator.store import Job

EXPIRED = 1217
"""The code of what is asked of a Session that is over."""

_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def new_id(letter: str) -> str:
    """An id in the form of the platform's own: twenty small letters and digits."""
    return letter + "".join(secrets.choice(_ALPHABET) for _ in range(19))


class Platform:
    """What all threads share; whoever reads or changes anything holds the lock.

    Attributes:
        lock: Notified when a job may have become ready to run.
        store: Its memory.
        settings: How it behaves.
        twins: Its devices by name.
        clock: Its time.
        faults: What goes wrong.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.store = Store(folder / "platform.sqlite")
        self._given = settings
        self.settings = settings.changed(self.store.fact("changes") or {})
        self.twins = {name: twins.find(name) for name in self.settings.backends}
        times = self.store.fact("clock")
        self.clock = Clock(**times) if times else Clock.started(self.settings.clock_rate)
        self.keep_clock()
        self.faults = Faults(self.store.fact("faults") or [], lambda documents: self.store.state("faults", documents))
        for job in self.store.jobs("status = 'Running'"):
            # Its execution died with the server that had begun it.
            self.store.change(job.id, status="Queued", started=None)

    def configure(self, changes: dict[str, Any]) -> None:
        """Change settings, also for the time after a restart.

        Raises:
            SettingsError: If one does not exist or can't have its value.
        """
        with self.lock:
            self.settings = self.settings.changed(changes)
            self.store.state("changes", (self.store.fact("changes") or {}) | changes)
            self.lock.notify_all()

    def reset(self) -> None:
        """Forget jobs, Sessions, faults and changed settings; time goes on."""
        with self.lock:
            with self.store:
                self.store.clear()
                self.store.state("changes", {})
                self.store.state("calibrated", None)
            self.settings = self._given
            self.faults.clear()

    # Time

    def keep_clock(self) -> None:
        """Write the clock down, so that a restarted server goes on from here."""
        self.store.state("clock", {"rate": self.clock.rate, "real": self.clock.real, "virtual": self.clock.virtual})

    def jump_to(self, moment: float) -> None:
        """Skip what lies between now and `moment`, unless time is real."""
        if not self.settings.real_time:
            self.clock.advance_to(moment)
            self.keep_clock()

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
        if settled.expired is not None:
            for job in self.store.jobs("session = ? AND status = 'Queued'", [session.id]):
                self.end(job, "Failed", settled.expired, reason="The maximum time of its session is over.", code=EXPIRED)
            settled = sessions.settled(settled, self.store.load(session.id), now)
        if settled != session:
            self.store.keep(settled)

    def end(self, job: Job, status: str, now: float, *, reason: str | None = None, code: int | None = None) -> None:
        """A job is over; its Session, if it has one and the job ran, is idle from now on."""
        self.store.change(job.id, status=status, ended=now, reason=reason, reason_code=code, stalled=False)
        if reason is not None:
            self.store.write(job.id, "results", reason)
        session = self.store.session(job.session) if job.session else None
        if session is not None and job.status == "Running":
            self.store.keep(sessions.job_ended(session, now))

    # Devices

    def twin(self, name: object) -> twins.Twin:
        """The device of that name.

        Raises:
            Refused: If there is none.
        """
        if not isinstance(name, str) or name not in self.twins:
            raise Refused(404, 1007, f"Backend not found: {name}", solution=f"This server has {', '.join(self.twins)}.")
        return self.twins[name]

    def queue_length(self, name: str) -> int:
        """Jobs that wait for a device or run on it, those of others included."""
        with self.lock:
            return self.settings.queue_length + self.store.count("backend = ? AND status IN ('Queued', 'Running')", [name])

    def properties(self, name: str) -> dict[str, Any]:
        """What was last measured of a device."""
        with self.lock:
            calibrated = self.store.fact("calibrated")
        return self.twin(name).properties() | ({} if calibrated is None else {"last_update_date": calibrated})

    def recalibrate(self) -> None:
        """All devices have just been measured again, with the same outcome."""
        with self.lock:
            self.store.state("calibrated", stamp(self.clock.now()))

    # Sessions

    def open_session(self, mode: str, backend: object, instance: str, max_ttl: float | None) -> Session:
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
            if max_ttl is not None and not 0 < max_ttl <= self.settings.max_ttl:
                raise Refused(400, 1002, f"max_ttl is {max_ttl}, expected at most {self.settings.max_ttl:g} seconds")
            session = sessions.opened(
                Session(
                    id=new_id("s"),
                    mode=mode,
                    backend=self.twin(backend).name,
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
            return found, self._usage(found, now)

    def stop_accepting(self, session_id: str) -> None:
        """Let a Session finish what it has and take nothing more."""
        with self.lock:
            session, _ = self.session(session_id)
            load = self.store.load(session_id)
            if session.state == "closed":
                return
            session = replace(session, accepting=False)
            # Told to close while idle it ends now, and is paid for until now.
            self.store.keep(session if load.queued or load.running else sessions.closed(session, self.clock.now()))

    def close_session(self, session_id: str) -> None:
        """Cancel what a Session has waiting, and close it when what runs has ended."""
        with self.lock:
            session, _ = self.session(session_id)
            for job in self.store.jobs("session = ? AND status = 'Queued'", [session.id]):
                self.end(job, "Cancelled", self.clock.now())
            self.stop_accepting(session_id)

    def expire_sessions(self) -> None:
        """The maximum time of all Sessions and Batches is over, whatever it was."""
        with self.lock:
            now = self.settle()
            for session in self.store.sessions(closed=False):
                self.store.keep(sessions.expired(session, now))
            self.settle()

    # What has been used

    def usage(self) -> tuple[float, bool]:
        """Seconds of QPU time that the instance has used, and whether that is all that it has."""
        with self.lock:
            now = self.settle()
            used = self.settings.usage_consumed + self.store.committed()
            used += sum(session.usage(now) for session in self.store.sessions(closed=False) if session.mode == "dedicated")
            used += self.store.billed("session IS NULL OR session IN (SELECT id FROM sessions WHERE mode = 'batch')")
            return used, self.settings.limit is not None and used >= self.settings.limit

    def _usage(self, session: Session, now: float) -> float:
        if session.mode == "batch":
            return self.store.billed("session = ?", [session.id])
        return session.usage(now)
