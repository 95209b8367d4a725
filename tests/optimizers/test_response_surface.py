"""The response surface: exact on quadratics in one job, a way out of saddle points, and few jobs under noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.optimizers.memory import Memory

from qopt.errors import InputError
from qopt.optimizers import ResponseSurface
from qopt.optimizers.response_surface import design

RNG = np.random.default_rng(0)


@settings(max_examples=30, deadline=None)
@given(parameters=st.integers(1, 8), seed=st.integers(0, 2**32 - 1))
def test_a_near_minimum_of_a_quadratic_takes_one_job(parameters: int, seed: int) -> None:
    """The fit of a quadratic is exact, so that a minimum inside the measured box is found with one job of n^2 + n + 1 points."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(parameters, parameters))
    curvature = root @ root.T + np.eye(parameters)
    minimum = rng.uniform(-1, 1, parameters)
    start = minimum + rng.uniform(-1, 1, parameters) * 0.1 / np.sqrt(parameters)
    memory = Memory(lambda point: float((point - minimum) @ curvature @ (point - minimum)))
    outcome = ResponseSurface()(memory, start, RNG)
    assert outcome.converged
    assert outcome.point == pytest.approx(minimum, abs=1e-8)
    assert [len(points) for points in memory.points] == [parameters**2 + parameters + 1]


@given(parameters=st.integers(1, 10))
def test_the_design_tells_all_terms_of_a_quadratic_apart(parameters: int) -> None:
    """The points determine every coefficient, none is measured twice, and each has its opposite."""
    points = design(parameters)
    rows, columns = np.triu_indices(parameters)
    basis = np.column_stack([np.ones(len(points)), points, points[:, rows] * points[:, columns]])
    assert np.linalg.matrix_rank(basis) == basis.shape[1]
    assert len(np.unique(points, axis=0)) == len(points)
    assert {tuple(point) for point in points} == {tuple(point + 0.0) for point in -points}


def test_a_saddle_point_is_left() -> None:
    """Where there is no slope but a negative curvature, the step goes along it."""
    memory = Memory(lambda point: float(np.cos(point[0]) + point[1] ** 2))
    outcome = ResponseSurface()(memory, np.zeros(2), RNG)
    assert outcome.converged
    assert abs(outcome.point[0]) == pytest.approx(np.pi, abs=0.01)


def test_a_far_minimum_is_reached_in_few_jobs() -> None:
    """The trust region grows while the fit predicts well: 2.5 rad away under a little noise takes at most 8 jobs."""
    memory = Memory(lambda point: float(-np.cos((point - [2.0, -1.5]) / 2).sum()), stderr=0.001)
    outcome = ResponseSurface()(memory, np.zeros(2), RNG)
    assert outcome.converged
    assert outcome.point == pytest.approx([2.0, -1.5], abs=0.15)
    assert len(memory.points) <= 8


def test_jobs_are_limited() -> None:
    """It stops at its number of jobs, and says that it has not converged."""
    memory = Memory(lambda point: float(point.sum()))
    outcome = ResponseSurface(iterations=3)(memory, np.zeros(2), RNG)
    assert not outcome.converged
    assert len(memory.points) == 3


def test_a_flat_objective_ends_at_once() -> None:
    """Where nothing can be gained the start is returned after one job."""
    memory = Memory(lambda _: 0.0)
    outcome = ResponseSurface()(memory, np.array([0.4, 0.2]), RNG)
    assert outcome.converged
    assert outcome.point.tolist() == [0.4, 0.2]
    assert len(memory.points) == 1


@pytest.mark.parametrize(("name", "value"), [("width", 0), ("reach", -1.0), ("iterations", 0), ("iterations", 2.5), ("width", "wide")])
def test_mistakes_are_refused_at_their_key(name: str, value: object) -> None:
    """Each option that can't be used is named."""
    with pytest.raises(InputError, match=name) as refusal:
        ResponseSurface(**{name: value})  # type: ignore[arg-type]
    assert refusal.value.where == (name,)
