"""What is reported is not the luckiest of many noisy values: the final measurement is unbiased, where the best value seen is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt import simulate

ROOT = Path(__file__).parents[2]
SEEDS = range(20)

pytestmark = pytest.mark.xdist_group("winner's curse")  # one worker: the runs are made once


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[qopt.Result], np.ndarray]:
    """Twenty runs of 150 evaluations on H2, and the exact energies at the points that they report."""
    problem = qopt.Operator.from_file(ROOT / "problems" / "molecules" / "h2_0.735_parity.json")
    ansatz = qopt.hardware_efficient(2, reps=1)
    folder = tmp_path_factory.mktemp("runs")
    results = [
        qopt.run(
            problem,
            ansatz=ansatz,
            start=[0.1, -3.0, -3.0, -3.0],
            objective=qopt.Expectation(4096),
            optimizer=qopt.Scipy("Nelder-Mead", {"xatol": 1e-9, "fatol": 1e-9}),
            budget=qopt.Budget(evaluations=150),
            seed=seed,
            name=f"h2-{seed}",
            folder=folder,
        )
        for seed in SEEDS
    ]
    points = np.array([result.point for result in results])
    return results, simulate.expectations(ansatz.circuit, points, [problem.hamiltonian()])[:, 0]


def test_reported_energies_are_unbiased(runs: tuple[list[qopt.Result], np.ndarray]) -> None:
    """The mean of (reported - exact at the reported point) over 20 seeds lies within 2.5 of its standard errors of 0."""
    results, exact = runs
    deviations = np.array([result.value for result in results]) - exact
    stderr = np.sqrt(sum(result.stderr**2 for result in results)) / len(results)
    assert all(result.evaluations == 150 for result in results)
    assert abs(deviations.mean()) < 2.5 * stderr


def test_the_best_value_seen_is_biased(runs: tuple[list[qopt.Result], np.ndarray]) -> None:
    """Taking the lowest of 150 noisy values is too low by more than a standard error of one: why it is no result."""
    results, exact = runs
    bias = np.mean([result.best_seen for result in results]) - exact.mean()
    assert bias < -np.mean([result.stderr for result in results])


def test_reported_errors_match_the_deviations(runs: tuple[list[qopt.Result], np.ndarray]) -> None:
    """Deviations in units of their standard errors have a variance near 1 (chi-squared of 20, between its 0.1% quantiles)."""
    results, exact = runs
    scores = (np.array([result.value for result in results]) - exact) / np.array([result.stderr for result in results])
    assert 5.9 < np.sum(scores**2) < 45.3
