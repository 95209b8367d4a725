"""Random strings and greedy descent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.diagonal import Diagonal
from qopt.problems import MaxCut, named_graph, random_regular
from qopt.references import greedy_descent, random_strings

DIAGONALS = st.builds(
    lambda n, t, seed: Diagonal(np.random.default_rng(seed).normal(size=t), np.random.default_rng(seed + 1).random((t, n)) < 0.5),
    st.integers(1, 8),
    st.integers(1, 15),
    st.integers(0, 999),
)


@given(diagonal=DIAGONALS, seed=st.integers(0, 999))
def test_a_flip_gains_what_it_saves(diagonal: Diagonal, seed: int) -> None:
    """flip_gains is the energy before minus the energy after, for every variable."""
    bits = np.random.default_rng(seed).integers(2, size=(5, diagonal.variables), dtype=np.uint8)
    gains = diagonal.flip_gains(bits)
    for variable in range(diagonal.variables):
        flipped = bits.copy()
        flipped[:, variable] ^= 1
        assert np.allclose(gains[:, variable], diagonal.energies(bits) - diagonal.energies(flipped))


@given(diagonal=DIAGONALS, seed=st.integers(0, 999))
def test_greedy_descent_ends_in_local_minima(diagonal: Diagonal, seed: int) -> None:
    """No string gets worse, and none can be improved by one more flip."""
    bits = np.random.default_rng(seed).integers(2, size=(20, diagonal.variables), dtype=np.uint8)
    before = bits.copy()
    after = greedy_descent(diagonal, bits)
    assert np.array_equal(bits, before)
    assert (diagonal.energies(after) <= diagonal.energies(bits) + 1e-12).all()
    assert diagonal.flip_gains(after).max() <= 1e-9


def test_petersen_is_trivial_for_greedy() -> None:
    """Steepest descent from any string reaches the maximum cut of the Petersen graph: 12."""
    problem = MaxCut(named_graph("petersen"))
    assert problem.diagonal is not None
    baseline = random_strings(problem.diagonal, 1024, np.random.default_rng(1), problem.sense.sign)
    assert (baseline.greedy, baseline.greedy_best) == (12.0, 12.0)


def test_the_baseline_of_a_regular_graph() -> None:
    """Random strings cut half the edges; greedy descent reaches 0.942 of the maximum on average (n=12, 3-regular, seed 42)."""
    problem = MaxCut(random_regular(12, 3, 42))
    assert problem.diagonal is not None
    baseline = random_strings(problem.diagonal, 20_000, np.random.default_rng(1), problem.sense.sign)
    assert baseline.random == pytest.approx(9.0, abs=5 * np.sqrt(18 / 4 / 20_000))
    assert baseline.greedy / 16 == pytest.approx(0.942, abs=0.002)
    assert (baseline.random_best, baseline.greedy_best) == (16.0, 16.0)
