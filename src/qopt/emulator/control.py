"""The hand of whoever drives a rehearsal: what a running emulator is asked and told, over its own port and with its own key."""

from __future__ import annotations

import http.client
import json
from typing import Any

KEY_HEADER = "X-Emulator-Key"
WAIT = 30.0
"""Seconds after which an emulator that does not answer is taken for dead."""


class ControlError(RuntimeError):
    """What was asked of the emulator was refused, with its reason."""


class Control:
    """Asks and tells one emulator.

    Args:
        port: Of 127.0.0.1.
        key: From the emulator's folder.
    """

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Add rules of faults, in the words of docs/explanation/emulator.md."""
        self._ask("POST", "faults", rules)

    def rules(self) -> list[dict[str, Any]]:
        """The rules of faults, and how often each has fired."""
        return list(self._ask("GET", "faults"))

    def clear_faults(self) -> None:
        """Forget all rules; requests that hang are let go."""
        self._ask("DELETE", "faults")

    def advance(self, seconds: float) -> float:
        """Let virtual time pass.

        Returns:
            The virtual time, in seconds since the epoch.
        """
        return float(self._ask("POST", "clock", {"advance": seconds})["now"])

    def now(self) -> float:
        """The virtual time, in seconds since the epoch."""
        return float(self._ask("GET", "clock")["now"])

    def jobs(self) -> list[dict[str, Any]]:
        """Every job there ever was, with how often it was started, executed and read, and what it cost."""
        return list(self._ask("GET", "jobs"))

    def sessions(self) -> list[dict[str, Any]]:
        """Every Session and Batch there ever was, with the seconds it has used."""
        return list(self._ask("GET", "sessions"))

    def requests(self) -> dict[str, int]:
        """How often each kind of request came since the server was started, such as `POST /jobs`."""
        return dict(self._ask("GET", "requests"))

    def configure(self, **changes: Any) -> None:  # noqa: ANN401 - names and types are those of Settings, which the server checks
        """Change settings of the running server; Sessions keep the times that they were opened with."""
        self._ask("POST", "settings", changes)

    def release(self) -> None:
        """Let go of requests that hang and of jobs that are stalled."""
        self._ask("POST", "release")

    def reset(self) -> None:
        """Forget jobs, Sessions, faults, changed settings and counts; time goes on."""
        self._ask("POST", "reset")

    def _ask(self, method: str, what: str, document: object = None) -> Any:  # noqa: ANN401 - JSON
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=WAIT)
        try:
            connection.request(method, f"/control/{what}", json.dumps(document), {KEY_HEADER: self._key})
            response = connection.getresponse()
            body = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise ControlError(f"{method} /control/{what}: {body['errors'][0]['message']}")
        return body
