"""What tests share that kill runs on the emulated platform: the platform with a gate for its jobs, and what may not depend on kills."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import SAMPLED, Process, Project, Server, submitted_again, trajectory

from qopt.emulator import Emulator, Settings
from qopt.journal import Answered, Contents, Event, Finished, Header, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEVICE, OTHER = "ibm_manila", "ibm_lagos"
MODES = ("job", "batch", "session")
KINDS = ("legacy", "client")
BOUNDARIES = ("asked", "accepted", "submitted", "ended", "fetched")
"""Failpoints in the life of a job: its question recorded, taken by the service, its id recorded, over, and its result fetched."""
WAITING = {"call": 20, "service": 60, "listing": 0.5, "job": 60, "submissions": 0}
"""Deadlines that no test reaches unless it is about them, and no pace: the emulator takes what it gets."""
EXPECTATION = {
    "ansatz": {"type": "hardware-efficient", "reps": 1},
    "problem": {"type": "operator", "file": "h2.json"},
    "start": {"type": "random"},
    "objective": {"type": "expectation", "shots": 256},
}
"""What makes it a run of the Estimator."""
PATIENCE = 60.0
"""Seconds after which a test gives up on something that should have happened."""
SETTINGS = Settings(backends=(DEVICE, OTHER), engine="tests.faults.ibm.gate", noise=False)
_TAG = re.compile(r"^qopt-[0-9a-f]{16}-(?P<call>[a-z]+-\d+)$")


def config(mode: str = "job", kind: str = "legacy", *, iterations: int = 2, **execution: object) -> dict[str, Any]:
    """A run of three jobs and a final one: SPSA's calibration and two iterations, each resting on the one before."""
    where = {"backend": DEVICE, "mode": mode, "primitives": kind, "waiting": WAITING, **execution}
    return {**SAMPLED, "optimizer": {"type": "spsa", "iterations": iterations}, "execution": where, "budget": {"evaluations": 100}}


@dataclass(frozen=True)
class Outcome:
    """What a run and the platform tell afterwards.

    Attributes:
        run: All that a run leaves, but for the names of jobs and Sessions and times.
        executions: How often the job of each call was executed.
        billed: QPU seconds of each call, as the platform has them.
        known: The same, as the run has them.
    """

    run: dict[str, Any]
    executions: dict[str, int]
    billed: dict[str, float]
    known: dict[str, float]


@dataclass
class Bench:
    """One emulated platform, reset for every project, and a server that starts command lines.

    Attributes:
        emulator: The platform.
        server: Starts command lines.
        gate: While this file is there, jobs run on and on.
        folder: Where projects are.
    """

    emulator: Emulator
    server: Server
    gate: Path
    folder: Path
    _projects: int = field(default=0, repr=False)
    _known: dict[str, Outcome] = field(default_factory=dict, repr=False)

    def project(self, configuration: dict[str, Any], **settings: Any) -> Project:
        """A project of its own, on a platform where nothing has happened yet."""
        self.fresh(**settings)
        self._projects += 1
        return Project(self.server, self.folder / f"project-{self._projects}", configuration)

    def fresh(self, **settings: Any) -> None:
        """Forget all that happened on the platform: the noise of a job depends on what was asked before."""
        self.gate.unlink(missing_ok=True)
        self.emulator.control.reset()
        self.emulator.control.configure(**{name: getattr(SETTINGS, name) for name in CHANGED} | settings)

    def run(self, project: Project, *arguments: str, code: int = 0, **environment: str) -> str:
        """What a command line says that has to end with `code`; `qopt run` without arguments."""
        return project.run(*arguments, code=code, **self.emulator.environment, **environment)

    def start(self, project: Project, *arguments: str, **environment: str) -> Process:
        """A command line, at work."""
        return project.start(*arguments, **self.emulator.environment, **environment)

    def kill_at(self, project: Project, failpoint: str, *arguments: str) -> None:
        """Have a run killed at a failpoint, which it has to reach."""
        process = self.start(project, *arguments, QOPT_FAILPOINT=failpoint)
        assert process.wait() == -signal.SIGKILL, (failpoint, process.said())

    def kill_when(self, project: Project, what: Callable[[], Any], why: str) -> None:
        """Have a run killed as soon as something is so on the platform."""
        process = self.start(project)
        until(what, why)
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    def unkilled(self, configuration: dict[str, Any], **settings: Any) -> Outcome:
        """What a run tells that nobody killed; each is run once."""
        name = json.dumps([configuration, settings], sort_keys=True)
        if name not in self._known:
            project = self.project(configuration, **settings)
            self.run(project)
            self._known[name] = self.outcome(project)
        return self._known[name]

    def outcome(self, project: Project) -> Outcome:
        """What the run and the platform tell now; every Session has to be closed that had a job, and so may be billed."""
        for session in self.emulator.control.sessions():
            assert session["started_at"] is None or session["accepting_jobs"] is False, session
        jobs = self.emulator.control.jobs()
        executions: Counter[str] = Counter()
        billed: Counter[str] = Counter()
        for job in jobs:
            assert job["status"] in ("Completed", "Failed", "Cancelled"), job
            executions[call_of(job)] += job["executions"]
            billed[call_of(job)] += job["billed"]
        return Outcome(told(project.home), dict(executions), dict(billed), bills(project.contents()))

    def jobs(self, call: str) -> list[dict[str, Any]]:
        """All jobs of a call that the platform has, such as those of `main-1`."""
        return [job for job in self.emulator.control.jobs() if call_of(job) == call]


def nightly(*values: object) -> list[Any]:
    """Values of a parameter that are left out every day."""
    return [pytest.param(value, marks=pytest.mark.nightly) for value in values]


CHANGED = ("plan", "rate_limit", "queue_wait", "interactive_ttl", "max_ttl", "usage_limit", "listing_lag", "real_time", "bias")
"""Settings that tests change; `Bench.fresh` puts them back."""


def opened(server: Server, folder: Path) -> Bench:
    """A bench with an emulator that its user has to kill."""
    gate = folder / "gate"
    os.environ["QOPT_GATE"] = str(gate)  # for the workers, which the emulator starts
    return Bench(Emulator.start(folder / "platform", SETTINGS), server, gate, folder)


def call_of(job: dict[str, Any]) -> str:
    """The call that a job belongs to, from its tags: `main-1`."""
    (call,) = [found["call"] for tag in job["tags"] if (found := _TAG.match(tag))]
    return str(call)


def bills(contents: Contents) -> dict[str, float]:
    """QPU seconds of each call, as recorded."""
    found = {f"{item.stage}-{item.call}": item.qpu_seconds for item in contents.records if isinstance(item, Answered)}
    for record in contents.records:
        if isinstance(record, Event) and record.name == "billed":
            found[f"{record.detail['stage']}-{record.detail['call']}"] = record.detail["seconds"]
    return {call: seconds for call, seconds in found.items() if seconds is not None}


def told(home: Path) -> dict[str, Any]:
    """All that a run leaves and that may not depend on kills: not the names of jobs and Sessions, nor times."""
    contents = read(home)
    nameless = replace(contents, records=tuple(_nameless(record) for record in contents.records))
    stages = sorted({record.stage for record in contents.records if isinstance(record, Answered)})
    return {
        **{stage: trajectory(nameless, stage) for stage in stages},
        "identity": [repr(record.identity) for record in contents.records if isinstance(record, Header)],
        "finished": [repr(record) for record in nameless.records if isinstance(record, Finished)],
        "result": _timeless(json.loads((home / "result.json").read_text())),
    }


def _nameless(record: Any) -> Any:
    if isinstance(record, Finished):
        return replace(record, result=_timeless(record.result))
    return replace(record, session=None, calibration=None) if isinstance(record, Answered) else record


def _timeless(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what depends on how long a Session was open."""
    return result | {"usage": {key: value for key, value in result["usage"].items() if not key.startswith("session_")}}


def events(project: Project, name: str = "session") -> list[dict[str, Any]]:
    """The details of all events of a name, in order."""
    return [record.detail for record in project.contents().records if isinstance(record, Event) and record.name == name]


def reasons(project: Project, what: str) -> list[str]:
    """Why Sessions were `opened`, `rejoined`, `ended` ..., in order."""
    return [str(detail["reason"]) for detail in events(project) if detail["what"] == what]


def until(happened: Callable[[], object], what: str) -> None:
    """Wait until something is the case."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"not {what} within {PATIENCE:g} s"
        time.sleep(0.01)


def assert_same(bench: Bench, project: Project, expected: Outcome, *, submissions: int = 0) -> None:
    """The run told the same, every call was executed and billed as often as without kills, and few jobs were submitted for nothing."""
    found = bench.outcome(project)
    assert found == expected
    assert set(found.executions.values()) == {1}
    assert submitted_again(project.contents()) <= submissions


def restored(project: Project, copy: Path) -> None:
    """Put an earlier copy of the run folder in place of what is there: its last records are lost."""
    shutil.rmtree(project.home)
    shutil.copytree(copy, project.home)
