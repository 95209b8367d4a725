"""How all figures look, and how they get into a folder: without pyplot, atomically replaced, the same bytes every time."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from matplotlib import style
from matplotlib.figure import Figure

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
