"""How all figures look, and how they get into a folder: without pyplot, atomically replaced, the same bytes every time."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib import style
from matplotlib.figure import Figure

from qopt.report.layout import clipped
from qopt.report.text import NBSP, printable
from qopt.runs import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

INK, QUIET, FAINT, PAPER = "#1f2328", "#6e7781", "#d8dee4", "#ffffff"
# Okabe and Ito's colours, told apart by all kinds of colour vision.
BLUE, GREEN, ORANGE = "#0072b2", "#008060", "#d55e00"

SIZE = (9.0, 5.0)
"""Inches."""
DPI = 150
_LABEL = 32
"""Characters of a label that fit."""

_STYLE: dict[str, object] = {
    "axes.edgecolor": FAINT,
    "axes.facecolor": PAPER,
    "axes.labelcolor": QUIET,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "figure.facecolor": PAPER,
    "font.size": 10.0,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "path",
    "svg.hashsalt": "qopt",
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": QUIET,
    "ytick.color": FAINT,
    "ytick.labelcolor": QUIET,
    "ytick.major.size": 0.0,
}


@contextmanager
def looking() -> Iterator[None]:
    """Draw in qopt's look, whatever the user's own settings are."""
    with style.context(["default", _STYLE]):
        yield


def titled(title: str, subtitle: str) -> Figure:
    """An empty figure with a title, and a quieter line below it."""
    figure = Figure(figsize=SIZE, dpi=DPI)
    figure.text(0.035, 0.945, literal(title), fontsize=15, fontweight="bold", va="center")
    figure.text(0.035, 0.888, literal(subtitle), fontsize=10, color=QUIET, va="center")
    return figure


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `name.png` and `name.svg` and return their paths.

    Raises:
        StorageError: If they can't be written.
    """
    paths = (folder / f"{name}.png", folder / f"{name}.svg")
    for path in paths:
        buffer = io.BytesIO()
        # Neither the date nor matplotlib's version, so that equal figures are equal files.
        unnamed = {"Software": None} if path.suffix == ".png" else {"Date": None, "Creator": None}
        figure.savefig(buffer, format=path.suffix[1:], dpi=DPI, metadata=unnamed)
        write(path, buffer.getvalue())
    return paths


@dataclass(frozen=True)
class Label:
    """What stands to the right of the axes, beside the value that it names."""

    value: float
    text: str
    colour: str
    strong: bool = False
    joined: bool = True
    """Whether a line leads to the value."""


def label(axes: Axes, labels: Sequence[Label], line: float) -> None:
    """Write each label beside its value, moved apart where two would overlap.

    Args:
        axes: With their final limits.
        labels: In any order; those of equal values stand one on the other, from the bottom up.
        line: Height of a line of labels, as a fraction of the axes.
    """
    low, high = axes.get_ylim()
    wanted = [(each.value - low) / (high - low) for each in labels]
    for each, at, place in zip(labels, wanted, spread(wanted, line, 0.0, 1.0), strict=True):
        lead = {
            "arrowstyle": "-",
            "color": each.colour,
            "linewidth": 0.7,
            "alpha": 0.6,
            "relpos": (0.0, 0.5),
            "shrinkA": 1.0,
            "shrinkB": 0.0,
        }
        axes.annotate(
            literal(clipped(printable(each.text).replace(NBSP, " "), _LABEL)),
            xy=(1.0, at),
            xytext=(1.04, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            annotation_clip=False,
            color=each.colour,
            fontweight="bold" if each.strong else "normal",
            va="center",
            arrowprops=lead if each.joined else None,
        )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels near where they are wanted, at least `gap` apart and between `low` and `high`, in the same order.

    Labels that would overlap share their mean place as one block; more than fit are pressed against `high`.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[float, int]] = []  # the lowest place of a block, and how many labels it has
    for index in order:
        block = (min(max(wanted[index], low), high), 1)
        while blocks and blocks[-1][0] + blocks[-1][1] * gap > block[0]:
            start, size = blocks.pop()
            total = size + block[1]
            middle = ((start + (size - 1) * gap / 2) * size + (block[0] + (block[1] - 1) * gap / 2) * block[1]) / total
            first = middle - (total - 1) * gap / 2
            block = (max(min(first, high - (total - 1) * gap), low), total)
        blocks.append(block)
    places = [start + step * gap for start, size in blocks for step in range(size)]
    return [place for _, place in sorted(zip(order, places, strict=True))]


def quiet(axes: Axes) -> None:
    """Only horizontal grid lines, behind everything."""
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.6)


def literal(text: str) -> str:
    """Text that matplotlib shows as it is, dollar signs too, but for the minus of numbers, which is as long as on the axes."""
    return re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", text.replace("$", r"\$"))
