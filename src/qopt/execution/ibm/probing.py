"""What IBM Quantum does where its documentation is silent: asked of the real service with a few jobs of one shot, for a few seconds.

Every finding says what qopt assumes, so that an assumption that no longer holds is seen.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.transpiler import generate_preset_pass_manager

from qopt.errors import BackendError
from qopt.execution import primitives
from qopt.execution.executor import JobState
from qopt.execution.ibm.answers import state_of
from qopt.execution.ibm.failures import Reaction
from qopt.execution.ibm.patience import Unanswered
from qopt.secrets import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.execution.ibm.account import Account
    from qopt.execution.primitives import Kind

LIMIT = 30.0
"""QPU seconds that probing may take."""
JOB = 4.0
"""QPU seconds that a job of one shot is taken to cost before it is sent."""
BURST = 6
"""Submissions in quick succession, one more than the documented limit for a minute."""
PATIENCE = 600.0
"""Seconds for one probing job in the queue."""
TAG_COUNTS = (2, 4, 8, 12, 16, 32)
TAG_LENGTHS = (24, 48, 86, 87, 128, 256, 512)
_PAUSE = 0.2
TOO_MANY = 429


@dataclass(frozen=True)
class Observation:
    """One answer of the service.

    Attributes:
        question: What was asked.
        answer: What was found.
        assumed: What qopt rests on.
        holds: Whether it does; None where nothing rests on it.
    """

    question: str
    answer: str
    assumed: str
    holds: bool | None


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, without what is secret.

    Attributes:
        method: Of HTTP.
        path: With ids replaced by `ID`.
        status: Of the answer.
        body: JSON of the answer, cut where it is long; None where it has none.
    """

    method: str
    path: str
    status: int
    body: Any


@dataclass
class Recorder:
    """Keeps exchanges: every kind of answer once.

    Attributes:
        exchanges: What was kept.
    """

    exchanges: list[Exchange] = field(default_factory=list)

    def __call__(self, response: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as `requests` calls its hooks
        """Keep an answer, if its kind was not seen yet."""
        path = _anonymous(response.request.path_url)
        kind = (response.request.method, path, response.status_code)
        if kind in {(item.method, item.path, item.status) for item in self.exchanges}:
            return
        try:
            body = json.loads(scrub(response.text))
        except ValueError:
            body = None
        self.exchanges.append(Exchange(*kind, _cut(body)))

    def to_json(self) -> str:
        """The recording, for a file."""
        return json.dumps({"format": 1, "exchanges": [asdict(item) for item in self.exchanges]}, indent=1) + "\n"


def probe(account: Account, device: str, kind: Kind) -> list[Observation]:
    """Ask the service what is not documented.

    Args:
        account: The account; its caller's deadlines hold.
        device: On which device.
        kind: Which primitives.

    Raises:
        BackendError: If the service can't be reached, or does not run the first job.
    """
    return _Probe(account, device, kind).all()


class _Probe:
    def __init__(self, account: Account, device: str, kind: Kind) -> None:
        self._account = account
        self._device = device
        self._kind = kind
        self._spent = 0.0
        self._found: list[Observation] = []
        self._stamp = f"qopt-probe-{int(time.time())}"
        register, bit = QuantumRegister(1, "q"), ClassicalRegister(1, "bits")
        circuit = QuantumCircuit(register, bit)
        circuit.x(0)
        circuit.measure(register, bit)
        self._circuit = generate_preset_pass_manager(1, backend=account.backend(device), seed_transpiler=1).run(circuit)

    def all(self) -> list[Observation]:
        job = self._listing()
        self._tags(job)
        self._bill(job)
        self._session()
        self._found.append(
            Observation("what probing cost", f"{self._spent:.1f} s of QPU time", f"at most {LIMIT:g} s", self._spent <= LIMIT)
        )
        return self._found

    def _listing(self) -> Any:  # noqa: ANN401 - the client's job
        backend = self._account.backend(self._device)
        job = self._sent(partial(self._submit, backend, "listing"))
        lag = self._until(lambda: bool(self._account.jobs(f"{self._stamp}-listing")), self._account.caller.waiting.listing * 6)
        assumed = self._account.caller.waiting.listing
        text = "it is not there after a minute" if lag is None else f"after {lag:.1f} s"
        self._found.append(
            Observation("when a new job is in the list of jobs", text, f"within {assumed:g} s", lag is not None and lag <= assumed)
        )
        return job

    def _tags(self, job: Any) -> None:  # noqa: ANN401 - as above
        most = self._largest(TAG_COUNTS, lambda count: job.update_tags([f"{self._stamp}-{index}" for index in range(count)]))
        self._found.append(Observation("how many tags a job may have", most, "2", not most.startswith("fewer")))
        longest = self._largest(TAG_LENGTHS, lambda length: job.update_tags(["t" * length]))
        self._found.append(Observation("how long a tag may be", longest, "48 characters", not longest.startswith("fewer than 24")))

    def _largest(self, sizes: tuple[int, ...], ask: Callable[[int], object]) -> str:
        accepted = 0
        for size in sizes:
            try:
                self._account.caller.once(f"{size} of them", lambda size=size: ask(size))  # type: ignore[misc]  # bound at once
            except Unanswered as error:
                return (
                    f"{accepted} or more, {size} are refused ({error.failure.detail})"
                    if accepted
                    else f"fewer than {size} ({error.failure.detail})"
                )
            accepted = size
        return f"{accepted} or more"

    def _bill(self, job: Any) -> None:  # noqa: ANN401 - as above
        ended = self._until(lambda: self._state(job).final, PATIENCE)
        if ended is None or self._state(job) is not JobState.DONE:
            message = (
                f"the probing job {job.job_id()} is {self._state(job).value} after {PATIENCE:g} s: try again when the device is less busy"
            )
            raise BackendError(message)
        settled = self._until(lambda: self._usage(job) is not None, 60.0)
        seconds = self._usage(job)
        self._spent += JOB if seconds is None else seconds
        text = "not within a minute" if settled is None else f"{settled:.1f} s after the job ended: {seconds:.2f} s for one shot"
        self._found.append(Observation("when a bill is settled", text, "any time: bills are asked for again", None))

    def _session(self) -> None:
        from qiskit_ibm_runtime import Session  # noqa: PLC0415 - takes seconds

        backend = self._account.backend(self._device)
        try:
            session = self._account.caller.once("opening a Session", lambda: Session(backend=backend))
        except Unanswered as error:
            expected = error.failure.reaction is Reaction.FALL_BACK
            self._found.append(Observation("whether the plan has Sessions", f"no: {error.failure.detail}", "known by code 1352", expected))
            return
        details = self._account.caller.read("the Session", session.details)
        self._account.caller.read("closing the Session", session.close)
        timeout, longest = details.get("interactive_timeout"), details.get("max_time")
        self._found.append(Observation("the interactive timeout", f"{timeout} s", "the service tells it", timeout is not None))
        self._found.append(Observation("the longest Session", f"{longest} s", "the service tells it", longest is not None))
        self._closed(session)
        second = self._account.caller.once("opening a Session", lambda: Session(backend=backend))
        try:
            self._burst(second)
        finally:
            self._account.caller.read("closing the Session", second.close)

    def _burst(self, session: Any) -> None:  # noqa: ANN401 - the client's
        """Jobs of a Session in quick succession, each cancelled as soon as it is accepted."""
        sent, refused = 0, ""
        while sent < BURST and self._spent + JOB <= LIMIT and not refused:
            try:
                job = self._account.caller.once("submitting a probing job", partial(self._submit, session, f"burst-{sent}"))
            except Unanswered as error:
                refused = f"{error.failure.detail} (wait {error.failure.wait} s)"
                continue
            sent += 1
            try:
                self._account.caller.once("cancelling it", job.cancel)
            except Unanswered:
                self._until(lambda job=job: self._state(job).final, PATIENCE)  # type: ignore[misc]  # bound at once
            self._spent += self._usage(job) or 0.0
        text = f"the {sent + 1}th was refused: {refused}" if refused else f"{sent} submissions within seconds were accepted"
        self._found.append(Observation("whether the rate limit holds inside a Session", text, "not assumed: a refusal is waited out", None))

    def _closed(self, session: Any) -> None:  # noqa: ANN401 - as above
        from qiskit_ibm_runtime import Session  # noqa: PLC0415 - as above

        again = Session.from_id(session.session_id, service=self._account.service)
        again._active = True  # noqa: SLF001 - as for a client that does not know yet that the Session was closed
        try:
            job = self._sent(partial(self._submit, again, "closed"))
        except Unanswered as error:
            refused = error.failure.reaction is Reaction.REFUSED
            self._found.append(Observation("what a closed Session answers", error.failure.detail, "a refusal, status 400 or 409", refused))
            return
        self._account.caller.read("cancelling it", job.cancel)
        self._found.append(Observation("what a closed Session answers", "it took the job", "a refusal, status 400 or 409", holds=False))

    def _sent(self, submit: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
        """What a submission gave, once more after a minute where the rate limit refused it."""
        try:
            return self._account.caller.once("submitting a probing job", submit)
        except Unanswered as error:
            if error.failure.status != TOO_MANY:
                raise
            time.sleep(error.failure.wait or 60.0)
            return self._account.caller.once("submitting a probing job", submit)

    def _submit(self, mode: Any, what: str) -> Any:  # noqa: ANN401 - as above
        return primitives.sample_once(self._kind, mode, self._circuit, tags=(f"{self._stamp}-{what}",))

    def _state(self, job: Any) -> JobState:  # noqa: ANN401 - as above
        return state_of(self._account.caller.read("the state of a probing job", job.status))

    def _usage(self, job: Any) -> float | None:  # noqa: ANN401 - as above
        usage = (self._account.caller.read("a bill", job.metrics) or {}).get("usage") or {}
        if usage.get("status", "pending") == "pending":
            return None
        return float(usage.get("qpu_charge_time_seconds") or usage.get("quantum_seconds") or 0.0)

    def _until(self, happened: Callable[[], bool], patience: float) -> float | None:
        """Seconds until something happened; None if it did not."""
        began = time.monotonic()
        while time.monotonic() - began <= patience:
            if happened():
                return time.monotonic() - began
            time.sleep(_PAUSE)
        return None


def _anonymous(path: str) -> str:
    """A path without its query, with ids replaced."""
    parts = path.partition("?")[0].rpartition("/api/v1")[2].split("/")
    known = {"jobs", "sessions", "backends"}
    return "/".join("ID" if index and parts[index - 1] in known and part else part for index, part in enumerate(parts))


def _cut(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The shape of a document: of every list the first two items, of texts the first 200 characters."""
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value[:2]]
    return value[:200] if isinstance(value, str) else value
