"""The table of costs that the QAOA engine reads."""

from __future__ import annotations

import numpy as np
import pytest
from tests.oracles import qaoa as oracle

from qopt.diagonal import Diagonal
from qopt.simulate.qaoa.costs import MOST_LEVELS, is_symmetric, tabulate


def diagonal(n: int, orders: list[int], weights: np.ndarray) -> Diagonal:
    """Terms of given orders on random variables."""
    rng = np.random.default_rng(0)
    supports = np.zeros((len(weights), n), dtype=bool)
    for row in supports:
        row[rng.choice(n, rng.choice(orders), replace=False)] = True
    return Diagonal(weights, supports)


@pytest.mark.parametrize("n", [1, 3, 10, 11, 14])
def test_table_has_the_costs(n: int) -> None:
    """The costs are those of the definition, with more qubits than a row of the table too."""
    cost = (
        diagonal(n, [0, 1], np.random.default_rng(n).normal(size=30)) if n == 1 else diagonal(n, [0, 1, 2, 3][:n], np.linspace(-1, 2, 40))
    )
    np.testing.assert_allclose(tabulate(cost, n, levels=False).table, oracle.costs(cost), rtol=0, atol=1e-12)


def test_leading_states_alone() -> None:
    """With fewer bits the table is that of the states whose last qubits are 0."""
    cost = diagonal(12, [2, 4], np.arange(1.0, 30.0))
    np.testing.assert_allclose(tabulate(cost, 11, levels=False).table, oracle.costs(cost)[: 2**11], rtol=0, atol=1e-12)


def test_few_values_are_levels() -> None:
    """An unweighted cost is a byte for each state, and its levels are ascending and exact."""
    cost = diagonal(12, [2], np.full(18, 0.5))
    costs = tabulate(cost, 12)
    assert costs.table.dtype == np.uint8
    assert costs.values.tolist() == sorted(set(oracle.costs(cost).tolist()))
    assert costs.values[costs.table].tolist() == oracle.costs(cost).tolist()


def test_values_that_differ_by_rounding_are_one_level() -> None:
    """Weights like 0.1 give each sum in many roundings, and one level all the same."""
    costs = tabulate(diagonal(12, [2], np.full(18, 0.1)), 12)
    assert costs.table.dtype == np.uint8
    assert len(costs.values) <= 19
    assert np.diff(costs.values).min() == pytest.approx(0.2)


def test_many_values_are_kept_as_they_are() -> None:
    """Above 256 values there are no levels."""
    costs = tabulate(diagonal(12, [2], np.random.default_rng(1).normal(size=18)), 12)
    assert costs.table.dtype == np.float64
    assert len(np.unique(costs.table)) > MOST_LEVELS
    assert len(costs.values) == 0


def test_weight_on_each_level() -> None:
    """The weight on a level is the sum over its states."""
    costs = tabulate(diagonal(12, [1, 2], np.full(18, 0.5)), 12)
    weights = np.random.default_rng(2).random(2**12)
    expected = [weights[costs.table == level].sum() for level in range(len(costs.values))]
    np.testing.assert_allclose(costs.total(weights), expected, rtol=1e-12)


@pytest.mark.parametrize(("orders", "symmetric"), [([0, 2, 4], True), ([1, 2], False), ([3], False)])
def test_symmetry_is_seen(orders: list[int], symmetric: bool) -> None:  # noqa: FBT001
    """A flip of all spins changes no cost where every order is even."""
    assert is_symmetric(diagonal(8, orders, np.ones(12))) is symmetric
    assert is_symmetric(Diagonal(np.array([1.0, 0.0]), np.array([[True, True], [True, False]])))
