"""Curves: a coordinate of a molecule's geometry as the axis of a sweep. Each point is a run that begins where its neighbours ended."""

from __future__ import annotations

import csv
import io
import json
import math
import zlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt import runs
from qopt.assemble import geometry_of, spec_of
from qopt.config import dump, models
from qopt.config.molecules import Molecule
from qopt.curves import Step, better, fit, walk, well_depth
from qopt.errors import InputError, below
from qopt.execution.connect import Connections
from qopt.journal import read
from qopt.problems import kept
from qopt.problems.alignment import along
from qopt.problems.coordinates import cartesian, filled, names, written
from qopt.problems.excitation_product import ExcitationProduct
from qopt.report.curve_figure import Curve, curve
from qopt.report.text import NBSP, measured
from qopt.runner import execute
from qopt.signals import Signals
from qopt.starts import carried, extrapolate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from qopt.ansatze import Ansatz
    from qopt.config import Loaded
    from qopt.curves import Depth, Minimum
    from qopt.problems.molecular_data import MolecularData
    from qopt.report.terminal import Guarded
    from qopt.spec import Spec
    from qopt.types import Point, Result

_COLUMNS = ("value", "stderr", "exact", "difference", "hf", "kept", "evaluations", "evaluations_back")
_FOLLOWED = 3
"""Neighbours that a start is extrapolated from where energies are exact; noisy parameters are taken over from one."""


@dataclass(frozen=True)
class _Plan:
    """The points of a curve, and the runs on it.

    Attributes:
        loaded: The config of the whole.
        axis: Name of the coordinate.
        values: Of it, as the config has them.
        order: Indices of the values, ascending.
        molecules: At every value, with orbitals aligned along the curve.
        folder: Where the runs of the points are.
        cwd: The working directory.
    """

    loaded: Loaded
    axis: str
    values: tuple[float, ...]
    order: tuple[int, ...]
    molecules: tuple[MolecularData, ...]
    folder: Path
    cwd: Path

    def spec(self, index: int, direction: str, start: Point | None) -> tuple[Loaded, Spec]:
        """A run at a value: the config of a point, with a start where one is known, and what comes of it."""
        config, back = self.loaded.config, direction == "backward"
        assert isinstance(config.problem, Molecule)  # noqa: S101 - `is_scan` looked
        geometry = filled(config.problem.geometry or "", {self.axis: self.values[index]})
        name = f"{self.axis}-{written(self.values[index])}{'-back' if back else ''}"
        changes: dict[str, Any] = {
            "name": name,
            "sweep": None,
            "problem": config.problem.model_copy(update={"geometry": geometry}),
            # Noise of its own for every run, whatever other points there are: a fit through them takes it to be independent.
            "seed": (config.seed + zlib.crc32(name.encode())) % 2**32,
        }
        home, molecule = self.folder / name, self.molecules[index]
        header = runs.header_of(read(home).records) if runs.exists(home) else None
        if header is not None and (start is not None or direction == "backward"):
            # It goes on from where it was begun, though its neighbours may have come further since.
            start = np.array(header.identity["start"])
        if start is not None and len(start):
            changes["start"] = models.ValuesStart(type="values", values=tuple(start.tolist()))
        known = kept.read(home / kept.FILE)
        if known is not None and known.recipe == molecule.recipe:
            molecule = known
        loaded = replace(self.loaded, config=config.model_copy(update=changes))
        return loaded, spec_of(loaded, self.cwd, data=molecule)


@dataclass(frozen=True)
class _Found:
    """What a run at a point came to."""

    spec: Spec
    result: Result

    @property
    def pair(self) -> tuple[float, float]:
        """Value and standard error."""
        return self.result.value, self.result.stderr


def is_scan(loaded: Loaded) -> bool:
    """Whether an axis of the sweep is a placeholder in a molecule's geometry.

    Raises:
        InputError: If a placeholder is written wrongly.
    """
    config = loaded.config
    if config.sweep is None or not isinstance(config.problem, Molecule) or config.problem.geometry is None:
        return False
    with below("problem", "geometry"):
        return any(name in config.sweep.axes for name in names(config.problem.geometry))


def scan(
    loaded: Loaded, folder: Path, cwd: Path, listener_of: Callable[[Spec], Guarded], *, wait: bool = True
) -> tuple[Path, list[Result]]:
    """Walk along the curve, forward and backward, keep the lower result at each point, and write table, figure and fit.

    Args:
        loaded: A config for which `is_scan` holds.
        folder: Where run folders are.
        cwd: The working directory.
        listener_of: Makes the listener for a run.
        wait: Whether to wait for jobs that go on without this process.

    Returns:
        The table, one row for each point, and the results that were kept, in the order of the config's values.

    Raises:
        InputError: If there is another axis beside the coordinate, or a geometry makes no sense.
        Queued: If not all jobs are done and nobody waits.
    """
    plan = _planned(loaded, folder, cwd)
    steps = _steps(loaded, plan)
    found: dict[tuple[int, str], _Found] = {}
    connections, signals = Connections(), Signals()
    with signals.caught():
        try:
            for step in steps:
                signals.check()
                index = plan.order[step.point]
                part, spec = plan.spec(index, step.direction, _start(plan, step, found))
                # What is finished already is only read, and not worth a line.
                listener = None if _is_finished(plan.folder / spec.name, spec) else listener_of(spec)
                result = execute(
                    spec,
                    plan.folder,
                    config=dump(part, plan.folder / spec.name),
                    listener=listener,
                    tell=None if listener is None else listener.event,
                    connections=connections,
                    signals=signals,
                    wait=wait,
                )
                found[index, step.direction] = _Found(spec, result)
        finally:
            connections.close()
    chosen = [_best(found, index) for index in range(len(plan.values))]
    return _written(plan, chosen, found), [item.result for item in chosen]


def _is_finished(home: Path, spec: Spec) -> bool:
    return runs.exists(home) and runs.stored_result(read(home).records, asdict(spec.budget)) is not None


def sentences(folder: Path) -> list[str]:
    """What a finished curve says, for people: its minimum, how deep that is, and where the picture is."""
    told = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
    minimum, depth, axis = told["minimum"], told["well_depth"], told["coordinate"]
    lines = []
    if minimum is None:
        lines.append("minimum: none was found inside the curve, with two points or more on either side")
    else:
        place = measured(minimum["position"], minimum["position_stderr"])
        lines.append(f"minimum: {axis} = {place}, {measured(minimum['energy'], minimum['energy_stderr'], 'Ha')}, by a local fit")
    if depth is not None:
        lines.append(f"depth: {measured(depth['value'], depth['stderr'], 'Ha')} below {axis} = {depth['coordinate']:g}, the last point")
    return [*(line.replace(NBSP, " ") for line in lines), f"picture: {folder / 'curve.png'}"]


def specs_of(loaded: Loaded, cwd: Path) -> list[Spec]:
    """A run for every step along the curve, as if each began cold; nothing is written, nothing is sent.

    Raises:
        InputError: As `scan` does.
    """
    plan = _planned(loaded, cwd, cwd)
    return [plan.spec(plan.order[step.point], step.direction, None)[1] for step in _steps(loaded, plan)]


def _steps(loaded: Loaded, plan: _Plan) -> tuple[Step, ...]:
    exact = isinstance(loaded.config.objective, models.ExactObjective)
    assert loaded.config.sweep is not None  # noqa: S101 - `is_scan` looked
    return walk(len(plan.order), sources=_FOLLOWED if exact else 1, backward=loaded.config.sweep.backward)


def _planned(loaded: Loaded, folder: Path, cwd: Path) -> _Plan:
    config = loaded.config
    assert config.sweep is not None and isinstance(config.problem, Molecule)  # noqa: S101, PT018 - `is_scan` looked
    if len(config.sweep.axes) > 1:
        message = f"a curve has one axis, these are {', '.join(config.sweep.axes)}: write a number for the others, or make a sweep of each"
        raise InputError(message, ("sweep", "axes"))
    ((axis, given),) = config.sweep.axes.items()
    values = tuple(_numbers(axis, given))
    problem = config.problem
    with below("problem"):
        with below("geometry"):
            written_out = [filled(problem.geometry or "", {axis: value}) for value in values]
        geometries = [geometry_of(problem.model_copy(update={"geometry": text}), loaded.base) for text in written_out]
        order = tuple(int(index) for index in np.argsort(values, kind="stable"))
        ascending = along([geometries[index] for index in order])
    molecules = tuple(ascending[order.index(index)] for index in range(len(values)))
    return _Plan(loaded, axis, values, order, molecules, runs.folder_of(folder, config.name), cwd)


def _numbers(axis: str, given: models.Axis) -> list[float]:
    values = given.values() if isinstance(given, models.Range) else given
    numbers = [float(written(value)) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        message = f"got {list(values)}, expected numbers"
        raise InputError(message, ("sweep", "axes", axis))
    if len(set(numbers)) < len(numbers):
        message = f"got {numbers}, expected each value once"
        raise InputError(message, ("sweep", "axes", axis))
    return numbers


def _start(plan: _Plan, step: Step, found: Mapping[tuple[int, str], _Found]) -> Point | None:
    """What the neighbours' points lead to; None for a cold start."""
    sources = [plan.order[source] for source in step.sources]
    if not sources or plan.loaded.config.start is not None:
        return None
    here = plan.order[step.point]
    ansatz = plan.spec(here, step.direction, None)[1].ansatz
    known = [(plan.values[source], _carried(_best(found, source), ansatz)) for source in sources]
    if any(len(point) != len(ansatz.parameters) for _, point in known):
        return None  # a circuit that grew is begun anew
    return extrapolate(plan.values[here], known) if ansatz.parameters else None


def _carried(source: _Found, ansatz: Ansatz) -> Point:
    """The best point of a neighbour, as parameters of this point's ansatz."""
    point, before, after = np.array(source.result.point), source.spec.ansatz.product, ansatz.product
    if isinstance(before, ExcitationProduct) and isinstance(after, ExcitationProduct) and len(point) == before.parameters:
        return carried(point, before.excitations, after.excitations)
    return point


def _best(found: Mapping[tuple[int, str], _Found], index: int) -> _Found:
    """Of the two ways the one that came lower."""
    there, back = found[index, "forward"], found.get((index, "backward"))
    return there if back is None else (there, back)[better(there.pair, back.pair)]


def _written(plan: _Plan, chosen: Sequence[_Found], found: Mapping[tuple[int, str], _Found]) -> Path:
    """The table, the fit as curve.json, and the figure."""
    rows = [_row(plan, index, item, found) for index, item in enumerate(chosen)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[plan.axis, *_COLUMNS], *rows])
    table = plan.folder / "table.csv"
    runs.write(table, text.getvalue())
    energies, stderrs = (np.array([getattr(item.result, name) for item in chosen]) for name in ("value", "stderr"))
    minimum = fit(plan.values, energies, stderrs)
    depth = None if minimum is None else well_depth(minimum, plan.values, energies, stderrs)
    runs.write_json(plan.folder / "curve.json", _told(plan, minimum, depth))
    curve(plan.folder, _figure(plan, chosen, minimum, depth))
    return table


def _row(plan: _Plan, index: int, item: _Found, found: Mapping[tuple[int, str], _Found]) -> list[Any]:
    result, back = item.result, found.get((index, "backward"))
    exact = None if result.reference is None else result.reference.value
    return [
        written(plan.values[index]),
        repr(result.value),
        repr(result.stderr),
        None if exact is None else repr(exact),
        None if exact is None else repr(result.value - exact),
        None if result.hf is None else repr(result.hf),
        "backward" if back is item else "forward",
        found[index, "forward"].result.evaluations,
        None if back is None else back.result.evaluations,
    ]


def _told(plan: _Plan, minimum: Minimum | None, depth: Depth | None) -> dict[str, Any]:
    return {
        "coordinate": plan.axis,
        "minimum": None if minimum is None else asdict(minimum),
        "well_depth": None if depth is None else asdict(depth),
    }


def _figure(plan: _Plan, chosen: Sequence[_Found], minimum: Minimum | None, depth: Depth | None) -> Curve:
    problem = plan.loaded.config.problem
    assert isinstance(problem, Molecule)  # noqa: S101 - as above
    results = [item.result for item in chosen]
    return Curve(
        title=plan.loaded.config.name,
        name=plan.axis,
        coordinate=np.array(plan.values),
        energies=np.array([result.value for result in results]),
        stderrs=np.array([result.stderr for result in results]),
        exact=np.array([math.nan if result.reference is None else result.reference.value for result in results]),
        hf=np.array([math.nan if result.hf is None else result.hf for result in results]),
        minimum=minimum,
        depth=depth,
        coordinate_units=problem.units if cartesian(filled(problem.geometry or "", {plan.axis: 1.0})) is not None else "",
        subtitle=f"{problem.geometry}, {problem.basis or 'sto-3g'}",
    )
