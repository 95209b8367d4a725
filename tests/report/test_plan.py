"""The table of a plan, word for word."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from qopt.plan import Plan
from qopt.plan.planned import Circuit
from qopt.planning.modes import Decision
from qopt.planning.service import Limit, ModeCost
from qopt.report.layout import plain
from qopt.report.plan import plan_lines, plan_table

if TYPE_CHECKING:
    from collections.abc import Callable

PLAN = Plan(
    name="h2",
    device="ibm_kingston",
    twin="fake_kingston",
    runs=1,
    circuit=Circuit(2, 11, 1, 1, 1.764e-6, 0.9712, 2, "Estimator"),
    jobs=47,
    least_jobs=41,
    most_jobs=47,
    complete=True,
    points=62,
    pubs=96,
    circuits=124,
    shots=4_063_232,
    seconds=1116.9,
    upper=2792.4,
    configured="session",
    decision=Decision(
        "batch", "47 jobs depend on each other, but the QPU would be busy for 40% of a Session, and idle time is billed there"
    ),
    open_decision=Decision("batch", "47 jobs depend on each other, but the open plan has no Session: a Batch bills QPU time alone"),
    modes=(ModeCost("session", 2792.0, 2792.0), ModeCost("batch", 1116.9, 2792.0), ModeCost("job", 1116.9, 2792.0)),
    limits=(
        Limit("open plan, 28 days", 1116.9, 600.0, "s"),
        Limit("largest input", 2_578.0, 64e6, "B"),
        Limit("most executions", 176_128.0, 1e7, ""),
    ),
    notes=("jobs: counted by running the optimizer 5 times on the exact state with shot noise", "start: random angles"),
)


def text_of(plan: Plan, width: int = 80) -> str:
    """The table without styles."""
    return "".join(f"{plain(line)}\n" for line in plan_lines(plan, width))


@pytest.mark.parametrize("width", [80, 40])
def test_a_plan_reads_as_reviewed(width: int, snapshot: Callable[[str, str], None]) -> None:
    """The table as people approved it, wide and narrow."""
    snapshot(f"plan_{width}", text_of(PLAN, width))


@pytest.mark.parametrize("width", [80, 40])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Also with many jobs and long times."""
    long = replace(PLAN, shots=10**12, modes=tuple(replace(cost, billed=123456.0, wall=123456.0) for cost in PLAN.modes))
    assert max(map(len, text_of(long, width).splitlines())) <= width


def test_where_not_all_jobs_were_counted_there_are_more() -> None:
    """The numbers are lower bounds, and say so."""
    text = text_of(replace(PLAN, complete=False))
    assert "more than 47 jobs" in text
    assert "more than 18 min 37 s" in text


def test_a_device_that_is_its_own_twin_is_named_once() -> None:
    """A config may name a fake device."""
    assert text_of(replace(PLAN, device="fake_manila", twin="fake_manila")).startswith("h2 (on fake_manila)\n")


def test_a_sweep_tells_its_runs() -> None:
    """How many there are."""
    assert "runs         12\n" in text_of(replace(PLAN, runs=12))


def test_only_another_mode_than_the_best_is_held_against_it() -> None:
    """`auto` takes the best one, and then there is nothing to say."""
    assert "config's mode" in text_of(PLAN)
    assert "config's mode" not in text_of(replace(PLAN, configured="auto"))


def test_a_plain_stream_gets_plain_text() -> None:
    """No escape code, nothing that ASCII hasn't."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    table = plan_table(PLAN, stream=stream)
    assert table.isascii()
    assert "\x1b" not in table
    assert "1.76 us" in table
