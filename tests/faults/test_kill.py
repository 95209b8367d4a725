"""SIGKILL anywhere: the same command again ends with the same bits, and no evaluation but the one in flight is made twice."""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.ibm.killing import BOUNDARIES
from tests.faults.runs import CASES, ROOT, Project, Server, submitted_again, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KILLS = pytest.mark.parametrize("kills", [2, pytest.param(35, marks=pytest.mark.nightly)])
FAILPOINTS = (
    "opened",
    "frozen",
    "begun",
    "appending",
    "committed",
    "headed",
    "asked",
    "encoded",
    "accepted",
    "submitted",
    "executed",
    "answered",
    "checkpointed",
    "stopped",
    "measured",
    "folded",
    "finished",
)


STAGES = ("stage frozen", "stage begun")
"""Failpoints of a circuit that is frozen after the run has begun; see test_courses.py."""


@dataclass(frozen=True)
class Unkilled:
    """A run that nobody killed: what it tells, how many seconds it took, and how often it came by each failpoint."""

    told: dict[str, Any]
    seconds: float
    reached: dict[str, int]


@pytest.fixture(scope="module")
def unkilled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Unkilled]:
    """A case where nobody kills it; each is run once."""
    known: dict[str, Unkilled] = {}

    def find(case: str) -> Unkilled:
        if case not in known:
            project = Project(server, tmp_path_factory.mktemp("unkilled"), CASES[case])
            began = time.monotonic()
            project.run(QOPT_FAILPOINT="none:0", QOPT_REACHED="reached.json")
            seconds = time.monotonic() - began
            known[case] = Unkilled(told(project), seconds, json.loads((project.folder / "reached.json").read_text()))
        return known[case]

    return find


@KILLS
@pytest.mark.parametrize("case", CASES)
def test_a_run_that_is_killed_at_random_times_ends_with_the_same_bits(
    server: Server,
    tmp_path: Path,
    unkilled: Callable[[str], Unkilled],
    case: str,
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Killed again and again before its result is recorded; when it gets to its end before that, another one is begun."""
    expected, seconds = unkilled(case).told, unkilled(case).seconds
    project = Project(server, tmp_path, CASES[case])
    rng = random.Random(f"{case} {kills}")  # noqa: S311
    done = here = 0
    while done < kills:
        process = project.start()
        time.sleep(rng.uniform(0.0, seconds))
        process.send(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL and not project.finished():
            done, here = done + 1, here + 1
            continue
        project.run()
        assert_same(project, expected, here)
        project.forget()
        here, seconds = 0, 0.7 * seconds  # it was measured while the machine was busy, or the run was nearly done already
    project.run()
    assert_same(project, expected, here)
    record_property("killed before the result", done)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
@pytest.mark.parametrize("case", ["COBYLA-sampled", "spsa-exact"])
def test_a_run_that_is_killed_at_a_commit_boundary_ends_with_the_same_bits(
    server: Server,
    tmp_path: Path,
    unkilled: Callable[[str], Unkilled],
    case: str,
    failpoint: str,
    record_property: Callable[[str, object], None],
) -> None:
    """The first, the second and the last time that it comes by."""
    expected, times = unkilled(case).told, unkilled(case).reached[failpoint]
    project = Project(server, tmp_path, CASES[case])
    early = late = 0
    for k in sorted({1, min(2, times), times}):
        project.forget()
        # How often the head is written depends on how long answers take, so its last time may come sooner.
        while (code := project.start(QOPT_FAILPOINT=f"{failpoint}:{k}").wait()) != -signal.SIGKILL:
            assert (code, failpoint) == (0, "headed")
            project.forget()
            k -= 1  # noqa: PLW2901
        finished = project.finished()
        early, late = early + (not finished), late + finished
        project.run()
        assert_same(project, expected, 1)
    record_property("killed before the result", early)
    record_property("killed after the result", late)


def test_all_failpoints_are_tried() -> None:
    """Whoever adds one to the source adds it here, or to those that only a device's jobs or a run of several circuits have."""
    sources = (ROOT / "src" / "qopt").rglob("*.py")
    found = {name for source in sources for name in re.findall(r'\breach\("([\w ]+)"\)', source.read_text())}
    assert found == set(FAILPOINTS) | set(BOUNDARIES) | set(STAGES)


def test_a_run_that_is_killed_from_a_shell_ends_with_the_same_bits(
    server: Server, tmp_path: Path, unkilled: Callable[[str], Unkilled], record_property: Callable[[str, object], None]
) -> None:
    """`python -m qopt run` without the short cuts of the other tests: in the middle of the run, and then while it draws."""
    project = Project(server, tmp_path, CASES["COBYLA-sampled"])
    command = [sys.executable, "-m", "qopt", "run", "config.yaml", "--progress", "none"]

    def middle() -> bool:
        return len(project.contents().records) > 10

    for reached in (middle, project.finished):
        with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.DEVNULL) as process:
            while not reached():
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
    output = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=True)
    assert output.stderr == ""
    assert "SamplerV2 on aer in a Session" in output.stdout
    assert_same(project, unkilled("COBYLA-sampled").told, 1)
    record_property("killed before the result", 1)
    record_property("killed after the result", 1)


@pytest.mark.parametrize("case", ["COBYLA-sampled", "Nelder-Mead-exact"])
def test_a_copy_of_a_killed_run_goes_on_elsewhere(server: Server, tmp_path: Path, unkilled: Callable[[str], Unkilled], case: str) -> None:
    """The folder is all there is to a run."""
    project = Project(server, tmp_path / "here", CASES[case])
    assert project.start(QOPT_FAILPOINT="executed:5").wait() == -signal.SIGKILL
    copy = project.copy(tmp_path / "there")
    shutil.rmtree(project.folder)
    copy.run()
    assert_same(copy, unkilled(case).told, 1)


def assert_same(project: Project, expected: dict[str, Any], kills: int) -> None:
    """The run told the same, and every kill cost one submission at most."""
    assert told(project) == expected
    assert submitted_again(project.contents()) <= kills
