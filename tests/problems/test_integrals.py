"""Integrals: what is checked about them."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.errors import InputError
from qopt.problems.integrals import Integrals

ONE = np.diag([1.0, 2.0])
TWO = np.einsum("pq,rs->pqrs", np.eye(2), np.eye(2))


def changed(array: np.ndarray, index: tuple[int, ...], value: float) -> np.ndarray:
    """A copy with one entry changed."""
    out = array.copy()
    out[index] = value
    return out


def test_they_are_kept_as_read_only_copies() -> None:
    """Nobody changes them behind an engine's back, and the arrays that were given stay writable."""
    one_body = ONE.copy()
    integrals = Integrals(0.5, one_body, TWO, (1, 1))
    one_body[0, 0] = 9.0
    assert integrals.one_body[0, 0] == 1.0
    assert integrals.norb == 2
    with pytest.raises(ValueError, match="read-only"):
        integrals.two_body[0, 0, 0, 0] = 1.0


def test_small_asymmetries_are_evened_out() -> None:
    """Rounding of another program doesn't make a matrix that is not symmetric."""
    two_body = changed(TWO, (0, 0, 1, 1), 1.0 + 1e-10)
    integrals = Integrals(0.5, changed(ONE, (0, 1), 1e-10), two_body, (1, 1))
    assert integrals.one_body[0, 1] == integrals.one_body[1, 0] == 5e-11
    np.testing.assert_array_equal(integrals.two_body, integrals.two_body.transpose(2, 3, 0, 1))


REFUSALS = {
    r"one_body has the shape \(2, 3\)": (0.5, np.zeros((2, 3)), TWO, (1, 1)),
    r"one_body has the shape \(0, 0\)": (0.5, np.zeros((0, 0)), np.zeros((0,) * 4), (0, 0)),
    r"one_body has the shape \(\)": (0.5, np.array(1.0), TWO, (1, 1)),
    r"two_body has the shape \(2, 2\), expected \(2, 2, 2, 2\)": (0.5, ONE, ONE, (1, 1)),
    "there are 49 orbitals, expected at most 48": (0.5, np.eye(49), ONE, (1, 1)),
    "one_body has entries of type complex128": (0.5, ONE + 1j, TWO, (1, 1)),
    "constant holds a number that is not finite": (np.inf, ONE, TWO, (1, 1)),
    "one_body holds a number that is not finite": (0.5, changed(ONE, (0, 0), np.nan), TWO, (1, 1)),
    "two_body holds a number that is not finite": (0.5, ONE, changed(TWO, (0, 0, 0, 0), np.inf), (1, 1)),
    r"one_body lacks the symmetry h_pq = h_qp: at \(0, 1\) the two differ by 1.0e-03": (0.5, changed(ONE, (0, 1), 1e-3), TWO, (1, 1)),
    r"two_body lacks the symmetry \(pq\|rs\) = \(qp\|rs\)": (0.5, ONE, changed(TWO, (0, 1, 0, 0), 1.0), (1, 1)),
    r"two_body lacks the symmetry \(pq\|rs\) = \(pq\|sr\)": (0.5, ONE, changed(TWO, (0, 0, 0, 1), 1.0), (1, 1)),
    r"two_body lacks the symmetry \(pq\|rs\) = \(rs\|pq\)": (0.5, ONE, changed(TWO, (0, 0, 1, 1), 2.0), (1, 1)),
    r"electrons is \(3, 0\)": (0.5, ONE, TWO, (3, 0)),
    r"electrons is \(1,\)": (0.5, ONE, TWO, (1,)),
    r"electrons is \(-1, 1\)": (0.5, ONE, TWO, (-1, 1)),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_are_no_integrals_is_refused(message: str) -> None:
    """Each refusal says what was got."""
    with pytest.raises(InputError, match=message):
        Integrals(*REFUSALS[message])
