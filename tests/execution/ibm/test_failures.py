"""The table of failures: what the client raises, with what led to it, and what is done about it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import requests
from qiskit_ibm_runtime.accounts.exceptions import AccountNotFoundError, InvalidAccountError
from qiskit_ibm_runtime.api.exceptions import RequestsApiError
from qiskit_ibm_runtime.exceptions import IBMNotAuthorizedError, IBMRuntimeError, RuntimeInvalidStateError, RuntimeJobNotFound

from qopt.execution.ibm.failures import Reaction, look_up


def answered(status: int, headers: dict[str, str] | None = None, body: str = "{}") -> requests.HTTPError:
    """What `requests` raises for an answer of the service."""
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    return requests.HTTPError(f"{status} Error for url: https://quantum.example/jobs. {body}", response=response)


def raised(*chain: Exception) -> Exception:
    """The first of several exceptions, each caused by the next, as a caller catches it."""
    for error, cause in pairwise(chain):
        error.__cause__ = cause
    return chain[0]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 521, 522, 524])
def test_a_service_in_trouble_is_asked_again(status: int) -> None:
    """Also where the client hides the status behind its own exceptions."""
    error = raised(IBMRuntimeError("Failed to run program"), RequestsApiError("no", -1), answered(status))
    assert look_up(error).reaction is Reaction.RETRY


@pytest.mark.parametrize(
    "trouble", [requests.ConnectionError("no route"), requests.exceptions.SSLError("no TLS"), answered(503), answered(429)]
)
def test_a_login_that_fails_for_trouble_is_no_matter_of_credentials(trouble: Exception) -> None:
    """The client says `InvalidAccountError` of every failure to get at the account."""
    error = InvalidAccountError("Please check that you are using a valid API token.")
    assert look_up(raised(error, trouble)).reaction is Reaction.RETRY


def test_a_key_that_is_refused_is_said_to_be_wrong() -> None:
    """With where credentials come from."""
    failure = look_up(raised(InvalidAccountError("Please check"), answered(400)))
    assert failure.reaction is Reaction.REFUSED
    assert "the credentials are not accepted: look at QISKIT_IBM_TOKEN" in str(failure)


def test_a_missing_key_is_told_from_a_wrong_one() -> None:
    """With how to give one."""
    failure = look_up(AccountNotFoundError("Unable to find account."))
    assert failure.reaction is Reaction.REFUSED
    assert "there are no credentials: set QISKIT_IBM_TOKEN" in str(failure)


def test_where_no_connection_came_about_is_told_in_the_system_s_words() -> None:
    """The client wraps them three times, and calls them a matter of the token."""
    refused = requests.ConnectionError("HTTPSConnectionPool(...)", request=requests.Request("POST", "https://iam.example/token"))
    chain = raised(
        InvalidAccountError("Please check that you are using a valid API token."),
        refused,
        ConnectionRefusedError(111, "Connection refused"),
    )
    assert str(look_up(chain)) == "the service can't be reached (iam.example: Connection refused)"


@pytest.mark.parametrize(
    ("status", "reaction"),
    [(401, Reaction.RECONNECT), (404, Reaction.LOST), *((status, Reaction.REFUSED) for status in (400, 403, 409, 413))],
)
def test_a_refusal_is_told_from_trouble(status: int, reaction: Reaction) -> None:
    """By its status, although the client gives all of them one class."""
    assert look_up(raised(RequestsApiError("no", status), answered(status))).reaction is reaction


@pytest.mark.parametrize(
    ("error", "reaction"),
    [
        (IBMNotAuthorizedError("expired"), Reaction.RECONNECT),
        (RuntimeJobNotFound("no such job"), Reaction.LOST),
        (requests.exceptions.ChunkedEncodingError("cut"), Reaction.RETRY),
        (requests.exceptions.JSONDecodeError("no JSON", "<html>", 0), Reaction.RETRY),
        (TimeoutError("no answer within 60 s"), Reaction.RETRY),
        (RequestsApiError("connection reset", -1), Reaction.RETRY),
        (ZeroDivisionError("a mistake"), Reaction.REFUSED),
    ],
)
def test_an_exception_is_known_by_its_class(error: Exception, reaction: Reaction) -> None:
    """Where there is no status."""
    assert look_up(error).reaction is reaction


def test_cancelling_a_job_that_has_ended_is_a_refusal() -> None:
    """409, below the client's exception for the state: to ask again would never help."""
    error = raised(RuntimeInvalidStateError("Job cannot be cancelled"), RequestsApiError("409", 409), answered(409))
    assert look_up(error).reaction is Reaction.REFUSED


def test_the_open_plan_is_known_by_its_code() -> None:
    """In the text of the answer."""
    body = '{"errors":[{"code":1352,"message":"You are not authorized to run a session when using the open plan."}]}'
    assert look_up(raised(RequestsApiError(f"400 {body}", 400), answered(400, body=body))).reaction is Reaction.FALL_BACK


def test_how_long_to_stay_away_is_read_from_the_answer() -> None:
    """However deep in the chain it is; a date there, which the service does not use, is left aside."""
    assert look_up(raised(IBMRuntimeError("no"), RequestsApiError("429", 429), answered(429, {"Retry-After": "7"}))).wait == 7
    assert look_up(raised(RequestsApiError("429", 429), answered(429, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}))).wait is None
