"""A job of the account, what it came back with, and what became of one that was cancelled, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.execution.ibm.content import Counts
from qopt.report.layout import Fact, Line, Span, facts, wrap
from qopt.report.standing import queue_facts, style_of
from qopt.report.text import NBSP, count, measured, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.execution.executor import JobState
    from qopt.execution.ibm.content import Content
    from qopt.execution.ibm.inquiry import JobFacts
    from qopt.jobs.cancelling import Cancellation

TOP = 5
"""Strings shown of a register."""
SETS = 4
"""Parameter sets shown of a register, or values of a PUB."""


def job_lines(job: JobFacts, width: int) -> list[Line]:
    """A job as lines."""
    title: list[Span] = [(f"job {job.id}", "bold"), (job.state.value, style_of(job.state.value))]
    billed = "" if job.seconds is None else f"{job.seconds:.2f} s of QPU time"
    rows = [
        Fact("program", job.program),
        Fact("device", printable(job.backend) or "not known"),
        Fact("created", job.created or "not known"),
        *queue_facts(job),
        *([Fact("error", printable(job.error), style="red")] if job.error else []),
        Fact("session", job.session or "none"),
        Fact("tags", printable(", ".join(job.tags)) or "none"),
        Fact("billed", billed or "not settled yet"),
    ]
    return [*wrap(title, width), [], *facts([rows], width)]


def content_lines(content: Sequence[Content], width: int) -> list[Line]:
    """What a job came back with: the most frequent strings of every register, expectation values with their errors."""
    titles: dict[str, list[Fact]] = {}
    for part in content:
        title = f"PUB {part.pub}" + (f", register {printable(part.register)}" if isinstance(part, Counts) else "")
        rows = titles.setdefault(title, [])
        rows.append(_row(part))
    lines: list[Line] = []
    for title, rows in titles.items():
        left = len(rows) - SETS
        shown = rows[:SETS] + ([Fact("", f"and {left:,} more (--json has all)", style="dim")] if left > 0 else [])
        lines += [[], *wrap([(title, "bold")], width), *facts([shown], width)]
    return lines


def stopped_line(job: str, before: JobState, after: JobState) -> str:
    """What became of a job that was to be cancelled."""
    if before.final:
        return f"Job {job} had ended before ({before.value}): it was left as it is."
    asked = "" if after.final else f", which is still {after.value}: the service was asked to end it"
    return f"Cancelled job {job}{asked}."


def cancellation_lines(done: Cancellation, width: int) -> list[Line]:
    """What became of a run's job in flight, and how to go on."""
    if not done.cancelled and not done.ended:
        return wrap([(f"{done.run} has no job in flight: nothing was cancelled.", "")], width)
    lines = []
    for job, state in done.cancelled.items():
        asked = "" if state == "cancelled" else f", which is still {state}: the service was asked to end it"
        lines += wrap([(f"Cancelled job {job} of {done.run}{asked}.", "")], width)
    for job, state in done.ended.items():
        lines += wrap([(f"Job {job} of {done.run} had ended before ({state}): it was left as it is.", "")], width)
    if done.cancelled and not done.recorded:
        lines += wrap([("The process that is at work on the run will notice and stop.", "")], width)
    going = "submits the question again" if done.cancelled else "collects what there is"
    lines += wrap([(f"The same `qopt run` command {going}; `qopt finish {done.run}` measures the best point so far.", "")], width)
    if done.session is not None:
        lines += wrap([(f"Its Session {done.session} may still be open: `qopt sessions --close {done.session}`.", "yellow")], width)
    return lines


def _row(part: Content) -> Fact:
    index = f"[{', '.join(map(str, part.index))}]" if part.index else ""
    if not isinstance(part, Counts):
        return Fact(index or "value", measured(part.value, part.stderr or 0.0, sampled=part.stderr is not None))
    first = [f"{bits}{NBSP}{times:,}" for bits, times in list(part.counts.items())[:TOP]]
    rest = len(part.counts) - TOP
    return Fact(index or "counts", ", ".join(first), f"and {count(rest, 'other string')}" if rest > 0 else "")
