"""`qopt cancel`: the job at the service is cancelled, whoever knows its id, and the run can go on."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from tests.jobs.users import LEAVE, RUN

from qopt.journal import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.users import User


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    """A user whose jobs stay in the queue."""
    found = make_user()
    found.hold()
    return found


def failures(user: User) -> list[tuple[str, str]]:
    """The jobs that the journal says failed, with the reason."""
    return [(record.job, record.error) for record in user.project.contents().records if isinstance(record, Failed)]


def test_a_cancelled_job_is_recorded_and_its_question_asked_again(user: User) -> None:
    """The same command submits another job for it, which the run ends with."""
    job = user.leave()
    said = user.run("cancel", "run")
    assert f"Cancelled job {job} of run." in said
    assert "`qopt run` command submits the question again" in said
    assert user.at_service(job) == "Cancelled"
    assert failures(user) == [(job, "cancelled by `qopt cancel`")]
    user.release()
    user.run(*RUN)
    assert job not in [row["id"] for row in user.platform.control.jobs() if row["id"] in user.jobs() and row["status"] == "Completed"]
    assert user.project.finished()


def test_a_job_whose_id_was_lost_is_found_by_its_tag(user: User) -> None:
    """The process was killed after the service had accepted the job and before its id was recorded."""
    user.run(*LEAVE, code=-signal.SIGKILL, QOPT_FAILPOINT="accepted:1")
    assert user.jobs() == []
    (job,) = user.json("cancel", "run")["cancelled"]
    assert user.at_service(job) == "Cancelled"
    assert failures(user) == []


def test_a_process_at_work_is_left_to_notice_by_itself(user: User) -> None:
    """The journal is its own; it stops with what happened and how to go on."""
    running = user.start(*RUN)
    user.until(lambda: user.project.home.exists() and user.jobs(), why="the first job is submitted")
    (job,) = user.jobs()
    said = user.json("cancel", "run")
    assert (list(said["cancelled"]), said["recorded"]) == ([job], False)
    assert running.wait() == 3
    assert f"job {job} was cancelled" in running.said()


def test_a_job_that_is_done_is_left_to_be_collected(user: User) -> None:
    """It was paid for."""
    job = user.leave()
    user.release()
    user.until(lambda: user.at_service(job) == "Completed", why="the job ends")
    said = user.json("cancel", "run")
    assert (said["cancelled"], said["ended"], said["recorded"]) == ({}, {job: "done"}, False)
    assert failures(user) == []
    assert "collects what there is" in " ".join(user.run("cancel", "run").split())


def test_nothing_in_flight_is_said(user: User) -> None:
    """A finished run has nothing to cancel, and that is no failure."""
    user.release()
    user.run(*RUN)
    assert "no job in flight" in user.run("cancel", "run")


def test_a_local_run_has_nothing_to_cancel(user: User) -> None:
    """Its refusal says what to do, without an account."""
    user.project.configure(execution={"backend": "aer", "mode": "session"})
    user.run(*RUN)
    said = user.run("cancel", "run", code=2, QISKIT_IBM_TOKEN="")
    assert "aer" in said
    assert "Ctrl-C" in said
    assert said.count("\n") == 1


def test_without_credentials_it_says_which_are_missing(user: User) -> None:
    """One line, exit code 3, and nothing is recorded."""
    user.leave()
    said = user.run("cancel", "run", code=3, QISKIT_IBM_TOKEN="", HOME=str(user.project.folder))
    assert "set QISKIT_IBM_TOKEN" in said
    assert said.count("\n") == 1
    assert failures(user) == []
