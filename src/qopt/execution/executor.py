"""What a run needs of a backend, whichever it is: submit, status, result, find, cancel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from qopt.errors import BackendError
from qopt.execution.mitigation import Mitigation

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.programs import Program, PubData

Mode: TypeAlias = Literal["session", "batch", "job", "auto"]
Primitives: TypeAlias = Literal["auto", "legacy", "client", "aer"]


@dataclass(frozen=True)
class Execution:
    """Where and how a run is executed.

    Attributes:
        mode: `session` reserves the device for jobs that depend on each other, `batch` groups independent ones, `job` sends each by itself;
            `auto` follows the work.
        backend: `statevector`, `aer`, the name of a fake device such as `fake_manila`, or a `BackendV2`; None is `statevector` for an exact
            objective and `aer` otherwise.
        primitives: Which implementation of Estimator and Sampler: `legacy` (EstimatorV2, SamplerV2 of qiskit-ibm-runtime), `client` (their
            client-side successors), `aer` (qiskit-aer's own), or the first of these that is installed.
        mitigation: What is done about errors.
    """

    mode: Mode = "session"
    backend: str | BackendV2 | None = None
    primitives: Primitives = "auto"
    mitigation: Mitigation = field(default_factory=Mitigation)


class JobState(Enum):
    """Where a job stands: the client's strings and enumerations made one."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"


class JobLost(BackendError):
    """The job is not known: it was local to a process that is gone, and has to be submitted again."""


class Executor(Protocol):
    """One conversation with one backend."""

    @property
    def volatile(self) -> bool:
        """Whether jobs end with this process, so that a lost one is simply submitted again."""
        ...

    def submit(self, program: Program, *, tag: str) -> str:
        """Send a program and return the job's id at once."""
        ...

    def status(self, job: str) -> JobState:
        """Where the job stands, without waiting.

        Raises:
            JobLost: If the job is not known.
        """
        ...

    def result(self, job: str) -> list[PubData]:
        """Wait for the answer to every PUB.

        Raises:
            JobLost: If the job is not known.
            BackendError: If the job failed or its answer can't be believed.
        """
        ...

    def find(self, tag: str) -> str | None:
        """The id of the job that was submitted with the tag, if there is one."""
        ...

    def cancel(self, job: str) -> None:
        """Ask the backend not to run the job."""
        ...

    def close(self) -> None:
        """Release what is held, such as a Session; safe to call twice."""
        ...
