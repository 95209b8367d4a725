"""Leave and come back: `--no-wait` in a loop, a device that is calibrated meanwhile, and sweeps through one Batch."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.ibm.killing import MODES, call_of, config, events, nightly, told, until
from tests.faults.runs import submitted_again

from qopt.journal import Answered, read

if TYPE_CHECKING:
    from tests.faults.ibm.killing import Bench, Outcome
    from tests.faults.runs import Project

COLLECT = ("run", "config.yaml", "--progress", "none", "--no-wait")
QUEUED = 75
MOST = 60
"""Parts after which a loop that does not end is given up."""


def part(bench: Bench, project: Project) -> tuple[int, str]:
    """One `qopt run --no-wait` while jobs run on and on: its exit code and what it says."""
    bench.gate.touch()
    process = bench.start(project, *COLLECT)
    code = process.wait()
    assert code in (0, QUEUED), (code, process.said())
    return code, process.said()


def idle(bench: Bench) -> None:
    """Open the gate and wait until the platform has nothing left to do."""
    bench.gate.unlink(missing_ok=True)
    until(lambda: all(job["status"] == "Completed" for job in bench.emulator.control.jobs()), "done")


def leave_until_done(bench: Bench, project: Project) -> None:
    """Parts that do not wait until there is a result; between two of them no Session may be open."""
    while part(bench, project)[0] == QUEUED:
        assert not any(session["accepting_jobs"] for session in bench.emulator.control.sessions())
        idle(bench)


def assert_left_and_came_back(bench: Bench, project: Project, expected: Outcome) -> None:
    """The same trajectory and the same bill; how it was grouped may differ."""
    found = bench.outcome(project)
    assert found.run["main"] == expected.run["main"]
    assert found.run["final"] == expected.run["final"]
    assert found.billed == found.known == expected.billed
    assert found.executions == expected.executions
    assert set(found.executions.values()) == {1}
    assert len(bench.emulator.control.jobs()) == len(found.executions)
    assert submitted_again(project.contents()) == 0


def test_twenty_parts_that_do_not_wait_make_the_run(bench: Bench) -> None:
    """Every second part finds its job still at work, says so and sends nothing; the last one ends with 0."""
    wanted = config("auto", iterations=8)
    expected = bench.unkilled(config("job", iterations=8))
    project = bench.project(wanted)
    parts = 0
    while True:
        code, said = part(bench, project)
        parts += 1
        if code == 0:
            break
        (job,) = [job for job in bench.emulator.control.jobs() if job["status"] != "Completed"]
        assert job["id"] in said
        again, told_again = part(bench, project)
        parts += 1
        assert again == QUEUED
        assert job["id"] in told_again
        assert len([item for item in bench.emulator.control.jobs() if item["status"] != "Completed"]) == 1
        idle(bench)
        assert parts < MOST
    assert parts >= 20
    assert_left_and_came_back(bench, project, expected)
    (chosen,) = events(project, "mode")
    assert chosen["mode"] == "job"
    assert "nobody waits" in chosen["reason"]


@pytest.mark.parametrize("mode", MODES)
def test_parts_that_do_not_wait_leave_no_session_open(bench: Bench, mode: str) -> None:
    """Between two of them nothing is billed, whatever mode was asked for."""
    expected = bench.unkilled(config("job"))
    project = bench.project(config(mode))
    leave_until_done(bench, project)
    assert_left_and_came_back(bench, project, expected)


@pytest.mark.parametrize("boundary", ["accepted:1", "answered:1", *nightly("asked:1", "submitted:1")])
def test_parts_that_do_not_wait_may_be_killed(bench: Bench, boundary: str) -> None:
    """Every second one is, before or after its job is taken."""
    expected = bench.unkilled(config("job"))
    project = bench.project(config("job"))
    kills = 0
    while True:
        bench.gate.touch()
        killed = bench.start(project, *COLLECT, QOPT_FAILPOINT=boundary).wait()
        kills += killed == -signal.SIGKILL
        idle(bench)
        code, _ = part(bench, project)
        if code == 0:
            break
        idle(bench)
        assert kills < MOST
    assert kills > 1
    assert_left_and_came_back(bench, project, expected)


def test_a_run_that_was_killed_in_a_session_goes_on_without_waiting(bench: Bench) -> None:
    """Its job is collected, not sent again, and the Session is closed by the first part that does not wait."""
    expected = bench.unkilled(config("job"))
    project = bench.project(config("session"))
    bench.gate.touch()
    bench.kill_when(project, bench.emulator.control.jobs, "submitted")
    leave_until_done(bench, project)
    assert_left_and_came_back(bench, project, expected)


@pytest.mark.parametrize("boundary", ["asked:3", "accepted:2", *nightly("submitted:2", "answered:2")])
def test_a_device_that_was_calibrated_meanwhile_is_measured_once_more(bench: Bench, boundary: str) -> None:
    """Killed and gone on with under another calibration: one job of the stage drift, and the same trajectory."""
    expected = bench.unkilled(config("job"))
    project = bench.project(config("job"))
    bench.kill_at(project, boundary)
    bench.emulator.control.faults([{"do": "recalibrate"}])
    bench.kill_at(project, "answered:2")  # of the drift and of a call of the optimizer
    bench.run(project)
    found = bench.outcome(project)
    drifts = [call for call in found.executions if call.startswith("drift-")]
    assert len(drifts) == 1
    assert found.run["main"] == expected.run["main"]
    assert found.run["final"] == expected.run["final"]
    assert set(found.executions.values()) == {1}
    assert len(found.run["result"]["usage"]["drift"]) == 1
    assert len({record.calibration for record in project.contents().records if isinstance(record, Answered)}) == 2
    for key in ("value", "stderr", "point", "evaluations", "status"):
        assert found.run["result"][key] == expected.run["result"][key]


@pytest.mark.parametrize("failpoint", ["accepted:1", *nightly("asked:1", "submitted:1", "answered:1")])
def test_a_run_that_is_killed_in_its_look_at_the_drift_looks_once(bench: Bench, failpoint: str) -> None:
    """The job of the stage drift is one like any other: it is not executed twice."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session"))
    bench.kill_at(project, "answered:2")
    bench.emulator.control.faults([{"do": "recalibrate"}])
    bench.kill_at(project, failpoint)
    bench.run(project)
    found = bench.outcome(project)
    assert found.executions == expected.executions | {"drift-2": 1}
    assert found.run["main"] == expected.run["main"]


@pytest.mark.parametrize("mode", MODES)
def test_a_killed_run_that_is_finished_on_request_can_be_gone_on_with(bench: Bench, mode: str) -> None:
    """`qopt finish` collects the job in flight, asks for nothing more and closes the Session; the same run can go on later."""
    expected = bench.unkilled(config(mode))
    project = bench.project(config(mode))
    bench.kill_at(project, "submitted:2")
    bench.run(project, "finish", "run", "--progress", "none")
    assert not any(session["accepting_jobs"] for session in bench.emulator.control.sessions())
    bench.run(project)
    found = bench.outcome(project)
    assert found.run["main"] == expected.run["main"]
    assert found.executions == expected.executions | {"final-2": 1}


SEEDS = (1, 2, 3)


def sweep(kind: str = "legacy") -> dict[str, Any]:
    """A sweep of three runs that know nothing of each other."""
    return {**config("auto", kind), "sweep": {"axes": {"seed": list(SEEDS)}}}


def told_of_sweep(bench: Bench, project: Project) -> dict[str, Any]:
    """What every run of a sweep tells, and the table; every job was executed once and no Batch is open."""
    jobs = bench.emulator.control.jobs()
    assert set(Counter(tag for job in jobs for tag in job["tags"] if tag.endswith(call_of(job))).values()) == {1}
    assert {job["executions"] for job in jobs} == {1}
    assert not any(session["accepting_jobs"] for session in bench.emulator.control.sessions())
    parts = [project.home / f"seed-{seed}" for seed in SEEDS]
    assert [submitted_again(read(home)) for home in parts] == [0] * len(parts)
    return {"runs": [told(home) for home in parts], "table": (project.home / "table.csv").read_text()}


@pytest.fixture(scope="module")
def unkilled_sweep(bench: Bench) -> dict[str, Any]:
    """A sweep that nobody killed: it goes through one Batch."""
    project = bench.project(sweep())
    bench.run(project)
    assert [session["mode"] for session in bench.emulator.control.sessions()] == ["batch"]
    return told_of_sweep(bench, project)


@pytest.mark.parametrize("boundary", ["accepted:2", "finished:1", *nightly("submitted:4", "answered:5", "ended:7")])
def test_a_sweep_that_is_killed_goes_on_to_the_same_table(bench: Bench, unkilled_sweep: dict[str, Any], boundary: str) -> None:
    """In its first, second and third run, and between two of them; the Batch is rejoined, or closed where its run is over."""
    project = bench.project(sweep())
    bench.kill_at(project, boundary)
    bench.run(project)
    assert told_of_sweep(bench, project) == unkilled_sweep
    assert {session["mode"] for session in bench.emulator.control.sessions()} == {"batch"}


def test_a_sweep_that_does_not_wait_sends_a_job_of_every_run(bench: Bench, unkilled_sweep: dict[str, Any]) -> None:
    """Every part collects what is done and sends the next job of each run; all of it takes as many parts as one run would."""
    project = bench.project(sweep())
    parts = 0
    while True:
        code, _ = part(bench, project)
        parts += 1
        if code == 0:
            break
        assert len([job for job in bench.emulator.control.jobs() if job["status"] != "Completed"]) == len(SEEDS)
        idle(bench)
        assert parts < MOST
    assert parts == 5
    assert told_of_sweep(bench, project) == unkilled_sweep
