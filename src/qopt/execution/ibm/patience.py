"""When to ask again and when to give up: back-off with jitter, a bucket of tokens for submissions, and a deadline on every call."""

from __future__ import annotations

import math
import random
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from qopt.errors import BackendError, QoptError
from qopt.execution.executor import JobLost, Waiting
from qopt.execution.ibm.failures import Failure, Reaction, look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

SILENCE = 10.0
"""Seconds between two sentences about the same wait."""

FIRST, FACTOR, MOST = 0.5, 2.0, 60.0
"""Seconds before the second attempt, the growth from one to the next, and the longest."""
LOGINS = 3
"""How often one request is tried with a new login: an account that was closed is refused however often it logs in."""


class Unanswered(BackendError):
    """A request failed; whether it was carried out is not known.

    Args:
        what: What was asked.
        failure: Why there is no answer.
    """

    def __init__(self, what: str, failure: Failure) -> None:
        super().__init__(f"{what}: {failure}")
        self.failure = failure


def delays(rng: random.Random) -> Iterator[float]:
    """Seconds between attempts: doubled each time up to a minute, and of that a random part between half and all of it.

    Jitter keeps many programs that lost the same service from coming back together (Brooker 2015, "Exponential Backoff And Jitter").
    """
    longest = FIRST
    while True:
        yield rng.uniform(longest / 2, longest)
        longest = min(MOST, FACTOR * longest)


class Bucket:
    """Tokens for submissions: so many at once, and so many a minute.

    Args:
        per_minute: The service's limit; 0 is no limit.
        full: Whether as many as in a minute may be sent at once; not where the service has just complained.
    """

    def __init__(self, per_minute: float, *, full: bool = True) -> None:
        """Begin full or empty."""
        self._rate = per_minute / 60.0
        self._size = max(1.0, per_minute)
        self._tokens = self._size if full else 0.0
        self._filled = time.monotonic()

    def take(self) -> float:
        """Take a token and return the seconds to wait before using it."""
        if not self._rate:
            return 0.0
        now = time.monotonic()
        self._tokens = min(self._size, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)


@dataclass
class Caller:
    """Calls the client: no attempt lasts longer than its deadline, and all attempts together not longer than theirs.

    Attributes:
        waiting: The deadlines.
        reconnect: Logs in anew.
        told: What went wrong and was overcome, in words, for the run's journal; whoever reads it empties it.
        say: Tells people at once what is being waited for; None where nobody listens.
    """

    waiting: Waiting
    reconnect: Callable[[], None]
    told: list[str] = field(default_factory=list)
    say: Callable[[str], None] | None = None
    _said: float = -math.inf

    def read(self, what: str, function: Callable[[], T], *, attempts: int | None = None, limit: float | None = None) -> T:
        """Call something that may safely be called twice, until it answers.

        Args:
            what: What is asked, for the user: "the status of job X".
            function: The call.
            attempts: At most so many; None is as many as the deadline allows.
            limit: Seconds for all attempts, where there is less time than usual.

        Raises:
            JobLost: If the service does not know what is asked for.
            BackendError: If the service refuses, or does not answer in time.
        """
        patience, once = self.waiting.service, self.waiting.call
        if limit is not None:
            patience, once = min(patience, limit), min(once, limit)
        end = time.monotonic() + patience
        waits = delays(random.Random())  # noqa: S311 - jitter, no secret
        tried, logins = 0, 0
        while True:
            tried += 1
            try:
                return self.once(what, function, deadline=once)
            except Unanswered as error:
                failure = error.failure
                if failure.reaction is Reaction.LOST:
                    message = f"{what}: {failure}"
                    raise JobLost(message) from error
                again = failure.reaction is Reaction.RETRY or (failure.reaction is Reaction.RECONNECT and logins < LOGINS)
                pause = failure.wait if failure.wait is not None else next(waits)
                if not again or tried in (attempts, failure.rule.attempts):
                    raise
                if time.monotonic() + pause > end:
                    message = f"{what}: {failure}; {patience:g} s of trying were in vain. The same command goes on from here"
                    raise BackendError(message) from error
                self.told.append(str(error))
                self.mention(f"{error}; trying again for up to {end - time.monotonic():.0f} s")
                if failure.reaction is Reaction.RECONNECT:
                    logins += 1
                    self.reconnect()
            time.sleep(pause)

    def mention(self, sentence: str) -> None:
        """Tell people what is being waited for, if anybody listens and nothing was said for some seconds."""
        if self.say is not None and time.monotonic() - self._said >= SILENCE:
            self._said = time.monotonic()
            self.say(sentence)

    def once(self, what: str, function: Callable[[], T], *, deadline: float | None = None) -> T:
        """Call something once.

        Raises:
            Unanswered: If it fails or does not return in time; whether it was carried out is not known then.
        """
        try:
            return within(self.waiting.call if deadline is None else deadline, function)
        except QoptError:
            raise
        except Exception as error:
            raise Unanswered(what, look_up(error)) from error


def within(seconds: float, function: Callable[[], T]) -> T:
    """The function's result, computed in a thread that is left behind where it takes longer.

    The client puts no limit on the time that a reply to a GET may take, so a silent server would be waited for without end.

    Raises:
        TimeoutError: If it takes longer.
    """
    box: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            box.put((function(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised again on the other side
            box.put((None, error))

    threading.Thread(target=work, daemon=True, name="qopt-call").start()
    try:
        result, error = box.get(timeout=seconds)
    except Empty:
        message = f"no answer within {seconds:g} s"
        raise TimeoutError(message) from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # the function's own, whatever it is
