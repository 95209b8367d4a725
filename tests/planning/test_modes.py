"""Which mode is chosen, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.planning.modes import BUSY, DECISIONS, OPEN, PAID, PlanFacts, Row, Work, decide

WORKS = st.builds(
    Work,
    st.none() | st.integers(1, 200),
    dependent=st.booleans(),
    seconds=st.floats(0.0, 600.0),
    gap=st.floats(0.0, 600.0),
)
PLANS = st.builds(PlanFacts, st.just("some"), session=st.booleans(), batch=st.booleans())


@pytest.mark.parametrize("row", DECISIONS, ids=lambda row: row.words)
def test_every_row_of_the_documented_table_is_what_is_decided(row: Row) -> None:
    """The table in the documentation is the rule."""
    assert decide(row.work, row.plan).mode == row.mode


@given(WORKS, PLANS)
def test_no_mode_is_chosen_that_the_plan_does_not_have(work: Work, plan: PlanFacts) -> None:
    """A job is always possible, a Session and a Batch are not."""
    mode = decide(work, plan).mode
    assert mode != "session" or plan.session
    assert mode != "batch" or plan.batch


@given(WORKS)
def test_a_session_is_opened_only_where_the_qpu_is_busy_for_half_of_it(work: Work) -> None:
    """A Session's idle time is billed."""
    assert decide(work, PAID).mode != "session" or work.seconds >= BUSY * (work.seconds + work.gap)


@given(WORKS, PLANS)
def test_the_reason_is_one_sentence_with_the_number_of_jobs(work: Work, plan: PlanFacts) -> None:
    """It can be said once and stand by itself."""
    reason = decide(work, plan).reason
    assert "." not in reason
    assert "\n" not in reason
    assert "job" in reason


def test_the_open_plan_is_told_why_there_is_no_session() -> None:
    """The plan is named, and the Batch that is used instead."""
    reason = decide(Work(40, dependent=True, seconds=5.0), OPEN).reason
    assert "open plan has no Session" in reason
    assert "Batch" in reason
