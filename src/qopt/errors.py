"""The refusals of qopt: each says what was got, what was expected and what to do. The command line turns them into exit codes."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from qopt.secrets import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

Where: TypeAlias = tuple[str | int, ...]
"""The path of a key in a config, outermost first: `("problem", "graph", "edges", 3)`."""


class QoptError(Exception):
    """Anything that qopt refuses or can't do, told to the user without a traceback.

    What others wrote finds its way into messages, and from there into journals and logs, so credentials are taken out here.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(scrub(message))


class InputError(QoptError):
    """Something the user gave is wrong.

    Args:
        message: What was got, what was expected, what to do.
        where: The config key that it came from, relative to the part that raises; callers that know more put
            their own key in front with `below`. Empty where there is no config.
    """

    exit_code = 2

    def __init__(self, message: str, where: Where = ()) -> None:
        super().__init__(message)
        self.message = str(self)
        self.where = where

    def below(self, *keys: str | int) -> InputError:
        """The same refusal, one level further out in the config."""
        return InputError(self.message, (*keys, *self.where))


class BackendError(QoptError):
    """A backend, a job or a primitive failed, or answered something that can't be believed."""

    exit_code = 3


class StorageError(QoptError):
    """A run folder can't be read or written."""

    exit_code = 4


class LockedError(StorageError):
    """Another process is at work in the run folder."""


class DamagedError(StorageError):
    """What is stored in a run folder is not what was written."""


class IdentityError(QoptError):
    """A run folder holds another run than the one asked for."""

    exit_code = 2


class ReplayDivergence(StorageError):
    """An optimizer asked for another point than the recorded one."""


class NotConverged(QoptError):
    """The run ended before its optimizer converged, and convergence was asked for."""

    exit_code = 5


@contextmanager
def below(*keys: str | int) -> Iterator[None]:
    """Put config keys in front of the place of a refusal that comes from inside."""
    try:
        yield
    except InputError as error:
        raise error.below(*keys) from error


@contextmanager
def blamed(what: str, where: Where = ("problem",)) -> Iterator[None]:
    """Tell a failure of the user's own code as theirs, with its line, instead of showing a traceback through qopt.

    Args:
        what: What was being called.
        where: The config key that named the code.

    Raises:
        InputError: Around whatever else is raised inside, an attempt to end the process included.
    """
    try:
        yield
    except QoptError:
        raise
    except (Exception, SystemExit) as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name} line {frame.lineno}"
        message = f"{what} failed with {type(error).__name__}: {error} ({place}): mend it, then run the same command again"
        raise InputError(message, where) from error


class Stop(BaseException):
    """Leaves the optimizer at the live frontier; a `BaseException`, so that no optimizer's own `except Exception` can swallow it."""


class BudgetReached(Stop):
    """The next question would overrun the budget."""


class Queued(Stop):
    """A job is not done, and the run was told not to wait: the same command later goes on.

    Args:
        job: The job's id.
        state: `queued` or `running`.
    """

    exit_code: ClassVar[int] = 75
    """EX_TEMPFAIL of sysexits.h, which batch systems and cron scripts take for "try again later"."""

    def __init__(self, job: str, state: str) -> None:
        super().__init__(f"job {job} is {state}; the same command later collects it")
        self.job = job
        self.state = state


class Interrupted(Stop, KeyboardInterrupt):
    """A signal asked the run to leave; everything is recorded and the same call goes on. Notebooks take it as the interrupt it is.

    Args:
        signum: The signal's number, so that the exit code can be 128 + signum.

    Attributes:
        told: Whether the user was told already what to do next.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
        self.told = False
