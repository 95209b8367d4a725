"""Figures of a run: how it converged, and the landscape over two parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from qopt.report.history import History, history
from qopt.report.layout import clipped
from qopt.report.look import BLUE, FAINT, GREEN, INK, ORANGE, PAPER, QUIET, Label, label, literal, looking, quiet, save, titled
from qopt.report.text import NBSP, count, measured, number, printable

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_PLACE = (0.085, 0.12, 0.63, 0.655)
"""Left, bottom, width and height of the axes; labels stand to the right of them."""
_LINE = 0.052
"""Height of a line of labels, in axes."""
_MANY = 2000
"""From here on points are drawn as pixels, also in SVG, and without error bars."""
_TITLE, _SUBTITLE = 60, 105
"""Characters that fit."""


@dataclass(frozen=True)
class Landscape:
    """Values over a grid of two parameters, in the problem's own sense.

    Attributes:
        title: What it is of.
        names: Of the parameters along x and along y.
        x: `(m,)` angles along x, radians, ascending.
        y: `(n,)` angles along y.
        values: `(n, m)`; row i belongs to `y[i]`. NaN where nothing was measured.
        sense: `minimise` or `maximise`.
        units: Units of the values.
        subtitle: What else is to be known.
    """

    title: str
    names: tuple[str, str]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    values: NDArray[np.float64]
    sense: str
    units: str = ""
    subtitle: str = ""


def convergence(folder: Path) -> tuple[Path, ...]:
    """Draw how a run converged into its folder, as `convergence.png` and `convergence.svg`; nothing where nothing was measured.

    Raises:
        StorageError: If the journal can't be read or the files can't be written.
    """
    run = history(folder)
    if not run.main:
        return ()
    with looking():
        return save(_converged(run), folder, "convergence")


def landscape(folder: Path, grid: Landscape, name: str = "landscape") -> tuple[Path, Path]:
    """Draw a landscape into a folder, as `name.png` and `name.svg`.

    Raises:
        StorageError: If the files can't be written.
    """
    with looking():
        return save(_mapped(grid), folder, name)


def _converged(run: History) -> Figure:
    result = run.result
    figure = titled(clipped(printable(run.folder.name), _TITLE), clipped(_subtitle(run, result), _SUBTITLE))
    axes = figure.add_axes(_PLACE)
    quiet(axes)
    last = run.evaluations
    end = last if result is None else last + max(1.0, 0.05 * last)
    right = end + max(0.6, 0.03 * end)
    axes.set_xlim(1 - max(0.6, 0.02 * end), right)
    labels = [*_values(axes, run), *_known(axes, result)]
    if result is not None:
        labels += _final(axes, result, end)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, steps=[1, 2, 5, 10]))
    axes.set_xticks([tick for tick in axes.get_xticks() if 1 <= tick <= last] if last > 1 else [1])
    axes.set_xlabel("evaluation", loc="left")
    _extent(axes, run, result)
    label(axes, labels, _LINE)
    return figure


def _subtitle(run: History, result: dict[str, Any] | None) -> str:
    if result is None:
        return f"{run.sense}d, {count(run.evaluations, 'evaluation')} so far".replace(NBSP, " ")
    told = [f"{run.sense}d", result["engine"], count(result["evaluations"], "evaluation")]
    if result["shots"]:
        told.append(count(result["shots"], "shot"))
    return printable(", ".join(told)).replace(NBSP, " ")


def _values(axes: Axes, run: History) -> list[Label]:
    """Every value at its evaluation, the points of a gradient fainter than its centre, and the best so far."""
    values = np.array([value for call in run.main for value in call.values])
    errors = np.array([stderr for call in run.main for stderr in call.stderrs])
    centre = np.array([call.purpose != "gradient" or row == 0 for call in run.main for row in range(len(call.values))])
    x = np.arange(1, len(values) + 1)
    many = len(values) > _MANY
    size = float(np.clip(30.0 / np.sqrt(len(values)), 1.2, 4.5))
    for shown, strength in ((~centre, 0.3), (centre, 0.9)):
        if not many and errors.any():
            axes.errorbar(x[shown], values[shown], errors[shown], fmt="none", ecolor=BLUE, elinewidth=0.9, alpha=0.45 * strength, zorder=2)
        axes.plot(x[shown], values[shown], ls="none", marker="o", ms=size, mew=0.0, color=BLUE, alpha=strength, rasterized=many, zorder=3)
    best = (np.minimum if run.sign > 0 else np.maximum).accumulate(values)
    if len(values) > 1:
        axes.step(x, best, where="post", color=BLUE, linewidth=0.9, alpha=0.6, rasterized=many, zorder=2.5)
    if not errors.any():  # then the best seen is the result, and no choice biases it
        return []
    told = number(float(best[-1]), 6)
    return [Label(float(best[-1]), f"best seen {told} (biased)" if len(values) > 1 else f"seen {told}", BLUE)]


def _known(axes: Axes, result: dict[str, Any] | None) -> list[Label]:
    """What is known without a quantum computer, as lines across."""
    labels = []
    lines: list[tuple[float, str, str, str]] = []
    reference, baseline = (None, None) if result is None else (result["reference"], result["baseline"])
    if reference is not None:
        kind = "best possible" if reference.get("bound") is None else "best known"
        lines.append((reference["value"], kind, GREEN, "dashed"))
    if baseline is not None:
        lines += [(baseline["greedy"], "random + 1-flip", QUIET, "dotted"), (baseline["random"], "random strings", QUIET, "dotted")]
    for value, name, colour, line in lines:
        axes.axhline(value, color=colour, linewidth=1.3, linestyle=line, zorder=1.5)
        labels.append(Label(value, f"{name} {number(value, 6 if colour == GREEN else 5)}", colour))
    return labels


def _final(axes: Axes, result: dict[str, Any], x: float) -> list[Label]:
    """What was measured afresh, set off from what the optimizer saw; the expectation as a hollow mark, where the value is another one."""
    labels = []
    marks = [(result["value"], result["stderr"], ORANGE, "result")]
    if result["mean"] != result["value"]:
        marks.append((result["mean"], result["mean_stderr"], PAPER, "expectation"))
    for value, stderr, inside, name in marks:
        axes.errorbar([x], [value], [stderr], fmt="none", ecolor=ORANGE, elinewidth=2.0, capsize=5.5, capthick=1.5, zorder=5)
        edge = PAPER if inside == ORANGE else ORANGE
        axes.plot([x], [value], marker="D", ms=7.0, color=inside, mec=edge, mew=1.4, ls="none", zorder=6)
        labels.append(Label(value, f"{name} {measured(value, stderr)}", ORANGE, strong=inside == ORANGE))
    return labels


def _extent(axes: Axes, run: History, result: dict[str, Any] | None) -> None:
    """Room for everything that is drawn, error bars of outliers aside; and the units, where an axis has its arrow elsewhere."""
    values = [value for call in run.main for value in call.values]
    if result is not None:
        values += [result["mean"], result["value"] - result["stderr"], result["value"] + result["stderr"]]
        values += [result["reference"]["value"]] if result["reference"] is not None else []
        values += [result["baseline"]["random"], result["baseline"]["greedy"]] if result["baseline"] is not None else []
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or max(1e-3, 0.05 * abs(high))
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    units = result["units"] if result is not None else ""
    axes.set_title(literal(f"value{f' ({units})' if units else ''}"), loc="left", fontsize=10, color=QUIET, pad=8)


def _mapped(grid: Landscape) -> Figure:
    figure = titled(clipped(printable(grid.title), _TITLE), clipped(printable(grid.subtitle or f"{grid.sense}d"), _SUBTITLE))
    axes = figure.add_axes((_PLACE[0], _PLACE[1], 0.76, _PLACE[3]))
    mesh = axes.pcolormesh(grid.x, grid.y, np.ma.masked_invalid(grid.values), cmap="viridis", rasterized=True)
    axes.set_xlabel(literal(f"{grid.names[0]} (rad)"))
    axes.set_ylabel(literal(f"{grid.names[1]} (rad)"))
    axes.tick_params(length=0.0)
    axes.spines["bottom"].set_visible(False)
    if np.isfinite(grid.values).any():
        _marked(axes, grid)
    bar = figure.colorbar(mesh, cax=figure.add_axes((0.87, _PLACE[1], 0.018, _PLACE[3])))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0.0)
    bar.ax.set_title(literal(f"value{f' ({grid.units})' if grid.units else ''}"), loc="left", fontsize=10, color=QUIET, pad=8)
    return figure


def _marked(axes: Axes, grid: Landscape) -> None:
    """The best value of the grid, ringed and named."""
    best = int(np.nanargmin(grid.values) if grid.sense == "minimise" else np.nanargmax(grid.values))
    row, column = np.unravel_index(best, grid.values.shape)
    x, y, value = float(grid.x[column]), float(grid.y[row]), float(grid.values[row, column])
    for colour, width in ((INK, 4.0), (PAPER, 2.0)):  # seen on dark and on light
        axes.plot([x], [y], marker="o", ms=11, mfc="none", mec=colour, mew=width)
    left = x > (grid.x[0] + grid.x[-1]) / 2
    axes.annotate(
        literal(f"best of the grid {number(value, 6)}"),
        (x, y),
        xytext=(-12 if left else 12, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=INK,
        bbox={"facecolor": PAPER, "edgecolor": FAINT, "alpha": 0.85, "boxstyle": "round,pad=0.3"},
    )
