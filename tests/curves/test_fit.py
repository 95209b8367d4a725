"""Fits of a curve: known minima, honest errors, and curves that say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.curves import Minimum, fit, well_depth
from qopt.errors import InputError
from qopt.problems.molecular_data import shipped_geometry

PLACE, WELL, WIDTH = 0.7412, 0.17, 1.9


def morse(x: np.ndarray) -> np.ndarray:
    """Like H2: hartree and Angstrom; the limit is -1."""
    return WELL * (1 - np.exp(-WIDTH * (x - PLACE))) ** 2 - WELL - 1.0


def found(x: np.ndarray, y: np.ndarray, error: float = 0.0) -> Minimum:
    """A minimum that has to be there."""
    minimum = fit(x, y, np.full(len(x), error))
    assert minimum is not None
    return minimum


@pytest.mark.parametrize(("spacing", "tolerance"), [(0.1, 2e-5), (0.05, 1e-6), (0.02, 1e-7)])
def test_a_morse_curve_has_its_minimum(spacing: float, tolerance: float) -> None:
    """Position in Angstrom and energy in hartree, and the errors cover them."""
    x = np.arange(0.45, 1.4, spacing)
    minimum = found(x, morse(x))
    assert minimum.position == pytest.approx(PLACE, abs=tolerance)
    assert minimum.energy == pytest.approx(-1.0 - WELL, abs=tolerance)
    assert abs(minimum.position - PLACE) < minimum.position_stderr < 40 * tolerance
    assert abs(minimum.energy + 1.0 + WELL) < minimum.energy_stderr < 4 * tolerance
    assert (minimum.degree, len(minimum.points)) == (6, 7)


def test_h2_has_its_equilibrium() -> None:
    """Of full configuration interaction in STO-3G: 0.734865 Angstrom, -1.13730605 hartree."""
    lengths = np.linspace(0.4, 2.4, 21)
    shipped = [shipped_geometry(f"H 0 0 0; H 0 0 {length}") for length in lengths]
    minimum = found(lengths, np.array([data.energies["fci"] for data in shipped if data is not None]))
    assert minimum.position == pytest.approx(0.734865, abs=2e-4)
    assert minimum.energy == pytest.approx(-1.13730605, abs=2e-5)
    assert abs(minimum.position - 0.734865) < minimum.position_stderr < 1e-3
    assert abs(minimum.energy + 1.13730605) < minimum.energy_stderr < 1e-4


@given(st.floats(-0.25, 0.25), st.floats(0.1, 10.0), st.floats(-3.0, 3.0), st.integers(5, 9), st.floats(0.0, 1e-3))
def test_a_parabola_is_fitted_exactly(place: float, bend: float, low: float, count: int, error: float) -> None:
    """Whatever the weights."""
    x = np.linspace(-0.5, 0.5, count)
    minimum = found(x, low + bend * (x - place) ** 2, error)
    assert (minimum.position, minimum.energy) == pytest.approx((place, low), abs=1e-6)


@pytest.mark.parametrize("spacing", [0.05, 0.1])
@pytest.mark.parametrize("error", [1e-4, 1e-3, 3e-3])
def test_errors_cover_the_truth_as_often_as_they_say(spacing: float, error: float) -> None:
    """About 68% within one and 95% within two of 200 noisy curves, within what 200 can tell, and what is not linear in the noise."""
    x = np.arange(0.4, 2.0, spacing)
    within = []
    for seed in range(200):
        minimum = found(x, morse(x) + np.random.default_rng(seed).normal(0.0, error, len(x)), error)
        pulls = ((minimum.position - PLACE) / minimum.position_stderr, (minimum.energy + 1.0 + WELL) / minimum.energy_stderr)
        within.append([abs(pull) < bound for bound in (1.0, 2.0) for pull in pulls])
    position, energy, position_2, energy_2 = np.mean(within, axis=0)
    assert 0.55 < position < 0.85
    assert 0.58 < energy < 0.82
    assert position_2 > 0.83
    assert energy_2 > 0.9


def test_noise_is_averaged_where_it_is_large() -> None:
    """Then the quartic is taken, whose error is less than that of the sextic, and more than that of a single energy would be."""
    x = np.linspace(0.6, 0.9, 7)
    minimum = found(x, morse(x), 2e-3)
    assert minimum.degree == 4
    assert 1e-3 < minimum.energy_stderr < 2e-3
    assert found(x, morse(x), 1e-5).degree == 6


def test_the_order_of_points_does_not_matter() -> None:
    """Points are named by their indices as given."""
    x = np.linspace(0.4, 1.6, 13)
    order = np.random.default_rng(1).permutation(13)
    first, second = found(x, morse(x)), found(x[order], morse(x)[order])
    assert (first.position, first.energy) == pytest.approx((second.position, second.energy), abs=1e-12)
    assert [order[index] for index in second.points] == list(first.points)


def test_one_exact_point_among_noisy_ones_is_no_division_by_zero() -> None:
    """It counts for much, not for all."""
    x = np.linspace(0.45, 1.05, 7)
    errors = np.where(np.arange(7) == 3, 0.0, 1e-3)
    minimum = fit(x, morse(x), errors)
    assert minimum is not None
    assert minimum.position == pytest.approx(PLACE, abs=1e-3)
    assert 0.0 < minimum.energy_stderr < 1e-3


NOWHERE = {
    "falling": (np.linspace(0.8, 1.6, 9), lambda x: -x),
    "lowest at the first point": (np.linspace(0.75, 1.6, 9), morse),
    "four points": (np.linspace(0.6, 0.9, 4), morse),
    "nothing": (np.empty(0), morse),
}


@pytest.mark.parametrize("kind", NOWHERE)
def test_curves_without_a_minimum_inside_have_none(kind: str) -> None:
    """Rather than one that is made up."""
    x, curve = NOWHERE[kind]
    assert fit(x, curve(x), np.zeros(len(x))) is None


REFUSALS = {
    "as many energies and errors as coordinates": ([0.0, 1.0], [0.0], [0.0]),
    "isn't finite": ([0.0, 1.0], [0.0, np.nan], [0.0, 0.0]),
    "a negative error": ([0.0, 1.0], [0.0, 1.0], [0.0, -1.0]),
    "a coordinate that comes twice": ([1.0, 1.0], [0.0, 1.0], [0.0, 0.0]),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_is_no_curve_is_refused(message: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=message):
        fit(*REFUSALS[message])


def test_the_depth_is_that_below_the_last_point() -> None:
    """It says where that is, and that the curve still rises there; errors add up in squares."""
    x = np.linspace(0.4, 2.4, 21)
    y, errors = morse(x), np.full(21, 1e-3)
    minimum = found(x, y, 1e-3)
    depth = well_depth(minimum, x, y, errors)
    assert depth is not None
    assert depth.value == pytest.approx(morse(x)[-1] + 1.0 + WELL, abs=1e-4)
    assert depth.stderr == pytest.approx(np.hypot(1e-3, minimum.energy_stderr))
    assert depth.coordinate == 2.4
    assert depth.rising
    flat = well_depth(minimum, x, y, np.full(21, 5e-3))
    assert flat is not None
    assert not flat.rising


def test_a_known_limit_is_the_better_reference() -> None:
    """The whole well, with the limit's error."""
    x = np.linspace(0.4, 2.4, 21)
    minimum = found(x, morse(x))
    depth = well_depth(minimum, x, morse(x), np.zeros(21), limit=(-1.0, 2e-3))
    assert depth is not None
    assert depth.value == pytest.approx(WELL, abs=1e-5)
    assert depth.stderr == pytest.approx(2e-3, rel=1e-3)
    assert depth.coordinate is None


def test_a_curve_that_ends_in_the_well_has_no_depth() -> None:
    """Its last point is one of those that made the minimum."""
    x = np.linspace(0.5, 1.0, 6)
    assert well_depth(found(x, morse(x)), x, morse(x), np.zeros(6)) is None
