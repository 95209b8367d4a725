"""What a job of any primitive came back with: counts of every register, or expectation values with their errors, as plain data."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from qopt.errors import BackendError, Queued
from qopt.execution.executor import JobState
from qopt.execution.ibm.executor import FIRST_POLL, POLL_GROWTH, SLOWEST_POLL
from qopt.execution.ibm.inquiry import job_facts, job_state

if TYPE_CHECKING:
    from qopt.execution.ibm.account import Account


@dataclass(frozen=True)
class Counts:
    """How often each string of a register was measured, at one of a PUB's parameter sets.

    Attributes:
        pub: Number of the PUB.
        register: The classical register's name.
        index: Of the parameter set, along the PUB's axes; empty where it has one alone.
        shots: In all.
        counts: By string, the most frequent first; as Qiskit writes them, the register's last bit first.
    """

    pub: int
    register: str
    index: tuple[int, ...]
    shots: int
    counts: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Expectation:
    """An expectation value.

    Attributes:
        pub: Number of the PUB.
        index: Of the parameter set and observable, along the PUB's axes; empty where it has one alone.
        value: The value.
        stderr: Its error as the primitive tells it; None where it does not.
    """

    pub: int
    index: tuple[int, ...]
    value: float
    stderr: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


Content: TypeAlias = Counts | Expectation


def wait(account: Account, job: str, *, deadline: float) -> None:
    """Wait until a job is done.

    Args:
        account: Whose.
        job: The job's id.
        deadline: Seconds.

    Raises:
        InputError: If the account has no such job.
        BackendError: If the job ended without a result, or the service can't be asked.
        Queued: If it has not ended by then.
    """
    end, pause = time.monotonic() + deadline, FIRST_POLL
    while not (state := job_state(account, job)).final:
        left = end - time.monotonic()
        if left <= 0:
            raise Queued(job, state.value)
        time.sleep(min(pause, left))
        pause = min(POLL_GROWTH * pause, SLOWEST_POLL["job"])
    if state is JobState.ERROR:
        message = f"job {job} failed and has no result: {job_facts(account, job).error}"
        raise BackendError(message)
    if state is JobState.CANCELLED:
        message = f"job {job} was cancelled and has no result: submit it again"
        raise BackendError(message)


def content(account: Account, job: str) -> list[Content]:
    """What a job that is done came back with, as the client decodes it.

    Raises:
        BackendError: If that is nothing that a Sampler or an Estimator gives, or the service can't be asked.
    """
    from qiskit.primitives import PrimitiveResult  # noqa: PLC0415 - takes seconds

    call = account.caller.waiting.call
    answer = account.caller.read(f"the result of job {job}", lambda: account.job(job).result(timeout=call))
    if not isinstance(answer, PrimitiveResult):
        got = "nothing (of a private job it can be read once)" if answer is None else f"a {type(answer).__name__}"
        message = f"the result of job {job} is {got}, expected that of a Sampler or an Estimator: read it with the client itself"
        raise BackendError(message)
    return [part for pub, item in enumerate(answer) for part in _parts(job, pub, item.data)]


def _parts(job: str, pub: int, data: Any) -> list[Content]:  # noqa: ANN401 - a DataBin of the client
    if "evs" in data:
        evs = np.asarray(data["evs"], dtype=np.float64)
        stds = np.broadcast_to(np.asarray(data["stds"], dtype=np.float64), evs.shape) if "stds" in data else None
        return [Expectation(pub, index, float(evs[index]), None if stds is None else float(stds[index])) for index in np.ndindex(evs.shape)]
    return list(itertools.chain.from_iterable(_registers(job, pub, name, array) for name, array in data.items()))


def _registers(job: str, pub: int, name: str, array: Any) -> list[Counts]:  # noqa: ANN401 - a BitArray of the client
    if not hasattr(array, "get_counts"):
        message = (
            f"register {name} of PUB {pub} of job {job} is a {type(array).__name__}, expected bit strings: read it with the client itself"
        )
        raise BackendError(message)
    found = []
    for index in np.ndindex(array.shape):
        counts = array.get_counts(index) if index else array.get_counts()
        ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        found.append(Counts(pub, name, index, int(array.num_shots), ordered))
    return found
