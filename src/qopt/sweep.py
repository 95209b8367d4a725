"""Grids: a landscape over the parameters of the start, or runs over seeds and layers, in one Batch, with a table as CSV."""

from __future__ import annotations

import csv
import io
import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt import runs
from qopt.assemble import spec_of
from qopt.config import dump, models
from qopt.errors import InputError, Queued
from qopt.execution.connect import Connections
from qopt.journal import read
from qopt.ledger import MAIN, Ledger
from qopt.optimizers.grid import Grid
from qopt.report.figure import Landscape, landscape
from qopt.runner import execute
from qopt.scan import is_scan, scan
from qopt.scan import specs_of as scan_specs
from qopt.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qopt.config import Loaded
    from qopt.execution.ibm.account import Account
    from qopt.report.terminal import Guarded
    from qopt.spec import Spec
    from qopt.types import Result

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
"""Seconds between two rounds through the runs of a sweep on a device; longer where nothing came of the last one."""

OUTER = ("seed", "layers")
"""Axes whose values make runs of their own; every other axis is a parameter, and its values are points of one run."""


def sweep(
    loaded: Loaded, folder: Path, cwd: Path, listener_of: Callable[[Spec], Guarded], *, wait: bool = True
) -> tuple[Path, list[Result]]:
    """Run every point of the grid that is not recorded yet, and write the table.

    Args:
        loaded: A config with a sweep.
        folder: Where run folders are.
        cwd: The working directory.
        listener_of: Makes the listener for a run.
        wait: Whether to wait for jobs that go on without this process; otherwise every run that can't go on yet is left for later.

    Returns:
        The table, one row for each point with its value and standard error, and the results of the runs.

    Raises:
        InputError: If an axis is neither `seed`, `layers` nor a parameter.
        Queued: If not all jobs are done and nobody waits.
    """
    if is_scan(loaded):
        return scan(loaded, folder, cwd, listener_of, wait=wait)
    config = loaded.config
    assert config.sweep is not None  # noqa: S101 - the caller looked
    axes = {name: _values(axis) for name, axis in config.sweep.axes.items()}
    outer = {name: values for name, values in axes.items() if name in OUTER}
    inner = {name: values for name, values in axes.items() if name not in OUTER}
    home = runs.folder_of(folder, config.name)
    # Every choice is made, and so every mistake found, before the first run begins.
    parts = _parts(loaded, outer)
    where = home if outer else folder
    specs = _logging_in_once([_with_grid(spec_of(part, cwd, home=where / part.config.name), inner) for part, _ in parts])
    results = _executed([(part, spec) for (part, _), spec in zip(parts, specs, strict=True)], where, listener_of, wait=wait)
    rows: list[list[Any]] = []
    for (_, combination), spec, result in zip(parts, specs, results, strict=True):
        rows += _rows(spec, where / spec.name, combination, inner, result)
    header = [*outer, *inner, *(_POINT if inner else _RUN)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    table = home / "table.csv"
    runs.write(table, text.getvalue())
    if len(inner) == 2 and not outer:  # noqa: PLR2004 - a picture has two axes
        _picture(specs[0], home, inner, rows)
    return table, results


def _executed(parts: list[tuple[Loaded, Spec]], where: Path, listener_of: Callable[[Spec], Guarded], *, wait: bool) -> list[Result]:
    """The results of all runs, in their order.

    On a device they are worked on in turn, so that a Batch holds a job of each: what is done is collected, the next one submitted, and
    nothing waited for but the round after that.

    Raises:
        Queued: If not all jobs are done and nobody waits.
    """
    in_rounds = any(spec.device.remote for _, spec in parts) and len(parts) > 1
    connections, signals = Connections(), Signals()
    results: dict[int, Result] = {}
    pause = FIRST_PAUSE
    with signals.caught():
        try:
            while True:
                queued = None
                before = len(results)
                for index, (part, spec) in enumerate(parts):
                    if index in results:
                        continue
                    signals.check()
                    listener = listener_of(spec)
                    try:
                        results[index] = execute(
                            spec,
                            where,
                            config=dump(part, where / spec.name),
                            listener=listener,
                            tell=listener.event,
                            connections=connections,
                            signals=signals,
                            wait=wait and not in_rounds,
                        )
                    except Queued as stop:
                        queued = stop
                if queued is None:
                    return [results[index] for index in range(len(parts))]
                if not wait:
                    raise queued
                pause = FIRST_PAUSE if len(results) > before else min(2 * pause, LONGEST_PAUSE)
                time.sleep(pause)
        finally:
            connections.close()


def _logging_in_once(specs: list[Spec]) -> list[Spec]:
    """The specs, those on the same terms with an account with one login together."""
    accounts: dict[tuple[object, ...], Account] = {}
    return [
        spec
        if (account := spec.device.account) is None
        else replace(spec, device=replace(spec.device, account=accounts.setdefault(account.terms, account)))
        for spec in specs
    ]


def specs_of(loaded: Loaded, cwd: Path) -> list[Spec]:
    """The runs of a sweep in their order, with every choice made; nothing is written, nothing is sent.

    Raises:
        InputError: If an axis is neither `seed`, `layers` nor a parameter.
    """
    if is_scan(loaded):
        return scan_specs(loaded, cwd)
    assert loaded.config.sweep is not None  # noqa: S101 - the caller looked
    axes = {name: _values(axis) for name, axis in loaded.config.sweep.axes.items()}
    inner = {name: values for name, values in axes.items() if name not in OUTER}
    parts = _parts(loaded, {name: values for name, values in axes.items() if name in OUTER})
    return [_with_grid(spec_of(part, cwd), inner) for part, _ in parts]


_POINT = ("value", "stderr", "shots")
_RUN = ("value", "stderr", "mean", "mean_stderr", "approximation_ratio", "evaluations", "shots", "jobs")


def _parts(loaded: Loaded, outer: dict[str, list[float]]) -> list[tuple[Loaded, tuple[float, ...]]]:
    """The configs of all runs, each with its values on the outer axes."""
    return [(_part(loaded, dict(zip(outer, combination, strict=True))), combination) for combination in itertools.product(*outer.values())]


def _part(loaded: Loaded, chosen: dict[str, float]) -> Loaded:
    """The config of one run: with its seed and layers, without the sweep, by a name that tells them."""
    config = loaded.config
    assert config.sweep is not None  # noqa: S101 - the caller looked
    inner = {name: axis for name, axis in config.sweep.axes.items() if name not in OUTER}
    changes: dict[str, Any] = {"sweep": config.sweep.model_copy(update={"axes": inner}) if inner else None}
    if chosen:
        changes["name"] = "_".join(f"{name}-{int(value)}" for name, value in chosen.items())
    for name, value in chosen.items():
        if value != int(value) or value < (1 if name == "layers" else 0):
            message = f"got {value}, expected whole numbers"
            raise InputError(message, ("sweep", "axes", name))
    if "seed" in chosen:
        changes["seed"] = int(chosen["seed"])
    if "layers" in chosen:
        if config.ansatz is None or config.ansatz.type != "qaoa":
            message = "an axis of layers needs ansatz: {type: qaoa}"
            raise InputError(message, ("sweep", "axes", "layers"))
        changes["ansatz"] = config.ansatz.model_copy(update={"layers": int(chosen["layers"])})
    if config.execution.mode == "auto":
        changes["execution"] = config.execution.model_copy(update={"mode": "batch"})
    return replace(loaded, config=config.model_copy(update=changes))


def _with_grid(spec: Spec, inner: dict[str, list[float]]) -> Spec:
    """The run that measures a grid around its start, where there are axes of parameters."""
    if not inner:
        return spec
    columns = {name: column for column, name in enumerate(spec.ansatz.parameters)}
    for name in inner:
        if name not in columns:
            message = f"unknown axis {name!r}, expected seed, layers or a parameter: {', '.join(columns)}"
            raise InputError(message, ("sweep", "axes", name))
    points = np.tile(spec.start, (int(np.prod([len(values) for values in inner.values()])), 1))
    points[:, [columns[name] for name in inner]] = list(itertools.product(*inner.values()))
    return replace(spec, optimizer=Grid(tuple(tuple(point) for point in points.tolist())))


def _rows(spec: Spec, home: Path, combination: tuple[float, ...], inner: dict[str, list[float]], result: Result) -> list[list[Any]]:
    if not inner:
        return [[*map(int, combination), *(getattr(result, name) for name in _RUN)]]
    values, stderrs = Ledger(read(home).records).values(MAIN)
    sign, shots = spec.problem.sense.sign, spec.objective.shots or 0
    grid = itertools.product(*inner.values())
    # A budget can end a landscape early; what is missing is measured under a larger one.
    return [
        [*map(int, combination), *point, sign * value, stderr, shots]
        for point, value, stderr in zip(grid, values.tolist(), stderrs.tolist(), strict=False)
    ]


def _picture(spec: Spec, home: Path, inner: dict[str, list[float]], rows: list[list[Any]]) -> None:
    (first, first_values), (second, second_values) = inner.items()
    across, up = np.argsort(first_values), np.argsort(second_values)
    values = np.full(len(first_values) * len(second_values), np.nan)
    values[: len(rows)] = [row[2] for row in rows]
    values = values.reshape(len(first_values), len(second_values))[np.ix_(across, up)]
    grid = Landscape(
        title=spec.name,
        names=(first, second),
        x=np.array(first_values)[across],
        y=np.array(second_values)[up],
        values=values.T,
        sense=spec.problem.sense.value,
        units=spec.problem.units,
    )
    landscape(home, grid)


def _values(axis: models.Axis) -> list[float]:
    if isinstance(axis, models.Range):
        return [float(value) for value in np.linspace(axis.first, axis.last, axis.points)]
    return [float(value) for value in np.array(axis, dtype=np.float64)]
