"""Geometries as text: placeholders filled and refused, and Cartesian coordinates read."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.errors import InputError
from qopt.problems.coordinates import cartesian, filled, names, written

WATER = "O; H 1 {r}; H 1 {r} 2 {angle}"


def test_placeholders_are_named_once_in_their_order() -> None:
    """Also in a z-matrix; what has none has no names."""
    assert names(WATER) == ("r", "angle")
    assert names("H 0 0 0; H 0 0 0.735") == ()


def test_a_file_has_no_placeholders() -> None:
    """Whatever its path looks like."""
    assert names("runs/{r}.xyz ") == ()
    assert filled("runs/{r}.xyz", {}) == "runs/{r}.xyz"


def test_every_placeholder_gets_its_number() -> None:
    """The same name everywhere the same."""
    assert filled(WATER, {"angle": 104.5, "r": 0.958}) == "O; H 1 0.958; H 1 0.958 2 104.5"
    assert filled("H 0 0 0; H 0 0 {r}", {"r": float(np.linspace(0.4, 2.4, 21)[3])}) == "H 0 0 0; H 0 0 0.7"


@given(st.floats(-1e4, 1e4))
def test_numbers_are_written_to_twelve_digits(value: float) -> None:
    """And read as what they were."""
    assert float(written(value)) == pytest.approx(value, rel=1e-11, abs=1e-300)
    assert len(re.sub(r"e.*|[-.]", "", written(value)).strip("0")) <= 12


def test_zero_has_no_sign_and_whole_numbers_are_short() -> None:
    """As people write them."""
    assert [written(value) for value in (-0.0, 1, 0.1 + 0.2)] == ["0.0", "1.0", "0.3"]


REFUSALS = {
    r"no \{rr\} in the geometry .*, did you mean 'r'\?; expected r, angle": lambda: filled(WATER, {"rr": 1.0}),
    r"no \{r\} in the geometry 'H 0 0 0'; which has no placeholder: write \{r\} where": lambda: filled("H 0 0 0", {"r": 1.0}),
    r"has no number for \{angle\}, expected an axis of the sweep .* angle: \{from": lambda: filled(WATER, {"r": 1.0}),
    "a coordinate is nan, expected a finite number": lambda: filled(WATER, {"r": np.nan, "angle": 100.0}),
    r"has \{2r\}, expected placeholders such as \{r\}": lambda: names("H 0 0 {2r}"),
    r"has \{\}, expected placeholders": lambda: names("H 0 0 {}"),
    "has a brace without its other half": lambda: names("H 0 0 {r"),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_does_not_fit_is_refused(message: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=message):
        REFUSALS[message]()


@pytest.mark.parametrize("atoms", ["Li 0 0 0; H 0 0 1.595", "li 0, 0, 0\n h  0.0 0 1.595E0 \n", "LI 0 0 0;h 0 0 +1.595;"])
def test_cartesian_coordinates_are_read(atoms: str) -> None:
    """Whatever the separators, blanks and capitals."""
    symbols, places = cartesian(atoms) or ((), np.empty(0))
    assert symbols == ("Li", "H")
    np.testing.assert_array_equal(places, [[0.0, 0.0, 0.0], [0.0, 0.0, 1.595]])


@pytest.mark.parametrize("atoms", ["", "H; H 1 0.735", "H1 0 0 0", "H 0 0", "H 0 0 r", "1 0 0 0", "H 0 0 0 0", "molecule.xyz"])
def test_anything_else_is_left_to_others(atoms: str) -> None:
    """It may be a geometry all the same."""
    assert cartesian(atoms) is None
