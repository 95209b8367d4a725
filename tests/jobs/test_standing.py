"""Where a run stands, folded from journals that are written here: no service, no process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qopt.jobs.sessions import opened_by
from qopt.jobs.standing import Standing, standing
from qopt.journal import Answered, Asked, Event, Failed, Finished, Header, Journal, Submitted

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.journal import Record

POINT = [[0.1, 0.2]]


def header(backend: str = "ibm_fez") -> Header:
    """Of a run on that backend, where a value is to be made large."""
    return Header("59400ee032a64bc1", {"sense": "maximise", "backend": backend}, None, {}, ["4e0d", "d65c"])


def asked(call: int, stage: str = "main") -> Asked:
    """A question."""
    return Asked(stage, call, "evaluate", POINT, "4e0d", "d65c")


def submitted(call: int, job: str, stage: str = "main") -> Submitted:
    """Its job."""
    return Submitted(stage, call, job, f"tag of {stage} {call}")


def answered(call: int, value: float = -4.0, *, seconds: float | None = None, stage: str = "main") -> Answered:
    """Its answer, and what it cost where the service had said so."""
    return Answered(stage, call, [value], [0.1], 100, seconds, 1.0 + call, calibration="monday")


def session(what: str, name: str = "s1", mode: str = "session") -> Event:
    """A Session that was opened or ended."""
    return Event("session", {"what": what, "id": name, "mode": mode, "reason": "", "seconds": 40.0})


def stands(folder: Path, *records: Record, backend: str = "ibm_fez") -> Standing:
    """The standing of a run with these records."""
    with Journal.open(folder) as journal:
        for record in (header(backend), *records):
            journal.append(record)
    return standing(folder)


def test_a_run_that_only_began_has_nothing_in_flight(tmp_path: Path) -> None:
    """And no cost."""
    now = stands(tmp_path)
    assert (now.in_flight, now.session, now.billed, now.best_seen, now.asks, now.moving) == (None, None, 0, None, False, False)


def test_a_question_is_in_flight_from_being_asked_to_being_answered(tmp_path: Path) -> None:
    """Before its id is known by its tag alone, which is the one that its job is submitted with."""
    now = stands(tmp_path, asked(0), submitted(0, "d0"), answered(0), asked(1))
    assert now.in_flight is not None
    assert (now.in_flight.call, now.in_flight.job, now.in_flight.tag) == (1, None, "qopt-59400ee032a64bc1-main-1")
    with Journal.open(tmp_path) as journal:
        journal.append(submitted(1, "d1"))
    now = standing(tmp_path)
    assert now.in_flight is not None
    assert (now.in_flight.job, now.in_flight.tag, now.asks, now.moving) == ("d1", "tag of main 1", True, True)
    with Journal.open(tmp_path) as journal:
        journal.append(answered(1))
    assert standing(tmp_path).in_flight is None


@pytest.mark.parametrize(
    ("records", "job"),
    [
        ((submitted(0, "d0"), Failed("main", 0, "d0", "cancelled")), None),
        ((submitted(0, "d0"), Failed("main", 0, "d0", "cancelled"), submitted(0, "d1")), "d1"),
        ((submitted(0, "d0"), submitted(0, "d1")), "d1"),
    ],
    ids=["failed", "failed and sent again", "lost and sent again"],
)
def test_a_job_that_gave_no_answer_is_not_in_flight(tmp_path: Path, records: tuple[Record, ...], job: str | None) -> None:
    """Its question is, with the job that it was sent again as."""
    now = stands(tmp_path, asked(0), *records)
    assert now.in_flight is not None
    assert now.in_flight.job == job


def test_a_question_that_was_left_behind_does_not_keep_a_finished_run_moving(tmp_path: Path) -> None:
    """It was finished on request while a job was in flight, which may still be collected."""
    final = (asked(1, "final"), submitted(1, "d2", "final"), answered(1, stage="final"))
    result: dict[str, Any] = {"value": 4.0}
    now = stands(tmp_path, asked(0), submitted(0, "d0"), answered(0), asked(1), submitted(1, "d1"), *final, Finished(1, False, {}, result))  # noqa: FBT003 - as the record has it
    assert now.in_flight is not None
    assert (now.in_flight.stage, now.in_flight.call, now.in_flight.job) == ("main", 1, "d1")
    assert (now.result, now.asks, now.moving) == (True, True, False)


def test_what_was_billed_at_once_and_later_is_added_up(tmp_path: Path) -> None:
    """What is not settled yet is counted."""
    calls = [record for call in range(3) for record in (asked(call), submitted(call, f"d{call}"))]
    settled = Event("billed", {"stage": "main", "call": 1, "job": "d1", "seconds": 2.5})
    now = stands(tmp_path, *calls, answered(0, seconds=1.25), answered(1), answered(2, -5.0), settled)
    assert (now.billed, now.bills, now.unbilled) == (3.75, 2, 1)
    assert now.best_seen == (5.0, 0.1)


def test_a_session_is_open_until_it_ended(tmp_path: Path) -> None:
    """One that could not be closed is still open."""
    now = stands(tmp_path, session("opened"), session("left open"))
    assert now.session is not None
    assert (now.session.id, now.session.mode, now.asks) == ("s1", "session", True)
    with Journal.open(tmp_path) as journal:
        journal.append(session("ended"))
    now = standing(tmp_path)
    assert (now.session, now.asks) == (None, False)


CHOICE = Event("mode", {"mode": "session", "reason": "nine jobs that depend on each other"})
FALL_BACK = Event("mode", {"mode": "batch", "reason": "the plan has no Sessions"})


@pytest.mark.parametrize(
    ("records", "mode", "reason"),
    [
        ((), None, ""),
        ((asked(0), submitted(0, "d0")), "job", ""),
        ((session("opened"), session("ended")), "session", ""),
        ((CHOICE, session("opened")), "session", "nine jobs that depend on each other"),
        ((CHOICE, FALL_BACK, session("opened", "b1", "batch")), "batch", "the plan has no Sessions"),
        ((CHOICE, session("opened"), session("ended"), session("opened", "b1", "batch")), "batch", ""),
    ],
    ids=["nothing sent", "job", "session", "auto", "fall back", "changed in the config"],
)
def test_the_mode_is_the_last_that_was_chosen_or_used(tmp_path: Path, records: tuple[Record, ...], mode: str | None, reason: str) -> None:
    """With the reason, as long as it is that of this mode."""
    now = stands(tmp_path, *records)
    assert (now.mode, now.mode_reason) == (mode, reason)


@pytest.mark.parametrize(("backend", "remote"), [("ibm_fez", True), ("least_busy", True), ("aer", False), ("fake_manila", False)])
def test_only_devices_of_ibm_have_jobs_at_a_service(tmp_path: Path, backend: str, remote: bool) -> None:  # noqa: FBT001 - of the table
    """A local job ended with its process, and nobody is asked for it."""
    now = stands(tmp_path, asked(0), submitted(0, "d0"), backend=backend)
    assert (now.remote, now.asks, now.moving) == (remote, remote, remote)


def test_who_opened_what_is_known_of_every_run_and_of_the_points_of_sweeps(tmp_path: Path) -> None:
    """Whoever is at work in a Session that several share is its owner."""
    stands(tmp_path / "runs" / "one", session("opened"), session("ended"))
    stands(tmp_path / "runs" / "sweep" / "seed=1", session("opened", "s2"))
    stands(tmp_path / "runs" / "sweep" / "seed=2", session("rejoined", "s2"))
    (tmp_path / "runs" / "notes.txt").write_text("not a run")
    owners = opened_by(tmp_path / "runs")
    assert {name: (owner.folder.name, owner.ended, owner.host) for name, owner in owners.items()} == {
        "s1": ("one", True, None),
        "s2": ("seed=2", False, None),
    }
    with Journal.open(tmp_path / "runs" / "sweep" / "seed=1"):
        at_work = opened_by(tmp_path / "runs")["s2"]
        assert at_work.folder.name == "seed=1"
        assert at_work.host is not None
    assert opened_by(tmp_path / "nowhere") == {}
