"""What is asked of the machine, what it answers, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INVALID = 1517
"""The code of a job whose input can't be executed."""

MAX_EXECUTIONS = 10_000_000
"""Shots of all circuits of a job that the service documents as a Sampler's limit; here it is the executor's too."""

TOO_LONG = 1305
"""The code that the client turns into `RuntimeJobMaxTimeoutError`."""


@dataclass(frozen=True)
class Work:
    """One job, complete: the same work gives the same bytes wherever and whenever it is done."""

    program_id: str
    """`estimator`, `sampler` or `executor`."""
    params: dict[str, Any]
    """The parsed JSON of `params` in `POST /jobs`, as the client wrote it."""
    backend: str
    """The emulated backend, such as `ibm_fez` or `fake_manila`."""
    seed: int
    """Decides every sample, unless the job's own options have a seed for the simulator."""
    noise: bool = True
    """Whether gates and readout err as on the backend's fake twin."""
    bias: float = 1.0
    """Billed seconds are multiplied by it."""
    max_execution_time: float | None = None
    """Billed seconds above which the job is cancelled."""


@dataclass(frozen=True)
class Done:
    """What a finished job leaves behind."""

    results: str
    """The text of `GET /jobs/{id}/results`."""
    quantum_seconds: float
    """What is billed."""


class WorkFailed(Exception):
    """The job ends as failed, with a code and a sentence for its owner."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        """Say both."""
        return f"{self.message} (code {self.code})"


def invalid(message: str) -> WorkFailed:
    """The refusal of an input that can't be executed."""
    return WorkFailed(INVALID, message)
