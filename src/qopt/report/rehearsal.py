"""A rehearsal as a table: what it found, what the real run would have cost, and what it survived."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from qopt.report.layout import Fact, Line, facts, rendered, width_of
from qopt.report.result import result_lines
from qopt.report.text import NBSP, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.rehearsal import Rehearsal


def rehearsal_table(rehearsal: Rehearsal, *, stream: TextIO | None = None) -> str:
    """The table of a rehearsal, in colour and as wide as the stream allows."""
    stream = stream or sys.stdout
    width = width_of(stream)
    lines: list[Line] = [] if rehearsal.result is None else [*result_lines(rehearsal.result, None, width), []]
    return rendered([*lines, *facts([_cost(rehearsal), _survived(rehearsal)], width)], stream)


def _cost(rehearsal: Rehearsal) -> Sequence[Fact]:
    rows = [Fact("rehearsed on", rehearsal.device, f"(emulated, with the noise of its snapshot; plan {rehearsal.plan})")]
    rows += [Fact("", note) for note in rehearsal.notes]
    rows.append(Fact("would cost", f"{rehearsal.billed:.1f}{NBSP}s of QPU time", "(by the emulator's own bills)", "bold"))
    if rehearsal.session_seconds:
        rows.append(Fact("", f"{rehearsal.session_seconds:.1f}{NBSP}s as Sessions", "(idle time included)"))
    return rows


def _survived(rehearsal: Rehearsal) -> Sequence[Fact]:
    repeated = f"{count(rehearsal.repeated, 'question')} executed twice" if rehearsal.repeated else "no question executed twice"
    rows = [
        Fact(
            "jobs",
            f"{count(rehearsal.jobs, 'job')}, {rehearsal.executed} executed, {repeated}",
            style="red" if rehearsal.repeated else "green",
        ),
        Fact(
            "parts",
            f"{count(rehearsal.parts, 'process', 'processes')}, {rehearsal.kills} killed, {len(rehearsal.stops)} stopped by themselves",
        ),
    ]
    rows += [Fact("fault", words, f"({count(times, 'time')})") for words, times in rehearsal.faults]
    return [*rows, Fact("files", rehearsal.folder)]
