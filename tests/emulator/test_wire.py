"""Faults between the client and the platform, seen over plain HTTP."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.raw import Answer, Raw

SUBMIT = {"method": "POST", "path": "/jobs$"}


def test_a_status_before(raw: Raw) -> None:
    """A status in place of an answer: the request is not processed, and the next one is."""
    raw.control.faults([{"do": "status", "code": 429, "retry_after": 7, **SUBMIT}])
    answer = raw.post()
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, 1202, "7")
    assert raw.control.jobs() == []
    raw.done()


def test_a_status_after(raw: Raw) -> None:
    """A status after the request was processed: the job is there, and its owner does not know."""
    raw.control.faults([{"do": "status", "code": 502, "body": "html", "when": "after", **SUBMIT}])
    answer = raw.post(tags=["orphan"])
    assert answer.status == 502
    assert answer.headers["content-type"] == "text/html"
    assert b"<html>" in answer.body
    assert [job["tags"] for job in raw.control.jobs()] == [["orphan"]]


@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_a_reset(raw: Raw, when: str, jobs: int) -> None:
    """The connection is lost before or after the request is processed."""
    raw.control.faults([{"do": "reset", "when": when, **SUBMIT}])
    with pytest.raises(ConnectionResetError):
        raw.post()
    assert len(raw.control.jobs()) == jobs


def test_half_an_answer(raw: Raw) -> None:
    """The connection ends in the middle of the answer."""
    raw.control.faults([{"do": "reset", "sent": "half", "when": "after", **SUBMIT}])
    with pytest.raises(http.client.IncompleteRead):
        raw.post()
    assert len(raw.control.jobs()) == 1


def in_background(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Begin something that will take its time; returns where its outcome appears."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(act())
        except (OSError, http.client.HTTPException) as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_silence_until_released(raw: Raw, when: str, jobs: int) -> None:
    """A request gets no answer until it is let go, and then its connection ends; others are answered all the while."""
    raw.control.faults([{"do": "hang", "seconds": 1000, "when": when, **SUBMIT}])
    thread, outcome = in_background(raw.post)
    end = time.monotonic() + 30
    while not raw.control.rules()[0]["fired"] or len(raw.control.jobs()) != jobs:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert outcome == []
    raw.control.release()
    thread.join(timeout=30)
    assert isinstance(outcome[0], http.client.RemoteDisconnected)
    assert len(raw.control.jobs()) == jobs


def test_silence_for_a_time(raw: Raw) -> None:
    """Silence ends by itself when its time is over."""
    raw.control.faults([{"do": "hang", "seconds": 0.2, **SUBMIT}])
    with pytest.raises(http.client.RemoteDisconnected):
        raw.post()


def test_a_client_that_gives_up(raw: Raw) -> None:
    """A client that does not want to wait can go, and come back."""
    raw.control.faults([{"do": "hang", "seconds": 1000, **SUBMIT}])
    with pytest.raises(TimeoutError):
        raw.api("POST", "/jobs", {"program_id": "sampler", "backend": "ibm_fez", "params": {}}, wait=0.1)
    raw.done()


@pytest.mark.parametrize("rule", [{"do": "delay"}, {"do": "delay", "when": "after"}, {"do": "drip"}])
def test_a_slow_answer(raw: Raw, rule: dict[str, str]) -> None:
    """A delayed answer, or one that comes in drops, is whole in the end."""
    raw.control.faults([{"seconds": 0.3, "path": "/backends$", **rule}])
    begin = time.monotonic()
    answer = raw.api("GET", "/backends")
    assert time.monotonic() - begin >= 0.25
    assert answer.json == raw.api("GET", "/backends").json


def faulty(raw: Raw, rule: dict[str, object]) -> Answer:
    """What a fault makes of the list of devices."""
    raw.control.faults([{"path": "/backends$", **rule}])
    return raw.api("GET", "/backends")


def test_false_answers(raw: Raw) -> None:
    """Answers that HTTP has nothing against and that mean nothing: cut off, garbage, another type, empty."""
    whole = raw.api("GET", "/backends")
    cut = faulty(raw, {"do": "truncate"})
    assert cut.status == 200
    assert whole.body.startswith(cut.body)
    assert len(cut.body) == len(whole.body) // 2
    garbage = faulty(raw, {"do": "garbage"})
    with pytest.raises(ValueError, match="codec"):
        _ = garbage.json
    assert isinstance(faulty(raw, {"do": "wrong_type"}).json, list)
    assert faulty(raw, {"do": "empty"}).body == b""
    assert raw.api("GET", "/backends").json == whole.json


def test_a_request_is_delivered_twice(raw: Raw) -> None:
    """The platform sees a submission twice and makes two jobs; the client hears of the first."""
    raw.control.faults([{"do": "duplicate", **SUBMIT}])
    job_id = raw.submit(tags=["twin"])
    jobs = raw.control.jobs()
    assert [job["tags"] for job in jobs] == [["twin"], ["twin"]]
    assert jobs[0]["id"] == job_id != jobs[1]["id"]


def test_tokens_expire(raw: Raw) -> None:
    """From a request on tokens are void until a new one is fetched."""
    raw.control.faults([{"do": "expire_tokens", "path": "/backends$", "when": "after"}])
    assert [raw.api("GET", "/backends").status for _ in range(2)] == [200, 401]
    raw.token = raw.login()
    assert raw.api("GET", "/backends").status == 200


def test_sessions_expire(raw: Raw) -> None:
    """The time of a Session is over in the middle of it, and what is sent to it next is refused."""
    session = raw.open()
    raw.done(session_id=session)
    raw.control.faults([{"do": "expire_sessions", **SUBMIT}])
    assert raw.post(session_id=session).code == 1217
    assert raw.session(session)["state"] == "closed"


def test_devices_are_recalibrated(raw: Raw) -> None:
    """Properties get a new date and stay what they were otherwise."""
    before = raw.api("GET", "/backends/ibm_fez/properties").json
    raw.control.faults([{"do": "recalibrate", "path": "/backends$"}])
    raw.api("GET", "/backends")
    after = raw.api("GET", "/backends/ibm_fez/properties").json
    assert after.pop("last_update_date") > before.pop("last_update_date")
    assert after == before


def test_stalled_jobs_wait_to_be_released(raw: Raw) -> None:
    """A stalled job stays queued, whatever comes after it, until it is let go or cancelled."""
    raw.control.faults([{"do": "stall", "count": 2}])
    first, second, third = raw.submit(), raw.submit(), raw.submit()
    raw.until(third)
    assert raw.job(first)["status"] == "Queued"
    assert raw.api("POST", f"/jobs/{second}/cancel").status == 204
    raw.control.release()
    assert raw.until(first)["status"] == "Completed"
    assert raw.job(second)["status"] == "Cancelled"


def test_jobs_fail_as_scripted(raw: Raw) -> None:
    """Jobs fail with the code and the words of the script, take too long, or are cancelled from outside; none is executed."""
    raw.control.faults([{"do": "fail", "code": 6000, "message": "hot"}, {"do": "too_long", "billed": 20}, {"do": "cancel"}])
    states = [raw.until(raw.submit())["state"] for _ in range(3)]
    assert states[0] == {"status": "Failed", "reason": "hot", "reason_code": 6000}
    assert (states[1]["status"], states[1]["reason_code"]) == ("Cancelled", 1305)
    assert states[2] == {"status": "Cancelled"}
    assert [(job["executions"], job["billed"]) for job in raw.control.jobs()] == [(0, 0), (0, 20), (0, 0)]


def test_a_connection_carries_many_requests(raw: Raw) -> None:
    """Requests that follow each other on one connection are all answered, refusals among them."""
    connection = http.client.HTTPConnection("127.0.0.1", raw.emulator.port, timeout=30)
    statuses = []
    for path in ("/backends", "/jobs/none", "/backends") * 5:
        connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {raw.token}"})
        response = connection.getresponse()
        assert response.read()
        statuses.append(response.status)
    connection.close()
    assert statuses == [200, 404, 200] * 5
