"""The exact QAOA engine against the gate-by-gate oracle, and what must hold of it whatever the problem."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import qaoa as oracle

from qopt.diagonal import Diagonal
from qopt.simulate.qaoa import QaoaEngine

KINDS = ["cut", "weighted", "fields", "higher orders", "weighted even orders"]
SPECIAL = [0.0, np.pi / 4, np.pi / 2, -np.pi / 4, np.pi, 3 * np.pi / 4]
rounding = {"rtol": 0.0, "atol": 1e-10}


def diagonal(kind: str, n: int, seed: int) -> Diagonal:
    """A random Hamiltonian of a kind, with a constant."""
    rng = np.random.default_rng(seed)
    orders = {"cut": [2], "weighted": [2], "fields": [1, 2], "higher orders": [1, 2, 3, 4], "weighted even orders": [2, 4]}[kind]
    orders = [order for order in orders if order <= n]
    supports = np.zeros((2 * n, n), dtype=bool)
    for row in range(1, 2 * n):
        if orders:
            supports[row, rng.choice(n, rng.choice(orders), replace=False)] = True
    weights = np.full(2 * n, 0.5) if kind == "cut" else rng.normal(size=2 * n)
    return Diagonal(weights, supports)


def engines(cost: Diagonal, layers: int) -> list[QaoaEngine]:
    """Both ways to compute."""
    return [QaoaEngine(cost, layers, compiled=compiled) for compiled in (True, False)]


@st.composite
def cases(draw: st.DrawFn, *, most: int = 13) -> tuple[Diagonal, np.ndarray]:
    """A Hamiltonian and a point."""
    n, layers = draw(st.integers(1, most)), draw(st.integers(1, 5))
    angles = st.one_of(st.floats(-10, 10), st.sampled_from(SPECIAL))
    point = np.array(draw(st.lists(angles, min_size=2 * layers, max_size=2 * layers)))
    return diagonal(draw(st.sampled_from(KINDS)), n, draw(st.integers(0, 2**32 - 1))), point


@given(cases())
@settings(max_examples=150, deadline=None)
def test_agrees_with_the_oracle(case: tuple[Diagonal, np.ndarray]) -> None:
    """Energies, probabilities and states are those of the gates, whichever way they are computed."""
    cost, point = case
    psi = oracle.state(cost, point)
    for engine in engines(cost, len(point) // 2):
        np.testing.assert_allclose(engine.energies(point[None]), [oracle.energy(cost, point)], **rounding)
        np.testing.assert_allclose(engine.probabilities(point), np.abs(psi) ** 2, **rounding)
        assert abs(np.vdot(engine.state(point), psi)) == pytest.approx(1.0, abs=1e-10)


@given(cases(most=11))
@settings(max_examples=60, deadline=None)
def test_gradient_is_that_of_central_differences(case: tuple[Diagonal, np.ndarray]) -> None:
    """The adjoint gradient is the limit of differences of the oracle's energies."""
    cost, point = case
    step = 1e-5
    shifts = step * np.eye(len(point))
    expected = [(oracle.energy(cost, point + shift) - oracle.energy(cost, point - shift)) / (2 * step) for shift in shifts]
    scale = 1.0 + np.abs(cost.coefficients).sum() ** 3
    for engine in engines(cost, len(point) // 2):
        value, gradient = engine.gradient(point)
        assert value == pytest.approx(engine.energies(point[None])[0], abs=1e-12 * scale)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8 * scale)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [9, 12, 13, 14, 15])
def test_ways_agree(kind: str, n: int) -> None:
    """Kernels and numpy agree, gradients too, with one tile and with several."""
    cost = diagonal(kind, n, n)
    points = np.random.default_rng(n).uniform(-10, 10, (2, 6))
    compiled, plain = engines(cost, 3)
    assert (compiled.name, plain.name) == ("qaoa-numba", "qaoa-numpy")
    for a, b in zip(compiled.gradients(points), plain.gradients(points), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        compiled.state(points[0]).conj() @ plain.state(points[0]) * np.ones(1),
        1.0 * np.exp(1j * np.angle(np.vdot(compiled.state(points[0]), plain.state(points[0])))),
        **rounding,
    )
