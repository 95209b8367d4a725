"""The Session or Batch of a run at IBM Quantum: opened, rejoined, renewed and released, with a reason for every change."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from qopt.errors import BackendError
from qopt.execution.executor import JobLost
from qopt.execution.ibm.failures import Reaction
from qopt.execution.ibm.patience import Unanswered
from qopt.types import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.execution.executor import Diary, Mode, OnSessionEnd
    from qopt.execution.ibm.account import Account
    from qopt.types import OpenSession

IDLE_SHARE = 0.5
"""Of the interactive timeout: a Session that idles longer is released, for until that timeout every second is billed."""
CLOSING = 20.0
"""Seconds that closing may take: whoever leaves does not wait for a service that is gone."""
_TOO_OFTEN = 2


class Conversation:
    """How a run's jobs are grouped at the service.

    States: nothing is open; open (an id is known and jobs go there); ended (by the service, by idling, or by us). From ended the policy
    leads on: a new Session, a Batch, or a resumable stop.

    Args:
        account: The account.
        device: The device's name.
        mode: `session`, `batch` or `job`.
        on_end: What to do when the service ends a Session.
        fractional: Whether the device is used with its fractional gates.
    """

    def __init__(self, account: Account, device: str, mode: Mode, on_end: OnSessionEnd, *, fractional: bool = False) -> None:
        """Open nothing: a Session is billed from its first job on, and classical work comes before that."""
        self.mode = mode
        self._account = account
        self._device = device
        self._on_end = on_end
        self._fractional = fractional
        self._diary: Diary | None = None
        self._opened: Any = None
        self._logins = 0
        self._batch = False
        self.left_open: OpenSession | None = None
        """Of another run of the same sweep, which has ended and can't close it any more."""
        self._guard = _IdleGuard(self._let_go)
        self._let_go_times = 0
        self._let_go_reason = ""

    @property
    def id(self) -> str | None:
        """Of the Session or Batch that is open."""
        return None if self._opened is None else str(self._opened.session_id)

    def attach(self, diary: Diary | None) -> None:
        """Work for another run, or for none."""
        self._diary = diary
        if self._opened is not None and diary is not None and self.id not in {known.id for known in diary.sessions}:
            self._note("rejoined", "shared with another run of the sweep")

    def place(self) -> Any:  # noqa: ANN401 - a Session, a Batch or a backend of the client
        """Where jobs are sent: what is open, else the one of an earlier part of the run, else a new one.

        Raises:
            BackendError: If the policy is to stop, or the service can't be asked.
        """
        self._guard.rest()
        if self._let_go_reason:
            reason, self._let_go_reason = self._let_go_reason, ""
            self._note("ended", reason, seconds=self._seconds())
            self._opened = None
            self._let_go_times += 1
            if self._let_go_times >= _TOO_OFTEN and self.mode == "session":
                self._change("batch", "the optimizer takes so long between jobs that a Session would idle")
        if self.mode == "job":
            return self._account.backend(self._device, fractional=self._fractional)
        if self._opened is None:
            self._rejoin()
        if self._opened is None:
            self._open()
        return self.place() if self._opened is None else self._current()

    def resume(self) -> None:
        """Take up what an earlier part of the run left open, to be guarded against idling, or closed where the mode is another."""
        if self._opened is None:
            self._rejoin()

    def rest(self) -> None:
        """A job has ended and none is in flight: from now on an open Session idles at the user's expense."""
        if self._opened is not None and self.mode == "session":
            self._guard.start()

    def ended(self, session: str | None = None) -> str | None:
        """Why no more jobs are taken where they were sent last; None where they are, or where nothing was open.

        Args:
            session: Of the job that the question is about, where it is one of an earlier part of the run.
        """
        if self._opened is not None:
            details = self._details(self._current)
        elif session is None or self.mode == "job":
            return None
        else:
            try:
                details = self._details(lambda: self._account.session(session, batch=self.mode == "batch"))
            except (JobLost, Unanswered):
                return None
        if details.get("state") == "closed" or details.get("accepting_jobs") is False:
            return f"the service closed it (state {details.get('state')}, at most {details.get('max_time')} s)"
        return None

    def usage(self) -> float | None:
        """Seconds that what is open was billed so far; None where nothing is open."""
        seconds = None if self._opened is None else self._details(self._current).get("usage_time")
        return None if seconds is None else float(seconds)

    def move_on(self, reason: str) -> None:
        """Leave what has ended, by the policy.

        Raises:
            BackendError: If the policy is to stop.
        """
        kind = "Batch" if self.mode == "batch" else "Session"
        if self._opened is not None:
            self._note("ended", reason, seconds=self._seconds())
            self._opened = None
        if self.mode == "session" and self._on_end == "stop":
            message = f"the {kind} has ended: {reason}. on_session_end is stop; the same command goes on in a new one"
            raise BackendError(message)
        if self.mode == "session" and self._on_end == "batch":
            self._change("batch", f"the Session has ended: {reason}")

    def learn(self, session: str | None) -> None:
        """Take over the Session or Batch of a job that was adopted, where the journal lost that it was opened: somebody has to close it."""
        known = self._known()
        if session is None or self._opened is not None or (known is not None and known.id == session):
            return
        try:
            found = self._account.group(session)
        except JobLost:
            return
        mode = "batch" if type(found).__name__ == "Batch" else "session"
        self._record("rejoined", session, "a job of this run is in it", None, mode=mode)

    def close(self) -> None:
        """Release what is open, so that it is not billed any longer. What can't be closed is said; `qopt sessions` closes it later."""
        self._guard.rest()
        if self._opened is None:
            try:
                self._rejoin(CLOSING)
            except BackendError as error:
                if (known := self._known()) is not None:
                    self._record("left open", known.id, str(error), None, mode=known.mode)
                return
        self._release(self._let_go_reason or "released")
        self._release_others()

    def _release(self, why: str) -> None:
        if self._opened is None:
            return
        session, seconds = str(self.id), None
        try:
            self._account.caller.read("closing the Session", lambda: self._current().close(), limit=CLOSING)
        except BackendError as error:
            what, reason = "left open", str(error)
        else:
            what, reason, seconds = "ended", why, self._seconds()
        self._opened = None
        self._record(what, session, reason, seconds, mode="batch" if self._batch else "session")

    def _release_others(self) -> None:
        """Close what earlier parts of the run left open beside what was open last."""
        for known in () if self._diary is None else self._diary.sessions:
            try:
                self._account.caller.read("closing the Session", partial(self._close, known), limit=CLOSING)
            except JobLost as error:
                self._record("ended", known.id, str(error), None, mode=known.mode)
            except BackendError as error:
                self._account.caller.told.append(str(error))
            else:
                self._record("ended", known.id, "released", self.seconds_of(known), mode=known.mode)

    def _close(self, known: OpenSession) -> None:
        self._account.session(known.id, batch=known.mode == "batch", limit=CLOSING).close()

    def seconds_of(self, session: OpenSession) -> float | None:
        """What a Session or Batch that ended was billed; None while its jobs still run, or where the service does not say."""
        try:
            details = self._details(lambda: self._account.session(session.id, batch=session.mode == "batch"), limit=CLOSING)
        except BackendError:
            return None
        return details.get("usage_time") if details.get("state") == "closed" else None

    def _known(self) -> OpenSession | None:
        """What this run opened last, or another of its sweep before it."""
        return (None if self._diary is None else self._diary.session) or self.left_open

    def _rejoin(self, limit: float | None = None) -> None:
        known = self._known()
        if known is None:
            return
        batch = known.mode == "batch"
        try:
            session = self._account.session(known.id, batch=batch, limit=limit)
            details = self._details(lambda: self._account.session(known.id, batch=batch), limit=limit)
        except JobLost as error:
            self.left_open = None
            self._record("ended", known.id, str(error), None)
            return
        self.left_open = None
        self._opened, self._logins, self._batch = session, self._account.logins, batch
        elsewhere = details.get("backend_name") not in (None, self._device)
        if known.mode != self.mode or elsewhere:
            self._release(f"the device is {self._device} now" if elsewhere else f"the mode is {self.mode} now")
            return
        if details.get("state") == "closed" or details.get("accepting_jobs") is False:
            self._opened = None
            self._record("ended", known.id, "it was closed meanwhile", details.get("usage_time"))
            if self.mode == "session" and self._on_end == "batch":
                self._change("batch", "the Session has ended while nobody worked on the run")
            return
        self._note("rejoined", "left open by an earlier part of the run")
        self._watch(details)

    def _open(self) -> None:
        from qiskit_ibm_runtime import Batch, Session  # noqa: PLC0415 - takes seconds, and only devices need it

        kind = Batch if self.mode == "batch" else Session

        def opened() -> Any:  # noqa: ANN401 - the client's
            # The device is looked up in here: after a new login it is another object, and the old one would go on with the old login.
            return kind(backend=self._account.backend(self._device, fractional=self._fractional))

        try:
            # A Session that was opened without our knowing costs nothing: it is billed from its first job on, and closed without one.
            self._opened = self._account.caller.read(f"opening a {kind.__name__} on {self._device}", opened)
        except Unanswered as error:
            if error.failure.reaction is not Reaction.FALL_BACK:
                raise
            self._change("batch" if self.mode == "session" else "job", str(error.failure))
            return
        self._logins, self._batch = self._account.logins, self.mode == "batch"
        self._note("opened", f"mode {self.mode}")
        if self.mode == "session":
            self._watch(self._details(self._current))

    def _watch(self, details: dict[str, Any]) -> None:
        timeout = details.get("interactive_timeout")
        self._guard.seconds = None if timeout is None or self.mode != "session" else IDLE_SHARE * float(timeout)

    def _let_go(self) -> None:
        """Called by the guard, in its own thread: nothing is recorded from there."""
        if self._opened is None:
            return
        try:
            self._account.caller.read("closing the idle Session", lambda: self._current().close(), limit=CLOSING)
        except BackendError as error:
            self._account.caller.told.append(str(error))
            self._logins = -1  # the client's object takes itself for closed now: the next one to need it fetches it anew
            return
        self._let_go_reason = f"released after {self._guard.seconds:g} s without a job, for idling is billed"

    def _change(self, mode: Mode, reason: str) -> None:
        self.mode = mode
        if self._diary is not None:
            self._diary.note("mode", {"mode": mode, "reason": reason})

    def _current(self) -> Any:  # noqa: ANN401 - the client's
        """What is open, fetched anew after a new login, for it remembers the old one."""
        if self._logins != self._account.logins:
            self._opened = self._account.session(str(self.id), batch=self._batch)
            self._logins = self._account.logins
        return self._opened

    def _details(self, find: Callable[[], Any], *, limit: float | None = None) -> dict[str, Any]:
        return self._account.caller.read("the state of the Session", lambda: dict(find().details() or {}), limit=limit)

    def _seconds(self) -> float | None:
        """What it is billed, unless the service keeps that to itself: leaving must not fail for it."""
        if self._opened is None:
            return None
        try:
            details = self._details(self._current, limit=CLOSING)
        except BackendError:
            return None
        # Until its last job has ended it goes on being billed: it is asked for again when bills are settled.
        return details.get("usage_time") if details.get("state") == "closed" else None

    def _note(self, what: str, reason: str, *, seconds: float | None = None) -> None:
        self._record(what, str(self.id), reason, seconds)

    def _record(self, what: str, session: str, reason: str, seconds: float | None, *, mode: str | None = None) -> None:
        if self._diary is not None:
            self._diary.note(SESSION, {"what": what, "id": session, "mode": mode or self.mode, "reason": reason, "seconds": seconds})


class _IdleGuard:
    """Calls a function when it was started and not stopped for so many seconds."""

    def __init__(self, function: Any) -> None:  # noqa: ANN401 - any callable without arguments
        self.seconds: float | None = None
        self._function = function
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Begin to count anew."""
        self.rest()
        if self.seconds is None:
            return
        self._timer = threading.Timer(self.seconds, self._function)
        self._timer.daemon = True
        self._timer.start()

    def rest(self) -> None:
        """Stop; where the function is at work already, wait for it to end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None
