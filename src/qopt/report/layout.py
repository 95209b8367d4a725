"""Lines of styled spans: wrapped, aligned, and rendered in colour for a terminal or as plain text for anything else.

What a line says and how wide it is never depends on whether it is coloured.
"""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, TypeAlias

from qopt.report.text import NBSP, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Span: TypeAlias = tuple[str, str]
"""Text and its style in rich's words, such as `bold` or `dim`; empty for none."""
Line: TypeAlias = list[Span]

_INDENT = 2
_GAP = 2
_WIDEST = 100
_ASCII = str.maketrans({"±": "+-", "─": "-", "│": "|", "…": "...", "·": "-", "⟨": "<", "⟩": ">", "µ": "u", NBSP: " "})


@dataclass(frozen=True)
class Fact:
    """A row of a table of facts.

    Attributes:
        label: What it is called.
        text: What it is.
        note: What else is to be known about it, in a quieter style.
        style: Of the text.
    """

    label: str
    text: str
    note: str = ""
    style: str = ""


def facts(groups: Iterable[Sequence[Fact]], width: int) -> list[Line]:
    """Groups of facts as an aligned table with an empty line between groups; long texts wrap below themselves."""
    filled = [group for group in groups if group]
    column = max((len(fact.label) for group in filled for fact in group), default=0) + _GAP
    lines: list[Line] = []
    for group in filled:
        if lines:
            lines.append([])
        for fact in group:
            spans = [(fact.text, fact.style)] + ([(fact.note, "dim")] if fact.note else [])
            wrapped = wrap(spans, max(width - _INDENT - column, 1))
            heads: list[Span] = [(" " * _INDENT + fact.label.ljust(column), "dim"), (" " * (_INDENT + column), "")]
            lines += [[heads[min(index, 1)], *line] for index, line in enumerate(wrapped)]
    return lines


def wrap(spans: Iterable[Span], width: int) -> list[Line]:
    """Spans as lines of at most `width` characters, broken at blanks, and inside words that are longer than a line."""
    lines: list[Line] = [[]]
    used = 0
    for text, style in spans:
        for word in printable(text).split(" "):
            rest = word
            if used and used + 1 + len(rest) > width:
                lines.append([])
                used = 0
            while len(rest) > width:
                lines[-1].append((rest[:width], style))
                lines.append([])
                rest = rest[width:]
            if used:
                lines[-1].append((" ", ""))
                used += 1
            lines[-1].append((rest, style))
            used += len(rest)
    return [line for line in lines if line] or [[]]


def columns(rows: Sequence[Sequence[Span]], *, right: frozenset[int] = frozenset()) -> list[Line]:
    """Rows of equally many cells as aligned lines, the columns in `right` at the right."""
    widths = [max(len(row[index][0]) for row in rows) for index in range(len(rows[0]))] if rows else []
    lines: list[Line] = []
    for row in rows:
        line: Line = []
        for index, ((text, style), size) in enumerate(zip(row, widths, strict=True)):
            line.append((text.rjust(size) if index in right else text.ljust(size), style))
            line.append((" " * _GAP, ""))
        lines.append(line[:-1])
    return lines


def clipped(text: str, width: int) -> str:
    """Text of at most `width` characters, with an ellipsis where something was cut."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"


def width_of(stream: TextIO) -> int:
    """How many characters a line has: COLUMNS, else the terminal's width, else 80; at most 100."""
    if not os.environ.get("COLUMNS") and not stream.isatty():
        return 80
    return max(min(shutil.get_terminal_size().columns, _WIDEST), 20)


def coloured(stream: TextIO) -> bool:
    """Whether to style what is written: on a terminal that can, unless NO_COLOR asks not to (no-color.org)."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line).replace(NBSP, " ").rstrip()


def encodable(text: str, stream: TextIO) -> str:
    """Text that the stream can take: plain ASCII where its encoding has no better."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text


def rendered(lines: Iterable[Line], stream: TextIO) -> str:
    """Lines as text for a stream: in colour where it shows colours, else without a single escape code."""
    if not coloured(stream):
        return "".join(f"{encodable(plain(line), stream)}\n" for line in lines)
    # Only here: what is piped or redirected does without the import.
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    buffer = io.StringIO()
    console = Console(file=buffer, force_terminal=True, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((encodable(text.replace(NBSP, " "), stream), style) for text, style in line)))
    return buffer.getvalue()
