"""Jobs over plain HTTP: submitting, looking, listing, cancelling, and what is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from qopt.emulator.clock import moment_of, stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.emulator.raw import Raw


def listed(raw: Raw, **query: object) -> list[str]:
    """The ids of the jobs that a list has."""
    pairs = [(name, item) for name, value in query.items() for item in (value if isinstance(value, list) else [value])]
    return [job["id"] for job in raw.api("GET", f"/jobs?{urlencode(pairs)}").json["jobs"]]


def test_a_job_comes_back(raw: Raw) -> None:
    """A job that was submitted is executed once and billed what it cost."""
    job_id = raw.done({"seconds": 5}, tags=["one", "two"], cost=300)
    job = raw.job(job_id)
    assert (job["program"], job["backend"], job["tags"], job["cost"]) == ({"id": "sampler"}, "ibm_fez", ["one", "two"], 300)
    assert job["params"] == {"seconds": 5}
    assert "params" not in raw.api("GET", f"/jobs/{job_id}?exclude_params=true").json
    metrics = raw.api("GET", f"/jobs/{job_id}/metrics").json
    assert metrics["usage"] == {"quantum_seconds": 5, "seconds": 5, "qpu_charge_time_seconds": 5, "status": "final"}
    assert metrics["timestamps"]["created"] <= metrics["timestamps"]["running"] < metrics["timestamps"]["finished"] == job["ended"]
    row = raw.row(job_id)
    assert (row["starts"], row["executions"], row["billed"]) == (1, 1, 5)
    assert "Completed" in raw.api("GET", f"/jobs/{job_id}/logs").body.decode()


def test_a_job_that_waits_has_an_estimate_of_its_start(start: Callable[..., Raw]) -> None:
    """As long as it waits, and it is kept; a job that nobody lets go has none."""
    raw = start(real_time=True, queue_wait=500)
    job_id = raw.submit({})
    metrics = raw.api("GET", f"/jobs/{job_id}/metrics").json
    created, estimated = (moment_of(text) for text in (metrics["timestamps"]["created"], metrics["estimated_start_time"]))
    assert estimated == created + 500
    raw.control.advance(500)
    raw.until(job_id)
    metrics = raw.api("GET", f"/jobs/{job_id}/metrics").json
    assert "estimated_start_time" not in metrics
    assert moment_of(metrics["timestamps"]["running"]) >= estimated
    raw.control.faults([{"do": "stall"}])
    assert "estimated_start_time" not in raw.api("GET", f"/jobs/{raw.submit({})}/metrics").json


def test_jobs_of_a_device_run_in_order(raw: Raw) -> None:
    """Jobs of one device run one after another in the order of their creation, whatever they take; another device does not wait."""
    first, second = raw.submit({"seconds": 9}), raw.submit({"seconds": 1})
    other = raw.submit({"seconds": 2}, backend="fake_manila")
    for job_id in (first, second, other):
        raw.until(job_id)
    one, two = raw.row(first), raw.row(second)
    assert one["ended"] == pytest.approx(one["started"] + 9, abs=1)
    assert one["ended"] <= two["started"]
    assert b"fake_manila" in raw.api("GET", f"/jobs/{other}/results").body


def test_the_same_question_gets_new_noise(start: Callable[..., Raw]) -> None:
    """Asked again, the same numbers have another seed; on another server with the same seed they have the same two."""
    seeds = []
    for raw in (start(seed=5), start(seed=5), start(seed=6)):
        ids = [raw.done({"numbers": [0.5]}), raw.done({"numbers": [0.5]})]
        seeds.append([raw.api("GET", f"/jobs/{job_id}/results").json["seed"] for job_id in ids])
    assert seeds[0] == seeds[1]
    assert len({*seeds[0], *seeds[2]}) == 4


def test_a_failed_job_is_asked_again_with_its_seed(start: Callable[..., Raw]) -> None:
    """After a failure the same question gets what it would have got without."""
    raw, calm = start(), start()
    raw.control.faults([{"do": "fail"}, {"do": "cancel"}])
    statuses = [raw.until(raw.submit({"numbers": [0.5]}))["status"] for _ in range(2)]
    assert statuses == ["Failed", "Cancelled"]
    answers = [who.api("GET", f"/jobs/{who.done({'numbers': [0.5]})}/results").body for who in (raw, calm)]
    assert answers[0] == answers[1]


def test_a_failure_is_told(raw: Raw) -> None:
    """A job that the machine refuses ends as failed, with the reason where the client looks for it, and is not billed."""
    job_id = raw.submit({"code": 1517})
    job = raw.until(job_id)
    assert job["state"] == {"status": "Failed", "reason": "as it was told", "reason_code": 1517}
    assert raw.api("GET", f"/jobs/{job_id}/results").body == b"as it was told"
    assert (raw.row(job_id)["executions"], raw.row(job_id)["billed"]) == (0, 0)


def test_a_bug_of_the_engine_fails_one_job(raw: Raw) -> None:
    """If the emulator itself fails at a job, that job says how, and the next one runs."""
    job = raw.until(raw.submit({"bug": "on purpose"}))
    assert job["status"] == "Failed"
    assert "ZeroDivisionError: on purpose" in job["state"]["reason"]
    raw.done()


def test_a_job_that_takes_too_long(raw: Raw) -> None:
    """A job that exceeds its limit ends as the client expects it, cancelled with the code 1305, and is billed its limit."""
    job = raw.until(raw.submit({"seconds": 100}, cost=10))
    assert (job["status"], job["state"]["reason_code"], job["usage"]["quantum_seconds"]) == ("Cancelled", 1305, 10)


def test_a_running_job_is_cancelled(raw: Raw, tmp_path: Path) -> None:
    """Cancelling kills what performs the job; it is not executed, and the next one runs."""
    job_id = raw.submit({"until": str(tmp_path / "never")})
    raw.until(job_id, "Running")
    assert raw.api("POST", f"/jobs/{job_id}/cancel").status == 204
    assert raw.job(job_id)["status"] == "Cancelled"
    raw.done()
    assert raw.row(job_id)["executions"] == 0
    assert raw.row(job_id)["status"] == "Cancelled"


def test_what_is_over_is_not_cancelled(raw: Raw) -> None:
    """Cancelling a finished job is refused with 409, and it stays what it is."""
    job_id = raw.done()
    assert raw.api("POST", f"/jobs/{job_id}/cancel").status == 409
    assert raw.job(job_id)["status"] == "Completed"


def test_results_of_a_private_job_are_read_once(raw: Raw) -> None:
    """The second reading finds nothing, and parameters are never shown."""
    job_id = raw.done(private=True)
    assert raw.api("GET", f"/jobs/{job_id}/results").body
    assert not raw.api("GET", f"/jobs/{job_id}/results").body
    assert "params" not in raw.job(job_id)


def test_a_deleted_job_is_gone(raw: Raw) -> None:
    """It is neither found nor listed; the emulator's own count of executions still has it."""
    job_id = raw.done()
    assert raw.api("DELETE", f"/jobs/{job_id}").status == 204
    assert raw.api("GET", f"/jobs/{job_id}").status == 404
    assert listed(raw) == []
    assert raw.row(job_id)["executions"] == 1


def test_tags_are_replaced(raw: Raw) -> None:
    """New tags replace the old ones, also for lists."""
    job_id = raw.submit(tags=["old"])
    assert raw.api("PUT", f"/jobs/{job_id}/tags", {"tags": ["new"]}).status == 204
    assert raw.job(job_id)["tags"] == ["new"]
    assert (listed(raw, tags="old"), listed(raw, tags="new")) == ([], [job_id])


def test_every_filter_of_the_list(raw: Raw) -> None:
    """Each filter keeps what it should, together they keep what all of them do."""
    session = raw.open()
    first = raw.done(tags=["run", "it-1"])
    second = raw.done(tags=["run", "it-2"], session_id=session)
    third = raw.done(backend="fake_manila", program_id="estimator")
    raw.control.faults([{"do": "stall"}])
    fourth = raw.submit(tags=["run", "it-1"])
    every = [fourth, third, second, first]
    assert listed(raw) == every
    assert listed(raw, sort="ASC") == every[::-1]
    assert listed(raw, limit=2) == every[:2]
    assert listed(raw, limit=2, offset=3) == every[3:]
    assert listed(raw, tags=["run", "it-1"]) == [fourth, first]
    assert listed(raw, tags="ru") == []
    assert listed(raw, session_id=session) == [second]
    assert listed(raw, session_id="unknown") == []
    assert listed(raw, backend="fake_manila") == listed(raw, program="estimator") == [third]
    assert listed(raw, pending="true") == [fourth]
    assert listed(raw, pending="false") == every[1:]
    middle = stamp(raw.row(third)["created"])
    assert listed(raw, created_after=middle) == [fourth, third]
    assert listed(raw, created_before=middle) == [third, second, first]
    assert listed(raw, created_before=middle, tags="it-1", pending="false") == [first]
    assert raw.api("GET", "/jobs?limit=1&tags=run").json["count"] == 3


@pytest.mark.parametrize("query", ["limit=-1", "offset=x", "pending=maybe", "sort=up", "created_after=yesterday"])
def test_an_impossible_filter_is_refused(raw: Raw, query: str) -> None:
    """A filter that means nothing is told, not ignored."""
    answer = raw.api("GET", f"/jobs?{query}")
    assert answer.status == 400
    assert query.split("=", maxsplit=1)[0] in answer.json["errors"][0]["message"]


def test_lists_lag_behind(start: Callable[..., Raw]) -> None:
    """Where lists lag, a new job is found by its id at once and in lists only later."""
    raw = start(listing_lag=0.3)
    job_id = raw.submit(tags=["run"])
    assert raw.job(job_id)["id"] == job_id
    assert listed(raw, tags="run") == []
    end = time.monotonic() + 10
    while not listed(raw, tags="run"):
        assert time.monotonic() < end


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"program_id": "oracle"}, 404, 1207),
        ({"backend": "ibm_nowhere"}, 404, 1007),
        ({"session_id": "unknown"}, 404, 1211),
        ({"tags": "run"}, 400, 1002),
        ({"tags": ["t"] * 9}, 400, 1204),
        ({"tags": ["t" * 87]}, 400, 1205),
        ({"cost": "long"}, 400, 1002),
    ],
)
def test_an_impossible_job_is_refused(raw: Raw, changes: dict[str, object], status: int, code: int) -> None:
    """A job that can't be is refused with its code, and leaves nothing behind."""
    answer = raw.post(**changes)
    assert (answer.status, answer.code) == (status, code)
    assert raw.control.jobs() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"program_id": "sampler", "backend": "ibm_fez"}'])
def test_a_body_that_says_nothing_is_refused(raw: Raw, body: bytes) -> None:
    """What is no JSON, no object or has no parameters is a mistake of the client."""
    answer = raw.send("POST", "/api/v1/jobs", body, headers={"Authorization": f"Bearer {raw.token}"})
    assert (answer.status, answer.code) == (400, 1002)


def test_a_request_that_is_too_long_is_refused(start: Callable[..., Raw]) -> None:
    """A body above the limit is refused with 413 and the limit."""
    answer = start(max_body=1000).post({"pubs": "x" * 1000})
    assert answer.status == 413
    assert "at most 1000" in answer.json["errors"][0]["message"]


def test_the_rate_of_jobs_is_limited(start: Callable[..., Raw]) -> None:
    """The third job in a minute is refused, and says how long to wait; after that time it is taken."""
    raw = start(rate_limit=2)
    raw.done(), raw.done()
    answer = raw.post()
    assert (answer.status, answer.code) == (429, 1202)
    wait = int(answer.headers["retry-after"])
    assert 0 < wait <= 60
    raw.control.advance(wait)
    raw.done()


def test_a_refusal_for_the_rate_can_say_nothing(start: Callable[..., Raw]) -> None:
    """The header is left out where the settings say so."""
    answer = start(rate_limit=0, retry_after=False).post()
    assert answer.status == 429
    assert "retry-after" not in answer.headers


def test_the_open_plan_ends(start: Callable[..., Raw]) -> None:
    """What is used counts; when the plan's ten minutes are, jobs are refused and the usage says so."""
    raw = start(plan="open", usage_consumed=595)
    raw.done({"seconds": 4})
    usage = raw.api("GET", "/instances/usage").json
    assert usage["usage_consumed_seconds"] == pytest.approx(599)
    assert (usage["usage_limit_seconds"], usage["usage_limit_reached"]) == (600, False)
    raw.done({"seconds": 4})
    assert raw.api("GET", "/instances/usage").json["usage_limit_reached"]
    assert raw.post().status == 403


def test_jobs_wait_in_the_queue(start: Callable[..., Raw]) -> None:
    """A job waits as long as the queue is, in virtual time; the jobs of an active Session don't."""
    raw = start(queue_wait=3600)
    alone = raw.row(raw.done())
    assert alone["started"] - alone["created"] == pytest.approx(3600, abs=1)
    session = raw.open()
    first, second = (raw.row(raw.done(session_id=session)) for _ in range(2))
    assert first["started"] - first["created"] == pytest.approx(3600, abs=1)
    assert second["started"] - second["created"] < 10


def test_real_time_skips_nothing(start: Callable[..., Raw]) -> None:
    """In real time a job stays queued for as long as it has to, and its QPU time is billed but not waited for."""
    raw = start(real_time=True, queue_wait=0.3)
    before = raw.control.now()
    job_id = raw.submit({"seconds": 1000})
    assert raw.job(job_id)["status"] == "Queued"
    raw.until(job_id)
    assert raw.row(job_id)["billed"] == 1000
    assert 0.3 < raw.control.now() - before < 100


def test_the_queue_is_counted(start: Callable[..., Raw], tmp_path: Path) -> None:
    """A device's queue has the jobs of others and one's own."""
    raw = start(queue_length=7)
    go = tmp_path / "go"
    ids = [raw.submit({"until": str(go)}) for _ in range(2)]
    assert raw.api("GET", "/backends/ibm_fez/status").json["length_queue"] == 9
    assert raw.api("GET", "/backends/fake_manila/status").json["length_queue"] == 7
    go.touch()
    for job_id in ids:
        raw.until(job_id)
    assert {device["queue_length"] for device in raw.api("GET", "/backends").json["devices"]} == {7}


def test_bias_changes_the_bill(start: Callable[..., Raw]) -> None:
    """The engine is told how far off bills are to be."""
    raw = start(bias=1.5)
    assert raw.row(raw.done({"seconds": 4}))["billed"] == pytest.approx(6)
