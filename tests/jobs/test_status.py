"""`qopt status` and `qopt watch`: the journal's word and the service's, together and each alone."""

from __future__ import annotations

import io
import itertools
import signal
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from tests.jobs.conftest import OTHERS
from tests.jobs.users import LONG, RUN

from qopt.emulator.handle import environment
from qopt.execution.executor import Waiting
from qopt.execution.ibm.account import Account
from qopt.jobs.asking import ask
from qopt.jobs.standing import standing
from qopt.report.watching import watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.users import User

LOCAL = {"backend": "aer", "mode": "session"}
UP = "\x1b[1A"
"""What moves a terminal's cursor a line up."""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def waiting(make_user: Callable[..., User]) -> tuple[User, str]:
    """A user who left a job in the queue, and its id."""
    found = make_user()
    found.hold()
    return found, found.leave()


def test_a_job_in_the_queue_is_told_with_the_pending_jobs_and_no_position(waiting: tuple[User, str]) -> None:
    """The journal's id, the service's state and estimate, and the length of the queue."""
    user, job = waiting
    said = user.json("status", "run")
    assert (said["in_flight"]["job"], said["in_flight"]["stage"], said["in_flight"]["call"]) == (job, "main", 0)
    told = said["service"]["job"]
    assert (told["id"], told["state"], told["backend"]) == (job, "queued", "ibm_fez")
    assert told["pending"] > OTHERS
    assert datetime.fromisoformat(told["starts"]).timestamp() == pytest.approx(said["in_flight"]["since"] + LONG, abs=60)
    shown = user.run("status", "run")
    assert "run waiting" in shown
    assert f"job {job} of question 1 of the optimizer" in shown
    assert "no position" in shown
    assert "an estimate of the service" in shown


def test_a_job_that_is_done_is_to_be_collected(waiting: tuple[User, str]) -> None:
    """Status itself collects nothing."""
    user, job = waiting
    user.release()
    user.until(lambda: user.at_service(job) == "Completed", why="the job ends")
    assert "(the same `qopt run` command collects it)" in user.run("status", "run", COLUMNS="200")
    assert user.json("status", "run")["answers"] == 0


def test_what_was_measured_is_told_from_the_journal(waiting: tuple[User, str]) -> None:
    """Answers, the best of them, the bill, and the mode with its reason."""
    user, _ = waiting
    user.release()
    user.run(*RUN)
    said = user.json("status", "run")
    billed = sum(row["billed"] for row in user.platform.control.jobs() if row["id"] in user.jobs())
    assert (said["result"], said["in_flight"], said["answers"], said["bills"]) == (True, None, len(user.jobs()), len(user.jobs()))
    assert said["billed"] == pytest.approx(billed)
    assert said["best_seen"][0] > 0
    assert said["mode"]
    assert said["mode_reason"]


def test_offline_asks_the_service_nothing(waiting: tuple[User, str]) -> None:
    """Not even for a login."""
    user, job = waiting
    before = user.platform.control.requests()
    assert job in user.run("status", "run", "--offline")
    after = user.platform.control.requests()
    assert {kind: count for kind, count in after.items() if "/control/" not in kind} == {
        kind: count for kind, count in before.items() if "/control/" not in kind
    }


@pytest.mark.parametrize("change", [{"QISKIT_IBM_TOKEN": ""}, {"QISKIT_IBM_TOKEN": "wrong"}])
def test_without_credentials_the_journal_s_part_is_told(waiting: tuple[User, str], change: dict[str, str]) -> None:
    """And that the service can't be asked, and what to do about it."""
    user, job = waiting
    said = user.run("status", "run", HOME=str(user.project.folder), **change)
    assert job in said
    assert "can't be asked" in said
    assert "QISKIT_IBM_TOKEN" in said


def test_a_service_that_is_down_is_said_and_watching_goes_on(waiting: tuple[User, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether the job has ended."""
    user, _ = waiting
    for name, value in environment(1, "a token").items():  # nobody listens there
        monkeypatch.setenv(name, value)
    now = standing(user.project.home)
    told = ask(now, Account(waiting=Waiting(call=1.0, service=0.1)))
    assert "the service can't be reached" in told.trouble
    assert told.job is None
    assert told.moving(now)


def test_a_local_run_has_nothing_at_a_service(make_user: Callable[..., User]) -> None:
    """A job of a process that is gone is measured again; no account is needed to say so."""
    user = make_user()
    user.project.configure(execution=LOCAL)
    user.run(*RUN, code=-signal.SIGKILL, QOPT_FAILPOINT="submitted:2")
    said = user.run("status", "run", QISKIT_IBM_TOKEN="")
    assert "it ended with its process" in " ".join(said.split())
    assert user.json("status", "run", QISKIT_IBM_TOKEN="")["service"] is None


def test_watching_needs_no_lock_and_ends_with_the_result(make_user: Callable[..., User]) -> None:
    """A line for every change, none twice in a row, while another process measures."""
    user = make_user(mode="batch")
    user.hold()
    running = user.start(*RUN)
    user.until(lambda: (user.project.home / "run.sqlite").exists() and user.jobs(), why="the first job is submitted")
    looking = user.start("watch", "run", "--every", "0.1")
    user.until_said(looking, "queued")
    user.release()
    assert running.wait() == 0
    assert looking.wait() == 0
    *lines, last = looking.said().splitlines()
    told = [line.split("  ", 1)[1] for line in lines]
    assert told[0].startswith("running, 0 evaluations")
    assert all(first != second for first, second in itertools.pairwise(told))
    assert last == "run: it has a result"


def test_an_interrupt_ends_only_the_watching(waiting: tuple[User, str]) -> None:
    """The job stays in the queue."""
    user, job = waiting
    looking = user.start("watch", "run", "--every", "30")
    user.until_said(looking, job)
    looking.send(signal.SIGINT)
    assert looking.wait() == 130
    assert "goes on as it was" in looking.said()
    assert user.at_service(job) == "Queued"


def test_watching_ends_when_the_job_does(waiting: tuple[User, str]) -> None:
    """A job that has ended waits for a command, and nobody is at work."""
    user, job = waiting
    looking = user.start("watch", "run", "--every", "0.1")
    user.until_said(looking, job)
    user.release()
    assert looking.wait() == 0
    assert "its job has ended: the same `qopt run` command goes on from there" in looking.said()


def test_a_terminal_gets_a_picture_in_place(waiting: tuple[User, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is drawn over the first, in colour."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    user, job = waiting
    stream = Terminal()
    with watching(stream) as show:
        show(standing(user.project.home), None)
        assert UP not in stream.getvalue()
        show(standing(user.project.home), None)
    assert stream.getvalue().count(job) > 1
    assert UP in stream.getvalue()
