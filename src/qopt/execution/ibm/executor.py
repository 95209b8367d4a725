"""Jobs on a device of IBM Quantum: submitted once, found again, waited for, checked. What a run needs and nothing of what it means."""

from __future__ import annotations

import itertools
import math
import re
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from qopt.errors import BackendError
from qopt.execution import primitives
from qopt.execution.executor import Circumstances, JobFailed, JobLost, JobState
from qopt.execution.ibm.answers import billed_seconds
from qopt.execution.ibm.failures import Reaction
from qopt.execution.ibm.inputs import inputs_digest, widen
from qopt.execution.ibm.jobs import Jobs
from qopt.execution.ibm.patience import Bucket, Unanswered, delays
from qopt.execution.mitigation import Mitigation, options
from qopt.failpoints import reach

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from qopt.execution.executor import Diary
    from qopt.execution.ibm.account import Account
    from qopt.execution.ibm.conversation import Conversation
    from qopt.execution.primitives import Kind
    from qopt.programs import Frozen, Program, Pub, PubData
    from qopt.types import OpenSession

FETCHES = 3
"""How often a result that can't be believed is fetched: what was cut on the way comes whole the next time."""
SLOWEST_POLL = {"session": 1.0, "batch": 10.0, "job": 10.0}
"""Seconds between two looks at a job, at most. In a Session the device waits for us."""
FIRST_POLL, POLL_GROWTH = 0.1, 1.3
TOO_LONG = re.compile(r"1305|too long|longer than", re.IGNORECASE)
"""How the service says that a job took more time than it was allowed to: by this code, or in words."""
PATIENT = 5.0
"""Seconds after which people are told that a job is waited for."""
SETTLING = 10.0
"""Seconds that asking for a bill may take: a run does not wait for what it can ask another time."""
RECALIBRATED_AFTER = 600.0
"""Seconds after which the device's calibration is looked up again, while a job waits."""
LONGEST = 10800
"""Seconds of QPU time that a job may take."""


class IbmExecutor:
    """One device of IBM Quantum, by job, Batch or Session.

    Args:
        account: The account.
        device: The device's name.
        conversation: The Session or Batch.
        kind: `legacy` or `client` primitives.
        mitigation: What is done about errors.
        rng: For the jitter of polling.
    """

    volatile: ClassVar[bool] = False

    def __init__(
        self, account: Account, device: str, conversation: Conversation, kind: Kind, mitigation: Mitigation, rng: random.Random
    ) -> None:
        """Ask nothing yet."""
        self.device = device
        self._account = account
        self._conversation = conversation
        self._kind = kind
        self._mitigation = mitigation
        self._rng = rng
        self._diary: Diary | None = None
        self._attached = time.monotonic()
        self._settled: set[str] = set()
        """What tags of runs and stages begin with of which no job is there that the journal does not know."""
        self._doubtful: set[str] = set()
        """Tags of submissions that nobody answered: a job may still turn up for them."""
        self._lost = False
        self._calibration: str | None = None
        self._calibrated_at = -math.inf
        self._jobs = Jobs(account, kind, rng)
        self._wide: dict[int, tuple[Frozen, Frozen]] = {}
        per_minute = account.caller.waiting.submissions
        self._bucket = Bucket(per_minute if conversation.mode == "job" else 0.0)
        self._limited = per_minute

    def attach(self, diary: Diary | None) -> None:
        """Work for the run that keeps this diary."""
        self._diary = self._jobs.diary = diary
        self._attached = time.monotonic()
        self._settled.clear()
        self._conversation.attach(diary)
        if diary is not None:
            self._look_up_calibration()

    def submit(self, program: Program, *, tag: str, seconds: int | None = None) -> str:
        """Make sure that there is exactly one live job with this tag.

        The first submission of every stage after every opening asks the service first, whatever the journal says, for its end may have been
        lost; and as long as a job is found that the journal did not know, the next may be there as well. After a submission without a reply
        the service is asked, too: it may have been accepted.

        Raises:
            BackendError: If the service refuses the job or can't be reached.
        """
        wide = self._widened(program)
        digest = inputs_digest(program)
        stage, _, _ = tag.rpartition("-")
        lost, self._lost = self._lost, False
        if lost or stage not in self._settled:
            idle = math.inf if self._diary is None else self._diary.idle
            known = self._adopt(tag, digest, program, age=0.0 if lost else idle + time.monotonic() - self._attached)
            if known is not None:
                return known
            self._settled.add(stage)
        end = time.monotonic() + self._account.caller.waiting.service
        waits = delays(self._rng)
        for tried in itertools.count(1):
            time.sleep(self._bucket.take())
            place = self._conversation.place()
            try:
                job = self._account.caller.once(f"submitting {tag}", partial(self._send, place, wide, (tag, digest), seconds))
            except Unanswered as error:
                known = self._after_failed_submission(error, tag, digest, program)
                if known is not None:
                    return known
                if tried == error.failure.rule.attempts:
                    raise
                pause = error.failure.wait if error.failure.wait is not None else next(waits)
                if time.monotonic() + pause > end:
                    message = (
                        f"{error}; {self._account.caller.waiting.service:g} s of trying were in vain. The same command goes on from here"
                    )
                    raise BackendError(message) from error
                self._account.caller.told.append(str(error))
                time.sleep(pause)
                continue
            name = self._jobs.remember(job)
            if self._account.repeats_posts:
                return self._adopt(tag, digest, program, age=0.0) or name
            return name
        raise AssertionError  # count has no end

    def status(self, job: str) -> JobState:
        """Where the job stands, without waiting."""
        with self._noticing_loss(job):
            return self._jobs.status(job)

    def result(self, job: str, program: Program, *, tag: str) -> list[PubData]:
        """Wait for the answer, and believe it only where it has the type, the shape and the numbers that were asked for."""
        self._conversation.resume()
        with self._noticing_loss(job):
            state = self._wait(job, tag)
            reach("ended")
            if state is not JobState.DONE:
                raise self._failed(job, state)
            data = self._fetch(job, program)
        self._conversation.rest()
        reach("fetched")
        self._tell()
        return data

    def circumstances(self, job: str) -> Circumstances:
        """The Session of the job, and the calibration as it was looked up last."""
        return Circumstances(self._jobs.session_of(job), self._calibration or "unknown")

    def calibration(self) -> str | None:
        """Of the device, as it was looked up last."""
        return self._calibration

    def session_seconds(self, session: OpenSession) -> float | None:
        """What a Session that ended was billed; None while its jobs still run."""
        return self._conversation.seconds_of(session)

    def bill(self, job: str) -> float | None:
        """QPU seconds billed; None while the service still counts."""
        return self._account.caller.read(f"the bill of job {job}", lambda: billed_seconds(self._jobs.get(job).metrics()), limit=SETTLING)

    def usage(self) -> float | None:
        """Seconds that the open Session was billed so far."""
        return self._conversation.usage()

    def find(self, tag: str) -> str | None:
        """The oldest live job with the tag."""
        jobs = self._jobs.live(tag)
        return str(jobs[0].job_id()) if jobs else None

    def cancel(self, job: str) -> None:
        """Cancel the job, if it has not ended."""
        self._jobs.cancel(job)

    def close(self) -> None:
        """Release the Session or the Batch."""
        self._conversation.close()
        self._tell()

    @property
    def _waiting(self) -> Any:  # noqa: ANN401 - Waiting, shortened
        return self._account.caller.waiting

    @contextmanager
    def _noticing_loss(self, job: str) -> Iterator[None]:
        """What the service does not know now it may know again: whoever sends its question again is to look for the job first."""
        try:
            yield
        except JobLost:
            self._lost = True
            self._jobs.forget(job)
            raise

    def _fetch(self, job: str, program: Program) -> list[PubData]:
        for fetch in itertools.count(1):
            answer = self._account.caller.read(f"the result of job {job}", lambda: self._jobs.get(job).result(timeout=self._waiting.call))
            try:
                return primitives.read(answer, program.pubs, self._mitigation)
            except BackendError as error:
                if fetch == FETCHES:
                    raise self._unbelievable(job, error) from error
                self._account.caller.told.append(str(error))
                self._jobs.forget(job)
        raise AssertionError  # count has no end

    def _unbelievable(self, job: str, error: BackendError) -> JobFailed:
        """Whether to send the question again, which costs once more: only where the result was no better when it was asked for later."""
        again = self._diary is not None and job in self._diary.failed
        if again:
            self._jobs.given_up.add(job)
        advice = "" if again else ": the same command asks for it once more, and then sends the question again"
        return JobFailed(f"job {job} is done, but {error}{advice}", again=again)

    def _adopt(self, tag: str, digest: str, program: Program, *, age: float) -> str | None:
        """The one live job with the tag, if there is one; see `Jobs.adopt`."""
        job = self._jobs.adopt(tag, digest, program, age=age)
        if job is not None:
            self._conversation.learn(self._jobs.session_of(job))
        return job

    def _send(self, place: Any, program: Program, tags: tuple[str, str], seconds: int | None) -> Any:  # noqa: ANN401 - of the client
        sent = options(self._mitigation, self._kind, sampler=not program.pubs[0].observables)
        if seconds is not None:
            sent["max_execution_time"] = min(seconds, LONGEST)
        return primitives.run(self._kind, place, program, options=sent, tags=tags, seeded=False)

    def _after_failed_submission(self, error: Unanswered, tag: str, digest: str, program: Program) -> str | None:
        """The job, if the submission was carried out although nobody said so; None to send it again.

        Raises:
            Unanswered: If sending it again would not help.
        """
        reaction = error.failure.reaction
        if reaction is Reaction.RECONNECT:
            self._account.caller.reconnect()
            self._jobs.forget()
            # Not carried out, as far as anybody knows; asking once costs nothing.
            return self._adopt(tag, digest, program, age=math.inf)
        if reaction is Reaction.REFUSED and (ended := self._conversation.ended()) is not None:
            self._conversation.move_on(ended)
            return None
        if reaction is not Reaction.RETRY:
            raise error
        if error.failure.status == 429:  # noqa: PLR2004 - too many requests
            self._bucket = Bucket(self._limited, full=False)
            return self._adopt(tag, digest, program, age=math.inf)
        self._doubtful.add(tag)
        return self._adopt(tag, digest, program, age=0.0)

    def _wait(self, job: str, tag: str) -> JobState:
        """Look at the job less and less often until it has ended, and once for twins of it, while there is nothing else to do.

        Raises:
            BackendError: If it takes longer than a job may take.
        """
        began = time.monotonic()
        end = began + self._waiting.job
        pause, looked = FIRST_POLL, False
        while not (state := self.status(job)).final:
            if not looked:
                looked = True
                self._jobs.cancel_others(job, tag)
                self._look_up_calibration()
                continue
            if time.monotonic() > end:
                message = (
                    f"job {job} is {state.value} after {self._waiting.job:g} s: it stays there, and the same command goes on waiting for it"
                )
                raise BackendError(message)
            if time.monotonic() - began >= PATIENT:
                self._account.caller.mention(f"job {job} is {state.value} on {self.device}: Ctrl-C stops the waiting, not the job")
            time.sleep(pause)
            pause = min(POLL_GROWTH * pause, SLOWEST_POLL[self._conversation.mode])
        if not looked or tag in self._doubtful:
            self._jobs.cancel_others(job, tag)
            self._doubtful.discard(tag)
        return state

    def _failed(self, job: str, state: JobState) -> JobFailed:
        """Why the job has no answer, and whether to ask again: yes where its Session ended before it ran."""
        ended = self._conversation.ended(self._jobs.session_of(job))
        said = self._account.caller.read(f"why job {job} failed", lambda: self._jobs.get(job).error_message()) or "no reason was given"
        text = " ".join(str(said).split())
        if ended is not None:
            try:
                self._conversation.move_on(ended)
            except BackendError as stop:
                message = f"job {job} was not run: {stop}"
                return JobFailed(message)
            message = f"job {job} was not run, since its Session ended: {ended}"
            return JobFailed(message, again=True)
        if state is JobState.CANCELLED:
            message = f"job {job} was cancelled by somebody else; the same command submits it again"
            return JobFailed(message)
        if TOO_LONG.search(text):
            message = f"job {job} failed: {text}. It cost what it ran for; the same command submits it again"
            return JobFailed(message)
        message = f"job {job} failed: {text}"
        return JobFailed(message, again=True)

    def _widened(self, program: Program) -> Program:
        """The program on the whole device: circuits are kept reduced to the qubits that they use."""
        width = self._account.backend(self.device).num_qubits
        return replace(program, pubs=tuple(self._widened_pub(pub, width) for pub in program.pubs))

    def _widened_pub(self, pub: Pub, width: int) -> Pub:
        known = self._wide.get(id(pub.frozen))
        if known is None:
            known = (pub.frozen, widen(pub.frozen, width))
            self._wide[id(pub.frozen)] = known
        places = list(pub.frozen.device_qubits)
        observables = tuple(item.apply_layout(places, num_qubits=width) for item in pub.observables)
        return replace(pub, frozen=known[1], observables=observables)

    def _look_up_calibration(self) -> None:
        if time.monotonic() - self._calibrated_at < RECALIBRATED_AFTER:
            return
        self._calibrated_at = time.monotonic()
        backend, properties = self._account.caller.read(f"the properties of {self.device}", self._calibrated)
        when = getattr(properties, "last_update_date", None)
        named = getattr(backend, "calibration_id", None)
        self._calibration = " ".join(str(part) for part in (named, when) if part) or "unknown"

    def _calibrated(self) -> tuple[Any, Any]:
        backend = self._account.backend(self.device)
        return backend, backend.properties(refresh=True)

    def _note(self, name: str, detail: Mapping[str, Any]) -> None:
        if self._diary is not None:
            self._diary.note(name, detail)

    def _tell(self) -> None:
        """Record what went wrong at the service and was overcome."""
        told, self._account.caller.told[:] = list(self._account.caller.told), []
        if told:
            self._note("trouble overcome", {"times": len(told), "first": told[0], "last": told[-1]})
