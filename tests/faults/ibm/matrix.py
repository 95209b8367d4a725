"""What tests of runs at an emulated IBM Quantum share: a small run, what may go wrong with which request, and what makes two runs the same.

A run is compared with one that nothing happened to. The emulator answers a question by its numbers alone, so the comparison is bit by bit.
"""

from __future__ import annotations

import json
import re
import signal
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import Project, config

from qopt.journal import Answered, Asked, Contents, Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.runs import Process, Server

    from qopt.emulator.handle import Emulator

WAITING = {"call": 10.0, "service": 60.0, "listing": 0.3, "job": 120.0, "submissions": 0}
"""Deadlines of a run, in seconds: short enough for a test, and long enough for a busy machine."""
RUN = config(
    "spsa",
    optimizer={"type": "spsa", "iterations": 1},
    objective={"type": "sampled", "shots": 64},
    execution={"backend": "ibm_fez", "mode": "session", "primitives": "legacy", "waiting": WAITING},
)
"""Three jobs that depend on each other."""
GENERATIONS = ("legacy", "client")
"""Of primitives: those that the service knows, and those that are made of executor programs here."""
NIGHTLY_CLIENT = ("legacy", pytest.param("client", marks=pytest.mark.nightly))
"""Where what is tested knows nothing of primitives, one generation is enough for every day."""
PATIENCE = 90.0
"""Seconds for a command line to end: far more than its deadlines add up to, far less than what it must not wait for."""

REQUESTS: dict[str, tuple[str, str]] = {
    "token": ("POST", "^/identity/token$"),
    "instances": ("POST", "^/v3/resources/search$"),
    "plan": ("GET", "^/catalog/"),
    "devices": ("GET", "^/backends$"),
    "configuration": ("GET", "^/backends/[^/]+/configuration$"),
    "properties": ("GET", "^/backends/[^/]+/properties$"),
    "device": ("GET", "^/backends/[^/]+/status$"),
    "usage": ("GET", "^/instances/usage$"),
    "listing": ("GET", "^/jobs$"),
    "session": ("POST", "^/sessions$"),
    "session-state": ("GET", "^/sessions/[^/]+$"),
    "submission": ("POST", "^/jobs$"),
    "job": ("GET", "^/jobs/[^/]+$"),
    "results": ("GET", "^/jobs/[^/]+/results$"),
    "bill": ("GET", "^/jobs/[^/]+/metrics$"),
    "closing": ("PATCH", "^/sessions/[^/]+$"),
}
"""Every kind of request that a run in a Session makes: its method, and its path below `/api/v1`."""


@dataclass
class Rehearsal:
    """A run of qopt, and the platform that it runs on.

    Attributes:
        project: The run.
        emulator: The platform.
    """

    project: Project
    emulator: Emulator

    def run(self, code: int | None = 0, *arguments: str, **environment: str) -> str:
        """What `qopt run` says, which has to end with `code`, None for whichever of its own, and soon."""
        with self.started(*arguments, **environment) as process:
            ended = process.wait()
        assert ended == code or (code is None and ended >= 0), (ended, process.said()[-2000:])
        return process.said()

    @contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[Process]:
        """A `qopt run` at work; the block has to wait for its end, which comes by force if it takes too long."""
        process = self.project.start(*arguments, **{**self.emulator.environment, **environment})
        too_long = threading.Timer(PATIENCE, process.send, [signal.SIGKILL])
        too_long.start()
        yield process
        too_long.cancel()

    def wait_for(self, **waiting: float) -> None:
        """Other deadlines from now on."""
        self.execute(waiting={**self.project.config["execution"]["waiting"], **waiting})

    def execute(self, **changes: object) -> None:
        """Another way to execute from now on."""
        self.project.configure(execution={**self.project.config["execution"], **changes})

    def events(self, name: str) -> list[dict[str, Any]]:
        """What was recorded beside questions and answers."""
        return [record.detail for record in self.project.contents().records if isinstance(record, Event) and record.name == name]

    def overcome(self) -> str:
        """What was recorded of trouble that came to a good end."""
        return json.dumps(self.events("trouble overcome"))


def rule(request: str, do: dict[str, Any], **when: object) -> dict[str, Any]:
    """A rule for the emulator: what goes wrong with the first request of a kind."""
    method, path = REQUESTS[request]
    return {"method": method, "path": path, **do, **when}


def answers(contents: Contents) -> list[str]:
    """Every question and its answer, to the last bit, without the names and times of jobs and Sessions and without their bills."""
    asked = {(record.stage, record.call): record for record in contents.records if isinstance(record, Asked)}
    found = [record for record in contents.records if isinstance(record, Answered)]
    return [
        repr(
            (
                asked[record.stage, record.call].purpose,
                asked[record.stage, record.call].points,
                replace(record, elapsed=0.0, session=None, calibration=None, qpu_seconds=None),
                contents.raws[record.stage, record.call][1],
            )
        )
        for record in found
    ]


def outcome(project: Project) -> dict[str, Any]:
    """All that a run leaves and that may not depend on what went wrong on the way."""
    result = json.loads((project.home / "result.json").read_text())
    for name in ("mode", "reason", "session_seconds", "session_busy"):
        del result["usage"][name]
    result["engine"], _, _ = result["engine"].partition(" on ")
    return {"answers": answers(project.contents()), "result": result}


def executed(emulator: Emulator) -> dict[str, int]:
    """How many jobs were executed for each call of the run, by its tag."""
    counts: Counter[str] = Counter()
    for job in emulator.control.jobs():
        (tag,) = (tag for tag in job["tags"] if re.fullmatch(r"qopt-[0-9a-f]{16}-\w+-\d+", tag))
        counts[tag] += job["executions"]
        assert job["billed"] == 0 or job["executions"], job
    return dict(counts)


def assert_same(rehearsal: Rehearsal, expected: dict[str, Any], *, billed: bool = True) -> None:
    """The run ended as the one that nothing happened to, and nothing was executed, and so billed, twice.

    Args:
        rehearsal: The run.
        expected: What the other one came to.
        billed: Whether every bill has to have reached the result; without, some may be missing there, and are counted as missing.
    """
    counts = executed(rehearsal.emulator)
    assert set(counts.values()) == {1}, counts
    assert len(counts) == len(expected["answers"])
    found = outcome(rehearsal.project)
    assert found["answers"] == expected["answers"]
    if not billed and found["result"]["usage"]["unsettled"]:
        assert found["result"]["usage"]["qpu_seconds"] < expected["result"]["usage"]["qpu_seconds"]
        expected = {**expected, "result": {**expected["result"], "usage": found["result"]["usage"]}}
    assert found["result"] == expected["result"]


def assert_fired(rehearsal: Rehearsal, times: int = 1) -> None:
    """Everything that was to go wrong went wrong so often."""
    fired = {f"{item['rule']['method']} {item['rule']['path']}": item["fired"] for item in rehearsal.emulator.control.rules()}
    assert set(fired.values()) == {times}, fired


@contextmanager
def rehearsing(emulator: Emulator, server: Server, folder: Path, run: dict[str, Any]) -> Iterator[Rehearsal]:
    """A run on an emulator that was put back to its beginning."""
    emulator.control.reset()
    yield Rehearsal(Project(server, folder, run), emulator)
    emulator.control.reset()


def undisturbed(emulator: Emulator, server: Server, folder: Path, **execution: object) -> dict[str, Any]:
    """What a run comes to that nothing happens to."""
    with rehearsing(emulator, server, folder, {**RUN, "execution": {**RUN["execution"], **execution}}) as rehearsal:
        rehearsal.run()
        expected = outcome(rehearsal.project)
        assert_same(rehearsal, expected)
        return expected
