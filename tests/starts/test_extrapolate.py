"""Starts from neighbours along a curve: exact for polynomials, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.ansatze.excitations import Excitation, kupccgsd, uccsd
from qopt.errors import InputError
from qopt.starts import carried, extrapolate


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


def test_excitations_keep_their_angles() -> None:
    """Those that both ansatzes have, wherever they stand; new ones begin at 0."""
    excitations = uccsd(4, (2, 2))
    point = np.arange(1.0, 27.0)
    fewer = tuple(Excitation(each.created, each.annihilated, parameter) for parameter, each in enumerate(excitations[3:20:2]))
    np.testing.assert_array_equal(carried(point, excitations, fewer), point[3:20:2])
    back = carried(point[3:20:2], fewer, excitations)
    np.testing.assert_array_equal(back[3:20:2], point[3:20:2])
    assert np.count_nonzero(back) == len(fewer)


def test_repeated_excitations_are_told_apart() -> None:
    """The second layer stays the second, and shared parameters stay shared."""
    excitations = kupccgsd(3, 2)
    point = np.arange(1.0, 13.0)
    np.testing.assert_array_equal(carried(point, excitations, excitations), point)
    np.testing.assert_array_equal(carried(point[:6], kupccgsd(3, 1), excitations), [*point[:6], *np.zeros(6)])


def test_coefficients_are_taken_out() -> None:
    """The angle is kept, not the parameter."""
    before, after = Excitation((2,), (0,), 0, 0.5), Excitation((2,), (0,), 0, -1.0)
    np.testing.assert_array_equal(carried(np.array([3.0]), [before], [after]), [-1.5])


def test_too_few_parameters_are_refused() -> None:
    """Rather than taken for others."""
    with pytest.raises(InputError, match="2 parameters, expected as many as the excitations"):
        carried(np.zeros(2), uccsd(4, (2, 2)), uccsd(4, (2, 2)))
