"""`qopt sessions`: what a kill left open is found and closed, and what is in use is left alone."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from tests.jobs.users import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.runs import Process
    from tests.jobs.users import User


@pytest.fixture
def killed(make_user: Callable[..., User], request: pytest.FixtureRequest) -> tuple[User, str]:
    """A user whose run was killed with a Session open, or what a test asks for instead, and its id."""
    user = make_user(mode=getattr(request, "param", "session"))
    user.run(*RUN, code=-signal.SIGKILL, QOPT_FAILPOINT="answered:2")
    return user, opened(user)


@pytest.fixture
def at_work(make_user: Callable[..., User]) -> tuple[User, Process, str]:
    """A user whose run waits for a job in a Session, its process and the Session's id."""
    user = make_user(mode="session")
    user.hold()
    process = user.start(*RUN)
    user.until(lambda: user.project.home.exists() and user.jobs(), why="the first job is submitted")
    return user, process, opened(user)


def opened(user: User) -> str:
    """The Session that a run has open, by its journal."""
    return str(user.json("status", "run", "--offline")["session"]["id"])


def at_service(user: User, session: str) -> dict[str, Any]:
    """A Session as the platform knows it."""
    return next(row for row in user.platform.control.sessions() if row["id"] == session)


def listed(user: User, *arguments: str) -> dict[str, Any]:
    """What is open, by id."""
    return {group["id"]: group for group in user.json("sessions", *arguments)["open"]}


@pytest.mark.parametrize("killed", ["session", "batch"], indirect=True)
def test_what_a_kill_left_open_is_listed_with_its_run_and_closed(killed: tuple[User, str]) -> None:
    """Closed at the service, and no longer listed; the run goes on in a new one."""
    user, session = killed
    found = listed(user)[session]
    assert found["kind"] == user.project.config["execution"]["mode"].capitalize()
    assert found["owner"]["run"].endswith("run")
    assert (found["in_use"], found["jobs_waiting"]) == (None, False)
    assert found["seconds"] > 0
    assert f"Closed {found['kind']} {session}" in user.run("sessions", "--close", session)
    assert at_service(user, session)["state"] == "closed"
    assert session not in listed(user)
    user.run(*RUN)
    assert user.project.finished()


def test_status_tells_the_open_session_and_then_that_it_is_closed(killed: tuple[User, str]) -> None:
    """As the service knows it, and what it cost so far."""
    user, session = killed
    assert user.json("status", "run")["service"]["session"]["state"] != "closed"
    assert session in user.run("status", "run")
    user.run("sessions", "--close", session)
    assert user.json("status", "run")["service"]["session"]["state"] == "closed"
    assert f"{session} is closed" in user.run("status", "run")


def test_a_session_of_no_run_here_is_found_by_the_account_s_jobs(killed: tuple[User, str]) -> None:
    """In another folder nobody knows the run, and it is closed all the same once nothing waits in it."""
    user, session = killed
    found = listed(user, "--runs", "elsewhere")[session]
    assert found["owner"] is None
    user.run("sessions", "--runs", "elsewhere", "--close-all")
    assert at_service(user, session)["state"] == "closed"


def test_a_session_in_use_is_left_open_unless_forced(at_work: tuple[User, Process, str]) -> None:
    """By its id it is refused, with all others it is left out, and the reason is told."""
    user, process, session = at_work
    said = user.run("sessions", "--close", session, code=2)
    assert "run is at work in it" in said
    assert "--force" in said
    assert session in [group["id"] for group in user.json("sessions", "--close-all")["left"]]
    assert at_service(user, session)["accepting_jobs"] is True
    assert "run is at work in it" in user.run("sessions")
    user.run("sessions", "--close", session, "--force")
    assert at_service(user, session)["accepting_jobs"] is False
    user.release()
    assert process.wait() == 0


def test_jobs_of_nobody_here_protect_their_session(at_work: tuple[User, Process, str]) -> None:
    """Whoever sent them waits for them."""
    user, process, session = at_work
    (left,) = [group for group in user.json("sessions", "--runs", "elsewhere", "--close-all")["left"] if group["id"] == session]
    assert left["jobs_waiting"]
    assert at_service(user, session)["accepting_jobs"] is True
    user.release()
    assert process.wait() == 0


def test_a_run_that_cannot_be_read_is_told_and_hides_nothing(killed: tuple[User, str]) -> None:
    """The Session is found by its jobs; --close by its id is refused, since nobody knows who is at work in it."""
    user, session = killed
    damaged = user.project.home.parent / "damaged"
    damaged.mkdir()
    (damaged / "run.sqlite").write_bytes(b"no journal")
    said = user.run("sessions")
    assert "damaged" in said
    assert session in said
    assert "damaged" in user.run("sessions", "--close", session, code=4)
    assert at_service(user, session)["state"] != "closed"
    assert session in user.run("sessions", "--close", session, "--force")
    assert at_service(user, session)["state"] == "closed"


def test_an_id_that_is_none_is_one_clear_error(make_user: Callable[..., User]) -> None:
    """Exit code 2 and what to do."""
    said = make_user().run("sessions", "--close", "s0000000000000000000", code=2)
    assert "no Session or Batch 's0000000000000000000'" in said
    assert said.count("\n") == 1
