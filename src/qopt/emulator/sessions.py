"""The life of a Session or Batch as a pure function of time: open, active, inactive, closed."""

from __future__ import annotations

from dataclasses import dataclass, replace

NEVER_USED = 1800.0
"""Seconds after which a Session is closed to which no job was ever submitted."""


@dataclass(frozen=True)
class Load:
    """The jobs of a Session: how many are waiting, how many run, how many there have ever been."""

    queued: int
    running: int
    ever: int


@dataclass(frozen=True)
class Session:
    """A Session or Batch; all moments are virtual seconds since the epoch, None for what has not happened.

    Attributes:
        id: Its name.
        mode: `dedicated` for a Session, `batch`.
        backend: The device.
        instance: The CRN that it belongs to.
        max_ttl: Seconds from its first job on after which it is over.
        interactive_ttl: Seconds without a job after which it becomes inactive.
        created: When it was asked for.
        state: `open`, `active`, `inactive` or `closed`.
        accepting: Whether it takes jobs.
        expired: When its time was over, and what was queued failed.
        started: When its first job began.
        activated: When it last became active.
        closed: When it became closed.
        last_started: When a job of it last began.
        last_completed: When a job of it last ended.
        committed: Seconds of former activity in which the device was its own.
        history: Its states and when it came into them.
    """

    id: str
    mode: str
    backend: str
    instance: str
    max_ttl: float
    interactive_ttl: float
    created: float
    state: str = "open"
    accepting: bool = True
    expired: float | None = None
    started: float | None = None
    activated: float | None = None
    closed: float | None = None
    last_started: float | None = None
    last_completed: float | None = None
    committed: float = 0.0
    history: tuple[tuple[str, float], ...] = ()

    def usage(self, now: float) -> float:
        """Seconds for which the device was committed to it, waiting for its next job included."""
        if self.state == "active" and self.activated is not None:
            return self.committed + now - self.activated
        return self.committed


def opened(session: Session) -> Session:
    """A Session as it is when it was just created."""
    return replace(session, history=(("open", session.created),))


def job_started(session: Session, now: float) -> Session:
    """A job of it begins: it is active from now on, if it was not."""
    if session.state != "active":
        session = _in_state(replace(session, activated=now, started=now if session.started is None else session.started), "active", now)
    return replace(session, last_started=now)


def job_ended(session: Session, now: float) -> Session:
    """A job of it is over, whichever way."""
    return replace(session, last_completed=now)


def expired(session: Session, end: float) -> Session:
    """Its time was over at `end`: it takes nothing more, and closes when what runs has ended."""
    return replace(session, accepting=False, expired=end)


def closed(session: Session, end: float) -> Session:
    """It closed at `end`."""
    return replace(_in_state(session, "closed", end), accepting=False, closed=end)


def settled(session: Session, load: Load, now: float) -> Session:
    """What has become of it by `now`, by the passing of time alone.

    Jobs that are still queued when it has `expired` are the caller's to fail.
    """
    while True:
        following = _next(session, load)
        if following is None or following[0] > now:
            return session
        session = following[1]


def _next(session: Session, load: Load) -> tuple[float, Session] | None:
    """The change that time brings next, and when; None if it stays as it is."""
    if session.state == "closed":
        return None
    busy = load.queued + load.running > 0
    changes: list[tuple[float, Session]] = []
    if load.ever == 0:
        end = session.created + NEVER_USED
        changes.append((end, closed(session, end)))
    if session.started is not None and session.expired is None:
        end = session.started + session.max_ttl
        changes.append((end, expired(session, end)))
    if session.state == "active" and not load.running and session.last_completed is not None:
        end = session.last_completed + session.interactive_ttl
        changes.append((end, _in_state(session, "inactive", end)))
    if not session.accepting and not busy:
        # What closes it is already in the past: its jobs are done, or it was told to close.
        end = max(session.history[-1][1], session.last_completed or session.created, session.expired or session.created)
        changes.append((end, closed(session, end)))
    return min(changes, key=lambda change: change[0], default=None)


def _in_state(session: Session, state: str, since: float) -> Session:
    """In another state; leaving activity adds its length to what is paid for."""
    committed = session.committed
    if session.state == "active" and session.activated is not None:
        committed += since - session.activated
    return replace(session, state=state, committed=committed, history=(*session.history, (state, since)))
