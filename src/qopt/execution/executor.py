"""What a run needs of a backend, whichever it is: submit, status, result, find, cancel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from qopt.errors import BackendError
from qopt.execution.mitigation import Mitigation
from qopt.execution.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qiskit.providers import BackendV2

    from qopt.programs import Program, PubData
    from qopt.types import OpenSession

Mode: TypeAlias = Literal["session", "batch", "job", "auto"]
Primitives: TypeAlias = Literal["auto", "legacy", "client", "aer"]
OnSessionEnd: TypeAlias = Literal["renew", "batch", "stop"]


@dataclass(frozen=True)
class Waiting:
    """How long qopt waits for a service before it stops, resumably. Seconds.

    Attributes:
        call: For the reply to one request.
        service: For a service that can't be reached or answers with errors, all attempts together.
        listing: Until a job that was accepted appears in the list of jobs.
        job: For one job, in the queue and at work.
        submissions: So many a minute in job mode, and everywhere once the service has complained; 0 is no limit.
    """

    call: float = 60.0
    service: float = 1800.0
    listing: float = 10.0
    job: float = 7 * 86400.0
    submissions: float = 5.0


@dataclass(frozen=True)
class Execution:
    """Where and how a run is executed.

    Attributes:
        mode: `session` reserves the device for jobs that depend on each other, `batch` groups independent ones, `job` sends each by itself;
            `auto` follows the work.
        backend: `statevector`, `aer`, the name of a fake device such as `fake_manila`, of a device of IBM Quantum such as `ibm_fez`,
            `least_busy` for the one with the fewest jobs waiting, or a `BackendV2`; None is `statevector` for an exact objective and `aer`
            otherwise.
        primitives: Which implementation of Estimator and Sampler: `legacy` (EstimatorV2, SamplerV2 of qiskit-ibm-runtime), `client` (their
            client-side successors), `aer` (qiskit-aer's own), or the first of these that is installed.
        instance: The name or CRN of the instance of IBM Quantum; None is the account's own.
        region: Only instances in this region, such as `us-east` or `eu-de`.
        min_qubits: For `least_busy`, beside what the problem needs.
        on_session_end: What to do when a Session ends before the run: `renew` it, go on in a `batch`, or `stop` resumably.
        waiting: Deadlines.
        mitigation: What is done about errors.
        simulator: How Aer simulates, on `aer` and on fake devices.
    """

    mode: Mode = "auto"
    backend: str | BackendV2 | None = None
    primitives: Primitives = "auto"
    instance: str | None = None
    region: str | None = None
    min_qubits: int = 1
    on_session_end: OnSessionEnd = "renew"
    waiting: Waiting = field(default_factory=Waiting)
    mitigation: Mitigation = field(default_factory=Mitigation)
    simulator: Simulator = field(default_factory=Simulator)


class JobState(Enum):
    """Where a job stands: the client's strings and enumerations made one."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the job will not change any more."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class JobLost(BackendError):
    """The job is not known: it was local to a process that is gone, and has to be submitted again."""


class JobFailed(BackendError):
    """The job ended without an answer.

    Args:
        message: What happened.
        again: Whether the same question may simply be sent again, such as after a Session that ended before the job ran.
    """

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True)
class Circumstances:
    """Under which a job was measured.

    Attributes:
        session: The id of the Session or Batch, where it ran in one.
        calibration: What tells one calibration of the device from the next; None where there is no device, and so no bill.
    """

    session: str | None = None
    calibration: str | None = None


class Diary(Protocol):
    """What an executor may write into the journal of the run that it works for, and read back from it."""

    @property
    def session(self) -> OpenSession | None:
        """The Session or Batch that this run opened last and did not close."""
        ...

    @property
    def failed(self) -> set[str]:
        """Ids of jobs of this run that ended without an answer."""
        ...

    @property
    def sessions(self) -> tuple[OpenSession, ...]:
        """All that this run opened and did not close."""
        ...

    @property
    def idle(self) -> float:
        """Seconds since the journal was last written to when it was opened; infinite for a new run."""
        ...

    def note(self, name: str, detail: Mapping[str, Any]) -> None:
        """Record something worth knowing, durably."""
        ...


class Executor(Protocol):
    """One conversation with one backend."""

    @property
    def volatile(self) -> bool:
        """Whether jobs end with this process, so that a lost one is simply submitted again."""
        ...

    def attach(self, diary: Diary | None) -> None:
        """Work for the run that keeps this diary from now on; None when that run has ended."""
        ...

    def submit(self, program: Program, *, tag: str, seconds: int | None = None) -> str:
        """Make sure that there is exactly one live job with this tag, and return its id without waiting for it.

        Args:
            program: What to measure.
            tag: By which the job is found.
            seconds: Of QPU time, after which the service is to end the job.

        Raises:
            BackendError: If the backend refuses the job or can't be reached.
        """
        ...

    def status(self, job: str) -> JobState:
        """Where the job stands, without waiting.

        Raises:
            JobLost: If the job is not known.
        """
        ...

    def result(self, job: str, program: Program, *, tag: str) -> list[PubData]:
        """Wait for the answer to every PUB of the program that the job was made from.

        Raises:
            JobLost: If the job is not known.
            JobFailed: If the job ended without an answer.
            BackendError: If its answer can't be believed, or the backend can't be reached.
        """
        ...

    def circumstances(self, job: str) -> Circumstances:
        """Under which a job was measured; asks nobody."""
        ...

    def calibration(self) -> str | None:
        """What tells the device's present calibration from others; None where there is no device."""
        ...

    def session_seconds(self, session: OpenSession) -> float | None:
        """What a Session that ended was billed; None while its jobs still run."""
        ...

    def bill(self, job: str) -> float | None:
        """QPU seconds that a finished job cost; None where there is no bill, or none yet.

        Raises:
            JobLost: If the job is not known any more.
            BackendError: If the service can't be asked now.
        """
        ...

    def usage(self) -> float | None:
        """Seconds that the open Session was billed so far; None where there is none."""
        ...

    def find(self, tag: str) -> str | None:
        """The id of the live job that was submitted with the tag, if there is one; failed and cancelled ones don't count."""
        ...

    def cancel(self, job: str) -> None:
        """Ask the backend not to run the job."""
        ...

    def close(self) -> None:
        """Release what is held, such as a Session; safe to call twice."""
        ...
