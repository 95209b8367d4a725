"""A run as CSV, from its journal alone; or a recording, decoded again."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple, TextIO

from qopt.report.history import history, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from qopt.recordings import Decoded
    from qopt.report.history import History


class _Rows(NamedTuple):
    """The rows of a call."""

    stage: str
    number: int
    points: Sequence[Sequence[float]]
    values: Sequence[float]
    stderrs: Sequence[float]
    shots: int | None
    job: str | None


def export_csv(folder: Path, stream: TextIO) -> None:
    """Write every measured value as a row: call, row, one column for each parameter, value, stderr, shots, job, stage.

    Values are in the problem's own sense, angles in radians; floats are written so that they read back unchanged. Rows of a call that
    measured every point twice come as all first measurements and then, at the same points, all second ones.

    Raises:
        StorageError: If the journal can't be read.
    """
    run = history(folder)
    calls = tuple(_Rows(call.stage, call.number, call.points, call.values, call.stderrs, call.shots, call.job) for call in run.calls)
    _write(stream, _columns(run, calls), calls)


def _columns(run: History, calls: Sequence[_Rows]) -> tuple[str, ...]:
    """A name for each parameter; where a circuit grew, those of the widest one, by the result's names as far as these go."""
    names = parameters_of(run)
    widest = max((len(point) for call in calls for point in call.points), default=0)
    if widest > len(names) and run.finished is not None:
        names = tuple(run.finished.result["parameters"])
    return names + tuple(f"parameter_{index}" for index in range(len(names), widest))


def export_decoded(parameters: Sequence[str], calls: Iterable[Decoded], stream: TextIO) -> None:
    """Write what `recordings.decode` returned, as `export_csv` writes what the run itself made of it."""
    rows = (
        _Rows(call.stage, call.call, call.points.tolist(), call.values.tolist(), call.stderrs.tolist(), call.shots, call.job)
        for call in calls
    )
    _write(stream, parameters, rows)


def _write(stream: TextIO, parameters: Sequence[str], calls: Iterable[_Rows]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["call", "row", *parameters, "value", "stderr", "shots", "job", "stage"])
    for call in calls:
        # All values of a call cost the same, so their shares add up to what the job was billed for.
        shots = None if call.shots is None else call.shots // len(call.values)
        for row, (value, stderr) in enumerate(zip(call.values, call.stderrs, strict=True)):
            point = call.points[row % len(call.points)]
            blanks = [""] * (len(parameters) - len(point))
            writer.writerow([call.number, row, *map(repr, point), *blanks, repr(value), repr(stderr), shots, call.job, call.stage])
