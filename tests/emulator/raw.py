"""Talks to an emulator over plain HTTP, as a client would that hides nothing."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from qopt.emulator import Emulator

DEADLINE = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> int:
        """The code of the first error."""
        return self.json["errors"][0]["code"]


class Raw:
    """One user of an emulator.

    Attributes:
        emulator: Whom it talks to.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.token = self.login()

    @property
    def control(self) -> Any:
        """The emulator's controls."""
        return self.emulator.control

    def login(self) -> str:
        """A new token."""
        form = urlencode({"apikey": self.emulator.settings.token, "grant_type": "urn:ibm:params:oauth:grant-type:apikey"})
        answer = self.send("POST", "/identity/token", form.encode())
        return str(answer.json["access_token"])

    def send(self, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None, wait: float = DEADLINE) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=wait)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read(), {name.lower(): value for name, value in response.headers.items()})
        finally:
            connection.close()

    def api(self, method: str, path: str, document: object = None, *, wait: float = DEADLINE) -> Answer:
        """One request of the REST interface, authorized."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.send(method, f"/api/v1{path}", body, headers={"Authorization": f"Bearer {self.token}"}, wait=wait)

    def open(self, mode: str = "dedicated", **more: Any) -> str:
        """A new Session or Batch; returns its id."""
        answer = self.api("POST", "/sessions", {"mode": mode, "backend": "ibm_fez", **more})
        assert answer.status == 201, answer
        return str(answer.json["id"])

    def post(self, params: dict[str, Any] | None = None, **more: Any) -> Answer:
        """Submit a job; `more` stands beside its parameters."""
        return self.api("POST", "/jobs", {"program_id": "sampler", "backend": "ibm_fez", "params": params or {}, **more})

    def submit(self, params: dict[str, Any] | None = None, **more: Any) -> str:
        """Submit a job that is taken; returns its id."""
        answer = self.post(params, **more)
        assert answer.status == 200, answer
        return str(answer.json["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as it is now."""
        return dict(self.api("GET", f"/jobs/{job_id}").json)

    def session(self, session_id: str) -> dict[str, Any]:
        """A Session as it is now."""
        return dict(self.api("GET", f"/sessions/{session_id}").json)

    def until(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until a job has one of these states, a final one unless told otherwise."""
        wanted = statuses or ("Completed", "Failed", "Cancelled")
        end = time.monotonic() + DEADLINE
        while (job := self.job(job_id))["status"] not in wanted:
            assert time.monotonic() < end, job
            time.sleep(0.01)
        return job

    def done(self, params: dict[str, Any] | None = None, **more: Any) -> str:
        """Submit a job and wait until it is completed; returns its id."""
        job_id = self.submit(params, **more)
        assert self.until(job_id)["status"] == "Completed"
        return job_id

    def row(self, job_id: str) -> dict[str, Any]:
        """A job as the emulator itself knows it."""
        return next(row for row in self.control.jobs() if row["id"] == job_id)
