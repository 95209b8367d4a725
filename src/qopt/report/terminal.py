"""Progress of a run on standard error: a live panel, plain lines, JSON lines, or nothing. Standard output is left to the result.

A display must never stop a run: once it can't be written, as into a closed pipe, it falls silent.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from qopt.errors import InputError
from qopt.report.events import told
from qopt.report.history import MAIN
from qopt.report.layout import clipped, encodable, width_of
from qopt.report.tally import BESIDE, Heading, Tally
from qopt.report.text import NBSP, count, measured, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qopt.durable import Progress
    from qopt.journal import Event
    from qopt.types import Sense

KINDS = ("auto", "rich", "plain", "json", "none")
PAUSE = 0.5
"""Seconds between two plain lines, at least."""


class Display(Protocol):
    """Something that shows answers as they come."""

    def open(self) -> None:
        """Begin."""

    def tell(self, progress: Progress) -> None:
        """Show an answer."""

    def note(self, sentence: str) -> None:
        """Show something that happened beside the answers."""

    def close(self) -> None:
        """End, also after a failure."""


@contextmanager
def progress(kind: str, *, name: str, sense: Sense, units: str = "", engine: str = "", notes: tuple[str, ...] = ()) -> Iterator[Guarded]:
    """A listener that shows a run's answers on standard error for as long as the context is open.

    Args:
        kind: `auto`, `rich`, `plain`, `json` or `none`; `auto` is `rich` on a terminal that can show it, outside CI, else `plain`.
        name: The run's name.
        sense: The problem's sense.
        units: Units of its values.
        engine: What answers, where that is known.
        notes: Choices that were made for the user, in words.

    Raises:
        InputError: If there is no such kind.
    """
    if kind not in KINDS:
        message = f"progress is {kind!r}, expected one of {', '.join(KINDS)}"
        raise InputError(message)
    display = Guarded(_display(kind, Heading(name, sense, units, engine, notes), sys.stderr))
    display.open()
    try:
        yield display
    finally:
        display.close()


def chosen(stream: TextIO) -> str:
    """The kind that `auto` stands for: `rich` on a terminal that can move its cursor and show blocks, outside CI, else `plain`."""
    able = stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
    return "rich" if able and "utf" in (stream.encoding or "").lower() else "plain"


def _display(kind: str, heading: Heading, stream: TextIO) -> Display:
    kind = chosen(stream) if kind == "auto" else kind
    if kind == "rich":
        # Only here: the other kinds do without the import.
        from qopt.report.live import Live  # noqa: PLC0415

        return Live(heading, stream)
    displays: dict[str, type[Plain | JsonLines | Silent]] = {"plain": Plain, "json": JsonLines, "none": Silent}
    return displays[kind](heading, stream)


class Guarded:
    """A display that falls silent when it can't be written any more."""

    def __init__(self, display: Display) -> None:
        """Nothing is written yet."""
        self._display = display
        self._broken = False

    def open(self) -> None:
        """Begin."""
        self._try(self._display.open)

    def __call__(self, progress: Progress) -> None:
        """Show an answer: this is a listener of runs."""
        self._try(lambda: self._display.tell(progress))

    def note(self, sentence: str) -> None:
        """Show something that happened beside the answers."""
        self._try(lambda: self._display.note(sentence))

    def event(self, event: Event) -> None:
        """Show an event, where it has a sentence."""
        sentence = told(event)
        if sentence is not None:
            self.note(sentence)

    def close(self) -> None:
        """End."""
        self._try(self._display.close)

    def _try(self, action: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            action()
        except (OSError, ValueError):  # ValueError: the stream is closed
            self._broken = True


class Silent:
    """Shows nothing."""

    def __init__(self, heading: Heading, stream: TextIO) -> None:
        """Take what every display takes."""

    def open(self) -> None:
        """Nothing."""

    def tell(self, progress: Progress) -> None:
        """Nothing."""

    def note(self, sentence: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class JsonLines:
    """One JSON object a line: `begin` once, then `answer` for each answer, replayed ones too, and `note`; values in the problem's sense."""

    def __init__(self, heading: Heading, stream: TextIO) -> None:
        """Nothing is written yet."""
        self._heading = heading
        self._stream = stream

    def open(self) -> None:
        """Say what this is about."""
        heading = self._heading
        about = {"name": heading.name, "sense": heading.sense.value, "units": heading.units, "engine": heading.engine}
        self._write({"event": "begin", **about, "notes": list(heading.notes)})

    def tell(self, progress: Progress) -> None:
        """Write an answer."""
        sign, estimate = self._heading.sense.sign, progress.estimate
        self._write(
            {
                "event": "answer",
                "stage": progress.question.stage,
                "call": progress.question.call,
                "purpose": progress.question.kind,
                "evaluations": progress.evaluations,
                "values": (sign * estimate.values + 0.0).tolist(),
                "stderrs": estimate.stderrs.tolist(),
                "shots": estimate.shots,
                "job": progress.job,
                "replayed": progress.replayed,
            }
        )

    def note(self, sentence: str) -> None:
        """Write it as an object of its own."""
        self._write({"event": "note", "text": sentence})

    def close(self) -> None:
        """Nothing: the process's end says it."""

    def _write(self, entry: dict[str, object]) -> None:
        self._stream.write(json.dumps(entry) + "\n")
        self._stream.flush()


class Plain:
    """A line for an answer, at most one each half second, for logs and for pipes; never an escape code."""

    def __init__(self, heading: Heading, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is written yet."""
        self._heading = heading
        self._stream = stream
        self._clock = clock
        self._tally = Tally(heading.sense.sign)
        self._waiting: list[str] = []
        self._next = 0.0
        self._told_replayed = 0

    def open(self) -> None:
        """Say what this is about."""
        heading = self._heading
        self._write([f"{heading.name}: {heading.sense.value}{f', {heading.engine}' if heading.engine else ''}"])
        for note in heading.notes:
            self._write_sentence(note)

    def tell(self, progress: Progress) -> None:
        """Write an answer, or keep it as the last one so far."""
        self._tally.add(progress)
        if progress.replayed or progress.question.stage in BESIDE:
            return
        self._tell_replayed()
        self._waiting = self._fields(progress)
        now = self._clock()
        if now >= self._next or progress.question.stage != MAIN:
            self._flush()
            self._next = now + PAUSE

    def note(self, sentence: str) -> None:
        """Write it at once."""
        self._flush()
        self._write_sentence(sentence)

    def close(self) -> None:
        """Write what is still waiting."""
        self._flush()
        self._tell_replayed()

    def _tell_replayed(self) -> None:
        replayed = self._tally.replayed - self._told_replayed
        if replayed:
            self._told_replayed = self._tally.replayed
            self._write([f"replayed {count(replayed, 'evaluation')} from the journal"])

    def _flush(self) -> None:
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []

    def _fields(self, progress: Progress) -> list[str]:
        units, tally = self._heading.units, self._tally
        points = len(progress.question.points)
        job = [f"job {progress.job}"] if progress.job else []
        if progress.question.stage != MAIN:
            # No values: the best of them would be biased, and which one counts is for the result to say.
            what = "gradients of the whole pool" if progress.question.stage == "pool" else f"{count(points, 'point')} measured afresh"
            return [f"{progress.question.stage:>6}", what, *job]
        fields = [f"{progress.evaluations:>6,}", measured(*tally.value(progress), units)]
        if tally.best is not None:
            fields.append(f"best seen {measured(*tally.best)}")
        if points > 1:
            fields.append(f"gradient of {points} points" if progress.question.kind == "gradient" else f"best of {points} points")
        return [*fields, *job]

    def _write_sentence(self, sentence: str) -> None:
        for line in textwrap.wrap(sentence, max(20, width_of(self._stream) - 4)):
            self._write([f"  {line}"])

    def _write(self, fields: list[str]) -> None:
        """The fields on one line: as many as fit, the first ones in any case."""
        width = width_of(self._stream)
        line = fields[0]
        for field in fields[1:]:
            longer = f"{line}  {field}"
            if len(longer) > width:
                break
            line = longer
        text = printable(clipped(line, width)).replace(NBSP, " ")
        self._stream.write(f"{encodable(text, self._stream)}\n")
        self._stream.flush()
