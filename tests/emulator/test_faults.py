"""Which requests and jobs set off which rules."""

from __future__ import annotations

from typing import Any

from qopt.emulator.faults import Faults
from qopt.emulator.rules import parse


class Kept:
    """Remembers what was kept last."""

    documents: list[dict[str, Any]]

    def __call__(self, documents: list[dict[str, Any]]) -> None:
        """Keep."""
        self.documents = documents


def faults(*rules: dict[str, Any]) -> tuple[Faults, Kept]:
    """Faults with these rules, and what they keep."""
    kept = Kept()
    made = Faults([], kept)
    made.add(parse(list(rules), "test"))
    return made, kept


def test_occurrences_are_counted() -> None:
    """A rule fires from its nth matching request on, as often as it says; other requests don't count."""
    made, _ = faults({"do": "status", "code": 503, "method": "POST", "path": "/jobs$", "nth": 2, "count": 2})
    fired = [bool(made.of_request(method, "/jobs", 0)) for method in ("POST", "GET", "POST", "POST", "POST")]
    assert fired == [False, False, True, True, False]


def test_counting_begins_after_jobs() -> None:
    """A rule for after some jobs does not see what comes before."""
    made, _ = faults({"do": "hang", "after_jobs": 2, "count": None})
    assert [bool(made.of_request("GET", "/jobs", jobs)) for jobs in (0, 1, 2, 3)] == [False, False, True, True]


def test_a_restart_goes_on_counting() -> None:
    """What was kept is where a restarted server goes on."""
    made, kept = faults({"do": "hang", "nth": 2})
    made.of_request("GET", "/jobs", 0)
    again = Faults(kept.documents, kept)
    assert [bool(again.of_request("GET", "/jobs", 0)) for _ in range(2)] == [True, False]


def test_the_same_rules_keep_their_counts() -> None:
    """A server that is started with the rules that it has goes on with them; with other ones it begins afresh."""
    made, _ = faults({"do": "hang"})
    made.of_request("GET", "/jobs", 0)
    made.set(parse([{"do": "hang"}], "test"))
    assert not made.of_request("GET", "/jobs", 0)
    made.set(parse([{"do": "hang", "seconds": 2}], "test"))
    assert made.of_request("GET", "/jobs", 0)


def test_one_fault_of_the_wire_and_all_events() -> None:
    """A request sets off every event that it matches and one fault of the wire at most; the next one comes with the next request."""
    made, _ = faults({"do": "hang"}, {"do": "empty"}, {"do": "recalibrate"}, {"do": "expire_tokens"})
    fired = [[rule.do for rule in made.of_request("GET", "/jobs", 0)] for _ in range(3)]
    assert fired == [["hang", "recalibrate", "expire_tokens"], ["empty"], []]


def test_jobs_are_told_apart() -> None:
    """Rules for jobs look at program, tags and mode, and requests don't set them off."""
    made, _ = faults({"do": "fail", "program": "sampler", "tag": "it-3", "mode": "batch"})
    assert not made.of_request("POST", "/jobs", 0)
    assert made.of_job("estimator", ("it-3",), "batch", 0) is None
    assert made.of_job("sampler", ("it-2",), "batch", 0) is None
    assert made.of_job("sampler", ("it-3",), "job", 0) is None
    rule = made.of_job("sampler", ("x", "run-it-3"), "batch", 0)
    assert rule is not None
    assert rule.do == "fail"
