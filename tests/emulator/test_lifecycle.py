"""Sessions and Batches over plain HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.emulator.raw import Raw


def test_a_session_is_paid_for_by_the_clock(start: Callable[..., Raw]) -> None:
    """A Session costs the time from its first job on, its pauses included up to the interactive time."""
    raw = start(clock_rate=0)
    session = raw.open()
    raw.control.advance(100)
    raw.done({"seconds": 5}, session_id=session)
    raw.control.advance(30)
    raw.done({"seconds": 5}, session_id=session)
    assert raw.session(session)["elapsed_time"] == pytest.approx(40)
    raw.control.advance(1000)
    details = raw.session(session)
    assert (details["state"], details["accepting_jobs"]) == ("inactive", True)
    assert details["elapsed_time"] == pytest.approx(100)
    assert [entry["status"] for entry in details["timestamps"]] == ["open", "active", "inactive"]
    assert raw.api("GET", "/instances/usage").json["usage_consumed_seconds"] == pytest.approx(100)


def test_a_batch_is_paid_for_by_its_jobs(start: Callable[..., Raw]) -> None:
    """A Batch costs the QPU time of its jobs and nothing in between."""
    raw = start(clock_rate=0)
    batch = raw.open("batch")
    raw.done({"seconds": 5}, session_id=batch)
    raw.control.advance(30)
    raw.done({"seconds": 6}, session_id=batch)
    assert raw.session(batch)["elapsed_time"] == pytest.approx(11)
    assert raw.api("GET", "/instances/usage").json["usage_consumed_seconds"] == pytest.approx(11)


def test_eight_hours_take_no_time(raw: Raw) -> None:
    """When the maximum time is over a Session takes no jobs: 400 with the code 1217."""
    session = raw.open()
    raw.done(session_id=session)
    raw.control.advance(8 * 3600)
    assert raw.session(session)["state"] == "closed"
    answer = raw.post(session_id=session)
    assert (answer.status, answer.code) == (400, 1217)


def test_the_end_of_a_session_fails_what_waits(raw: Raw, tmp_path: Path) -> None:
    """At the maximum time what runs goes on to its end, and what is queued fails."""
    session = raw.open(max_ttl=100)
    go = tmp_path / "go"
    running = raw.submit({"until": str(go)}, session_id=session)
    raw.until(running, "Running")
    waiting = raw.submit(session_id=session)
    raw.control.advance(101)
    assert raw.job(waiting)["state"]["reason_code"] == 1217
    details = raw.session(session)
    assert (details["state"], details["accepting_jobs"]) == ("active", False)
    go.touch()
    assert raw.until(running)["status"] == "Completed"
    assert raw.session(session)["state"] == "closed"


def test_an_unused_session_closes(raw: Raw) -> None:
    """Half an hour without a job closes it, at no cost."""
    session = raw.open()
    raw.control.advance(1801)
    details = raw.session(session)
    assert (details["state"], details["elapsed_time"]) == ("closed", 0)


def test_closing_lets_jobs_finish(raw: Raw, tmp_path: Path) -> None:
    """A Session that is told to take no more finishes what it has, and then it is closed."""
    session = raw.open()
    go = tmp_path / "go"
    ids = [raw.submit({"until": str(go)}, session_id=session) for _ in range(2)]
    raw.until(ids[0], "Running")
    assert raw.api("PATCH", f"/sessions/{session}", {"accepting_jobs": False}).status == 204
    assert raw.post(session_id=session).code == 1217
    assert raw.session(session)["state"] == "active"
    go.touch()
    assert [raw.until(job_id)["status"] for job_id in ids] == ["Completed", "Completed"]
    assert raw.session(session)["state"] == "closed"


def test_cancelling_drops_what_waits(raw: Raw, tmp_path: Path) -> None:
    """A Session that is cancelled finishes what runs and cancels what waits."""
    session = raw.open()
    go = tmp_path / "go"
    ids = [raw.submit({"until": str(go)}, session_id=session) for _ in range(2)]
    raw.until(ids[0], "Running")
    assert raw.api("DELETE", f"/sessions/{session}/close").status == 204
    assert raw.job(ids[1])["status"] == "Cancelled"
    go.touch()
    assert raw.until(ids[0])["status"] == "Completed"
    assert raw.session(session)["state"] == "closed"


def test_closing_an_idle_session_stops_the_bill(start: Callable[..., Raw]) -> None:
    """A Session that is closed while it waits is paid for until then."""
    raw = start(clock_rate=0)
    session = raw.open()
    raw.done({"seconds": 5}, session_id=session)
    raw.control.advance(10)
    raw.api("PATCH", f"/sessions/{session}", {"accepting_jobs": False})
    raw.control.advance(1000)
    assert raw.session(session)["elapsed_time"] == pytest.approx(15)


def test_the_open_plan_has_no_sessions(start: Callable[..., Raw]) -> None:
    """On the open plan a Session is refused with the words that users know, and a Batch is not."""
    raw = start(plan="open")
    answer = raw.api("POST", "/sessions", {"mode": "dedicated", "backend": "ibm_fez"})
    assert (answer.status, answer.code) == (400, 1352)
    assert "not authorized to run a session when using the open plan" in answer.json["errors"][0]["message"]
    raw.done(session_id=raw.open("batch"))


@pytest.mark.parametrize("asked", [{"mode": "alone"}, {"max_ttl": 28801}, {"max_ttl": "8h"}, {"backend": "ibm_nowhere"}])
def test_an_impossible_session_is_refused(raw: Raw, asked: dict[str, object]) -> None:
    """What a Session can't be is told."""
    answer = raw.api("POST", "/sessions", {"mode": "dedicated", "backend": "ibm_fez", **asked})
    assert answer.status in (400, 404)
    assert str(next(iter(asked.values()))) in answer.json["errors"][0]["message"]


def test_a_job_belongs_to_the_device_of_its_session(raw: Raw) -> None:
    """A Session takes jobs for its own device only."""
    assert raw.post(session_id=raw.open(), backend="fake_manila").status == 400


def test_an_unknown_session_is_not_found(raw: Raw) -> None:
    """Looking at, closing and cancelling what does not exist are 404."""
    answers = [
        raw.api("GET", "/sessions/x"),
        raw.api("PATCH", "/sessions/x", {"accepting_jobs": False}),
        raw.api("DELETE", "/sessions/x/close"),
    ]
    assert [answer.status for answer in answers] == [404, 404, 404]
