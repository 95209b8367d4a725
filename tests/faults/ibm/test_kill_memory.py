"""What is forgotten between two parts of a run: by the platform, killed and restarted, and by a store that lost its last records."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.faults.ibm.killing import BOUNDARIES, KINDS, MODES, WAITING, assert_same, config, events, nightly, restored, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.ibm.killing import Bench

KIND = pytest.mark.parametrize("kind", [KINDS[0], *nightly(KINDS[1])])
EVERY = [(mode, boundary) for boundary in BOUNDARIES for mode in MODES]
DAILY = [(MODES[place % len(MODES)], boundary) for place, boundary in enumerate(BOUNDARIES)]
"""Each boundary once, each mode at least once."""


@KIND
@pytest.mark.parametrize("case", [*DAILY, *nightly(*(case for case in EVERY if case not in DAILY))], ids="-".join)
def test_a_platform_that_dies_with_the_run_executes_no_job_twice(bench: Bench, kind: str, case: tuple[str, str]) -> None:
    """Both are killed, both come back, and the run goes on with the jobs that the platform remembers."""
    mode, boundary = case
    expected = bench.unkilled(config(mode, kind))
    project = bench.project(config(mode, kind))
    bench.kill_at(project, f"{boundary}:2")
    bench.emulator.restart()
    bench.run(project)
    assert_same(bench, project, expected)


@pytest.mark.parametrize("mode", ["session", *nightly("batch", "job")])
def test_a_platform_that_dies_while_a_job_runs_executes_it_once(bench: Bench, mode: str) -> None:
    """The run waits all along: what it asked for while the platform was away, it asks for again."""
    expected = bench.unkilled(config(mode))
    project = bench.project(config(mode))
    bench.gate.touch()
    process = bench.start(project)
    until(lambda: any(job["status"] == "Running" for job in bench.emulator.control.jobs()), "running")
    bench.emulator.kill()
    bench.gate.unlink()
    bench.emulator.restart()
    assert process.wait() == 0, process.said()
    assert_same(bench, project, expected)


@pytest.mark.parametrize("mode", ["session", *nightly("batch", "job")])
@KIND
@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(("asked:3", "submitted:1", 1), id="an id"),
        pytest.param(("asked:3", "answered:1", 1), id="an id and its answer"),
        pytest.param(("answered:1", "submitted:2", 2), id="two questions"),
        pytest.param(("begun:1", "answered:4", 4), id="all but the header"),
    ],
)
def test_jobs_whose_records_were_lost_are_adopted(bench: Bench, tmp_path: Path, mode: str, kind: str, lost: tuple[str, str, int]) -> None:
    """The store is as it was at an earlier moment: questions, ids and answers of jobs that were executed since then are missing in it."""
    known_until, killed_at, adopted = lost
    expected = bench.unkilled(config(mode, kind))
    project = bench.project(config(mode, kind))
    bench.kill_at(project, known_until)
    shutil.copytree(project.home, tmp_path / "copy")
    bench.kill_at(project, killed_at)  # counted from the start of this part
    restored(project, tmp_path / "copy")
    bench.run(project)
    assert len(events(project, "adopted a job")) == adopted
    assert_same(bench, project, expected)


@pytest.mark.parametrize("mode", ["job", *nightly("batch", "session")])
def test_a_job_that_is_not_listed_yet_is_waited_for(bench: Bench, mode: str) -> None:
    """The list of jobs lags: a job that was accepted just before the kill appears in it after the run has come back."""
    slow = config(mode, waiting=WAITING | {"listing": 3})
    expected = bench.unkilled(slow)
    project = bench.project(slow, listing_lag=1.5)
    bench.kill_at(project, "accepted:2")
    bench.run(project)
    assert_same(bench, project, expected)
    assert len(events(project, "adopted a job")) == 1
