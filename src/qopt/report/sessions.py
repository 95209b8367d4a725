"""Sessions and Batches that are open, as a table, and what was closed, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.report.layout import Fact, Line, Span, columns, facts, plain, wrap
from qopt.report.standing import billed_of
from qopt.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.jobs.sessions import OpenGroup

_HEADS = ("id", "kind", "state", "device", "billed", "run")
_BILLED = 4
_DROPPED = (None, 3, 4)
"""The columns that narrow terminals do without, the first one first."""


def sessions_lines(groups: Sequence[OpenGroup], width: int) -> list[Line]:
    """What is open as a table, and what to do about it."""
    if not groups:
        return wrap([("No Session and no Batch is open.", "")], width)
    rows: list[list[Span]] = [[(head, "dim") for head in _HEADS], *map(_row, groups)]
    lines = _fitted(rows, width)
    notes = [line for group in groups if group.reason for line in wrap([(f"{group.facts.id}: {group.reason}.", "dim")], width)]
    hint = wrap([("Close one with `qopt sessions --close ID`, all that nobody uses with --close-all.", "dim")], width)
    return [*lines, [], *notes, *hint]


def closed_lines(closed: Sequence[OpenGroup], left: Sequence[OpenGroup], width: int) -> list[Line]:
    """What was closed, and what was left open and why."""
    lines: list[Line] = []
    for group in closed:
        rest = "" if group.facts.state == "closed" else f"; it takes no more jobs and is {group.facts.state} until its last one has ended"
        bill = "its bill is not known" if group.facts.seconds is None else f"billed {billed_of(group.facts)}"
        lines += wrap([(f"Closed {group.facts.kind} {group.facts.id}, {bill}{rest}.", "")], width)
    for group in left:
        lines += wrap([(f"Left {group.facts.kind} {group.facts.id} open: {group.reason}. Add --force to close it.", "yellow")], width)
    return lines or wrap([("No Session and no Batch is open.", "")], width)


def _row(group: OpenGroup) -> list[Span]:
    known = group.facts
    state = known.state if known.accepting else f"{known.state}, takes no jobs"
    return [
        (known.id, "bold"),
        (known.kind, ""),
        (state, "cyan"),
        (printable(known.backend), ""),
        (billed_of(known), ""),
        (printable(group.owner.folder.name) if group.owner is not None else "", "" if group.owner is not None else "dim"),
    ]


def _fitted(rows: Sequence[Sequence[Span]], width: int) -> list[Line]:
    """The table with as many of its columns as fit; below that, each id above what is known of it."""
    kept = list(range(len(_HEADS)))
    for dropped in _DROPPED:
        kept = [index for index in kept if index != dropped]
        right = frozenset({kept.index(_BILLED)}) if _BILLED in kept else frozenset()
        lines = columns([[row[index] for index in kept] for row in rows], right=right)
        if max(len(plain(line)) for line in lines) <= width:
            return lines
    heads = rows[0]
    lines = []
    for row in rows[1:]:
        pairs = [Fact(head[0], cell[0]) for head, cell in zip(heads[1:], row[1:], strict=True) if cell[0]]
        lines += [*wrap([row[0]], width), *facts([pairs], width)]
    return lines
