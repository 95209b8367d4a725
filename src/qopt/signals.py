"""Leaving on a signal: the first one lets a local evaluation finish within two seconds, the second leaves at once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qopt.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

GRACE_SECONDS = 2.0
_NAMES = ("SIGINT", "SIGTERM", "SIGUSR1")


class Signals:
    """Whether the run was asked to leave."""

    def __init__(self) -> None:
        """Not yet."""
        self._received: int | None = None
        self._held = 0
        self._caught = False
        self._due = False

    def check(self) -> None:
        """Leave here, if asked to.

        Raises:
            Interrupted: If a signal came.
        """
        if self._received is not None:
            raise Interrupted(self._received)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do not leave in the middle of this block: an answer that is there is written down first."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._due and not self._held:
                self.check()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Take over INT, TERM and USR1, where this is the main thread; give them back at the end. Inside itself it does nothing."""
        if self._caught or threading.current_thread() is not threading.main_thread():
            yield
            return
        self._caught = True
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        before = {number: signal.signal(number, self._receive) for number in numbers}
        alarm = signal.signal(signal.SIGALRM, self._leave) if hasattr(signal, "SIGALRM") else None
        try:
            yield
            # Asked to leave while there was nothing to stop: the caller has more to do, or the program ends.
            self.check()
        finally:
            self._caught = False
            if alarm is not None:
                signal.setitimer(signal.ITIMER_REAL, 0.0)
                signal.signal(signal.SIGALRM, alarm)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _receive(self, signum: int, frame: FrameType | None) -> None:
        if self._received is not None or not hasattr(signal, "setitimer"):
            self._received = signum
            self._leave(signum, frame)
            return
        self._received = signum
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

    def _leave(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        if self._held:
            self._due = True
            return
        self.check()
