"""INT, TERM and USR1 at any time: the run leaves soon, says how to go on, and goes on to the same bits."""

from __future__ import annotations

import json
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from tests.faults.runs import Process, Project, Server, config, submitted_again, told

if TYPE_CHECKING:
    from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
GRACE = 2.0
"""Seconds that a local evaluation gets to end."""
MARGIN = 3.0
"""Seconds more for what a busy machine does meanwhile."""
THINKER = '''"""An optimizer that is busy for ten minutes after an evaluation."""

import time
from pathlib import Path


def think(evaluate, start, rng):
    evaluate(start[None, :])
    Path("thinking").touch()
    time.sleep(600)
'''


@pytest.mark.parametrize("times", [10, pytest.param(50, marks=pytest.mark.nightly)])
def test_a_run_that_is_told_to_leave_goes_on_to_the_same_bits(server: Server, tmp_path: Path, times: int) -> None:
    """Signals at random times after the first record: the exit code tells which, and checkpoint.json can be read all along."""
    undisturbed = Project(server, tmp_path / "undisturbed", config("Nelder-Mead"))
    undisturbed.run()
    expected = told(undisturbed)
    project = Project(server, tmp_path / "disturbed", config("Nelder-Mead"))
    rng = random.Random(times)  # noqa: S311 - when to signal
    left = here = 0
    while left < times:
        if project.finished():  # by a part that was told to leave after its last record
            project.run()
            assert told(project) == expected
            project.forget()
            here = 0
        process = project.start()
        told_to_leave = rng.choice(SIGNALS)
        until = len(project.contents().records) + rng.randint(1, 20)
        while len(project.contents().records) < until and not project.finished():
            assert_checkpoint_can_be_read(project)
        process.send(told_to_leave)
        began = time.monotonic()
        code = process.wait()
        if code == 0:
            assert told(project) == expected
            project.forget()
            here = 0
            continue
        assert shell_code(code) == 128 + told_to_leave, process.said()
        assert time.monotonic() - began < GRACE + MARGIN
        if code > 0:  # else the process was already ending when the signal came
            assert process.said().startswith(f"\nStopped by signal {told_to_leave:d}.")
            assert process.said().endswith("o on with:\n  qopt run config.yaml --progress none\n")
            assert not (project.home / "owner.json").exists()
        left, here = left + 1, here + 1
    project.run()
    assert told(project) == expected
    assert submitted_again(project.contents()) <= here


def shell_code(code: int) -> int:
    """What a shell shows: the same whether a process leaves because of a signal or the system ends it."""
    return code if code >= 0 else 128 - code


def assert_checkpoint_can_be_read(project: Project) -> None:
    """If it is there, it is whole."""
    try:
        text = (project.home / "checkpoint.json").read_text()
    except FileNotFoundError:
        return
    assert json.loads(text)["evaluations"] > 0


@pytest.fixture
def thinking(server: Server, tmp_path: Path) -> Process:
    """A run whose optimizer thinks for ten minutes."""
    project = Project(server, tmp_path, config("none", optimizer={"type": "thinker.py:think"}))
    (tmp_path / "thinker.py").write_text(THINKER)
    process = project.start()
    while not (tmp_path / "thinking").exists():
        time.sleep(0.005)
    return process


@pytest.mark.parametrize("signum", SIGNALS)
def test_one_signal_leaves_after_the_grace(thinking: Process, signum: int) -> None:
    """Whatever is being done may end, but not for ten minutes."""
    began = time.monotonic()
    thinking.send(signum)
    assert thinking.wait() == 128 + signum
    assert time.monotonic() - began < GRACE + MARGIN


def test_a_second_ctrl_c_leaves_at_once(thinking: Process) -> None:
    """Before the grace is over."""
    began = time.monotonic()
    thinking.send(signal.SIGINT)
    time.sleep(0.2)  # two signals of a kind that are pending together are one
    thinking.send(signal.SIGINT)
    assert thinking.wait() == 128 + signal.SIGINT
    assert time.monotonic() - began < GRACE
    assert "Go on with:" in thinking.said()


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_before_the_run_begins_leaves_too(server: Server, tmp_path: Path, signum: int) -> None:
    """While parts are still put together."""
    project = Project(server, tmp_path, config("COBYLA"))
    process = project.start()
    process.send(signum)
    assert shell_code(process.wait()) == 128 + signum
    project.run()
