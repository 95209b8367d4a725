"""What `/control/...` does, for those who have the key of the emulator's folder; everybody else finds nothing there."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qopt.emulator import documents
from qopt.emulator.control import KEY_HEADER
from qopt.emulator.messages import Reply, Request, answer
from qopt.emulator.refusals import Refused
from qopt.emulator.rules import FaultsError, parse
from qopt.emulator.settings import SettingsError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from qopt.emulator.platform import Platform
    from qopt.emulator.wire import Hold

PREFIX = "/control/"
FIXED = ("backends", "engine", "clock_rate", "max_body")
"""Settings that a running server can't change."""


class Controls:
    """Answers requests below `/control/`.

    Args:
        platform: What is controlled.
        key: What a request has to know.
        counts: How often which request came.
        hold: Where connections wait that a fault keeps silent.
    """

    def __init__(self, platform: Platform, key: str, counts: Counter[str], hold: Hold) -> None:
        self._platform = platform
        self._key = key
        self._counts = counts
        self._hold = hold
        self._known: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._advance,
            ("GET", "jobs"): self._jobs,
            ("GET", "sessions"): self._sessions,
            ("GET", "requests"): self._requests,
            ("POST", "settings"): self._configure,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "release"): self._release,
            ("POST", "reset"): self._reset,
        }

    def __call__(self, request: Request) -> Reply:
        """Answer a request.

        Raises:
            Refused: If the key is missing, or what is asked for does not exist or makes no sense.
        """
        if not hmac.compare_digest(request.headers.get(KEY_HEADER.lower(), "").encode(), self._key.encode()):
            raise Refused(404, 1404, f"There is nothing at {request.path}")
        known = self._known.get((request.method, request.path.removeprefix(PREFIX)))
        if known is None:
            raise Refused(404, 1404, f"There is no {request.method} {request.path}")
        try:
            return answer(known(json.loads(request.body or b"null")))
        except (SettingsError, FaultsError) as error:
            raise Refused(400, 1002, str(error)) from None

    def _clock(self, _: object) -> dict[str, float]:
        return {"now": self._platform.clock.now()}

    def _advance(self, asked: dict[str, float]) -> dict[str, float]:
        if asked["advance"] < 0:
            raise Refused(400, 1002, f"advance is {asked['advance']}, time does not go back")
        self._platform.advance(asked["advance"])
        return self._clock(None)

    def _jobs(self, _: object) -> list[dict[str, Any]]:
        with self._platform.lock:
            self._platform.settle()
            return [asdict(job) for job in self._platform.store.jobs()]

    def _sessions(self, _: object) -> list[dict[str, Any]]:
        with self._platform.lock:
            self._platform.settle()
            every = [self._platform.session(session.id) for session in self._platform.store.sessions()]
        return [documents.of_session(session, usage) for session, usage in every]

    def _requests(self, _: object) -> dict[str, int]:
        return dict(self._counts)

    def _faults(self, _: object) -> list[dict[str, Any]]:
        with self._platform.lock:
            return self._platform.faults.documents()

    def _add_faults(self, asked: object) -> None:
        rules = parse(asked, "control")
        with self._platform.lock:
            self._platform.faults.add(rules)

    def _clear_faults(self, _: object) -> None:
        with self._platform.lock:
            self._platform.faults.clear()
        self._hold.release()

    def _release(self, _: object) -> None:
        with self._platform.lock:
            for job in self._platform.store.jobs("stalled"):
                self._platform.store.change(job.id, stalled=False)
            self._platform.lock.notify_all()
        self._hold.release()

    def _reset(self, _: object) -> None:
        self._release(None)
        self._platform.reset()
        self._counts.clear()

    def _configure(self, changes: dict[str, Any]) -> None:
        if fixed := [name for name in FIXED if name in changes]:
            raise Refused(400, 1002, f"{', '.join(fixed)} can't be changed while the server runs: start another")
        self._platform.configure(changes)
