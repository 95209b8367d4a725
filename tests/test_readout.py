"""Readout correction: for every Hamiltonian of Z, whatever is misread, the mean comes out as if nothing had been."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.readout import checked, corrected

VARIABLES = 4
STRINGS = np.array(list(itertools.product((0, 1), repeat=VARIABLES)), dtype=np.uint8)
PAIRS = arrays(np.float64, (VARIABLES, 2), elements=st.floats(0.0, 0.49))
DIAGONALS = st.builds(
    Diagonal,
    arrays(np.float64, 5, elements=st.floats(-3.0, 3.0)),
    arrays(np.bool_, (5, VARIABLES)),
)


def confusion(pairs: np.ndarray) -> np.ndarray:
    """`(2^n, 2^n)`: how often each prepared string (row) is read as each string (column), qubit by qubit."""
    chances = np.stack((np.stack((1 - pairs[:, 0], pairs[:, 0])), np.stack((pairs[:, 1], 1 - pairs[:, 1]))))
    rows = [[np.prod([chances[true, read, i] for i, (true, read) in enumerate(zip(z, r, strict=True))]) for r in STRINGS] for z in STRINGS]
    return np.array(rows)


@given(diagonal=DIAGONALS, pairs=PAIRS)
def test_the_mean_over_what_is_read_is_the_energy_of_what_was_prepared(diagonal: Diagonal, pairs: np.ndarray) -> None:
    """For every prepared string, so for every state: the estimator is unbiased."""
    expected = confusion(pairs) @ corrected(diagonal, pairs, STRINGS)
    assert expected == pytest.approx(diagonal.energies(STRINGS), abs=1e-6 / np.prod(1 - pairs.sum(axis=1)) ** 2)


@given(diagonal=DIAGONALS, pairs=PAIRS, counts=arrays(np.int64, len(STRINGS), elements=st.integers(0, 50)))
def test_it_is_the_inverse_of_the_whole_confusion_matrix(diagonal: Diagonal, pairs: np.ndarray, counts: np.ndarray) -> None:
    """As the slow way says, which inverts a matrix of 2^n rows and corrects the counts."""
    slow = np.linalg.solve(confusion(pairs).T, counts.astype(np.float64)) @ diagonal.energies(STRINGS)
    fast = counts @ corrected(diagonal, pairs, STRINGS)
    assert fast == pytest.approx(slow, abs=1e-6 * (1 + counts.sum()) / np.prod(1 - pairs.sum(axis=1)) ** 2)


@given(diagonal=DIAGONALS)
def test_without_errors_nothing_is_corrected(diagonal: Diagonal) -> None:
    """To the last bit but for the order of sums."""
    assert corrected(diagonal, np.zeros((VARIABLES, 2)), STRINGS) == pytest.approx(diagonal.energies(STRINGS), abs=1e-12)


@pytest.mark.parametrize(
    ("readout", "message"),
    [
        ([(0.1, 0.1)] * 3, r"the shape \(3, 2\), expected \(4, 2\)"),
        ([0.1] * 4, r"the shape \(4,\), expected \(4, 2\)"),
        ([(0.5, 0.5)] * 4, "below 1"),
        ([(-0.1, 0.1)] * 4, "expected probabilities"),
        ([(float("nan"), 0.1)] * 4, "expected probabilities"),
    ],
)
def test_what_can_t_be_undone_is_refused(readout: list[tuple[float, float]], message: str) -> None:
    """A pair of probabilities for each variable, and a qubit that tells something."""
    with pytest.raises(InputError, match=message):
        checked(readout, VARIABLES)
