"""The life of a Session as a function of time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.emulator import sessions
from qopt.emulator.sessions import NEVER_USED, Load, Session

IDLE = Load(queued=0, running=0, ever=1)
BUSY = Load(queued=0, running=1, ever=1)


def new(**changes: object) -> Session:
    """A Session that was opened at 1000."""
    return sessions.opened(Session("s", "dedicated", "ibm_fez", "crn", max_ttl=500.0, interactive_ttl=60.0, created=1000.0, **changes))


def used() -> Session:
    """One whose only job ran from 1010 to 1020."""
    return sessions.job_ended(sessions.job_started(new(), 1010.0), 1020.0)


def test_it_is_open_until_its_first_job() -> None:
    """Waiting for its first job it is open, and nothing is committed."""
    session = sessions.settled(new(), Load(0, 0, 0), 1000.0 + NEVER_USED - 1)
    assert session.state == "open"
    assert session.usage(1000.0 + NEVER_USED - 1) == 0


def test_it_is_closed_if_it_is_never_used() -> None:
    """Half an hour after it was opened it is closed if no job was ever submitted."""
    session = sessions.settled(new(), Load(0, 0, 0), 9999.0)
    assert (session.state, session.closed) == ("closed", 1000.0 + NEVER_USED)


def test_it_is_inactive_when_it_is_idle() -> None:
    """After the interactive time it is inactive, and paid for until then and no longer."""
    session = sessions.settled(used(), IDLE, 1300.0)
    assert (session.state, session.history[-1]) == ("inactive", ("inactive", 1080.0))
    assert session.usage(1300.0) == pytest.approx(1080 - 1010)


def test_a_job_wakes_it() -> None:
    """A job after a pause makes it active again; what is paid for adds up, without the pause."""
    session = sessions.job_started(sessions.settled(used(), IDLE, 1300.0), 1300.0)
    assert (session.state, session.started, session.activated) == ("active", 1010.0, 1300.0)
    assert session.usage(1310.0) == pytest.approx(70 + 10)


def test_its_time_counts_from_its_first_job() -> None:
    """The maximum time is counted from the first job on, not from when it was opened."""
    assert sessions.settled(used(), BUSY, 1509.0).accepting
    session = sessions.settled(used(), BUSY, 1510.0)
    assert (session.accepting, session.expired, session.state) == (False, 1510.0, "active")


def test_what_runs_at_its_end_is_paid_for() -> None:
    """A job that runs when the time is over ends in peace, and the Session closes and is paid for with it."""
    session = sessions.settled(used(), BUSY, 1510.0)
    session = sessions.settled(sessions.job_ended(session, 1530.0), IDLE, 1531.0)
    assert (session.state, session.closed) == ("closed", 1530.0)
    assert session.usage(9999.0) == pytest.approx(1530 - 1010)


def test_an_idle_one_closes_at_its_end() -> None:
    """Without a job it closes when its time is over, and is not paid for while it was inactive."""
    session = sessions.settled(used(), IDLE, 2000.0)
    assert [state for state, _ in session.history] == ["open", "active", "inactive", "closed"]
    assert session.closed == 1510.0
    assert session.usage(2000.0) == pytest.approx(70)


def test_it_closes_when_its_last_job_ends() -> None:
    """One that takes no more jobs closes with the last that it has."""
    session = replace(sessions.job_started(new(), 1010.0), accepting=False)
    assert sessions.settled(session, BUSY, 1015.0).state == "active"
    session = sessions.settled(sessions.job_ended(session, 1020.0), IDLE, 1025.0)
    assert (session.state, session.closed) == ("closed", 1020.0)


@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 100)), max_size=6), st.lists(st.floats(0, 3000), max_size=8))
def test_looking_changes_nothing(jobs: list[tuple[float, float]], looks: list[float]) -> None:
    """However often one looks in between, a Session ends the same; history and usage never go back, and usage is bounded by its life."""

    def lived(at: list[float]) -> Session:
        session, now = new(), 1000.0
        for pause, length in jobs:
            for look in sorted(at):
                if now <= 1000 + look <= now + pause:
                    session = sessions.settled(session, Load(0, 0, 1), 1000 + look)
            now += pause
            session = sessions.settled(session, Load(0, 0, 1), now)
            if session.state == "closed":
                return session
            session = sessions.job_started(session, now)
            now += length
            session = sessions.job_ended(sessions.settled(session, BUSY, now), now)
        return sessions.settled(session, IDLE, now + 5000)

    looked, alone = lived(looks), lived([])
    assert looked == alone
    moments = [since for _, since in looked.history]
    assert moments == sorted(moments)
    assert 0 <= looked.usage(1e9) <= moments[-1] - moments[0] + 1e-6
