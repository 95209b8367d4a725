"""The refusals of qopt: each says what was got, what was expected and what to do. The command line turns them into exit codes."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

Where: TypeAlias = tuple[str | int, ...]
"""The path of a key in a config, outermost first: `("problem", "graph", "edges", 3)`."""


class QoptError(Exception):
    """Anything that qopt refuses or can't do, told to the user without a traceback."""

    exit_code: ClassVar[int] = 1


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
        self.message = message
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


class Stop(BaseException):
    """Leaves the optimizer at the live frontier; a `BaseException`, so that no optimizer's own `except Exception` can swallow it."""


class BudgetReached(Stop):
    """The next question would overrun the budget."""


class Interrupted(Stop, KeyboardInterrupt):
    """A signal asked the run to leave; everything is recorded and the same call goes on. Notebooks take it as the interrupt it is.

    Args:
        signum: The signal's number, so that the exit code can be 128 + signum.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
