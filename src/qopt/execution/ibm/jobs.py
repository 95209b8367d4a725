"""The jobs of a run at the service: fetched by id, found by tag, told to be the ones that were meant, and rid of twins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from qopt.errors import BackendError
from qopt.execution.executor import JobLost, JobState
from qopt.execution.ibm.answers import state_of
from qopt.execution.ibm.inputs import differs
from qopt.execution.ibm.patience import Unanswered, delays
from qopt.types import TWIN

if TYPE_CHECKING:
    import random

    from qopt.execution.executor import Diary
    from qopt.execution.ibm.account import Account
    from qopt.execution.primitives import Kind
    from qopt.programs import Program


class Jobs:
    """What the client knows of a run's jobs.

    Args:
        account: The account.
        kind: Which primitives: the inputs of server-side ones can be compared.
        rng: For the jitter of looking again.

    Attributes:
        diary: Of the run; None where nobody is worked for.
        given_up: Jobs whose results stayed beyond belief: they don't count as live.
    """

    def __init__(self, account: Account, kind: Kind, rng: random.Random) -> None:
        """Know none."""
        self.diary: Diary | None = None
        self.given_up: set[str] = set()
        self._account = account
        self._kind = kind
        self._rng = rng
        self._handles: dict[str, tuple[int, Any]] = {}

    def remember(self, job: Any) -> str:  # noqa: ANN401 - of the client
        """Keep a job of the client's, and return its id."""
        name = str(job.job_id())
        self._handles[name] = (self._account.logins, job)
        return name

    def forget(self, job: str | None = None) -> None:
        """Fetch a job anew when it is next needed; all of them where none is named."""
        if job is None:
            self._handles.clear()
        else:
            self._handles.pop(job, None)

    def status(self, job: str) -> JobState:
        """Where a job stands.

        Raises:
            JobLost: If the service does not know it.
        """
        return state_of(self._account.caller.read(f"the status of job {job}", lambda: self.get(job).status()))

    def cancel(self, job: str) -> None:
        """Cancel a job, if it has not ended."""
        try:
            self._account.caller.read(f"cancelling job {job}", lambda: self.get(job).cancel())
        except Unanswered:
            if not self.status(job).final:
                raise

    def get(self, job: str) -> Any:  # noqa: ANN401 - of the client
        """The client's job; fetched anew after a new login, for it remembers the old one."""
        known = self._handles.get(job)
        if known is None or known[0] != self._account.logins:
            self._handles[job] = known = (self._account.logins, self._account.service.job(job))
        return known[1]

    def session_of(self, job: str) -> str | None:
        """The id of the Session or Batch that a job was sent to."""
        # The public property asks the service again where a job belongs to no Session.
        found = self._account.caller.read(f"the Session of job {job}", lambda: getattr(self.get(job), "_session_id", None))
        return None if found is None else str(found)

    def live(self, tag: str) -> list[Any]:
        """The jobs with the tag that have or may still get an answer, oldest first."""
        found = []
        for job in self._account.jobs(tag):
            name = self.remember(job)
            if name not in self.given_up and not self._has_failed(name):
                found.append(job)
        return found

    def _has_failed(self, job: str) -> bool:
        """Whether a job that is listed will never answer; one that can't be looked at for the moment may."""
        try:
            return self.status(job) in (JobState.ERROR, JobState.CANCELLED)
        except JobLost:
            return False

    def adopt(self, tag: str, digest: str, program: Program, *, age: float) -> str | None:
        """The one live job with the tag, after the list of jobs had time to settle; twins of it are cancelled.

        Args:
            tag: Of the call.
            digest: Of the inputs, which the job must have been made from.
            program: The inputs.
            age: Seconds for which the list had time already; infinite where nothing was sent before, so that it is asked just once.
        """
        end = time.monotonic() + max(0.0, self._account.caller.waiting.listing - age)
        pauses = delays(self._rng)
        while not (jobs := self.live(tag)):
            pause = next(pauses)
            if time.monotonic() >= end:
                return None
            time.sleep(min(pause, max(0.0, end - time.monotonic())))
        failed = set() if self.diary is None else self.diary.failed
        kept = min(jobs, key=lambda job: str(job.job_id()) in failed)
        name = str(kept.job_id())
        self._check_inputs(kept, name, digest, program)
        self._tell("adopted a job", {"job": name, "tag": tag})
        self._cancel_twins([job for job in jobs if job is not kept and str(job.job_id()) not in failed], name, tag)
        return name

    def cancel_others(self, job: str, tag: str) -> None:
        """Cancel the twins of a job: other live ones with its tag."""
        failed = set() if self.diary is None else self.diary.failed
        self._cancel_twins([twin for twin in self.live(tag) if str(twin.job_id()) not in {job, *failed}], job, tag)

    def _cancel_twins(self, twins: list[Any], kept: str, tag: str) -> None:
        for twin in twins:
            name = str(twin.job_id())
            self.cancel(name)
            done = self.status(name) is JobState.DONE
            self._note_twin(name, kept, tag, ran=done)

    def _note_twin(self, name: str, kept: str, tag: str, *, ran: bool) -> None:
        stage, call = tag.split("-")[-2:]
        detail = {"job": name, "kept": kept, "stage": stage, "call": int(call), "session": self.session_of(name)}
        self._tell(TWIN if ran else "cancelled a twin", detail)

    def _check_inputs(self, job: Any, name: str, digest: str, program: Program) -> None:  # noqa: ANN401 - of the client
        """Refuse a job that carries the call's tag but asks for something else.

        Raises:
            BackendError: With what to do.
        """
        said = [str(tag) for tag in job.tags or ()]
        problem = ""
        if digest not in said:
            problem = f"its tags are {', '.join(said)}, expected {digest} among them"
        elif self._kind == "legacy":
            inputs = self._account.caller.read(f"the inputs of job {name}", lambda: self.get(name).inputs)
            problem = differs(inputs, program)
        if problem:
            message = f"job {name} has the tag of this call but other inputs ({problem}): cancel it, then run the same command again"
            raise BackendError(message)

    def _tell(self, name: str, detail: dict[str, Any]) -> None:
        if self.diary is not None:
            self.diary.note(name, detail)
