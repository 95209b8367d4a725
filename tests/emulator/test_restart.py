"""An emulator that is killed and started again goes on where it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.emulator.raw import Raw


def test_nothing_is_lost(start: Callable[..., Raw], tmp_path: Path) -> None:
    """What was finished keeps its results, what ran runs again, what waited waits; tokens, clock, Sessions and settings stay."""
    raw = start()
    session = raw.open()
    raw.control.configure(queue_length=3)
    raw.control.advance(1000)
    go = tmp_path / "go"
    done = raw.done({"numbers": [1]}, session_id=session)
    running, waiting = raw.submit({"until": str(go)}, session_id=session), raw.submit({"numbers": [2]})
    raw.until(running, "Running")
    results, now, port = raw.api("GET", f"/jobs/{done}/results").body, raw.control.now(), raw.emulator.port

    raw.emulator.kill()
    raw.emulator.restart()

    assert raw.emulator.port == port
    assert raw.control.now() >= now
    assert raw.api("GET", f"/jobs/{done}/results").body == results
    assert raw.session(session)["state"] == "active"
    raw.until(running, "Running")
    assert raw.api("GET", "/backends/ibm_fez/status").json["length_queue"] == 5
    go.touch()
    assert [raw.until(job_id)["status"] for job_id in (running, waiting)] == ["Completed", "Completed"]
    assert [(raw.row(job_id)["starts"], raw.row(job_id)["executions"]) for job_id in (done, running, waiting)] == [(1, 1), (2, 1), (1, 1)]


def test_counts_of_faults_are_kept(start: Callable[..., Raw]) -> None:
    """A fault that has happened does not happen again after a restart, and one that is still to come comes."""
    raw = start()
    raw.control.faults([{"do": "status", "code": 503, "path": "/backends$"}, {"do": "fail", "nth": 2}])
    assert raw.api("GET", "/backends").status == 503
    raw.done()
    raw.emulator.kill()
    raw.emulator.restart()
    assert raw.api("GET", "/backends").status == 200
    assert raw.until(raw.submit())["status"] == "Failed"
    assert [item["fired"] for item in raw.control.rules()] == [1, 1]


def test_it_dies_with_its_parent(start: Callable[..., Raw]) -> None:
    """When the program that started it lets go of it, the server ends, and its port is free."""
    raw = start()
    process = raw.emulator._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    with pytest.raises(ConnectionRefusedError):
        raw.api("GET", "/backends")


def test_killed_at_any_moment(start: Callable[..., Raw]) -> None:
    """However often the server dies while it works, every job is executed to its end once, with the answer of a server that lives."""
    restless, calm = start(), start()
    answers = []
    for raw in (restless, calm):
        ids = [raw.submit({"numbers": [number % 3]}) for number in range(12)]
        for done in (1, 2, 5, 9) if raw is restless else ():
            raw.until(ids[done])
            raw.emulator.kill()
            raw.emulator.restart()
        assert [raw.until(job_id)["status"] for job_id in ids] == ["Completed"] * 12
        assert [job["executions"] for job in raw.control.jobs()] == [1] * 12
        answers.append([raw.api("GET", f"/jobs/{job_id}/results").json for job_id in ids])
    assert answers[0] == answers[1]
    assert len({answer["seed"] for answer in answers[0]}) == 12


def test_many_submit_at_once(start: Callable[..., Raw]) -> None:
    """Jobs that are submitted at the same moment are all taken, executed once each, and run one after another."""
    raw = start()
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: raw.submit({"numbers": [number], "seconds": 1}), range(40)))
    assert len(set(ids)) == 40
    for job_id in ids:
        raw.until(job_id)
    rows = raw.control.jobs()
    assert [job["executions"] for job in rows] == [1] * 40
    assert all(one["ended"] <= two["started"] for one, two in pairwise(rows))
