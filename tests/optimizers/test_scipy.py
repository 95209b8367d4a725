"""The adapter to SciPy: first steps, gradients in one question, tolerances, refusals, and no warning that escapes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.optimizers.memory import Memory

from qopt.errors import InputError
from qopt.optimizers import Scipy
from qopt.optimizers.scipy_methods import METHODS
from qopt.types import Gradient, Point

ZERO = np.zeros(3)
DERIVATIVE_FREE = [name for name, method in METHODS.items() if not method.gradient]
GRADIENT = [name for name, method in METHODS.items() if method.gradient]


def bowl(point: Point) -> float:
    """Its minimum is at 0.4 in every direction."""
    return float(((point - 0.4) ** 2).sum())


def waves(point: Point) -> float:
    """Periodic and not separable."""
    return float(-np.cos(point - 0.9).sum() - np.cos(point.sum() - 2.0))


@pytest.mark.parametrize("method", DERIVATIVE_FREE)
@pytest.mark.parametrize("stderr", [0.0, 0.01])
def test_the_first_steps_are_a_fifth_of_a_radian(method: str, stderr: float) -> None:
    """From zero, where SciPy's own first steps would be 1 rad or 0.00025, the first point that differs is 0.2 rad away."""
    memory = Memory(bowl, stderr=stderr)
    Scipy(method)(memory, ZERO, np.random.default_rng(0))
    first = next(point[0] for point in memory.points if point.any())
    assert np.linalg.norm(first) == pytest.approx(0.2, rel=1e-6)


@pytest.mark.parametrize(("method", "option"), [("COBYLA", "rhobeg"), ("COBYQA", "initial_tr_radius"), ("Nelder-Mead", "initial_simplex")])
def test_a_first_step_that_was_given_is_used(method: str, option: str) -> None:
    """SciPy's own option for the first step has the last word."""
    memory = Memory(bowl)
    Scipy(method, {option: 0.05})(memory, ZERO, np.random.default_rng(0))
    first = next(point[0] for point in memory.points if point.any())
    assert np.linalg.norm(first) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("method", ["COBYLA", "COBYQA", "Nelder-Mead", "Powell"])
def test_noise_ends_the_search_earlier(method: str) -> None:
    """Under noise the last radius is wider, so that fewer points are asked for."""
    exact, noisy = Memory(waves), Memory(waves, stderr=1e-6)
    for memory in (exact, noisy):
        Scipy(method)(memory, ZERO, np.random.default_rng(0))
    assert len(noisy.questions) < len(exact.questions)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("TNC", "trust-constr")])
def test_a_wider_tolerance_costs_fewer_questions(method: str) -> None:
    """`tol` reaches the method."""
    asked = []
    for tol in (1e-7, 0.3):
        memory = Memory(waves)
        Scipy(method, {"tol": tol})(memory, ZERO, np.random.default_rng(0))
        asked.append(len(memory.questions))
    assert asked[1] < asked[0]


@pytest.mark.parametrize("method", GRADIENT)
def test_value_and_gradient_are_one_question(method: str) -> None:
    """A method with gradients asks for nothing but gradients, never twice in a row at the same point."""
    memory = Memory(bowl, stderr=0.01)
    Scipy(method)(memory, ZERO, np.random.default_rng(0))
    assert all(isinstance(answer, Gradient) for answer in memory.answers)
    assert all(first != second for first, second in zip(memory.questions, memory.questions[1:], strict=False))


@pytest.mark.parametrize("method", list(METHODS))
def test_a_limit_is_not_convergence(method: str) -> None:
    """A search that its own limit ends has not converged, and says why."""
    limit = "maxfun" if method == "TNC" else "maxiter"
    outcome = Scipy(method, {limit: 8 if method == "COBYLA" else 1})(
        Memory(lambda point: float(100 * (point[1] - point[0] ** 2) ** 2 + (1 - point[0]) ** 2)),
        np.array([-1.2, 1.0]),
        np.random.default_rng(0),
    )
    assert not outcome.converged
    assert outcome.message


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("function", [lambda _: 0.0, lambda point: float(point.sum()), lambda point: float(1e-12 * point[0])])
def test_no_warning_escapes(method: str, function: object) -> None:
    """Flat and unbounded objectives make SciPy warn; warnings are errors here, none comes out, and a point that can be measured does."""
    limit = "maxfun" if method == "TNC" else "maxiter"
    outcome = Scipy(method, {limit: 20})(Memory(function, stderr=1e-9), ZERO, np.random.default_rng(0))  # type: ignore[arg-type]
    assert np.isfinite(outcome.point).all()


def test_capitals_make_no_difference() -> None:
    """A method is the same in any capitals, so that its identity is too."""
    assert Scipy("l-bfgs-b") == Scipy("L-BFGS-B")


@pytest.mark.parametrize(
    ("method", "options", "where", "hint"),
    [
        ("COBILA", {}, ("method",), "did you mean 'COBYLA'"),
        ("COBYLA", {"rhobeq": 0.1}, ("options", "rhobeq"), "did you mean 'rhobeg'"),
        ("COBYLA", {"rhobeg": "wide"}, ("options", "rhobeg"), "above 0"),
        ("COBYLA", {"maxiter": 1.5}, ("options", "maxiter"), "whole number"),
        ("Nelder-Mead", {"adaptive": 1}, ("options", "adaptive"), "true or false"),
        ("COBYQA", {"f_target": None}, ("options", "f_target"), "a number"),
        ("BFGS", {"eps": 1e-8}, ("options", "eps"), "measures gradients itself"),
        ("BFGS", {"rhobeg": 0.1}, ("options", "rhobeg"), "it takes"),
    ],
)
def test_a_mistake_is_refused_at_its_key(method: str, options: dict[str, object], where: tuple[str, ...], hint: str) -> None:
    """Unknown methods, options and values are refused before anything is measured."""
    with pytest.raises(InputError, match=hint) as refusal:
        Scipy(method, options)
    assert refusal.value.where == where


def test_a_simplex_of_the_wrong_shape_is_refused() -> None:
    """The corners must be one more than the parameters, which is known when the search begins."""
    with pytest.raises(InputError, match="4 points of 3 numbers") as refusal:
        Scipy("Nelder-Mead", {"initial_simplex": [[0.0, 1.0]]})(Memory(bowl), ZERO, np.random.default_rng(0))
    assert refusal.value.where == ("options", "initial_simplex")
