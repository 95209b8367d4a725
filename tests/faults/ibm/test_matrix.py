"""Whatever goes wrong with a request goes wrong once with every kind of request: the run goes on by itself, to the same bits.

Here are statuses, lost connections and false answers. What ends a run is in test_stops.py: refusals, outages, silence, addresses that lead
nowhere. What becomes of jobs, Sessions, logins and of requests that arrive twice is in test_fates.py, and all of it mixed in
test_turbulence.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.faults.ibm.matrix import (
    GENERATIONS,
    REQUESTS,
    Rehearsal,
    assert_fired,
    assert_same,
    rule,
)

KINDS: dict[str, dict[str, Any]] = {
    **{str(code): {"do": "status", "code": code} for code in (500, 502, 503, 504, 520)},
    "429": {"do": "status", "code": 429},
    "429-retry-after": {"do": "status", "code": 429, "retry_after": 1},
    "page-of-a-proxy": {"do": "status", "code": 502, "body": "html"},
    "401": {"do": "status", "code": 401},
    "reset": {"do": "reset"},
    "bad-json": {"do": "garbage"},
    "wrong-type": {"do": "wrong_type"},
    "empty": {"do": "empty"},
}
"""What comes instead of an answer, before or after the request was carried out."""
HALVES: dict[str, dict[str, Any]] = {
    "half-then-reset": {"do": "reset", "sent": "half", "when": "after"},
    "truncated": {"do": "truncate"},
}
"""What becomes of an answer."""


CASES = [
    *(pytest.param({**fault, "when": when}, id=f"{name}-{when}") for name, fault in KINDS.items() for when in ("before", "after")),
    *(pytest.param(fault, id=name) for name, fault in HALVES.items()),
]
ALWAYS = ("session", "submission", "job", "results", "closing")
SHARE = 3
"""Of the other requests, so many take turns."""


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("fault", CASES)
@pytest.mark.nightly
def test_a_fault_of_every_request_is_overcome(
    rehearsal: Rehearsal, expected: dict[str, Any], fault: dict[str, Any], generation: str
) -> None:
    """Every kind of request of the run fails once."""
    overcome(rehearsal, expected[generation], [rule(name, fault) for name in REQUESTS], generation)


@pytest.mark.parametrize(("number", "fault"), [pytest.param(number, *case.values, id=case.id) for number, case in enumerate(CASES)])
def test_a_fault_is_overcome(rehearsal: Rehearsal, expected: dict[str, Any], fault: dict[str, Any], number: int) -> None:
    """The requests that matter most and some others fail once."""
    others = [name for name in REQUESTS if name not in ALWAYS]
    generation = GENERATIONS[number % len(GENERATIONS)]
    overcome(rehearsal, expected[generation], [rule(name, fault) for name in (*ALWAYS, *others[number % SHARE :: SHARE])], generation)


def overcome(rehearsal: Rehearsal, expected: dict[str, Any], rules: list[dict[str, Any]], generation: str) -> None:
    """The run goes on by itself, whatever of it fails."""
    rehearsal.execute(primitives=generation)
    rehearsal.emulator.control.faults(rules)
    rehearsal.run()
    assert_same(rehearsal, expected)
    assert_fired(rehearsal)
