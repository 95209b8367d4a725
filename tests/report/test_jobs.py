"""Where runs, jobs and Sessions stand, in words, on wide and narrow terminals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qopt.execution.executor import JobState
from qopt.execution.ibm.content import Counts, Expectation
from qopt.execution.ibm.inquiry import GroupFacts, JobFacts
from qopt.jobs.asking import Told
from qopt.jobs.cancelling import Cancellation
from qopt.jobs.sessions import OpenGroup, Owner
from qopt.jobs.standing import InFlight, Opened, Standing
from qopt.report.jobs import cancellation_lines, content_lines, job_lines, stopped_line
from qopt.report.layout import Line, plain
from qopt.report.sessions import closed_lines, sessions_lines
from qopt.report.standing import status_lines, summary

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_790_000_000.0
STANDING = Standing(
    name="maxcut",
    run_id="59400ee032a64bc1",
    state="interrupted",
    host=None,
    backend="ibm_fez",
    answers=7,
    evaluations=21,
    shots=21504,
    elapsed=754.0,
    changed=NOW - 300,
    best_seen=(4.7831, 0.0094),
    billed=23.71,
    bills=6,
    unbilled=1,
    mode="session",
    mode_reason="9 jobs that depend on each other, and the device is busy for 61% of the time",
    session=Opened("cz2vhf9n9jkg008yt7q0", "session", NOW - 900),
    in_flight=InFlight("main", 7, "qopt-59400ee032a64bc1-main-7", "d0c2vhf9n9jkg008yt8a", NOW - 240),
    result=False,
)
JOB = JobFacts(
    id="d0c2vhf9n9jkg008yt8a",
    state=JobState.QUEUED,
    program="sampler",
    backend="ibm_fez",
    created="2026-09-21 14:09:20",
    tags=("qopt-59400ee032a64bc1-main-7", "qopt-inputs-0f3a51c2b7de9846"),
    session="cz2vhf9n9jkg008yt7q0",
    seconds=None,
    starts="next Tuesday",
    pending=42,
)
GROUP = GroupFacts("cz2vhf9n9jkg008yt7q0", "Session", "active", accepting=True, backend="ibm_fez", seconds=64.3)
TOLD = Told(JOB, GROUP)
OWNER = Owner(Path("runs/maxcut"), None, ended=False)
GROUPS = (
    OpenGroup(GROUP, replace(OWNER, host="laptop"), waiting=True),
    OpenGroup(replace(GROUP, id="cz1", kind="Batch", state="open", seconds=None), OWNER, waiting=False),
    OpenGroup(replace(GROUP, id="cz0", state="inactive", accepting=False), None, waiting=True),
)
CONTENT = [
    *(Counts(0, "meas", (index,), 100, {f"0{bits:03b}": 30 - bits for bits in range(7)}) for index in range(6)),
    Expectation(1, (), -1.13725, 0.0021),
    Expectation(2, (0, 1), 0.25, None),
]


def text(lines: list[Line]) -> str:
    """Lines without colour."""
    return "".join(f"{plain(line)}\n" for line in lines)


@pytest.mark.parametrize("width", [80, 40])
def test_every_text_fits_its_terminal_and_looks_as_it_did(snapshot: Callable[[str, str], None], width: int) -> None:
    """A run's standing, a job with what came of it, a table of Sessions, and what was closed."""
    parts = {
        "status": status_lines(STANDING, TOLD, NOW, width),
        "job": [*job_lines(JOB, width), *content_lines(CONTENT, width)],
        "sessions": sessions_lines(GROUPS, width),
        "closed": closed_lines([replace(GROUPS[1], facts=replace(GROUPS[1].facts, state="closed"))], [GROUPS[0]], width),
    }
    for name, lines in parts.items():
        assert max(len(plain(line)) for line in lines) <= width
        snapshot(f"{name}_{width}", text(lines))


def test_a_start_that_the_service_does_not_estimate_is_not_told() -> None:
    """Nothing takes its place."""
    shown = text(status_lines(STANDING, replace(TOLD, job=replace(JOB, starts=None)), NOW, 80))
    assert "may start" not in shown
    assert "estimate" not in shown


@pytest.mark.parametrize(
    ("state", "going"),
    [(JobState.DONE, "collects it"), (JobState.CANCELLED, "submits it again"), (JobState.RUNNING, ""), (JobState.ERROR, "")],
)
def test_what_to_do_follows_the_state_of_the_job(state: JobState, going: str) -> None:
    """Where nobody is at work; whoever is does it by itself."""
    told = replace(
        TOLD, job=replace(JOB, state=state, starts=None, pending=None, error="Error code 6073" if state is JobState.ERROR else "")
    )
    shown = text(status_lines(STANDING, told, NOW, 200))
    assert f"{state.value} on ibm_fez" in shown
    assert going in shown
    assert ("Error code 6073" in shown) == (state is JobState.ERROR)
    busy = text(status_lines(replace(STANDING, host="laptop", state="running"), told, NOW, 200))
    assert "`qopt run`" not in busy


def test_a_question_without_a_job_is_asked_for_by_its_tag() -> None:
    """That the service knows none is worth knowing, too."""
    lost = replace(STANDING, in_flight=replace(STANDING.in_flight, job=None))
    assert "no job of it is recorded" in text(status_lines(lost, None, NOW, 200))
    assert "knows no live job of it" in text(status_lines(lost, Told(), NOW, 200))


def test_control_characters_of_the_service_do_not_reach_the_terminal() -> None:
    """They could move the cursor or hide what is there."""
    evil = replace(JOB, backend="ibm\x1b[2J", tags=("a\rb",), error="\x07", starts="\x1b]0;title")
    shown = text([*job_lines(evil, 80), *status_lines(STANDING, Told(evil), NOW, 80)])
    assert not any(character in shown for character in "\x1b\r\x07")


def test_a_summary_changes_with_what_happens_and_not_with_time() -> None:
    """So a line is written when there is something to say."""
    first = summary(STANDING, TOLD)
    assert summary(replace(STANDING, elapsed=800.0, changed=NOW), TOLD) == first
    others = [
        summary(replace(STANDING, evaluations=22), TOLD),
        summary(STANDING, Told(replace(JOB, state=JobState.RUNNING))),
        summary(STANDING, Told(trouble="no answer")),
        summary(replace(STANDING, in_flight=None), TOLD),
        summary(replace(STANDING, billed=30.0), TOLD),
    ]
    assert len({first, *others}) == 1 + len(others)


def test_what_was_cancelled_and_what_was_too_late_are_told_apart() -> None:
    """With who will notice, how to go on, and the Session that may still be open."""
    done = text(cancellation_lines(Cancellation("maxcut", {"d1": "cancelled"}, {"d2": "done"}, recorded=False, session="cz1"), 200))
    assert "Cancelled job d1 of maxcut." in done
    assert "Job d2 of maxcut had ended before (done)" in done
    assert "will notice and stop" in done
    assert "`qopt sessions --close cz1`" in done
    slow = text(cancellation_lines(Cancellation("maxcut", {"d1": "running"}, {}, recorded=True, session=None), 200))
    assert "still running: the service was asked to end it" in slow
    assert "will notice" not in slow
    assert stopped_line("d1", JobState.RUNNING, JobState.RUNNING).endswith("still running: the service was asked to end it.")


def test_nothing_open_is_said() -> None:
    """Of the list and of closing all."""
    assert text(sessions_lines((), 80)) == text(closed_lines((), (), 80)) == "No Session and no Batch is open.\n"
