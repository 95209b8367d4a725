"""Starts from neighbours along a curve: exact for polynomials, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.errors import InputError
from qopt.starts import extrapolate


def test_one_neighbour_gives_its_parameters() -> None:
    """A copy of them."""
    known = np.array([0.1, -0.2])
    start = extrapolate(2.0, [(1.0, known)])
    np.testing.assert_array_equal(start, known)
    assert start is not known


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_polynomials_are_continued(count: int, seed: int) -> None:
    """Of a degree less than there are neighbours, whatever their order and spacing."""
    rng = np.random.default_rng(seed)
    coefficients = rng.normal(size=(count, 3))
    places = rng.permutation(count) + rng.uniform(-0.2, 0.2, count)
    start = extrapolate(count + 0.5, [(place, np.polynomial.polynomial.polyval(place, coefficients)) for place in places.tolist()])
    np.testing.assert_allclose(start, np.polynomial.polynomial.polyval(count + 0.5, coefficients), rtol=0, atol=1e-9)


@pytest.mark.parametrize("known", [[], [(1.0, np.zeros(2)), (1.0, np.ones(2))], [(1.0, np.zeros(2)), (2.0, np.zeros(3))]])
def test_what_says_nothing_is_refused(known: list[tuple[float, np.ndarray]]) -> None:
    """No neighbour, two at one place, or neighbours with unequally many parameters."""
    with pytest.raises(InputError, match="expected one or more different coordinates"):
        extrapolate(3.0, known)
