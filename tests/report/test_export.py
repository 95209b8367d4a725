"""The CSV of a run."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, TypeAlias

from qopt.report.export import export_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeRun: TypeAlias = Callable[..., Path]


def rows_of(home: Path) -> list[dict[str, str]]:
    """The CSV read back."""
    buffer = io.StringIO()
    export_csv(home, buffer)
    return list(csv.DictReader(io.StringIO(buffer.getvalue())))


def test_every_value_is_a_row_in_the_problems_own_sense(make_run: MakeRun) -> None:
    """A maximised value is positive, its point and job beside it."""
    first = rows_of(make_run())[0]
    assert list(first.values()) == ["0", "0", "0.0", repr(1 / 3), "4.1", "0.011", "1024", "job-0", "main"]
    assert list(first) == ["call", "row", "gamma_1", "beta_1", "value", "stderr", "shots", "job", "stage"]


def test_floats_read_back_unchanged(make_run: MakeRun) -> None:
    """The CSV is as good as the journal."""
    value = -0.1 - 0.2
    assert [float(row["value"]) for row in rows_of(make_run(calls=[("evaluate", [value], 0.1)], result=None))] == [-value]


def test_shots_add_up_to_those_of_the_run(make_run: MakeRun) -> None:
    """Each row has its share, also where every point was measured twice."""
    calls = [("evaluate", [-4.0, -4.1], 0.1), ("gradient", [-4.0] * 5, 0.1)]
    assert sum(int(row["shots"]) for row in rows_of(make_run(calls=calls))) == 7 * 1024 + 2048


def test_exact_values_have_no_shots(make_run: MakeRun) -> None:
    """An empty cell, not a zero."""
    assert rows_of(make_run(calls=[("evaluate", [-4.0], 0.0)], result=None))[0]["shots"] == ""


def test_second_measurements_follow_the_first_at_the_same_points(make_run: MakeRun) -> None:
    """Both halves of the final stage are there, with one point."""
    first, second = rows_of(make_run())[-2:]
    assert (first["stage"], first["gamma_1"], first["value"]) == ("final", "0.4648", "4.73")
    assert (second["row"], second["gamma_1"], second["value"]) == ("1", "0.4648", "4.7213")


def test_lost_names_are_numbered(make_run: MakeRun) -> None:
    """The values are worth exporting without them."""
    home = make_run()
    (home / "frozen" / "d65c.json").unlink()
    assert list(rows_of(home)[0])[2:4] == ["parameter_0", "parameter_1"]
