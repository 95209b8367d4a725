"""A run as CSV, from its journal alone."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TextIO

from qopt.report.history import Call, history, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def export_csv(folder: Path, stream: TextIO) -> None:
    """Write every measured value as a row: call, row, one column for each parameter, value, stderr, shots, job, stage.

    Values are in the problem's own sense, angles in radians; floats are written so that they read back unchanged. Rows of a call that
    measured every point twice come as all first measurements and then, at the same points, all second ones.

    Raises:
        StorageError: If the journal can't be read.
    """
    run = history(folder)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["call", "row", *parameters_of(run), "value", "stderr", "shots", "job", "stage"])
    for call in run.calls:
        writer.writerows(_rows(call))


def _rows(call: Call) -> Iterator[list[object]]:
    # All values of a call cost the same, so their shares add up to what the job was billed for.
    shots = None if call.shots is None else call.shots // len(call.values)
    for row, (value, stderr) in enumerate(zip(call.values, call.stderrs, strict=True)):
        point = call.points[row % len(call.points)]
        yield [call.number, row, *map(repr, point), repr(value), repr(stderr), shots, call.job, call.stage]
