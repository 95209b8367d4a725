"""What the service says of a job, a Session or a Batch, as plain data; and asking it to cancel or to close one."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from qopt.errors import InputError
from qopt.execution.executor import JobLost, JobState, Waiting
from qopt.execution.ibm.answers import billed_seconds, state_of
from qopt.execution.ibm.patience import Unanswered
from qopt.secrets import scrub

if TYPE_CHECKING:
    from qopt.execution.ibm.account import Account

PATIENCE = Waiting(call=30.0, service=20.0)
"""Seconds that somebody who only looks waits for the service."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class JobFacts:
    """A job as the service tells it.

    Attributes:
        id: Of the job.
        state: Where it stands.
        program: `sampler`, `estimator` or `executor`.
        backend: The device; empty where the service does not say.
        created: When it was submitted, by ISO 8601 in local time.
        tags: It was submitted with.
        session: The Session or Batch that it belongs to.
        seconds: Of QPU time billed; None while the service still counts.
        error: Why it failed.
        starts: When it is expected to start, as the service estimates and words it; None where it does not.
        pending: Jobs waiting for its device, while it is one of them. Not a position: the service's order is its own.
    """

    id: str
    state: JobState
    program: str
    backend: str
    created: str | None
    tags: tuple[str, ...]
    session: str | None
    seconds: float | None
    error: str = ""
    starts: str | None = None
    pending: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "state": self.state.value}


@dataclass(frozen=True)
class GroupFacts:
    """A Session or Batch as the service tells it.

    Attributes:
        id: Of the Session or Batch.
        kind: `Session` or `Batch`.
        state: `open` until its first job starts, then `active` or `inactive`, in the end `closed`.
        accepting: Whether it takes jobs.
        backend: The device.
        seconds: Billed so far; None where the service does not say.
    """

    id: str
    kind: str
    state: str
    accepting: bool
    backend: str
    seconds: float | None

    @property
    def open(self) -> bool:
        """Whether it may still cost something: a job may start in it, or be sent to it."""
        return self.state != "closed"


def job_facts(account: Account, job: str) -> JobFacts:
    """What the service says of a job.

    Raises:
        InputError: If the account has no such job.
        BackendError: If the service can't be asked.
    """
    found, read = _job(account, job), account.caller.read
    state = state_of(read(f"the status of job {job}", found.status))
    metrics = dict(read(f"the metrics of job {job}", found.metrics) or {})
    # The public method waits for the job's end where no device is named yet.
    device = getattr(found, "_backend", None)
    created = read(f"when job {job} was created", lambda: found.creation_date)
    facts = JobFacts(
        id=job,
        state=state,
        program=str(found.primitive_id),
        backend="" if device is None else str(device.name),
        created=None if created is None else created.isoformat(sep=" ", timespec="seconds")[:19],
        tags=tuple(str(tag) for tag in found.tags or ()),
        session=read(f"the Session of job {job}", lambda: found.session_id) or None,
        seconds=billed_seconds(metrics),
    )
    if state is JobState.QUEUED:
        starts = metrics.get("estimated_start_time")
        pending = account.pending(facts.backend)[0] if facts.backend else None
        return replace(facts, starts=None if starts is None else str(starts), pending=pending)
    if state is JobState.ERROR:
        said = read(f"why job {job} failed", found.error_message) or "no reason was given"
        return replace(facts, error=" ".join(scrub(str(said)).split()))
    return facts


def job_state(account: Account, job: str) -> JobState:
    """Where a job stands.

    Raises:
        InputError: If the account has no such job.
        BackendError: If the service can't be asked.
    """
    return state_of(account.caller.read(f"the status of job {job}", _job(account, job).status))


def cancel_job(account: Account, job: str) -> JobState:
    """Cancel a job that has not ended, and return where it stands then.

    Raises:
        InputError: If the account has no such job.
        BackendError: If the service can't be asked.
    """
    found = _job(account, job)
    try:
        account.caller.read(f"cancelling job {job}", found.cancel)
    except Unanswered:
        state = job_state(account, job)
        if not state.final:
            raise
        return state
    return job_state(account, job)


def live_jobs(account: Account, tag: str) -> list[str]:
    """The jobs with a tag that have not ended, oldest first."""
    jobs = [(str(job.job_id()), job.status) for job in account.jobs(tag)]
    return [name for name, status in jobs if not state_of(account.caller.read(f"the status of job {name}", status)).final]


def group_facts(account: Account, group: str) -> GroupFacts:
    """What the service says of a Session or Batch.

    Raises:
        InputError: If the account has none of that id.
        BackendError: If the service can't be asked.
    """
    return _facts_of(account, group, _group(account, group))


def close_group(account: Account, group: str) -> GroupFacts:
    """Close a Session or Batch: what runs or waits in it is still done, nothing more is taken. Return what it is then.

    Raises:
        InputError: If the account has none of that id.
        BackendError: If the service can't be asked.
    """
    found = _group(account, group)
    account.caller.read(f"closing {group}", found.close)
    return _facts_of(account, group, found)


def _facts_of(account: Account, group: str, found: Any) -> GroupFacts:  # noqa: ANN401 - of the client
    details = dict(account.caller.read(f"the state of {group}", found.details) or {})
    seconds = details.get("usage_time")
    return GroupFacts(
        id=group,
        kind=type(found).__name__,
        state=str(details.get("state") or "unknown"),
        accepting=bool(details.get("accepting_jobs")),
        backend=str(details.get("backend_name") or ""),
        seconds=None if seconds is None else float(seconds),
    )


def _job(account: Account, job: str) -> Any:  # noqa: ANN401 - of the client
    return _found("job", job, partial(account.job, job))


def _group(account: Account, group: str) -> Any:  # noqa: ANN401 - of the client
    return _found("Session or Batch", group, partial(account.group, group))


def _found(kind: str, name: str, find: partial[Any]) -> Any:  # noqa: ANN401 - of the client
    if not _ID.fullmatch(name):
        message = f"{name!r} is no id of a {kind}, expected letters and digits: copy it from `qopt status` or from the service's own pages"
        raise InputError(message)
    try:
        return find()
    except JobLost:
        message = f"the account has no {kind} {name!r}: check the id, and name the instance that it is of with --instance"
        raise InputError(message) from None
