"""Deadlines, back-off and the bucket of submissions."""

from __future__ import annotations

import itertools
import random
import threading

import pytest
from hypothesis import given
from hypothesis.strategies import integers

from qopt.errors import BackendError
from qopt.execution import JobLost
from qopt.execution.executor import Waiting
from qopt.execution.ibm import patience
from qopt.execution.ibm.patience import LOGINS, MOST, Bucket, Caller, Unanswered, delays, within


class NotAuthorized(Exception):
    """What a login that is void is told by."""

    status_code = 401


class NotFound(Exception):
    """What is not there."""

    status_code = 404


def caller(**waiting: float) -> Caller:
    """One that waits hardly at all."""
    return Caller(Waiting(**{"call": 5.0, "service": 5.0, **waiting}), lambda: None)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off is tested by itself."""
    monkeypatch.setattr(patience, "delays", lambda _: itertools.repeat(0.001))


@given(integers(0, 2**32))
def test_pauses_grow_up_to_a_minute_and_are_never_alike(seed: int) -> None:
    """Each lies between half and all of what it may be at most."""
    longest = 0.5
    for pause in itertools.islice(delays(random.Random(seed)), 12):  # noqa: S311
        assert longest / 2 <= pause <= longest
        longest = min(MOST, 2 * longest)


def test_trouble_is_overcome_and_told() -> None:
    """What answers at last is believed."""
    asked = caller()
    answers = iter([ConnectionError("reset"), TimeoutError("late")])

    def ask() -> int:
        error = next(answers, None)
        if error is not None:
            raise error
        return 7

    assert asked.read("the number", ask) == 7
    assert len(asked.told) == 2


@pytest.mark.parametrize(("service", "limit"), [(0.05, None), (60.0, 0.05)])
def test_trying_ends_at_its_deadline(service: float, limit: float | None) -> None:
    """Whichever is shorter, that of the config or that of whoever asks."""

    def ask() -> int:
        raise ConnectionError

    with pytest.raises(BackendError, match=r"0\.05 s of trying were in vain. The same command goes on from here"):
        caller(service=service).read("the number", ask, limit=limit)


def test_a_silent_service_is_left_at_the_deadline() -> None:
    """However long it would be silent."""
    released = threading.Event()
    with pytest.raises(TimeoutError, match="no answer within"):
        within(0.01, released.wait)
    released.set()


def test_what_does_not_exist_is_not_asked_for_again() -> None:
    """It is lost."""

    def ask() -> int:
        raise NotFound

    with pytest.raises(JobLost):
        caller().read("the job", ask)


def test_a_login_that_stays_void_is_renewed_a_few_times_only() -> None:
    """And then the account is told to be refused."""
    logins = itertools.count(1)
    asked = Caller(Waiting(), lambda: next(logins))  # type: ignore[arg-type,return-value]

    def ask() -> int:
        raise NotAuthorized

    with pytest.raises(Unanswered, match="does not accept the login"):
        asked.read("the number", ask)
    assert next(logins) == LOGINS + 1


def test_a_full_bucket_lets_a_minutes_worth_through_at_once() -> None:
    """And makes the next wait."""
    bucket = Bucket(5)
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    assert 0 < bucket.take() <= 12


def test_no_limit_makes_nobody_wait() -> None:
    """0 is no limit."""
    bucket = Bucket(0)
    assert {bucket.take() for _ in range(100)} == {0.0}
