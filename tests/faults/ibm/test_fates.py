"""What becomes of jobs, Sessions and logins at the service: nothing is paid for twice, and the bits are the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.ibm.matrix import GENERATIONS, NIGHTLY_CLIENT, assert_same, rule

from qopt.assemble import spec_of
from qopt.config import read_config
from qopt.execution.ibm.account import Account
from qopt.journal import Failed, Submitted
from qopt.runner import execute

if TYPE_CHECKING:
    from tests.faults.ibm.matrix import Rehearsal

SECOND = {"tag": "-main-1$"}
"""The job of the run's second call."""
HOURS = 9 * 3600.0
"""More than a Session may take."""


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_job_that_fails_is_sent_again(rehearsal: Rehearsal, expected: dict[str, Any], generation: str) -> None:
    """It cost nothing, and why it failed is recorded."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults([{"do": "fail", "message": "The cooling failed.", **SECOND}])
    rehearsal.run()
    assert_same(rehearsal, expected[generation])
    (failed,) = (record for record in rehearsal.project.contents().records if isinstance(record, Failed))
    assert "The cooling failed." in failed.error


@pytest.mark.parametrize("generation", NIGHTLY_CLIENT)
def test_a_job_that_always_fails_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any], generation: str) -> None:
    """After three jobs for the same question; the same command sends the next."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults([{"do": "fail", "message": "The cooling failed.", "count": 3, **SECOND}])
    assert "The cooling failed." in rehearsal.run(3)
    rehearsal.run()
    assert_same(rehearsal, expected[generation])


@pytest.mark.parametrize("generation", NIGHTLY_CLIENT)
def test_a_job_that_somebody_cancels_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any], generation: str) -> None:
    """Whoever cancelled it had a reason, so it is not sent again without asking."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults([{"do": "cancel", **SECOND}])
    assert "was cancelled by somebody else; the same command submits it again" in rehearsal.run(3)
    rehearsal.run()
    assert_same(rehearsal, expected[generation])


def test_a_job_that_takes_too_long_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any]) -> None:
    """Sending it again would cost as much again, so somebody has to decide."""
    rehearsal.emulator.control.faults([{"do": "too_long", **SECOND}])
    assert "It cost what it ran for; the same command submits it again" in rehearsal.run(3)
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


def test_a_queue_that_stalls_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any]) -> None:
    """The job stays where it is, and the same command goes on waiting for that very job."""
    rehearsal.wait_for(job=1.0)
    rehearsal.emulator.control.faults([{"do": "stall", **SECOND}])
    assert "it stays there, and the same command goes on waiting for it" in rehearsal.run(3)
    rehearsal.emulator.control.release()
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])
    assert len(rehearsal.emulator.control.jobs()) == len(expected["legacy"]["answers"])


@pytest.mark.parametrize("how", ["missing_pub", "wrong_shape", "not_json"])
@pytest.mark.parametrize("generation", NIGHTLY_CLIENT)
def test_a_result_that_was_spoiled_on_the_way_is_fetched_again(
    rehearsal: Rehearsal, expected: dict[str, Any], generation: str, how: str
) -> None:
    """It is not believed, and not paid for again."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults([rule("results", {"do": "spoil", "how": how}, nth=2)])
    rehearsal.run()
    assert_same(rehearsal, expected[generation])
    assert rehearsal.overcome() != "[]"


@pytest.mark.parametrize("how", ["missing_pub", "wrong_shape", "not_json"])
def test_a_result_that_stays_spoiled_is_measured_again_when_asked(rehearsal: Rehearsal, expected: dict[str, Any], how: str) -> None:
    """The first command stops, for another job costs; the same command asks for the result once more, and then sends another job."""
    rehearsal.emulator.control.faults([{"do": "corrupt", "how": how, **SECOND}])
    said = rehearsal.run(3)
    assert "is done, but" in said
    assert "the same command asks for it once more, and then sends the question again" in said
    before = len(rehearsal.emulator.control.jobs())
    rehearsal.run()
    assert len(rehearsal.emulator.control.jobs()) == before + 2
    assert len(rehearsal.project.contents().raws) == len(expected["legacy"]["answers"])


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("on_end", ["renew", "batch"])
def test_a_session_that_is_over_is_followed_by_another(
    rehearsal: Rehearsal, expected: dict[str, Any], generation: str, on_end: str
) -> None:
    """Its longest time is over when the second job is sent: by the policy a new Session is opened, or a Batch."""
    rehearsal.execute(primitives=generation, on_session_end=on_end)
    rehearsal.emulator.control.faults([rule("submission", {"do": "expire_sessions"}, nth=2)])
    rehearsal.run()
    assert_same(rehearsal, expected[generation])
    modes = {session["mode"] for session in rehearsal.emulator.control.sessions()}
    assert modes == ({"dedicated", "batch"} if on_end == "batch" else {"dedicated"})
    assert len(rehearsal.emulator.control.sessions()) == 2


def test_a_session_that_is_over_ends_the_run_where_that_is_the_policy(rehearsal: Rehearsal, expected: dict[str, Any]) -> None:
    """It says so, and the same command opens a new one."""
    rehearsal.execute(on_session_end="stop")
    rehearsal.emulator.control.faults([rule("submission", {"do": "expire_sessions"}, nth=2)])
    assert "on_session_end is stop; the same command goes on in a new one" in rehearsal.run(3)
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


def test_a_job_that_waits_when_its_session_is_over_is_sent_again(rehearsal: Rehearsal, expected: dict[str, Any]) -> None:
    """The service fails what is queued then; it never ran and cost nothing."""
    control = rehearsal.emulator.control
    control.faults([{"do": "stall", **SECOND}])
    with rehearsal.started() as process:
        while not any(job["stalled"] for job in control.jobs()):
            time.sleep(0.05)
        control.advance(HOURS)
        assert process.wait() == 0, process.said()
    assert_same(rehearsal, expected["legacy"])
    assert len(control.sessions()) == 2


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_twin_of_a_submission_that_arrived_twice_is_cancelled(rehearsal: Rehearsal, expected: dict[str, Any], generation: str) -> None:
    """While it waits behind the first."""
    rehearsal.execute(primitives=generation)
    control = rehearsal.emulator.control
    control.faults([rule("submission", {"do": "duplicate"}, nth=2), {"do": "stall", "nth": 2, **SECOND}])
    rehearsal.run()
    assert_same(rehearsal, expected[generation])
    assert [job["status"] for job in control.jobs()].count("Cancelled") == 1
    assert len(rehearsal.events("cancelled a twin")) == 1


def test_the_twin_that_the_client_makes_by_itself_is_cancelled(
    rehearsal: Rehearsal, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its inside is not what we know, it sends a submission again after a 502, and both were accepted."""
    monkeypatch.setattr(Account, "_take_over_retries", lambda _: None)
    for name, value in rehearsal.emulator.environment.items():
        monkeypatch.setenv(name, value)
    control = rehearsal.emulator.control
    control.faults([rule("submission", {"do": "status", "code": 502, "when": "after"}, nth=2), {"do": "stall", "nth": 2, **SECOND}])
    loaded = read_config(rehearsal.project.folder / "config.yaml", [])
    execute(spec_of(loaded, rehearsal.project.folder), rehearsal.project.home.parent)
    assert_same(rehearsal, expected["legacy"])
    assert [job["status"] for job in control.jobs()].count("Cancelled") == 1


@pytest.mark.parametrize("mode", ["batch", "job"])
@pytest.mark.parametrize("fault", [{"do": "status", "code": 502}, {"do": "reset"}, {"do": "status", "code": 429, "retry_after": 1}])
def test_a_submission_that_nobody_answers_is_found_in_every_mode(
    rehearsal: Rehearsal, expected: dict[str, Any], fault: dict[str, Any], mode: str
) -> None:
    """It was carried out, so it is not sent again."""
    rehearsal.execute(mode=mode)
    rehearsal.emulator.control.faults([rule("submission", fault, when="after", count=2)])
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])
    assert len(rehearsal.emulator.control.jobs()) == len(expected["legacy"]["answers"])


@pytest.mark.parametrize("request_kind", ["session", "closing", "bill", "results"])
def test_any_other_request_that_arrives_twice_does_no_harm(rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str) -> None:
    """A Session that nobody knows has no job, and costs nothing."""
    rehearsal.emulator.control.faults([rule(request_kind, {"do": "duplicate"})])
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("request_kind", ["job", "results"])
def test_a_job_that_seems_to_be_gone_is_looked_for_before_another_is_sent(
    rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str, generation: str
) -> None:
    """404 for a job that is there: found by its tag, and not paid for again."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults([rule(request_kind, {"do": "status", "code": 404}, nth=2)])
    rehearsal.run()
    assert_same(rehearsal, expected[generation])
    assert len(rehearsal.emulator.control.jobs()) == len(expected[generation]["answers"])


@pytest.mark.parametrize("generation", NIGHTLY_CLIENT)
@pytest.mark.parametrize("request_kind", ["properties", "session", "session-state", "submission", "job", "results", "bill", "closing"])
def test_a_login_that_expires_is_renewed(rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str, generation: str) -> None:
    """All tokens are void from one moment on."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults([rule(request_kind, {"do": "expire_tokens"})])
    rehearsal.run()
    assert_same(rehearsal, expected[generation])
    assert rehearsal.emulator.control.sessions()[0]["state"] == "closed"
    assert sum(isinstance(record, Submitted) for record in rehearsal.project.contents().records) == len(expected[generation]["answers"])


HANG = {"do": "hang", "seconds": 3600}
DRIP = {"do": "drip", "seconds": 3600}


@pytest.mark.parametrize(
    ("request_kind", "fault"),
    [
        *(
            pytest.param(name, HANG, id=f"{name}-before")
            for name in ("token", "devices", "session", "submission", "job", "results", "closing")
        ),
        *(pytest.param(name, {**HANG, "when": "after"}, id=f"{name}-after") for name in ("submission", "closing")),
        *(pytest.param(name, DRIP, id=f"{name}-in-drops") for name in ("submission", "results")),
    ],
)
def test_an_answer_that_does_not_come_is_not_waited_for(
    rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str, fault: dict[str, Any]
) -> None:
    """Silence for an hour, before and after the request was carried out, and an answer that takes an hour, drop by drop."""
    rehearsal.wait_for(call=2.0)
    rehearsal.emulator.control.faults([rule(request_kind, fault)])
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])
    assert rehearsal.emulator.control.rules()[0]["fired"] == 1
