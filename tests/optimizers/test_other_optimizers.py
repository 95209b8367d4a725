"""How many questions SPSA, differential evolution and no optimizer ask, and what the automatic choice is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.optimizers.memory import Memory

from qopt.errors import InputError
from qopt.optimizers import SPSA, DifferentialEvolution, MeasureStart, ResponseSurface, Scipy, choose

if TYPE_CHECKING:
    from qopt.types import Point

START = np.array([0.2, -0.1])


def cosines(point: Point) -> float:
    """Lowest at zero."""
    return float(-np.cos(point).sum())


def test_nothing_is_asked_to_measure_the_start() -> None:
    """The final measurement measures the start, so the optimizer spends no job."""
    memory = Memory(cosines, stderr=0.1)
    outcome = MeasureStart()(memory, START, np.random.default_rng(0))
    assert outcome.point.tobytes() == START.tobytes()
    assert memory.questions == []


@pytest.mark.parametrize("resamplings", [1, 4])
def test_spsa_asks_for_pairs(resamplings: int) -> None:
    """Every step is one job of two points a resampling, opposite of each other, after one job of calibration."""
    memory = Memory(cosines)
    SPSA(iterations=7, resamplings=resamplings)(memory, START, np.random.default_rng(0))
    assert [len(points) for points in memory.points[1:]] == [2 * resamplings] * 7
    for points in memory.points[1:]:
        centres = (points[:resamplings] + points[resamplings:]) / 2
        assert centres == pytest.approx(np.repeat(centres[:1], resamplings, axis=0), abs=1e-12)


def test_spsa_steps_are_clipped() -> None:
    """Even a cliff can't throw a parameter farther than the limit in one step."""
    memory = Memory(lambda point: float(1e6 * np.tanh(50 * point[0])), stderr=1.0)
    SPSA(iterations=30, limit=0.05)(memory, START, np.random.default_rng(0))
    centres = np.array([points.mean(axis=0) for points in memory.points[1:]])
    assert np.abs(np.diff(centres, axis=0)).max() <= 0.05 + 1e-12


def test_spsa_that_still_drifts_has_not_converged() -> None:
    """On a slope without end the points drift, and the outcome says so."""
    outcome = SPSA(iterations=40)(Memory(lambda point: float(10 * point[0])), START, np.random.default_rng(0))
    assert not outcome.converged


def test_a_generation_is_one_job() -> None:
    """The population has popsize members a parameter, all measured in one call, within the box around the start, the start first."""
    memory = Memory(cosines)
    DifferentialEvolution(popsize=6, maxiter=3, tol=1e-9, radius=0.5)(memory, START, np.random.default_rng(0))
    assert [len(points) for points in memory.points] == [12] * 4
    assert memory.points[0][0] == pytest.approx(START, abs=1e-12)
    assert np.abs(np.concatenate(memory.points) - START).max() <= 0.5 + 1e-12


@pytest.mark.parametrize(
    ("cls", "name", "value"),
    [
        (SPSA, "iterations", 0),
        (SPSA, "perturbation", float("nan")),
        (DifferentialEvolution, "popsize", True),
        (DifferentialEvolution, "mutation", (0.5, 2.5)),
        (DifferentialEvolution, "recombination", 1.5),
        (DifferentialEvolution, "strategy", "best"),
    ],
)
def test_mistakes_are_refused_at_their_key(cls: type[SPSA | DifferentialEvolution], name: str, value: object) -> None:
    """Each option that can't be used is named."""
    with pytest.raises(InputError, match=name) as refusal:
        cls(**{name: value})  # type: ignore[arg-type]
    assert refusal.value.where == (name,)


@pytest.mark.parametrize(
    ("noisy", "parameters", "good_start", "expected"),
    [
        (True, 0, False, MeasureStart()),
        (False, 4, True, Scipy("L-BFGS-B")),
        (False, 60, False, Scipy("L-BFGS-B")),
        (True, 4, True, ResponseSurface()),
        (True, 12, False, ResponseSurface()),
        (True, 13, True, MeasureStart()),
        (True, 13, False, Scipy("L-BFGS-B", {"maxiter": 10})),
    ],
)
def test_the_choice_and_its_reason(noisy: bool, parameters: int, good_start: bool, expected: object) -> None:  # noqa: FBT001 - parametrized
    """The rule, as documented, and a reason that names what it rests on."""
    chosen, reason = choose(noisy=noisy, parameters=parameters, good_start=good_start)
    assert chosen == expected
    assert ("shot noise" in reason) == (parameters > 0)
