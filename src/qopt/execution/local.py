"""Aer and fake devices through the runtime's own Session, Batch or job mode, in its local testing mode."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from qiskit.exceptions import QiskitError

from qopt.errors import BackendError
from qopt.execution import primitives
from qopt.execution.conflicts import part_that_acts
from qopt.execution.executor import Circumstances, JobFailed, JobLost, JobState, Mode
from qopt.execution.mitigation import Mitigation, options
from qopt.programs import Program, PubData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit_aer import AerSimulator

    from qopt.execution.executor import Diary
    from qopt.execution.primitives import Kind
    from qopt.types import OpenSession


class LocalExecutor:
    """Jobs that run in a thread of this process and end with it.

    Args:
        backend: A simulator, with or without a device's noise.
        name: What the user calls the backend.
        mode: `session`, `batch` or `job`; `auto` is `session`, since a run's jobs depend on each other.
        kind: Which primitives.
        mitigation: What is done about errors, as far as a simulator has them.
    """

    volatile = True

    def __init__(self, backend: AerSimulator, name: str, mode: Mode, kind: Kind, mitigation: Mitigation | None = None) -> None:
        """Open the Session or the Batch."""
        self._mitigation = mitigation or Mitigation()
        self._backend = backend
        self._name = name
        self._mode_name = "session" if mode == "auto" else mode
        self._kind = kind
        self._jobs: dict[str, tuple[Program, Sequence[Any]]] = {}
        self._tags: dict[str, str] = {}
        self._answers: dict[str, list[PubData]] = {}
        self._mode = self._open()

    def attach(self, diary: Diary | None) -> None:
        """Nothing is worth noting."""

    def submit(self, program: Program, *, tag: str, seconds: int | None = None) -> str:  # noqa: ARG002 - the protocol's
        """Start a program in a thread and return at once."""
        if (known := self.find(tag)) is not None:
            return known
        job = str(uuid.uuid4())
        try:
            if self._kind == "aer":
                self._answers[job] = primitives.run_aer(self._backend, program)
                self._jobs[job] = (program, ())
            else:
                self._jobs[job] = (
                    program,
                    [primitives.run(self._kind, self._mode, part, options=self._options(part)) for part in self._parts(program)],
                )
        except (QiskitError, ValueError) as error:
            message = f"{self._name} refused the job: {error}"
            raise BackendError(message) from error
        self._tags[tag] = job
        return job

    def status(self, job: str) -> JobState:
        """The least advanced of the job's parts."""
        if job not in self._jobs:
            raise JobLost(job)
        states = {_state(part) for part in self._jobs[job][1]} or {JobState.DONE}
        return next(
            state for state in (JobState.ERROR, JobState.CANCELLED, JobState.QUEUED, JobState.RUNNING, JobState.DONE) if state in states
        )

    def result(self, job: str, program: Program, *, tag: str) -> list[PubData]:
        """Wait for the job's threads."""
        if job not in self._jobs:
            raise JobLost(job)
        _, parts = self._jobs.pop(job)
        self._tags.pop(tag, None)
        if job in self._answers:
            return self._answers.pop(job)
        pubs = list(program.pubs)
        answers: list[PubData] = []
        try:
            with primitives.quiet():
                for part in parts:
                    count = len(pubs) // len(parts)
                    asked = pubs[len(answers) : len(answers) + count]
                    answers += primitives.read(part.result(), asked, self._what(program))
        except (QiskitError, ValueError) as error:
            message = f"job {job} on {self._name} failed: {error}"
            raise JobFailed(message) from error
        return answers

    def circumstances(self, job: str) -> Circumstances:  # noqa: ARG002 - the protocol's
        """There is neither a Session to rejoin nor a device that is calibrated."""
        return Circumstances()

    def bill(self, job: str) -> None:
        """Nothing is billed."""

    def calibration(self) -> None:
        """There is no device that is calibrated."""

    def session_seconds(self, session: OpenSession) -> None:
        """No Session is billed."""

    def usage(self) -> None:
        """No Session is billed."""

    def find(self, tag: str) -> str | None:
        """The job of this process with that tag."""
        return self._tags.get(tag)

    def cancel(self, job: str) -> None:
        """Cancel what has not begun; a running thread can't be stopped."""
        for part in self._jobs.get(job, (None, ()))[1]:
            part.cancel()

    def close(self) -> None:
        """Close the Session or the Batch."""
        if self._mode is not self._backend:
            self._mode.close()

    def _open(self) -> Any:  # noqa: ANN401 - a Session, a Batch or the backend
        if self._kind == "aer" or self._mode_name == "job":
            return self._backend
        from qiskit_ibm_runtime import Batch, Session  # noqa: PLC0415 - takes seconds, and job mode with Aer's primitives needs none of it

        return (Batch if self._mode_name == "batch" else Session)(backend=self._backend)

    def _what(self, program: Program) -> Mitigation:
        """What of the mitigation acts here."""
        sampler = not program.pubs[0].observables
        return part_that_acts(self._mitigation, self._kind, sampler=sampler, local=True, backend=self._backend)[0]

    def _options(self, program: Program) -> dict[str, Any]:
        """For the primitive; server-side ones warn of every option in local mode, so they get none."""
        return {} if self._kind == "legacy" else options(self._what(program), self._kind, sampler=not program.pubs[0].observables)

    def _parts(self, program: Program) -> list[Program]:
        """One submission, but one for each PUB with client-side primitives.

        In local mode these restart the simulator's seed at every PUB, so PUBs of one job would share their noise.
        """
        if self._kind != "client":
            return [program]
        return [Program((pub,), _spread(program.seed, index)) for index, pub in enumerate(program.pubs)]


def _spread(seed: int, index: int) -> int:
    """A seed of its own for each part of a job, far from those of other calls."""
    return (seed + index * 0x9E3779B97F4A7C15) % (2**63 - 1) + 1 if index else seed


def _state(part: Any) -> JobState:  # noqa: ANN401 - a local runtime job
    name = str(getattr(part.status(), "name", part.status())).upper()
    return JobState[name] if name in JobState.__members__ else JobState.QUEUED
