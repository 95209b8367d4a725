"""Figures: drawn for every kind of run, the same bytes every time, and what they show."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from qopt.report.figure import Landscape, _converged, convergence, landscape
from qopt.report.history import history
from qopt.report.look import literal, looking, spread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeRun: TypeAlias = Callable[..., Path]

KINDS: dict[str, list[tuple[str, list[float], float]]] = {
    "one evaluation": [("evaluate", [-4.0], 0.05)],
    "several calls": [("evaluate", [-4.0], 0.05), ("evaluate", [-4.2, -4.4], 0.05)],
    "gradients": [("gradient", [-4.0, -4.1, -3.9, -4.2, -3.8], 0.05), ("gradient", [-4.4, -4.5, -4.3, -4.6, -4.2], 0.05)],
    "exact": [("evaluate", [-4.0], 0.0), ("evaluate", [-4.0], 0.0)],
    "a landscape": [("evaluate", np.linspace(-4.0, 0.0, 2500).tolist(), 0.05)],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sense", ["maximise", "minimise"])
def test_every_kind_of_run_is_drawn(make_run: MakeRun, kind: str, sense: str) -> None:
    """As PNG of the promised size and as SVG, private as all of the folder, without leftovers."""
    home = make_run(calls=KINDS[kind], sense=sense)
    png, svg = convergence(home)
    with Image.open(png) as image:
        assert image.size == (1350, 750)
    assert svg.read_text(encoding="utf-8").startswith("<?xml")
    assert stat.S_IMODE(png.stat().st_mode) == 0o600
    assert not list(home.glob(".convergence*"))


def test_a_run_without_a_result_is_drawn_too(make_run: MakeRun) -> None:
    """An interrupted run shows what it saw."""
    assert len(convergence(make_run(result=None))) == 2


def test_a_run_that_measured_nothing_has_no_figure(make_run: MakeRun) -> None:
    """And that is no error."""
    assert convergence(make_run(calls=[], result=None)) == ()


def test_equal_runs_are_equal_files(make_run: MakeRun) -> None:
    """Neither dates nor random ids, so that figures can be kept under version control."""
    home = make_run()
    first = [path.read_bytes() for path in convergence(home)]
    assert [path.read_bytes() for path in convergence(home)] == first


def test_the_figure_names_what_it_shows(make_run: MakeRun) -> None:
    """Result with error, reference, both baselines, and the best seen as biased."""
    with looking():
        figure = _converged(history(make_run()))
    told = {text.get_text() for text in figure.axes[0].texts}
    assert told == {
        *("result 4.7213 ± 0.0094", "best possible 5", "random + 1-flip 4.8216", "random strings 3.0117", "best seen 4.7831 (biased)"),
    }


def test_the_running_best_follows_the_sense(make_run: MakeRun) -> None:
    """Down where energies are minimised, up where cuts are maximised."""
    calls = [("evaluate", [2.0], 0.1), ("evaluate", [3.0], 0.1), ("evaluate", [1.0], 0.1)]
    for sense, best in (("minimise", [2.0, 2.0, 1.0]), ("maximise", [-2.0, -2.0, -1.0])):
        with looking():
            figure = _converged(history(make_run(sense, calls=calls, sense=sense, result=None)))
        steps = [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]
        assert [line.get_ydata().tolist() for line in steps] == [best]


@given(st.lists(st.floats(-0.2, 1.2), max_size=8))
def test_labels_never_overlap_and_keep_their_order(wanted: list[float]) -> None:
    """At least a line apart, inside the axes, in the order of their values."""
    places = spread(wanted, 0.05, 0.0, 1.0)
    ordered = sorted(zip(wanted, places, strict=True))
    assert all(after - before >= 0.05 - 1e-9 for before, after in zip(sorted(places), sorted(places)[1:], strict=False))
    assert [place for _, place in ordered] == sorted(places)
    assert all(-1e-9 <= place <= 1.0 + 1e-9 for place in places)


def test_labels_with_room_stay_where_they_are() -> None:
    """Nothing moves without need."""
    assert spread([0.9, 0.1], 0.05, 0.0, 1.0) == [0.9, 0.1]


def test_dollar_signs_are_no_formulas_and_numbers_have_a_true_minus() -> None:
    """Names are shown as they were given."""
    assert literal("$x$ 1-flip -1.5") == r"\$x\$ 1-flip " + "\N{MINUS SIGN}1.5"


@pytest.mark.parametrize("sense", ["maximise", "minimise"])
def test_a_landscape_is_drawn_with_gaps_and_rings_its_best(tmp_path: Path, sense: str) -> None:
    """Where a grid was not measured to the end it is drawn all the same."""
    values = np.arange(12.0).reshape(3, 4)
    values[0, 0] = np.nan
    grid = Landscape("maxcut", ("gamma_1", "beta_1"), np.linspace(0, 3, 4), np.linspace(0, 1, 3), values, sense, "Ha")
    png, svg = landscape(tmp_path, grid)
    assert png.stat().st_size > 10_000
    assert svg.exists()
