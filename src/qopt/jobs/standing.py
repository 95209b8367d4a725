"""Where a run stands, from its journal alone: what was answered, what it cost, and what is in flight. Asks nobody and needs no lock."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qopt.journal import Asked, Event, Submitted, read
from qopt.journal.lock import host_at_work
from qopt.ledger import MODE, Ledger, tag_for
from qopt.report.history import history
from qopt.types import SESSION, of_ibm

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.journal import Contents


@dataclass(frozen=True)
class InFlight:
    """A question that was asked last and has no answer yet.

    Attributes:
        stage: The part of the run that asked.
        call: The number of the call within its stage.
        tag: By which its job is found at a service.
        job: The job's id; None where the run was stopped before it could be recorded.
        since: When the job was submitted, or where that is not known the question asked, in seconds since the epoch.
    """

    stage: str
    call: int
    tag: str
    job: str | None
    since: float


@dataclass(frozen=True)
class Opened:
    """A Session or Batch that the run opened and that did not end as far as its journal knows.

    Attributes:
        id: As the service calls it.
        mode: `session` or `batch`.
        since: When the journal last heard of it, in seconds since the epoch.
    """

    id: str
    mode: str
    since: float


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        name: Of the run folder.
        run_id: Of the run, of which its tags are made; empty where nothing was begun.
        state: `running`, `waiting` for a job at a service, `finished`, `stopped at budget`, `finished on request`, `interrupted` or
            `empty`.
        host: Of the process that is at work on it; None where none is.
        backend: What the run calls its backend.
        answers: Questions that were answered.
        evaluations: Points that the optimizer asked for and got.
        shots: Of all answers.
        elapsed: Seconds of work, over all parts of the run.
        changed: When the journal was last written to, in seconds since the epoch.
        best_seen: The best value that the optimizer saw and its standard error, in the problem's own sense; biased by selection.
        billed: QPU seconds of the jobs whose bill is settled.
        bills: How many these are.
        unbilled: Answered jobs whose bill is not settled yet.
        mode: How jobs are grouped at the service; None where none was sent yet.
        mode_reason: Why, where the journal says.
        session: The Session or Batch that is open.
        in_flight: The question without an answer.
        result: Whether the run has a result that it did not go on from.
    """

    name: str
    run_id: str
    state: str
    host: str | None
    backend: str
    answers: int
    evaluations: int
    shots: int
    elapsed: float
    changed: float
    best_seen: tuple[float, float] | None
    billed: float
    bills: int
    unbilled: int
    mode: str | None
    mode_reason: str
    session: Opened | None
    in_flight: InFlight | None
    result: bool

    @property
    def remote(self) -> bool:
        """Whether its jobs run at a service and go on without a process here."""
        return of_ibm(self.backend)

    @property
    def asks(self) -> bool:
        """Whether the service has something to add: the run has a job in flight there, or a Session open."""
        return self.session is not None or (self.remote and self.in_flight is not None)

    @property
    def moving(self) -> bool:
        """Whether there is no result yet and something goes on by itself: somebody is at work, or a job is at a service."""
        return not self.result and (self.host is not None or (self.in_flight is not None and self.remote))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def standing(folder: Path) -> Standing:
    """Where the run in a folder stands now, also while it is at work.

    Raises:
        StorageError: If its journal can't be read.
        DamagedError: If that doesn't hold what was written.
    """
    host = host_at_work(folder)
    contents = read(folder)
    run, ledger = history(folder, contents), Ledger(contents.records)
    mode, reason = _mode(contents)
    backend = str(ledger.header.identity.get("backend", "")) if ledger.header else ""
    in_flight = _in_flight(contents, ledger)
    left = run.state == "interrupted" and in_flight is not None and of_ibm(backend)
    return Standing(
        name=folder.name,
        run_id=ledger.header.run_id if ledger.header else "",
        state="waiting" if left else run.state,
        host=host,
        backend=backend,
        answers=len(ledger.answered),
        evaluations=run.evaluations,
        shots=ledger.shots,
        elapsed=ledger.elapsed,
        changed=run.changed,
        best_seen=run.best_seen,
        billed=ledger.bills.seconds,
        bills=len(ledger.bills.of_calls),
        unbilled=ledger.bills.unsettled,
        mode=mode,
        mode_reason=reason,
        session=_session(contents, ledger),
        in_flight=in_flight,
        result=run.result is not None,
    )


def _in_flight(contents: Contents, ledger: Ledger) -> InFlight | None:
    """The newest question without an answer; older ones were left behind when the run was finished on request."""
    found: InFlight | None = None
    for time, record in zip(contents.times, contents.records, strict=True):
        if not isinstance(record, Asked | Submitted):
            continue
        key = record.stage, record.call
        if key in ledger.answered:
            continue
        if isinstance(record, Submitted):
            if ledger.jobs.get(key) == record.job:
                found = InFlight(*key, record.tag, record.job, time)
        else:
            found = InFlight(*key, tag_for(ledger.header.run_id if ledger.header else "", *key), None, time)
    return found


def _mode(contents: Contents) -> tuple[str | None, str]:
    """How jobs are grouped since the last change that was recorded, and why; one by one where a device has jobs and no change was."""
    mode, reason = None, ""
    for record in contents.records:
        if isinstance(record, Submitted) and mode is None:
            mode = "job"
        if isinstance(record, Event) and record.name == MODE:
            mode, reason = str(record.detail["mode"]), str(record.detail["reason"])
        elif isinstance(record, Event) and record.name == SESSION and record.detail["what"] in ("opened", "rejoined"):
            found = str(record.detail["mode"])
            mode, reason = found, reason if found == mode else ""
    return mode, reason


def _session(contents: Contents, ledger: Ledger) -> Opened | None:
    if ledger.session is None:
        return None
    heard = [
        time
        for time, record in zip(contents.times, contents.records, strict=True)
        if isinstance(record, Event) and record.name == SESSION and record.detail["id"] == ledger.session.id
    ]
    return Opened(ledger.session.id, ledger.session.mode, max(heard))
