"""What an exact energy and gradient of QAOA cost, against variables and against layers, drawn from what compare.py kept.

python benchmarks/engine/compare.py --environments FOLDER --only qaoa,scaling --json MEASURED.json
python benchmarks/engine/figure.py MEASURED.json docs/images/engine.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib import ticker
from matplotlib.figure import Figure
from records import read

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from records import Record

LAYERS = 4
"""Of the left panel."""
COLORS = {
    "qopt": "tab:blue",
    "metatron-qso": "tab:orange",
    "MindQuantum": "tab:green",
    "PennyLane lightning": "tab:purple",
    "Aer EstimatorV2": "tab:brown",
    "physical bound": "tab:gray",
}
LINES = {"energy": "-", "gradient": "--"}


def panel(axes: Axes, records: list[Record], against: str, fixed: tuple[str, int]) -> None:
    """Milliseconds against one number of the problem, at one value of the other; logarithmic.

    Args:
        axes: To draw on.
        records: Of QAOA, with one number of threads.
        against: n or p.
        fixed: The other one and its value.
    """
    name, value = fixed
    for contender, color in COLORS.items():
        for quantity, style in LINES.items():
            # Of two measurements of the same problem the later one is drawn.
            numbers = {
                record.about[against]: 1e3 * record.median
                for record in records
                if (record.contender, record.quantity, record.about[name]) == (contender, quantity, value) and record.median
            }
            if numbers:
                points = sorted(numbers.items())
                marker = "" if contender == "physical bound" else "o"
                axes.plot(*zip(*points, strict=True), style, marker=marker, markersize=3, color=color, label=f"{contender}, {quantity}")
    axes.set_yscale("log")
    axes.set_ylabel("milliseconds")
    axes.grid(alpha=0.3)


def draw(records: list[Record], threads: int) -> Figure:
    """Both panels, for QAOA records with so many threads."""
    chosen = [record for record in records if record.section in {"qaoa", "scaling"} and record.threads == threads]
    variables = max((record.about["n"] for record in chosen if record.about["p"] != LAYERS and record.section == "scaling"), default=20)
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    panel(left, chosen, "n", ("p", LAYERS))
    left.set(xlabel="variables n", title=f"MaxCut of 3-regular graphs, p = {LAYERS}")
    left.xaxis.set_major_locator(ticker.MultipleLocator(2))
    panel(right, chosen, "p", ("n", variables))
    right.set(xlabel="layers p", title=f"n = {variables}")
    right.set_xscale("log", base=2)
    right.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    figure.legend(*left.get_legend_handles_labels(), loc="outside right center", fontsize="small", frameon=False)
    return figure


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path, help="the JSON file of compare.py")
    parser.add_argument("figure", type=Path, help="where the SVG goes")
    parser.add_argument("--threads", type=int, default=1, help="whose numbers, default 1")
    asked = parser.parse_args()
    # The same numbers give the same file.
    mpl.rcParams["svg.hashsalt"] = "qopt"
    draw(read(asked.measured), asked.threads).savefig(asked.figure, metadata={"Date": None})


if __name__ == "__main__":
    main()
