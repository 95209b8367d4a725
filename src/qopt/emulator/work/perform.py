"""One job from its parameters to its results and its bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qopt.emulator.work import billing, estimator, executor, sampler
from qopt.emulator.work.job import TOO_LONG, Done, Work, WorkFailed, invalid

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class _Program:
    """How jobs of a program are read, billed and executed; the job that is read is of a type of its own."""

    read: Callable[[Work], Any]
    bill: Callable[[str, Any], float]
    execute: Callable[[Work, Any], str]


_PROGRAMS = {
    "estimator": _Program(estimator.read, billing.of_estimator, estimator.execute),
    "executor": _Program(executor.read, billing.of_executor, executor.execute),
    "sampler": _Program(sampler.read, billing.of_sampler, sampler.execute),
}


def perform(work: Work) -> Done:
    """Do a job.

    Raises:
        WorkFailed: If it ends as failed on the platform; whatever a user can do wrong ends so.
    """
    program = _program(work.program_id)
    job = program.read(work)
    seconds = work.bias * program.bill(work.backend, job)
    if work.max_execution_time is not None and seconds > work.max_execution_time:
        message = f"the job was cancelled after its maximum execution time of {work.max_execution_time:g} s; it would take {seconds:.1f} s"
        raise WorkFailed(TOO_LONG, message)
    return Done(program.execute(work, job), seconds)


def quantum_seconds(work: Work) -> float:
    """The seconds that a job is billed, without doing it.

    Raises:
        WorkFailed: If it is refused before anything is executed.
    """
    program = _program(work.program_id)
    return work.bias * program.bill(work.backend, program.read(work))


def _program(name: str) -> _Program:
    if name not in _PROGRAMS:
        message = f"there is no program {name!r} on this platform, expected one of {', '.join(sorted(_PROGRAMS))}"
        raise invalid(message)
    return _PROGRAMS[name]
