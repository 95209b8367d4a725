"""An emulator that is killed and started again goes on where it was."""

from __future__ import annotations

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
