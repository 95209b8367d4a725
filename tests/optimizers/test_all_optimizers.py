"""What every optimizer promises: it finds a minimum, survives noise, repeats itself from recorded answers, and lets itself be stopped."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.optimizers.memory import Memory, Playback

from qopt.errors import BudgetReached, Interrupted
from qopt.optimizers import SPSA, DifferentialEvolution, MeasureStart, ResponseSurface, Scipy
from qopt.optimizers.scipy_methods import METHODS
from qopt.types import Minimizer, Outcome, Point

if TYPE_CHECKING:
    from collections.abc import Callable

SCIPY = [Scipy(method) for method in METHODS]
SEARCHES = [*SCIPY, SPSA(), SPSA(resamplings=3), DifferentialEvolution(popsize=8, tol=1e-5), ResponseSurface()]
START = np.array([0.3, -0.2, 0.1])
MINIMUM = np.array([0.5, 0.1, -0.3])
CURVATURE = np.array([[3.0, 1.0, 0.5], [1.0, 2.0, -0.4], [0.5, -0.4, 1.5]])


def label(minimizer: Minimizer) -> str:
    """A test's name."""
    return getattr(minimizer, "method", "") or type(minimizer).__name__


def quadratic(point: Point) -> float:
    """Convex, tilted, with the lowest value -2."""
    return float((point - MINIMUM) @ CURVATURE @ (point - MINIMUM) / 2) - 2


def landscape(point: Point) -> float:
    """Like an energy in angles: bounded and periodic."""
    return float(-np.cos(point - MINIMUM).sum() - np.cos(point[0] + point[1] - MINIMUM[0] - MINIMUM[1]))


def run(minimizer: Minimizer, evaluate: Memory | Playback, start: Point = START) -> Outcome:
    """Minimise with a fixed generator."""
    outcome = minimizer(evaluate, start.copy(), np.random.default_rng(5))
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
def test_the_minimum_of_a_quadratic_is_found(minimizer: Minimizer) -> None:
    """Without noise each comes within 0.02 of a convex quadratic's minimum, and says that it converged."""
    outcome = run(minimizer, Memory(quadratic))
    assert outcome.converged
    assert np.abs(outcome.point - MINIMUM).max() < 0.02


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
def test_noise_does_not_throw_the_start_away(minimizer: Minimizer) -> None:
    """With noise none ends farther above the minimum than where it began, by more than the noise itself."""
    outcome = run(minimizer, Memory(quadratic, stderr=0.03))
    assert quadratic(outcome.point) < quadratic(START) + 0.03


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
def test_noise_at_the_minimum_does_little_harm(minimizer: Minimizer) -> None:
    """A good start stays good: from the minimum itself none loses more than a few standard errors."""
    outcome = run(minimizer, Memory(landscape, stderr=0.01), MINIMUM)
    assert landscape(outcome.point) < landscape(MINIMUM) + 0.05


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
@pytest.mark.parametrize("stderr", [0.0, 0.02])
def test_recorded_answers_bring_the_same_questions(minimizer: Minimizer, stderr: float) -> None:
    """A second run on the first one's answers asks bit for bit the same and ends at the same point."""
    memory = Memory(landscape, stderr=stderr)
    outcome = run(minimizer, memory)
    playback = Playback(memory.noisy, memory.answers)
    again = run(minimizer, playback)
    assert playback.questions == memory.questions
    assert again.point.tobytes() == outcome.point.tobytes()
    assert (again.converged, again.message) == (outcome.converged, outcome.message)


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
@pytest.mark.parametrize("failure", [lambda: Interrupted(2), BudgetReached, OSError], ids=["interrupted", "budget", "failed"])
@settings(max_examples=6, deadline=None)
@given(call=st.integers(0, 12))
def test_what_evaluate_raises_comes_out(minimizer: Minimizer, failure: Callable[[], BaseException], call: int) -> None:
    """A stop or a failure at any call leaves the optimizer as the very exception that was raised, and nothing is asked after it."""
    raised = failure()
    memory = Memory(landscape, fail_at=call, failure=raised)
    caught: BaseException | None = None
    try:
        run(minimizer, memory)
    except type(raised) as error:
        caught = error
    assert caught is (raised if memory.failed else None)
    assert len(memory.questions) <= call


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
def test_the_start_is_left_as_it_is(minimizer: Minimizer) -> None:
    """No optimizer writes into the array that it begins from."""
    start = START.copy()
    start.flags.writeable = False
    minimizer(Memory(quadratic), start, np.random.default_rng(5))
    assert start.tobytes() == START.tobytes()


@pytest.mark.parametrize("minimizer", [*SEARCHES, MeasureStart()], ids=label)
def test_options_are_json(minimizer: Minimizer) -> None:
    """The options of every optimizer go into the run's identity, so they are JSON, and name and version stand beside them."""
    assert json.loads(json.dumps(asdict(minimizer))) is not None  # type: ignore[call-overload]
    assert isinstance(minimizer.name, str)  # type: ignore[attr-defined]
    assert isinstance(minimizer.version, int)  # type: ignore[attr-defined]


@pytest.mark.parametrize("minimizer", SEARCHES, ids=label)
def test_one_parameter_is_enough(minimizer: Minimizer) -> None:
    """An ansatz with a single angle can be optimized too."""
    outcome = run(minimizer, Memory(lambda point: float(-np.cos(point[0] - 0.3))), np.array([0.1]))
    assert outcome.point[0] == pytest.approx(0.3, abs=0.05)
