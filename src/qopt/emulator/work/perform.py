"""One job from its parameters to its results and its bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.emulator.work import billing, estimator, sampler
from qopt.emulator.work.job import TOO_LONG, Done, Work, WorkFailed, invalid

if TYPE_CHECKING:
    from collections.abc import Callable


def perform(work: Work) -> Done:
    """Do a job.

    Raises:
        WorkFailed: If it ends as failed on the platform; whatever a user can do wrong ends so.
    """
    execute, _ = _program(work.program_id)
    seconds = quantum_seconds(work)
    if work.max_execution_time is not None and seconds > work.max_execution_time:
        message = f"the job was cancelled after its maximum execution time of {work.max_execution_time:g} s; it would take {seconds:.1f} s"
        raise WorkFailed(TOO_LONG, message)
    return Done(execute(work), seconds)


def quantum_seconds(work: Work) -> float:
    """The seconds that a job is billed, without doing it.

    Raises:
        WorkFailed: If it is refused before anything is executed.
    """
    _, bill = _program(work.program_id)
    return work.bias * bill(work)


_PROGRAMS: dict[str, tuple[Callable[[Work], str], Callable[[Work], float]]] = {
    "estimator": (estimator.execute, billing.of_estimator),
    "sampler": (sampler.execute, billing.of_sampler),
}
"""How each program is executed, and how it is billed."""


def _program(name: str) -> tuple[Callable[[Work], str], Callable[[Work], float]]:
    if name not in _PROGRAMS:
        message = f"there is no program {name!r} on this platform, expected one of {', '.join(sorted(_PROGRAMS))}"
        raise invalid(message)
    return _PROGRAMS[name]
