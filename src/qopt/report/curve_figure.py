"""The figure of a curve: energies along a coordinate, and below them how far they are from the exact ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from qopt.report.layout import clipped
from qopt.report.look import BLUE, GREEN, ORANGE, PAPER, QUIET, Label, label, literal, looking, quiet, save, titled
from qopt.report.text import NBSP, measured, number, printable

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from qopt.curves import Depth, Minimum

CHEMICAL_ACCURACY = 1.6
"""Millihartree: 1 kcal/mol."""

_UPPER = (0.085, 0.365, 0.63, 0.425)
_LOWER = (0.085, 0.115, 0.63, 0.175)
"""Left, bottom, width and height of the two axes; labels stand to the right of them."""
_UPPER_LINE, _LOWER_LINE = 0.085, 0.2
"""Height of a line of labels, in axes."""
_TITLE, _SUBTITLE = 60, 105
"""Characters that fit."""
_CUBIC, _STEPS = 4, 12
"""Points that make a cubic, and pieces that it is drawn in."""
_MANY = 60
"""From so many points on their marks are small."""


@dataclass(frozen=True)
class Curve:
    """Energies along a coordinate, in hartree.

    Attributes:
        title: What it is of.
        name: Of the coordinate.
        coordinate: `(n,)`, in any order.
        energies: `(n,)`; NaN where a point isn't done.
        stderrs: `(n,)` standard errors; 0 for exact energies.
        exact: `(n,)` full configuration interaction; NaN where it isn't known.
        hf: `(n,)` Hartree-Fock; NaN where it isn't known.
        coordinate_units: Such as `angstrom`.
        minimum: Of the energies, where there is one.
        depth: Of the minimum, where there is one.
        subtitle: What else is to be known.
    """

    title: str
    name: str
    coordinate: NDArray[np.float64]
    energies: NDArray[np.float64]
    stderrs: NDArray[np.float64]
    exact: NDArray[np.float64]
    hf: NDArray[np.float64]
    coordinate_units: str = ""
    minimum: Minimum | None = None
    depth: Depth | None = None
    subtitle: str = ""


def curve(folder: Path, data: Curve, name: str = "curve") -> tuple[Path, Path]:
    """Draw a curve into a folder, as `name.png` and `name.svg`.

    Raises:
        StorageError: If the files can't be written.
    """
    with looking():
        return save(_drawn(data), folder, name)


def _drawn(data: Curve) -> Figure:
    figure = titled(clipped(printable(data.title), _TITLE), clipped(printable(_subtitle(data)), _SUBTITLE))
    upper = figure.add_axes(_UPPER)
    lower = figure.add_axes(_LOWER, sharex=upper)
    order = np.argsort(data.coordinate)
    _energies(upper, data, order)
    _differences(lower, data, order)
    upper.tick_params(labelbottom=False, bottom=False)
    upper.spines["bottom"].set_visible(False)
    low, high = float(data.coordinate.min()), float(data.coordinate.max())
    room = 0.02 * (high - low) or 0.05
    lower.set_xlim(low - room, high + room)
    lower.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]))
    lower.set_xlabel(literal(printable(f"{data.name} ({data.coordinate_units})" if data.coordinate_units else data.name)), loc="left")
    return figure


def _subtitle(data: Curve) -> str:
    """How deep the minimum is, and below what."""
    told = [data.subtitle] if data.subtitle else []
    if data.depth is not None:
        last = data.depth.coordinate
        place = "the separate parts" if last is None else f"the last point, {data.name} = {number(last, 6)}"
        told.append(f"minimum {measured(data.depth.value, data.depth.stderr, 'Ha')} below {place}")
    return ", ".join(told).replace(NBSP, " ")


def _energies(axes: Axes, data: Curve, order: NDArray[np.int64]) -> None:
    """Measured energies as points, what is known as lines, and the minimum ringed."""
    quiet(axes)
    x = data.coordinate[order]
    labels = []
    for values, name, colour, line in ((data.hf, "Hartree-Fock", QUIET, "dotted"), (data.exact, "exact (FCI)", GREEN, "solid")):
        known = np.isfinite(values[order])
        if known.any():
            axes.plot(*_smooth(x[known], values[order][known]), color=colour, linewidth=1.4, linestyle=line, zorder=2)
            labels.append(Label(float(values[order][known][-1]), name, colour))
    y, errors = data.energies[order], data.stderrs[order]
    done = np.isfinite(y)
    if done.any():
        _points(axes, x[done], y[done], errors[done])
        labels.append(Label(float(y[done][-1]), "measured" if errors[done].any() else "computed", BLUE, strong=True))
    if data.minimum is not None:
        place = (data.minimum.position, data.minimum.energy)
        axes.plot(*place, marker="D", ms=7.0, color=ORANGE, mec=PAPER, mew=1.4, ls="none", zorder=6)
        # From the bottom up: labels of equal values stand one on the other.
        labels += [
            Label(place[1], f"{data.name} = {measured(place[0], data.minimum.position_stderr)}", ORANGE, joined=False),
            Label(place[1], measured(place[1], data.minimum.energy_stderr, "Ha"), ORANGE, joined=False),
            Label(place[1], "minimum", ORANGE, strong=True),
        ]
    axes.margins(y=0.08)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_title("energy (Ha)", loc="left", fontsize=10, color=QUIET, pad=8)
    label(axes, labels, _UPPER_LINE)


def _differences(axes: Axes, data: Curve, order: NDArray[np.int64]) -> None:
    """Energies minus exact ones in millihartree, over the band in which chemists call them accurate."""
    quiet(axes)
    x, errors = data.coordinate[order], 1e3 * data.stderrs[order]
    differences = 1e3 * (data.energies - data.exact)[order]
    known = np.isfinite(differences)
    axes.axhspan(-CHEMICAL_ACCURACY, CHEMICAL_ACCURACY, color=GREEN, alpha=0.1, linewidth=0.0, zorder=0)
    axes.axhline(0.0, color=GREEN, linewidth=1.2, zorder=1.5)
    if known.any():
        _points(axes, x[known], differences[known], errors[known])
    reach = np.abs(differences[known]) + errors[known]
    extent = 1.25 * max(CHEMICAL_ACCURACY, float(reach.max(initial=0.0)))
    axes.set_ylim(-extent, extent)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], symmetric=True))
    axes.set_title("difference from exact (mHa)", loc="left", fontsize=10, color=QUIET, pad=6)
    labels = [Label(0.0, "chemical accuracy ± 1.6 mHa", GREEN)]
    if known.any():
        worst = int(np.argmax(np.abs(differences[known])))
        largest, error = float(differences[known][worst]), float(errors[known][worst])
        labels.append(Label(largest, f"largest {measured(largest, error, 'mHa') if error else f'{number(largest, 2)} mHa'}", BLUE))
    label(axes, labels, _LOWER_LINE)


def _points(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], errors: NDArray[np.float64]) -> None:
    if errors.any():
        axes.errorbar(x, y, errors, fmt="none", ecolor=BLUE, elinewidth=1.2, alpha=0.55, zorder=3)
    axes.plot(x, y, ls="none", marker="o", ms=5.0 if len(x) < _MANY else 3.0, color=BLUE, mec=PAPER, mew=0.7, zorder=4)


def _smooth(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A line for the eye through all points: between two of them, the cubic through these and the two around them."""
    if len(x) < _CUBIC:
        return x, y
    lines: list[NDArray[np.float64]] = [np.array([[x[0]], [y[0]]])]
    for left in range(len(x) - 1):
        first = min(max(left - 1, 0), len(x) - _CUBIC)
        near = slice(first, first + _CUBIC)
        places = np.linspace(x[left], x[left + 1], _STEPS + 1)[1:]
        values = np.polynomial.Polynomial.fit(x[near], y[near], _CUBIC - 1)(places)
        lines.append(np.array([places, values]))
    smooth = np.concatenate(lines, axis=1)
    return smooth[0], smooth[1]
