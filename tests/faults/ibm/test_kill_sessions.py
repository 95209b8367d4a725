"""What becomes of Sessions in mid-run: refused by the plan, over, idle, exchanged for a Batch, and closed on every way out."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.ibm.killing import KINDS, PATIENCE, WAITING, Outcome, assert_same, config, events, nightly, reasons, until

if TYPE_CHECKING:
    from tests.faults.ibm.killing import Bench
    from tests.faults.runs import Process, Project

KIND = pytest.mark.parametrize("kind", [KINDS[0], *nightly(KINDS[1])])
HOURS = 3600.0


def elsewhere(outcome: Outcome) -> dict[str, Any]:
    """What a run tells but for how it was grouped, to compare runs in different modes."""
    run = dict(outcome.run)
    del run["result"], run["finished"]
    return {"run": run, "executions": outcome.executions, "billed": outcome.billed, "known": outcome.known}


def stopped_in(bench: Bench, project: Project, call: str) -> Process:
    """A run that waits for the job of a call, which runs on until the gate is opened."""
    bench.emulator.control.faults([{"do": "stall", "tag": f"{call}$"}])
    process = bench.start(project)
    until(lambda: bench.jobs(call), f"submitted {call}")
    return process


def test_auto_goes_by_batch_on_the_open_plan_and_says_why(bench: Bench) -> None:
    """The open plan has no Sessions: the same trajectory, and the reason in the journal and in the result."""
    expected = bench.unkilled(config("batch"))
    project = bench.project(config("auto"), plan="open")
    bench.run(project)
    found = bench.outcome(project)
    assert elsewhere(found) == elsewhere(expected)
    assert {session["mode"] for session in bench.emulator.control.sessions()} <= {"batch"}
    (chosen,) = events(project, "mode")
    assert "open" in chosen["reason"]
    assert "Session" in chosen["reason"]
    assert found.run["result"]["usage"]["reason"] == chosen["reason"]
    assert found.run["result"]["usage"]["mode"] == chosen["mode"]


def test_a_session_that_the_plan_does_not_have_is_refused(bench: Bench) -> None:
    """Where the mode was said to be session: before anything is sent, with what to do instead."""
    project = bench.project(config("session"), plan="open")
    said = project.run(code=2, **bench.emulator.environment)
    assert "the open plan has no Sessions: set it to auto, batch or job" in said
    assert bench.emulator.control.jobs() == bench.emulator.control.sessions() == []
    assert not project.home.exists()


def test_a_session_that_the_plan_refuses_becomes_a_batch(bench: Bench) -> None:
    """The plan loses its Sessions in mid-run: the refusal to renew one, error 1352, is the reason for a Batch."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session"))
    process = stopped_in(bench, project, "main-1")
    bench.emulator.control.configure(plan="open")
    bench.emulator.control.clear_faults()
    bench.emulator.control.advance(9 * HOURS)
    assert process.wait() == 0, process.said()
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)
    assert [session["mode"] for session in bench.emulator.control.sessions()] == ["dedicated", "batch"]
    assert "1352" in events(project, "mode")[-1]["reason"]


def test_a_run_whose_plan_has_no_sessions_any_more_goes_on_in_mode_auto(bench: Bench) -> None:
    """Killed in a Session, it says what to change; then it goes on in a Batch, and closes the Session."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session"))
    bench.kill_at(project, "submitted:2")
    bench.emulator.control.configure(plan="open")
    said = bench.run(project, code=2)
    assert "the open plan has no Sessions: set it to auto, batch or job" in said
    project.configure(**config("auto"))
    bench.run(project)
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)
    assert [session["mode"] for session in bench.emulator.control.sessions()] == ["dedicated", "batch"]


@KIND
@pytest.mark.parametrize("policy", ["renew", "batch"])
def test_a_session_at_its_maximum_time_is_followed_by_another_or_a_batch(bench: Bench, kind: str, policy: str) -> None:
    """Eight hours pass while the second job waits in the queue: it fails, and the same question is asked again in what follows."""
    expected = bench.unkilled(config("session", kind))
    project = bench.project(config("session", kind, on_session_end=policy))
    process = stopped_in(bench, project, "main-1")
    bench.emulator.control.clear_faults()
    bench.emulator.control.advance(9 * HOURS)
    assert process.wait() == 0, process.said()
    found = bench.outcome(project)
    assert elsewhere(found) == elsewhere(expected)
    assert [job["status"] for job in bench.jobs("main-1")] == ["Failed", "Completed"]
    modes = [session["mode"] for session in bench.emulator.control.sessions()]
    assert modes == ["dedicated", "dedicated" if policy == "renew" else "batch"]
    assert "the service closed it" in reasons(project, "ended")[0]


@KIND
def test_a_session_at_its_maximum_time_stops_the_run_where_that_is_wanted(bench: Bench, kind: str) -> None:
    """With on_session_end: stop it ends with 3, says so, and the same command goes on in a new Session."""
    wanted = config("session", kind, on_session_end="stop")
    expected = bench.unkilled(config("session", kind))
    project = bench.project(wanted)
    process = stopped_in(bench, project, "main-1")
    bench.emulator.control.clear_faults()
    bench.emulator.control.advance(9 * HOURS)
    assert process.wait() == 3, process.said()
    assert "on_session_end is stop; the same command goes on in a new one" in process.said()
    bench.run(project)
    found = bench.outcome(project)
    assert elsewhere(found) == elsewhere(expected)
    assert len(bench.emulator.control.sessions()) == 2


@pytest.mark.parametrize("policy", ["renew", "batch", "stop"])
def test_a_session_that_is_over_when_a_job_is_sent_is_followed_by_the_policy(bench: Bench, policy: str) -> None:
    """The service refuses the second job, since the Session's maximum time has just passed: nothing of the job is there."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session", on_session_end=policy))
    bench.emulator.control.faults([{"do": "expire_sessions", "method": "POST", "path": "^/jobs$", "nth": 2}])
    bench.run(project, code=3 if policy == "stop" else 0)
    if policy == "stop":
        bench.run(project)
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)
    assert all(len(bench.jobs(call)) == 1 for call in expected.executions)
    modes = [session["mode"] for session in bench.emulator.control.sessions()]
    assert modes == ["dedicated", "batch" if policy == "batch" else "dedicated"]


def test_a_session_that_ended_while_nobody_was_there_is_replaced(bench: Bench) -> None:
    """The run was killed; when it comes back, the Session's maximum time is over."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session"))
    bench.kill_at(project, "asked:2")
    bench.emulator.control.advance(9 * HOURS)
    bench.run(project)
    assert_same(bench, project, expected)
    assert reasons(project, "ended")[0] == "it was closed meanwhile"
    assert len(bench.emulator.control.sessions()) == 2


@pytest.mark.parametrize("policy", ["renew", "batch"])
def test_a_job_whose_session_ended_while_nobody_was_there_is_sent_again(bench: Bench, policy: str) -> None:
    """It had waited in the queue when the run was killed, and failed when the Session's time was over."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session", on_session_end=policy))
    process = stopped_in(bench, project, "main-1")
    process.send(signal.SIGKILL)
    process.wait()
    bench.emulator.control.advance(9 * HOURS)
    bench.run(project)
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)
    assert [job["status"] for job in bench.jobs("main-1")] == ["Failed", "Completed"]
    modes = [session["mode"] for session in bench.emulator.control.sessions()]
    assert modes == ["dedicated", "batch" if policy == "batch" else "dedicated"]


@KIND
def test_a_session_that_became_inactive_is_used_again(bench: Bench, kind: str) -> None:
    """An interactive timeout that passes while nobody works on the run ends the Session's activity, not the Session."""
    expected = bench.unkilled(config("session", kind))
    project = bench.project(config("session", kind))
    bench.kill_at(project, "answered:2")
    (session,) = bench.emulator.control.sessions()
    bench.emulator.control.advance(session["interactive_ttl"] + 60)
    assert bench.emulator.control.sessions()[0]["state"] == "inactive"
    bench.run(project)
    assert_same(bench, project, expected)
    assert len(bench.emulator.control.sessions()) == 1


@KIND
@pytest.mark.parametrize("boundary", ["accepted:2", "submitted:2", *nightly("asked:2", "answered:2")])
def test_a_run_goes_on_in_another_mode(bench: Bench, kind: str, boundary: str) -> None:
    """Killed in a Session, its mode edited, and gone on with in a Batch: the same trajectory, and the Session is closed."""
    expected = bench.unkilled(config("session", kind))
    project = bench.project(config("session", kind))
    bench.kill_at(project, boundary)
    project.configure(**config("batch", kind))
    bench.run(project)
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)
    assert [session["mode"] for session in bench.emulator.control.sessions()] == ["dedicated", "batch"]
    assert "the mode is batch now" in reasons(project, "ended")


GROUPED = pytest.mark.parametrize("mode", ["session", "batch"])
SIGNALS = pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])


@GROUPED
@SIGNALS
def test_a_run_that_is_told_to_leave_closes_its_session_and_leaves_its_job(bench: Bench, mode: str, signum: int) -> None:
    """The job stays queued and is collected later, whatever became of its Session."""
    expected = bench.unkilled(config(mode))
    project = bench.project(config(mode))
    process = stopped_in(bench, project, "main-1")
    process.send(signum)
    assert process.wait() == 128 + signum
    (job,) = bench.jobs("main-1")
    assert job["status"] == "Queued"
    assert job["id"] in process.said()
    assert bench.emulator.control.sessions()[0]["accepting_jobs"] is False
    bench.emulator.control.release()
    bench.run(project)
    assert_same(bench, project, expected)


@GROUPED
def test_a_run_whose_budget_is_spent_closes_its_session(bench: Bench, mode: str) -> None:
    """It ends with a result; a larger budget goes on in a new one to where the whole run ends."""
    calibration = 20
    expected = bench.unkilled(config(mode))
    project = bench.project({**config(mode), "budget": {"evaluations": calibration + 2}})
    bench.run(project)
    (session,) = bench.emulator.control.sessions()
    assert session["state"] == "closed"
    project.configure(**config(mode))
    bench.run(project)
    assert bench.outcome(project).run["main"] == expected.run["main"]
    assert [session["state"] for session in bench.emulator.control.sessions()] == ["closed", "closed"]


@GROUPED
def test_a_run_that_fails_closes_its_session(bench: Bench, mode: str) -> None:
    """Its second job fails as often as it is tried; when the trouble is over the same command goes on."""
    expected = bench.unkilled(config(mode))
    project = bench.project(config(mode))
    bench.emulator.control.faults([{"do": "fail", "tag": "main-1$", "count": None}])
    said = bench.run(project, code=3)
    assert "Traceback" not in said
    (session,) = bench.emulator.control.sessions()
    assert session["state"] == "closed"
    bench.emulator.control.clear_faults()
    bench.run(project)
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)


@GROUPED
def test_an_optimizer_that_fails_leaves_no_session_open(bench: Bench, mode: str) -> None:
    """A mistake in the user's own code, after the first job."""
    project = bench.project({**config(mode), "optimizer": {"type": "broken.py:search"}})
    (project.folder / "broken.py").write_text("def search(evaluate, start, rng):\n    evaluate(start[None, :])\n    return 1 / 0\n")
    assert "ZeroDivisionError" in bench.run(project, code=2)
    (session,) = bench.emulator.control.sessions()
    assert session["state"] == "closed"


def test_a_session_that_could_not_be_closed_is_closed_by_the_next_part(bench: Bench) -> None:
    """The service is in trouble when the run is told to leave: it says so, and the next part finds the Session by its id."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session"))
    process = stopped_in(bench, project, "main-1")
    bench.emulator.control.faults([{"do": "status", "code": 503, "method": "PATCH", "path": "^/sessions/", "count": None}])
    process.send(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    assert bench.emulator.control.sessions()[0]["accepting_jobs"] is True
    assert len(reasons(project, "left open")) == 1
    bench.emulator.control.clear_faults()
    bench.emulator.control.release()
    bench.run(project)
    assert_same(bench, project, expected)
    assert len(bench.emulator.control.sessions()) == 1


@pytest.mark.nightly
def test_whoever_leaves_does_not_wait_for_a_service_in_trouble(bench: Bench) -> None:
    """Killed, gone on with, and told to leave before the service has answered anything: closing the Session is left for later."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session", waiting=WAITING | {"service": 10 * PATIENCE}))
    bench.kill_at(project, "submitted:2")
    asked = "GET /backends/ID/properties"
    before = bench.emulator.control.requests()[asked]
    bench.emulator.control.faults([{"do": "status", "code": 503, "path": "^/(backends/.*/properties|sessions)", "count": None}])
    process = bench.start(project)
    until(lambda: bench.emulator.control.requests()[asked] > before, "asked in vain")
    process.send(signal.SIGTERM)
    assert ended_within(process, PATIENCE) == 128 + signal.SIGTERM
    bench.emulator.control.clear_faults()
    bench.run(project)
    assert_same(bench, project, expected)


def ended_within(process: Process, seconds: float) -> int | None:
    """The exit code of a process; None, and it is killed, where it takes longer."""
    alarm = threading.Timer(seconds, process.send, (signal.SIGKILL,))
    alarm.start()
    code = process.wait()
    alarm.cancel()
    return None if code == -signal.SIGKILL else code


def test_a_session_that_only_time_made_inactive_goes_on(bench: Bench) -> None:
    """Its interactive timeout passes while the optimizer thinks; the next job makes the same Session active again."""
    project = bench.project({**config("session"), "optimizer": {"type": "sleeper.py:search"}})
    (project.folder / "sleeper.py").write_text(SLEEPER)
    process = bench.start(project)
    until((project.folder / "thinking-0").exists, "thinking")
    bench.emulator.control.advance(10 * 60)
    assert bench.emulator.control.sessions()[0]["state"] == "inactive"
    for call in range(CALLS):
        (project.folder / f"go-{call}").touch()
    assert process.wait() == 0, process.said()
    assert set(bench.outcome(project).executions.values()) == {1}
    assert [session["state"] for session in bench.emulator.control.sessions()] == ["closed"]


def test_a_session_is_closed_although_everything_was_measured_before_the_kill(bench: Bench) -> None:
    """Killed between the last answer and the end: the next part has nothing to measure, and closes what was left open."""
    expected = bench.unkilled(config("session"))
    project = bench.project(config("session"))
    bench.kill_at(project, "measured:1")
    bench.run(project)
    assert_same(bench, project, expected)


SLEEPER = '''"""Random steps by an optimizer that thinks after every call until it is told to go on."""

import time
from pathlib import Path

import numpy as np


def search(evaluate, start, rng):
    point, best = np.array(start), np.inf
    for call in range(5):
        trials = point + 0.1 * rng.normal(size=(2, len(point)))
        values = evaluate(trials).values
        if values.min() < best:
            point, best = trials[values.argmin()], values.min()
        Path(f"thinking-{call}").touch()
        while not Path(f"go-{call}").exists():
            time.sleep(0.01)
    return point
'''
CALLS = 5


def test_a_session_is_not_paid_for_while_an_optimizer_thinks(bench: Bench) -> None:
    """It is released after half its interactive timeout, opened again, and after the second time a Batch takes its place."""
    wanted = {**config("session"), "optimizer": {"type": "sleeper.py:search"}}
    quick = bench.project({**wanted, "execution": config("batch")["execution"]})
    (quick.folder / "sleeper.py").write_text(SLEEPER)
    for call in range(CALLS):
        (quick.folder / f"go-{call}").touch()
    bench.run(quick)
    expected = bench.outcome(quick)
    project = bench.project(wanted, interactive_ttl=2)
    (project.folder / "sleeper.py").write_text(SLEEPER)
    process = bench.start(project)
    for call in range(CALLS):
        until((project.folder / f"thinking-{call}").exists, f"thinking after call {call}")
        until(lambda: not any(accepting(session) for session in bench.emulator.control.sessions()), "released")
        (project.folder / f"go-{call}").touch()
    assert process.wait() == 0, process.said()
    assert elsewhere(bench.outcome(project)) == elsewhere(expected)
    released = [reason for reason in reasons(project, "ended") if reason.startswith("released after 1 s without a job")]
    assert len(released) == 2
    assert events(project, "mode")[-1]["mode"] == "batch"
    assert [session["mode"] for session in bench.emulator.control.sessions()] == ["dedicated", "dedicated", "batch"]


def test_a_session_that_was_rejoined_is_not_paid_for_while_an_optimizer_thinks(bench: Bench) -> None:
    """The run is killed and comes back to a job that is there already: also after that one the Session does not idle."""
    project = bench.project({**config("session"), "optimizer": {"type": "sleeper.py:search"}}, interactive_ttl=2)
    (project.folder / "sleeper.py").write_text(SLEEPER)
    (project.folder / "go-0").touch()
    bench.kill_at(project, "submitted:2")
    process = bench.start(project)
    until((project.folder / "thinking-1").exists, "thinking after call 1")
    until(lambda: not any(accepting(session) for session in bench.emulator.control.sessions()), "released")
    for call in range(CALLS):
        (project.folder / f"go-{call}").touch()
    assert process.wait() == 0, process.said()
    assert set(bench.outcome(project).executions.values()) == {1}


def accepting(session: dict[str, Any]) -> bool:
    """Whether it is a Session that takes jobs, and is so billed when it idles."""
    return session["mode"] == "dedicated" and bool(session["accepting_jobs"])
