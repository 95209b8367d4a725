"""A user with a project, whose command lines talk to an emulated platform."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.faults.runs import Process, Project, Server, config

from qopt.journal import Submitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qopt.emulator import Emulator

DEADLINE = 60.0
LONG = 10**6
"""Virtual seconds in the queue: a job that has them stays there until its test lets time pass."""
RUN = ("run", "config.yaml", "--progress", "none")
LEAVE = (*RUN, "--no-wait")
WAITING = {"call": 20, "service": 30, "listing": 0.2, "submissions": 0}


@dataclass(frozen=True)
class User:
    """Somebody with an account on a platform and a folder."""

    project: Project
    platform: Emulator

    def start(self, *arguments: str, **environment: str) -> Process:
        """A command line that goes on by itself."""
        return self.project.start(*arguments, **{**self.platform.environment, **environment})

    def run(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """What a command line says that has to end with `code`."""
        return self.project.run(*arguments, code=code, **{**self.platform.environment, **environment})

    def json(self, *arguments: str, **environment: str) -> Any:
        """What a command line says with --json."""
        return json.loads(self.run(*arguments, "--json", **environment))

    def leave(self) -> str:
        """Submit the next job of the run, leave, and return its id."""
        self.run(*LEAVE, code=75)
        return self.jobs()[-1]

    def jobs(self) -> list[str]:
        """The ids of the jobs that the journal knows, oldest first."""
        return [record.job for record in self.project.contents().records if isinstance(record, Submitted)]

    def hold(self) -> None:
        """Have new jobs stay in the queue."""
        self.platform.control.configure(queue_wait=LONG, real_time=True)

    def release(self) -> None:
        """Let jobs run, those that are in the queue and new ones."""
        self.platform.control.configure(queue_wait=0.0)

    def at_service(self, job: str) -> str:
        """Where a job stands as the platform itself knows it."""
        return str(next(row["status"] for row in self.platform.control.jobs() if row["id"] == job))

    def until_said(self, process: Process, text: str) -> None:
        """Wait until a command line has said something."""
        self.until(lambda: process.output.exists() and text in process.said(), why=f"it says {text!r}")

    def until(self, what: Callable[[], Any], *, why: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + DEADLINE
        while not what():
            assert time.monotonic() < end, why
            time.sleep(0.02)


def user(server: Server, folder: Path, platform: Emulator, *, mode: str = "auto", **changes: Any) -> User:
    """A user with a small run on the platform's twin of a device, whose jobs start at once."""
    execution = {"backend": "ibm_fez", "mode": mode, "waiting": WAITING}
    platform.control.configure(queue_wait=0.0, real_time=True)
    changes = {"optimizer": {"type": "spsa", "iterations": 2}, **changes}
    return User(Project(server, folder, config("spsa", execution=execution, **changes)), platform)
