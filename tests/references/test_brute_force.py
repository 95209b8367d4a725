"""Enumeration by transform against enumeration by definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.references import brute_force


def polynomial(variables: int, terms: int, seed: int) -> Diagonal:
    """A random polynomial of mixed orders, the constant included."""
    rng = np.random.default_rng(seed)
    return Diagonal(rng.normal(size=terms), rng.random((terms, variables)) < 0.4)


@given(variables=st.integers(1, 9), terms=st.integers(1, 20), seed=st.integers(0, 999))
def test_it_finds_both_ends_of_the_spectrum(variables: int, terms: int, seed: int) -> None:
    """The lowest and highest energies are those over all strings, and the string has the lowest."""
    diagonal = polynomial(variables, terms, seed)
    energies = diagonal.energies(np.array(list(itertools.product((0, 1), repeat=variables)), dtype=np.uint8))
    lowest, highest, bits = brute_force(diagonal)
    assert np.allclose((lowest, highest), (energies.min(), energies.max()))
    assert np.isclose(diagonal.energies(np.array([[int(bit) for bit in bits]], dtype=np.uint8))[0], lowest)


def test_it_goes_on_above_one_transform() -> None:
    """Variables beyond the first 16 are enumerated too: fields of known sign fix the whole string."""
    fields = np.array([(-1.0) ** (i // 3) * (i + 1) for i in range(19)])
    lowest, highest, bits = brute_force(Diagonal(fields, np.eye(19, dtype=np.bool_)))
    assert (lowest, highest) == (-190.0, 190.0)
    assert bits == "".join("1" if field > 0 else "0" for field in fields)


def test_too_many_variables_are_refused() -> None:
    """Twenty-five variables are refused before anything is computed."""
    with pytest.raises(InputError, match="25 variables are too many"):
        brute_force(polynomial(25, 3, 1))
