"""Cancelling the job that a run has in flight, at the service and, where nobody is at work on the run, in its journal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qopt.errors import InputError, LockedError
from qopt.execution.executor import JobState
from qopt.execution.ibm.inquiry import cancel_job, job_state, live_jobs
from qopt.jobs.standing import standing
from qopt.journal import Failed, Journal
from qopt.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.execution.ibm.account import Account
    from qopt.jobs.standing import InFlight

REASON = "cancelled by `qopt cancel`"


@dataclass(frozen=True)
class Cancellation:
    """What became of a run's job in flight.

    Attributes:
        run: The run's name.
        cancelled: State of every job that was cancelled, by id.
        ended: State of those that had ended before, by id.
        recorded: Whether the journal says so; otherwise the process that is at work on the run will notice.
        session: The Session or Batch that the run left open.
    """

    run: str
    cancelled: dict[str, str]
    ended: dict[str, str]
    recorded: bool
    session: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def cancel(folder: Path, account: Account) -> Cancellation:
    """Cancel every live job of the question that a run has not got an answer to.

    Args:
        folder: The run folder.
        account: That the run measures with.

    Raises:
        InputError: If the run measures on a local backend.
        BackendError: If the service can't be asked.
        StorageError: If the journal can't be read or written.
    """
    now = standing(folder)
    if not now.remote:
        message = (
            f"{now.name} measures on {now.backend or 'nothing yet'}, where jobs end with their process: there is nothing at a service "
            "to cancel; stop the run with Ctrl-C or `kill`"
        )
        raise InputError(message)
    session = None if now.session is None else now.session.id
    asked = now.in_flight
    if asked is None:
        return Cancellation(now.name, {}, {}, recorded=False, session=session)
    # A job may have been accepted without its id having been recorded, and the list of jobs may not have the newest one yet.
    found = dict.fromkeys(live_jobs(account, asked.tag), JobState.QUEUED)
    if asked.job is not None and asked.job not in found:
        found[asked.job] = job_state(account, asked.job)
    after = {job: state if state.final else cancel_job(account, job) for job, state in found.items()}
    cancelled = {job: state.value for job, state in after.items() if not found[job].final and state is not JobState.DONE}
    ended = {job: state.value for job, state in after.items() if job not in cancelled}
    return Cancellation(now.name, cancelled, ended, recorded=asked.job in cancelled and _record(folder, asked), session=session)


def _record(folder: Path, asked: InFlight) -> bool:
    """Whether the journal says now that the job gave no answer; not where somebody is at work on the run or went on with it meanwhile."""
    if asked.job is None:
        return False
    try:
        journal = Journal.open(folder)
    except LockedError:
        return False
    with journal:
        known = Ledger(journal.records)
        if known.jobs.get((asked.stage, asked.call)) != asked.job or (asked.stage, asked.call) in known.answered:
            return False
        journal.append(Failed(asked.stage, asked.call, asked.job, REASON))
    return True
