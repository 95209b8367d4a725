"""The bills of a run: what every job and every Session was charged, folded from the journal, and asked for until it is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from qopt.errors import BackendError
from qopt.journal import Event
from qopt.types import SESSION, TWIN, OpenSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.execution import Executor
    from qopt.journal import Answered, Failed

Key: TypeAlias = tuple[str, int]
"""Stage and number of a call."""

BILLED = "billed"
"""The event of a bill that was settled after its answer; seconds are None where the service will not tell it any more."""
UNANSWERED = "billed without an answer"
"""The event of what a job was charged that gave no answer: one that failed, or a twin."""
SESSION_BILLED = "session billed"
"""The event of a Session whose bill was settled after it had ended."""


@dataclass
class Bills:
    """What is known of all charges.

    Attributes:
        of_calls: QPU seconds by call.
        open_calls: Jobs that answered and whose bill is not settled.
        untold: Calls whose bill the service does not tell any more.
        without_answer: QPU seconds of jobs that gave no answer, None until settled; with the call and the Session that they belong to.
        session_of: The Session or Batch of each answered call.
        open_sessions: Sessions and Batches that were opened and did not end, in the order of opening.
        ended_sessions: Seconds that those were charged that ended, None until settled.
    """

    of_calls: dict[Key, float] = field(default_factory=dict)
    open_calls: dict[Key, str] = field(default_factory=dict)
    untold: set[Key] = field(default_factory=set)
    without_answer: dict[str, tuple[Key, str | None, float | None]] = field(default_factory=dict)
    session_of: dict[Key, str | None] = field(default_factory=dict)
    open_sessions: dict[str, OpenSession] = field(default_factory=dict)
    ended_sessions: dict[str, tuple[OpenSession, float | None]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """QPU seconds that are known to be charged."""
        return sum(self.of_calls.values()) + sum(seconds or 0.0 for _, _, seconds in self.without_answer.values())

    @property
    def unsettled(self) -> int:
        """How many jobs have no bill, or none yet."""
        return len(self.open_calls) + len(self.untold) + sum(seconds is None for _, _, seconds in self.without_answer.values())

    @property
    def session(self) -> OpenSession | None:
        """The Session or Batch that was opened last and did not end."""
        return next(reversed(self.open_sessions.values()), None)

    @property
    def session_seconds(self) -> float | None:
        """What Sessions that ended were charged, idle time included; None where there was none."""
        charged = [seconds for opened, seconds in self.ended_sessions.values() if opened.mode == "session" and seconds is not None]
        return sum(charged) if charged else None

    def busy(self, session: str) -> float:
        """QPU seconds of the jobs of a Session."""
        answered = sum(self.of_calls.get(key, 0.0) for key, where in self.session_of.items() if where == session)
        return answered + sum(seconds or 0.0 for _, where, seconds in self.without_answer.values() if where == session)

    def fold_answer(self, record: Answered, job: str | None) -> None:
        """An answer, and the job that gave it."""
        key = record.stage, record.call
        self.session_of[key] = record.session
        if record.qpu_seconds is not None:
            self.of_calls[key] = record.qpu_seconds
        elif record.calibration is not None and job is not None:
            self.open_calls[key] = job

    def fold_failure(self, record: Failed) -> None:
        """A job that gave no answer; on a device it may be charged all the same."""
        if record.remote:
            self.without_answer[record.job] = (record.stage, record.call), record.session, None

    def fold_event(self, name: str, detail: dict[str, Any]) -> None:
        """An event that is about money."""
        if name == BILLED:
            key = detail["stage"], detail["call"]
            self.open_calls.pop(key, None)
            if detail["seconds"] is None:
                self.untold.add(key)
            else:
                self.of_calls[key] = detail["seconds"]
        elif name == UNANSWERED:
            key, session, _ = self.without_answer[detail["job"]]
            self.without_answer[detail["job"]] = key, session, detail["seconds"]
        elif name == TWIN:
            self.without_answer[detail["job"]] = (detail["stage"], detail["call"]), detail["session"], None
        elif name == SESSION:
            self._fold_session(detail)
        elif name == SESSION_BILLED:
            opened, _ = self.ended_sessions[detail["id"]]
            self.ended_sessions[detail["id"]] = opened, detail["seconds"]

    def _fold_session(self, detail: dict[str, Any]) -> None:
        opened = OpenSession(detail["id"], detail["mode"])
        if detail["what"] == "ended":
            self.open_sessions.pop(opened.id, None)
            self.ended_sessions[opened.id] = opened, detail["seconds"]
        else:
            self.open_sessions[opened.id] = opened
            self.ended_sessions.pop(opened.id, None)


def settle(bills: Bills, executor: Executor, append: Callable[[Event], None]) -> None:
    """Ask once for every bill that is not settled; a service that is in trouble is asked another time.

    Args:
        bills: What is known.
        executor: Asks.
        append: Records what is found.
    """
    try:
        for (stage, call), job in list(bills.open_calls.items()):
            seconds, known = _asked(executor, job)
            if known:
                append(Event(BILLED, {"stage": stage, "call": call, "job": job, "seconds": seconds}))
        for job, (_, _, charged) in list(bills.without_answer.items()):
            seconds, known = (None, False) if charged is not None else _asked(executor, job)
            if known:
                append(Event(UNANSWERED, {"job": job, "seconds": seconds or 0.0}))
        for session, (opened, charged) in list(bills.ended_sessions.items()):
            seconds = None if charged is not None else executor.session_seconds(opened)
            if seconds is not None:
                append(Event(SESSION_BILLED, {"id": session, "seconds": seconds}))
    except BackendError:
        return  # what is missing is counted as unsettled, and by the upper end of its estimate


def _asked(executor: Executor, job: str) -> tuple[float | None, bool]:
    """A job's bill, and whether there is nothing more to ask."""
    from qopt.execution import JobLost  # noqa: PLC0415 - reading a journal needs no qiskit

    for last in (False, True):
        try:
            seconds = executor.bill(job)
        except JobLost:  # which is said by mistake as well, so it is asked twice
            if last:
                return None, True
        else:
            return seconds, seconds is not None
    raise AssertionError  # the loop ends by returning
