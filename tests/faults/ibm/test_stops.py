"""What qopt can't mend by asking again ends the run, soon and with what to do; the same command then goes on, to the same bits."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.ibm.matrix import assert_same, rule

if TYPE_CHECKING:
    from tests.faults.ibm.matrix import Rehearsal

FOR_GOOD: dict[str, Any] = {"count": None}
REFUSABLE = (
    *("instances", "session", "submission", "results"),
    *(pytest.param(name, marks=pytest.mark.nightly) for name in ("properties", "listing", "job")),
)
"""Requests that a run can't do without."""
NOWHERE = "nothing.invalid"
"""A name that no machine has (RFC 2606)."""


@pytest.mark.parametrize("request_kind", REFUSABLE)
def test_what_the_account_may_not_do_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str) -> None:
    """403: said at once, with where to look."""
    rehearsal.emulator.control.faults([rule(request_kind, {"do": "status", "code": 403}, **FOR_GOOD)])
    assert "the account may not do this: look at its instance and plan" in rehearsal.run(3)
    rehearsal.emulator.control.clear_faults()
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


def test_a_refused_submission_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any]) -> None:
    """409: sending the same again would not help."""
    rehearsal.emulator.control.faults([rule("submission", {"do": "status", "code": 409}, nth=2, **FOR_GOOD)])
    assert "the service refuses the request" in rehearsal.run(3)
    rehearsal.emulator.control.clear_faults()
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


@pytest.mark.parametrize("request_kind", REFUSABLE)
def test_an_outage_that_outlasts_the_deadline_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str) -> None:
    """As long as the config says, it is tried again, and not longer."""
    rehearsal.wait_for(service=1.5)
    rehearsal.emulator.control.faults([rule(request_kind, {"do": "status", "code": 503}, **FOR_GOOD)])
    said = rehearsal.run(3)
    assert "1.5 s of trying were in vain. The same command goes on from here" in said
    assert "the service has trouble" in said
    assert max(item["fired"] for item in rehearsal.emulator.control.rules()) > 1
    rehearsal.emulator.control.clear_faults()
    rehearsal.wait_for(service=60.0)
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


@pytest.mark.parametrize("request_kind", ["token", "submission", "results"])
def test_a_service_that_never_answers_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any], request_kind: str) -> None:
    """A silence of an hour is not waited for, although the client itself would."""
    rehearsal.wait_for(call=1.0, service=2.0)
    rehearsal.emulator.control.faults([rule(request_kind, {"do": "hang", "seconds": 3600}, **FOR_GOOD)])
    assert "2 s of trying were in vain. The same command goes on from here" in rehearsal.run(3)
    rehearsal.emulator.control.clear_faults()
    rehearsal.wait_for(call=10.0, service=60.0)
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


@pytest.mark.parametrize("answered", [0, 1])
@pytest.mark.parametrize("trouble", ["no-such-name", "no-tls"])
def test_an_address_that_leads_nowhere_ends_the_run(rehearsal: Rehearsal, expected: dict[str, Any], trouble: str, answered: int) -> None:
    """A name that can't be resolved, and a server that does not speak TLS; in a new run, and in one that has an answer already."""
    if answered:
        rehearsal.run(-signal.SIGKILL, QOPT_FAILPOINT=f"answered:{answered}")
    port = rehearsal.emulator.port
    host = f"http://{NOWHERE}:{port}" if trouble == "no-such-name" else f"https://127.0.0.1:{port}"
    names = {
        "IAM_URL": host,
        "GLOBAL_SEARCH_URL": host,
        "GLOBAL_CATALOG_URL": f"{host}/catalog",
        "QISKIT_IBM_URL": f"{host}/experimental/api/v1",
    }
    rehearsal.wait_for(service=1.0)
    said = rehearsal.run(3, **names)
    assert "logging in to IBM Quantum: the service can't be reached" in said
    assert "1 s of trying were in vain. The same command goes on from here" in said
    rehearsal.wait_for(service=60.0)
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])


def test_a_wrong_api_key_ends_the_run_at_once(rehearsal: Rehearsal, expected: dict[str, Any]) -> None:
    """It says where credentials come from, and not the key."""
    said = rehearsal.run(3, QISKIT_IBM_TOKEN="not-the-key")  # noqa: S106 - it is none
    assert "the credentials are not accepted: look at QISKIT_IBM_TOKEN" in said
    assert "not-the-key" not in said
    rehearsal.run()
    assert_same(rehearsal, expected["legacy"])
