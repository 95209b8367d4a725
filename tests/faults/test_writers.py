"""Many writers of one run at once: one wins, the others are told whose it is."""

from __future__ import annotations

import json
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest
from tests.faults.runs import Process, Project, Server, config, submitted_again, told

from qopt.journal import Header

if TYPE_CHECKING:
    from pathlib import Path

WRITERS = 8
LONG = "import time\n\n\ndef wait(evaluate, start, rng):\n    evaluate(start[None, :])\n    time.sleep(600)\n"
PATIENCE = 2.0
"""Seconds within which the losers are refused."""


@pytest.fixture
def project(server: Server, tmp_path: Path) -> Project:
    """A run that ends only when it is killed."""
    project = Project(server, tmp_path, config("none", optimizer={"type": "long.py:wait"}))
    (tmp_path / "long.py").write_text(LONG)
    return project


def assert_one_wins(project: Project, writers: list[Process]) -> None:
    """All but one are refused with the pid of that one, which has begun its run and goes on until it is killed."""
    pids = [writer.pid for writer in writers]
    while (owner := owner_of(project)) not in pids or not project.contents().records:
        time.sleep(0.005)
    for writer in writers:
        if writer.pid != owner:
            assert writer.wait() == 4
            assert re.fullmatch(rf"error: runs/run is in use by process {owner} on [^\n]*; wait for it to end [^\n]*\n", writer.said())
    winner = writers[pids.index(owner)]
    winner.send(signal.SIGKILL)
    assert winner.wait() == -signal.SIGKILL
    assert winner.said() == ""


def owner_of(project: Project) -> int | None:
    """The pid that is written beside the lock."""
    try:
        pid: int = json.loads((project.home / "owner.json").read_text())["pid"]
    except FileNotFoundError:
        return None
    return pid


def test_of_eight_writers_of_a_known_run_one_wins_at_once(project: Project) -> None:
    """The run was killed before, so that the name of its dead owner is still there; the losers are gone within two seconds."""
    assert project.start(QOPT_FAILPOINT="answered:1").wait() == -signal.SIGKILL
    known = project.contents().records
    began = time.monotonic()
    assert_one_wins(project, [project.start() for _ in range(WRITERS)])
    assert time.monotonic() - began < PATIENCE
    assert project.contents().records == known


def test_of_eight_writers_of_a_new_run_one_wins(project: Project) -> None:
    """There is one header, and what the winner has measured."""
    assert_one_wins(project, [project.start() for _ in range(WRITERS)])
    assert sum(isinstance(record, Header) for record in project.contents().records) == 1


def test_eight_writers_leave_one_result(server: Server, tmp_path: Path) -> None:
    """Whoever comes too early is refused, whoever comes after the end is shown the result, and the run is that of one writer."""
    alone = Project(server, tmp_path / "alone", config("COBYLA"))
    alone.run()
    project = Project(server, tmp_path / "crowd", config("COBYLA"))
    assert project.start(QOPT_FAILPOINT="answered:5").wait() == -signal.SIGKILL
    writers = [project.start() for _ in range(WRITERS)]
    codes = [writer.wait() for writer in writers]
    assert 0 in codes
    assert set(codes) <= {0, 4}
    assert told(project) == told(alone)
    assert submitted_again(project.contents()) <= 1


@pytest.mark.parametrize("arguments", [("finish", "run"), ("run", "config.yaml", "seed=8")])
def test_other_commands_respect_the_lock(project: Project, arguments: tuple[str, ...]) -> None:
    """They are refused as well; reading is not."""
    writer = project.start()
    while owner_of(project) != writer.pid or len(project.contents().records) < 4:
        time.sleep(0.005)
    assert f"in use by process {writer.pid}" in project.run(*arguments, code=4)
    assert "running" in project.run("list")
    assert "running (1 evaluation," in project.run("show", "run")
    writer.send(signal.SIGKILL)
    writer.wait()
