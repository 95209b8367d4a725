"""How numbers and times are told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.report.text import NBSP, age, duration, measured, number, printable


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e5))
def test_a_measured_value_is_within_a_twentieth_of_its_error(value: float, stderr: float) -> None:
    """Rounding to two digits of the error loses at most 5% of the error, in value and in error."""
    told, error = map(float, measured(value, stderr).split(f"{NBSP}±{NBSP}"))
    assert abs(told - value) <= 0.0501 * stderr + 1e-12 * abs(value)
    assert abs(error - stderr) <= 0.0501 * stderr


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 99.0))
def test_the_error_has_two_significant_digits_and_the_value_as_many_decimals(value: float, stderr: float) -> None:
    """Value and error end at the same decimal place, and the error has two digits after its leading zeros."""
    told, error = measured(value, stderr).split(f"{NBSP}±{NBSP}")
    assert len(told.partition(".")[2]) == len(error.partition(".")[2])
    assert len(error.replace(".", "").lstrip("0")) == 2


@pytest.mark.parametrize(
    ("value", "stderr", "told"),
    [
        (-1.137, 0.00996, "-1.137 ± 0.010"),
        (1234.0, 123.0, "1230 ± 120"),
        (-0.0, 0.0, "0"),
        (17.0, 0.0, "17"),
        (-1e-9, 0.1, "0.00 ± 0.10"),
        (1e12, 5.0, "1e+12 ± 5.0e+00"),
        (1.0, float("inf"), "1 ± inf"),
    ],
)
def test_odd_values_read_well(value: float, stderr: float, told: str) -> None:
    """Errors that round up a digit, errors above 100, exact values, no minus zero, and what is too large or no number."""
    assert measured(value, stderr).replace(NBSP, " ") == told


def test_units_follow_the_error() -> None:
    """Units come last, with a blank that does not break."""
    assert measured(-1.1, 0.01, "Ha") == f"-1.100{NBSP}±{NBSP}0.010{NBSP}Ha"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (4.13, "4.1 s"), (59.4, "59 s"), (59.7, "1 min 00 s"), (7500, "2 h 05 min"), (270000, "3 d 3 h")],
)
def test_durations_name_their_two_largest_units(seconds: float, told: str) -> None:
    """A person sees at a glance whether it was seconds or days."""
    assert duration(seconds) == told


@pytest.mark.parametrize(("seconds", "told"), [(-5, "now"), (59, "now"), (61, "1 min"), (7300, "2 h"), (86400 * 12, "12 d")])
def test_ages_name_their_largest_unit(seconds: float, told: str) -> None:
    """Also where the clock was set back."""
    assert age(seconds) == told


@given(st.text())
def test_printable_text_has_no_control_character(text: str) -> None:
    """Nothing from elsewhere moves the cursor."""
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", printable(text))


def test_numbers_have_no_minus_zero() -> None:
    """Nothing is negative nothing."""
    assert number(-0.0) == "0"
