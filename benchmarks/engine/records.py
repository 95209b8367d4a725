"""What was measured, one record for each contender and quantity: how it is kept as JSON and printed as a table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness import Timing

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


@dataclass(frozen=True)
class Record:
    """One number, or why there is none.

    Attributes:
        section: Of `sections.py`.
        about: The problem: n and p, or a molecule.
        threads: That the process had.
        quantity: Such as energy or gradient.
        contender: Whose number it is.
        median: Of the rounds, in `unit`; None if it is missing.
        lowest: Of the rounds. highest: Of the rounds. rounds: How many there were.
        unit: s or bytes.
        note: What else is to be said.
        missing: Why there is no number.
        load: Of the machine, at the time.
    """

    section: str
    about: dict[str, Any]
    threads: int
    quantity: str
    contender: str
    median: float | None = None
    lowest: float | None = None
    highest: float | None = None
    rounds: int = 0
    unit: str = "s"
    note: str = ""
    missing: str = ""
    load: str = ""

    @property
    def title(self) -> str:
        """What it has in common with the records that it is compared with."""
        about = ", ".join(str(value) if isinstance(value, str) else f"{name} = {value}" for name, value in self.about.items())
        return f"{self.section}: {about}, {self.quantity}, {self.threads} {'thread' if self.threads == 1 else 'threads'}"


@dataclass
class Results:
    """All of a comparison.

    Attributes:
        machine: What it ran on.
        records: In the order in which they were measured.
        path: Where they are written after each addition, so that nothing is lost with the process; None for nowhere.
    """

    machine: dict[str, Any]
    records: list[Record] = field(default_factory=list)
    path: Path | None = None

    def add(self, records: Iterable[Record]) -> None:
        """Keep and write some more."""
        self.records.extend(records)
        self.write([])

    def write(self, criteria: list[dict[str, str]]) -> None:
        """All of it as JSON."""
        if self.path:
            held = {"machine": self.machine, "records": [asdict(record) for record in self.records], "criteria": criteria}
            self.path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def of_timing(record: Record, timing: Timing) -> Record:
    """The record with a timing's numbers."""
    if timing.missing:
        return Record(**{**asdict(record), "missing": timing.missing})
    numbers = {"median": timing.median, "lowest": min(timing.rounds), "highest": max(timing.rounds), "rounds": len(timing.rounds)}
    return Record(**{**asdict(record), **numbers})


def read(path: Path) -> list[Record]:
    """The records of a file that `Results` wrote."""
    return [Record(**record) for record in json.loads(path.read_text(encoding="utf-8"))["records"]]


def table(records: Iterable[Record]) -> Iterator[str]:
    """Lines with each group of comparable records: medians, the lowest and the highest round, and ratios to qopt."""
    for title, rows in groupby(records, key=lambda record: record.title):
        members = list(rows)
        qopt = next((row.median for row in members if row.contender == "qopt"), None)
        loads = [row.load for row in members if row.load]
        yield f"\n{title}{f' ({loads[-1]})' if loads else ''}"
        yield f"  {'':26} {'median':>10} {'lowest':>10} {'highest':>10} {'to qopt':>8}"
        yield from (_line(row, qopt) for row in members)


def _line(row: Record, qopt: float | None) -> str:
    if row.missing or row.median is None or row.lowest is None or row.highest is None:
        return f"  {row.contender:26} missing: {row.missing}"
    numbers = " ".join(f"{shown(number, row.unit):>10}" for number in (row.median, row.lowest, row.highest))
    ratio = f"{row.median / qopt:8.3g}" if qopt else f"{'':8}"
    once = "timed in one round" if row.rounds == 1 and not row.note else ""
    return f"  {row.contender:26} {numbers} {ratio}  {'; '.join(filter(None, (once, row.note)))}".rstrip()


def shown(number: float, unit: str) -> str:
    """Three digits and a unit of a fitting size."""
    if unit == "bytes":
        return f"{number / 1e9:.2f} GB"
    size, name = next((pair for pair in _UNITS if number >= pair[0]), _UNITS[-1])
    return f"{number / size:.3g} {name}"
