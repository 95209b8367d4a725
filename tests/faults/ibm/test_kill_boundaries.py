"""SIGKILL at every boundary of a job's life, in every mode, with both generations of primitives: no job is executed twice."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from tests.faults.ibm.killing import BOUNDARIES, EXPECTATION, KINDS, MODES, assert_same, config, events, nightly

if TYPE_CHECKING:
    from tests.faults.ibm.killing import Bench

FURTHER = ("encoded", "executed", "answered", "stopped", "measured", "folded")
OTHERS = [f"{name}:{k}" for name in BOUNDARIES for k in (1, 3, 4)] + [f"{name}:1" for name in FURTHER]
EVERY = [f"{name}:2" for name in BOUNDARIES] + nightly(*OTHERS)
MODE = pytest.mark.parametrize("mode", MODES)
KIND = pytest.mark.parametrize("kind", KINDS)


@MODE
@KIND
@pytest.mark.parametrize("boundary", EVERY)
def test_a_run_that_is_killed_at_a_boundary_executes_no_job_twice(bench: Bench, mode: str, kind: str, boundary: str) -> None:
    """The question asked, and nothing sent; the job accepted, its id lost; the id recorded; the job ended; its result fetched."""
    expected = bench.unkilled(config(mode, kind))
    project = bench.project(config(mode, kind))
    bench.kill_at(project, boundary)
    bench.run(project)
    assert_same(bench, project, expected)


@MODE
@KIND
def test_a_run_that_is_killed_while_its_job_runs_collects_that_job(bench: Bench, mode: str, kind: str) -> None:
    """The job goes on without it, and is found when it has ended."""
    expected = bench.unkilled(config(mode, kind))
    project = bench.project(config(mode, kind))
    bench.gate.touch()
    bench.kill_when(project, lambda: any(job["status"] == "Running" for job in bench.emulator.control.jobs()), "running")
    bench.gate.unlink()
    bench.run(project)
    assert_same(bench, project, expected)


@MODE
@KIND
def test_a_job_that_was_accepted_without_an_answer_is_adopted(bench: Bench, mode: str, kind: str) -> None:
    """The service takes the second job and falls silent; the run is killed while it waits for the reply."""
    expected = bench.unkilled(config(mode, kind))
    project = bench.project(config(mode, kind))
    bench.emulator.control.faults([{"do": "hang", "method": "POST", "path": "^/jobs$", "when": "after", "nth": 2, "seconds": 60}])
    bench.kill_when(project, lambda: bench.jobs("main-1"), "accepted")
    bench.emulator.control.clear_faults()
    (job,) = bench.jobs("main-1")
    bench.run(project)
    assert_same(bench, project, expected)
    assert [detail["job"] for detail in events(project, "adopted a job")] == [job["id"]]


@KIND
@pytest.mark.parametrize("boundary", ["accepted:2", *nightly("asked:2", "submitted:2", "ended:2", "fetched:2")])
def test_a_run_of_the_estimator_that_is_killed_executes_no_job_twice(bench: Bench, kind: str, boundary: str) -> None:
    """Observables instead of strings, with either generation of primitives."""
    wanted = {**config("session", kind), **EXPECTATION}
    expected = bench.unkilled(wanted)
    project = bench.project(wanted)
    bench.kill_at(project, boundary)
    bench.run(project)
    assert_same(bench, project, expected)


@KIND
@pytest.mark.parametrize("boundary", ["accepted:3", "answered:3", *nightly("submitted:2", "ended:3", "stopped:1")])
def test_a_budget_of_qpu_time_ends_a_killed_run_where_it_would_have_ended(bench: Bench, kind: str, boundary: str) -> None:
    """What is affordable follows from bills, and those are the same whenever they are read."""
    wanted = {**config("job", kind, iterations=20), "budget": {"qpu": 30}}
    expected = bench.unkilled(wanted)
    assert "budget" in expected.run["result"]["status"]
    project = bench.project(wanted)
    bench.kill_at(project, boundary)
    bench.run(project)
    assert_same(bench, project, expected)
    assert sum(expected.billed.values()) <= 30


@MODE
def test_a_job_that_failed_before_the_kill_is_sent_again_once(bench: Bench, mode: str) -> None:
    """The platform failed at the second job; the run is killed before it has noted that."""
    expected = bench.unkilled(config(mode))
    project = bench.project(config(mode))
    bench.emulator.control.faults([{"do": "fail", "tag": "main-1$"}])
    bench.kill_at(project, "ended:2")
    bench.run(project)
    assert [job["status"] for job in bench.jobs("main-1")] == ["Failed", "Completed"]
    assert_same(bench, project, expected, submissions=1)


@pytest.mark.nightly
@KIND
@MODE
def test_a_run_that_is_killed_at_random_times_executes_no_job_twice(bench: Bench, mode: str, kind: str) -> None:
    """Again and again, a few records after it came back, and the platform with it every third time."""
    expected = bench.unkilled(config(mode, kind, iterations=6))
    rng = random.Random(f"{mode} {kind}")  # noqa: S311 - when to kill
    for _ in range(3):
        project = bench.project(config(mode, kind, iterations=6))
        kills = 0
        while not project.finished():
            process = bench.start(project)
            enough = len(project.contents().records) + rng.randint(1, 6)
            while len(project.contents().records) < enough and not project.finished():
                time.sleep(0.02)
            time.sleep(rng.uniform(0.0, 0.2))
            process.send(signal.SIGKILL)
            process.wait()
            kills += 1
            if kills % 3 == 0:
                bench.emulator.restart()
        bench.run(project)
        assert_same(bench, project, expected)
