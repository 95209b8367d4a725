"""The figure of a curve: drawn whatever is known, the same bytes every time, and what it shows."""

from __future__ import annotations

import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from qopt.curves import fit, well_depth
from qopt.report.curve_figure import Curve, _drawn, curve
from qopt.report.look import looking

if TYPE_CHECKING:
    from pathlib import Path

NAN = float("nan")


def h2(count: int = 21, error: float = 0.0) -> Curve:
    """Something like H2, a third of a millihartree above the exact energies, with its minimum and depth."""
    x = np.linspace(0.4, 2.4, count)
    exact = 0.17 * (1 - np.exp(-1.9 * (x - 0.74))) ** 2 - 1.17
    energies, errors = exact + 3e-4, np.full(count, error)
    minimum = fit(x, energies, errors)
    depth = None if minimum is None else well_depth(minimum, x, energies, errors)
    return Curve("h2", "r", x, energies, errors, exact, exact + 0.05 * x, "angstrom", minimum, depth)


CURVES = {
    "exact": h2(),
    "noisy": h2(error=1e-3),
    "many points": h2(count=101),
    "few points": h2(count=3),
    "one point": h2(count=1),
    "unfinished": replace(h2(), energies=np.where(np.arange(21) < 9, h2().energies, NAN), minimum=None, depth=None),
    "nothing done": replace(h2(), energies=np.full(21, NAN), minimum=None, depth=None),
    "nothing known": replace(h2(), exact=np.full(21, NAN), hf=np.full(21, NAN)),
    "only points": replace(h2(), exact=np.full(21, NAN), hf=np.full(21, NAN), minimum=None, depth=None, coordinate_units=""),
}


@pytest.mark.parametrize("kind", CURVES)
def test_every_kind_of_curve_is_drawn(tmp_path: Path, kind: str) -> None:
    """As PNG of the promised size and as SVG, private as all of the folder, without leftovers."""
    png, svg = curve(tmp_path, CURVES[kind])
    with Image.open(png) as image:
        assert image.size == (1350, 750)
    assert svg.read_text(encoding="utf-8").startswith("<?xml")
    assert stat.S_IMODE(png.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.png", "curve.svg"]


def test_equal_curves_are_equal_files(tmp_path: Path) -> None:
    """Neither dates nor random ids."""
    first = [path.read_bytes() for path in curve(tmp_path, h2())]
    assert [path.read_bytes() for path in curve(tmp_path, h2())] == first


def shown(data: Curve) -> set[str]:
    """All that is written beside the axes and above them."""
    with looking():
        figure = _drawn(data)
    return {text.get_text() for axes in figure.axes for text in axes.texts} | {text.get_text() for text in figure.texts}


def test_the_figure_names_what_it_shows() -> None:
    """Lines, points, the minimum with its errors, the largest difference, and what the depth is measured from."""
    told = shown(h2(error=1e-3))
    assert {"Hartree-Fock", "exact (FCI)", "measured", "minimum", "chemical accuracy ± 1.6 mHa", "largest 0.3 ± 1.0 mHa"} <= told
    assert {"\N{MINUS SIGN}1.16970 ± 0.00090 Ha", "r = 0.740 ± 0.012"} <= told
    assert "minimum 0.1558 ± 0.0013 Ha below the last point, r = 2.4" in told
    exact = shown(h2())
    assert {"computed", "largest 0.3 mHa"} <= exact


def test_what_is_not_known_is_not_named() -> None:
    """No line, no difference and no minimum where there is none."""
    assert shown(CURVES["only points"]) == {"h2", "", "computed", "chemical accuracy ± 1.6 mHa"}
    assert "computed" not in shown(CURVES["nothing done"])


def test_points_are_where_the_numbers_are() -> None:
    """Energies above, and below them their differences from the exact ones in millihartree, by ascending coordinate."""
    data = h2()
    order = np.random.default_rng(0).permutation(21)
    mixed = replace(data, **{name: getattr(data, name)[order] for name in ("coordinate", "energies", "stderrs", "exact", "hf")})
    with looking():
        upper, lower = _drawn(mixed).axes
    points = [[line for line in axes.lines if line.get_marker() == "o"] for axes in (upper, lower)]
    np.testing.assert_array_equal(points[0][0].get_xydata(), np.column_stack([data.coordinate, data.energies]))
    np.testing.assert_allclose(points[1][0].get_ydata(), np.full(21, 0.3), rtol=0, atol=1e-9)


def test_lines_go_through_what_is_known() -> None:
    """They are bent for the eye between points, not at them."""
    data = h2()
    with looking():
        upper = _drawn(data).axes[0]
    line = next(line for line in upper.lines if line.get_linestyle() == "-" and line.get_marker() == "None")
    places, values = np.asarray(line.get_xydata()).T
    at = [int(np.argmin(np.abs(places - x))) for x in data.coordinate]
    np.testing.assert_allclose(values[at], data.exact, rtol=0, atol=1e-12)
