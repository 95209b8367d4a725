"""The exact QAOA engine against the gate-by-gate oracle, and what must hold of it whatever the problem."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from tests.oracles import qaoa as oracle

from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.simulate.qaoa import QaoaEngine, compile_needed, layout, memory_needed

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ["cut", "weighted", "fields", "higher orders", "weighted even orders"]
SPECIAL = [0.0, np.pi / 4, np.pi / 2, -np.pi / 4, np.pi, 3 * np.pi / 4]
ROUNDING = {"rtol": 0.0, "atol": 1e-10}


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


def engines(cost: Diagonal, layers: int, tile: int = layout.TILE_BITS) -> list[QaoaEngine]:
    """Both ways to compute, the kernels with tiles of so many qubits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "WHOLE_BITS", tile)
        patch.setattr(layout, "TILE_BITS", tile)
        made = [QaoaEngine(cost, layers, compiled=compiled) for compiled in (True, False)]
        made[0].energies(np.zeros((1, 2 * layers)))  # the workspace is cut now
    return made


@st.composite
def cases(draw: st.DrawFn, *, most: int = 13) -> tuple[Diagonal, np.ndarray, int]:
    """A Hamiltonian, a point and the qubits of a tile."""
    n, layers = draw(st.integers(1, most)), draw(st.integers(1, 5))
    angles = st.one_of(st.floats(-10, 10), st.sampled_from(SPECIAL))
    point = np.array(draw(st.lists(angles, min_size=2 * layers, max_size=2 * layers)))
    cost = diagonal(draw(st.sampled_from(KINDS)), n, draw(st.integers(0, 2**32 - 1)))
    return cost, point, draw(st.sampled_from([6, 7, 8, layout.WHOLE_BITS]))


@given(cases())
@settings(max_examples=150, deadline=None)
def test_agrees_with_the_oracle(case: tuple[Diagonal, np.ndarray, int]) -> None:
    """Energies, probabilities and states are those of the gates, whichever way they are computed."""
    cost, point, tile = case
    psi = oracle.state(cost, point)
    for engine in engines(cost, len(point) // 2, tile):
        np.testing.assert_allclose(engine.energies(point[None]), [oracle.energy(cost, point)], **ROUNDING)
        np.testing.assert_allclose(engine.probabilities(point), np.abs(psi) ** 2, **ROUNDING)
        assert abs(np.vdot(engine.state(point), psi)) == pytest.approx(1.0, abs=1e-10)


@given(cases(most=11))
@settings(max_examples=60, deadline=None)
def test_gradient_is_that_of_central_differences(case: tuple[Diagonal, np.ndarray, int]) -> None:
    """The adjoint gradient is the limit of differences of the oracle's energies."""
    cost, point, tile = case
    step = 1e-5
    shifts = step * np.eye(len(point))
    expected = [(oracle.energy(cost, point + shift) - oracle.energy(cost, point - shift)) / (2 * step) for shift in shifts]
    scale = 1.0 + np.abs(cost.coefficients).sum() ** 3
    for engine in engines(cost, len(point) // 2, tile):
        value, gradient = engine.gradient(point)
        assert value == pytest.approx(engine.energies(point[None])[0], abs=1e-12 * scale)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8 * scale)


@pytest.mark.parametrize("compiled", [True, False])
def test_gradient_is_that_of_the_parameter_shift(compiled: bool) -> None:  # noqa: FBT001
    """With one term, and one qubit in the mixer's place, shifts of pi/4 and pi/8 give the derivatives exactly."""
    n = 8
    cost = Diagonal(np.array([0.5]), np.ones((1, n), dtype=bool))
    point = np.array([0.4, 0.3])
    energy = QaoaEngine(cost, 1, compiled=compiled)
    # C has the eigenvalues +-1/2, so the energy is a sinusoid of frequency 1 in gamma.
    up, down = energy.energies(point + np.array([[np.pi / 2, 0.0], [-np.pi / 2, 0.0]]))
    assert energy.gradient(point)[1][0] == pytest.approx((up - down) / 2, abs=1e-12)
    # sum X has the eigenvalues -n, -n + 2 .. n, so the energy has the frequencies 2, 4 .. 2n in beta: shifts by (2 k - 1) pi / 4n.
    steps = np.arange(1, 2 * n + 1)
    shifts = (2 * steps - 1) * np.pi / (4 * n)
    weights = (-1.0) ** (steps - 1) / (2 * n * np.sin(shifts) ** 2)
    values = energy.energies(point + np.outer(2 * shifts / 2, [0.0, 1.0]))
    assert energy.gradient(point)[1][1] == pytest.approx(values @ weights, abs=1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [9, 12, 15, 17, 18])
def test_ways_agree(kind: str, n: int) -> None:
    """Kernels and numpy agree, gradients too, with the tiles that large states have."""
    cost = diagonal(kind, n, n)
    points = np.random.default_rng(n).uniform(-10, 10, (1, 6))
    compiled, plain = engines(cost, 3)
    assert (compiled.name, plain.name) == ("qaoa-numba", "qaoa-numpy")
    for a, b in zip(compiled.gradients(points), plain.gradients(points), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@given(cases())
@settings(max_examples=40, deadline=None)
def test_state_is_normalised_and_symmetric(case: tuple[Diagonal, np.ndarray, int]) -> None:
    """Probabilities sum to 1; where every term is of even order, a state and its complement have the same."""
    cost, point, tile = case
    for engine in engines(cost, len(point) // 2, tile):
        probabilities = engine.probabilities(point)
        assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)
        if not (cost.supports.sum(axis=1) % 2).any():
            np.testing.assert_allclose(probabilities, probabilities[::-1], **ROUNDING)


@given(cases(), st.integers(-3, 3))
@settings(max_examples=40, deadline=None)
def test_energy_is_periodic_in_beta(case: tuple[Diagonal, np.ndarray, int], turns: int) -> None:
    """Betas count modulo pi; where every term is of even order, modulo pi/2."""
    cost, point, tile = case
    layers = len(point) // 2
    period = np.pi if (cost.supports.sum(axis=1) % 2).any() else np.pi / 2
    shifted = point.copy()
    shifted[layers] += turns * period
    for engine in engines(cost, layers, tile):
        one, two = engine.energies(np.array([point, shifted]))
        assert one == pytest.approx(two, abs=1e-10)


@pytest.mark.parametrize("kind", ["cut", "fields"])
@pytest.mark.parametrize(("n", "compiled"), [(8, True), (12, True), (17, True), (8, False), (12, False)])
def test_batch_has_the_bits_of_its_points(kind: str, n: int, compiled: bool) -> None:  # noqa: FBT001
    """A point's energy and gradient don't depend on the others of its batch, not even in the last bit."""
    engine = QaoaEngine(diagonal(kind, n, 7), 2, compiled=compiled)
    points = np.random.default_rng(n).uniform(-2, 2, (5, 4))
    values, gradients = engine.gradients(points)
    assert engine.energies(points).tolist() == [engine.energies(point[None])[0] for point in points] == values.tolist()
    assert gradients.tolist() == [engine.gradient(point)[1].tolist() for point in points]


@pytest.mark.parametrize("kind", ["cut", "weighted", "fields"])
@pytest.mark.parametrize("n", [12, 18, 19])
def test_threads_change_no_bit(kind: str, n: int) -> None:
    """One thread, two and three give the same bits, whether they share a state or a batch."""
    cost = diagonal(kind, n, 3)
    points = np.random.default_rng(n).uniform(-2, 2, (3, 4))
    one, *others = (QaoaEngine(cost, 2, threads=threads, compiled=True) for threads in (1, 2, 3))
    expected = one.gradients(points)
    for engine in others:
        for batch in (points, points[:1]):
            values, gradients = engine.gradients(batch)
            assert values.tolist() == engine.energies(batch).tolist() == expected[0][: len(batch)].tolist()
            assert gradients.tolist() == expected[1][: len(batch)].tolist()


def test_engine_can_be_asked_again() -> None:
    """What a gradient leaves behind in the workspace changes no later answer."""
    engine = QaoaEngine(diagonal("fields", 12, 1), 2, compiled=True)
    points = np.random.default_rng(0).uniform(-2, 2, (2, 4))
    before = engine.energies(points)
    engine.gradients(points)
    engine.tail_mean(points[0], 0.5)
    assert engine.energies(points).tolist() == before.tolist()


@given(cases(most=9), st.floats(0.01, 1.0))
@settings(max_examples=60, deadline=None)
def test_tail_mean_is_that_of_the_sorted_distribution(case: tuple[Diagonal, np.ndarray, int], alpha: float) -> None:
    """The tail mean is that of the oracle; that of everything is the energy."""
    cost, point, tile = case
    for engine in engines(cost, len(point) // 2, tile):
        assert engine.tail_mean(point, alpha) == pytest.approx(oracle.tail_mean(cost, point, alpha), abs=1e-9)
        assert engine.tail_mean(point, 1.0) == pytest.approx(engine.energies(point[None])[0], abs=1e-10)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("kind", ["cut", "fields"])
def test_samples_have_the_frequencies_of_the_state(kind: str, compiled: bool) -> None:  # noqa: FBT001
    """Frequencies of the samples fit the oracle's probabilities."""
    cost, point, shots = diagonal(kind, 7, 5), np.array([0.7, 0.4]), 50_000
    samples = QaoaEngine(cost, 1, compiled=compiled).samples(point[None], shots, np.random.default_rng(1))
    assert samples.shape == (1, shots)
    expected = shots * np.abs(oracle.state(cost, point)) ** 2
    counts = np.bincount(samples[0], minlength=2**7)
    often = expected > 5.0
    pooled = [np.append(of[often], of[~often].sum() if (~often).any() else []) for of in (counts, expected)]
    assert chisquare(*pooled).pvalue > 0.001


def test_samples_are_drawn_by_the_generator_alone() -> None:
    """The same generator gives the same samples."""
    engine = QaoaEngine(diagonal("cut", 12, 5), 1)
    draws = [engine.samples(np.array([[0.7, 0.4], [0.1, 0.2]]), 100, np.random.default_rng(2)) for _ in range(2)]
    assert draws[0].tolist() == draws[1].tolist()


@pytest.mark.parametrize(("n", "kind", "name"), [(10, "cut", "qaoa-numpy"), (11, "cut", "qaoa-numba"), (11, "fields", "qaoa-numba")])
def test_small_problems_wait_for_no_compiler(n: int, kind: str, name: str) -> None:
    """Up to 10 variables numpy computes, above them the kernels."""
    assert QaoaEngine(diagonal(kind, n, 0), 1).name == name


def test_numpy_serves_where_numba_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without numba the engine is numpy's, and asking for kernels is refused with what to do."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert QaoaEngine(diagonal("cut", 12, 0), 1).name == "qaoa-numpy"
    with pytest.raises(InputError, match="pip install numba"):
        QaoaEngine(diagonal("cut", 12, 0), 1, compiled=True)
    with pytest.raises(InputError, match="pip install numba"):
        compile_needed()


def test_import_leaves_numba_alone() -> None:
    """Neither the import nor a small problem imports numba."""
    program = (
        "import sys, numpy as np; from qopt.diagonal import Diagonal; from qopt.simulate.qaoa import QaoaEngine;"
        "QaoaEngine(Diagonal(np.ones(1), np.ones((1, 4), dtype=bool)), 1).gradient(np.ones(2)); print('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"


def test_compile_needed_says_what_is_in_the_cache(tmp_path: Path) -> None:
    """With an empty cache a wait is announced; once the energies' kernel is compiled, the next process finds it, and that alone."""
    program = (
        "import numpy as np; from qopt.diagonal import Diagonal; from qopt.simulate.qaoa import QaoaEngine, compile_needed;"
        "engine = QaoaEngine(Diagonal(np.ones(1), np.ones((1, 12), dtype=bool)), 1);"
        "print(engine.compile_needed(gradient=False)); engine.energies(np.ones((1, 2)));"
        "print(engine.compile_needed(gradient=False), engine.compile_needed(), compile_needed())"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment) for _ in range(2)]
    assert [run.stdout.split() for run in runs] == [["True", "False", "True", "True"], ["False", "False", "True", "True"]]


@pytest.mark.parametrize("kind", ["cut", "weighted", "fields"])
@pytest.mark.parametrize(("gradient", "threads", "batch"), [(False, 1, 1), (True, 1, 1), (True, 2, 3)])
def test_memory_is_as_predicted(kind: str, gradient: bool, threads: int, batch: int) -> None:  # noqa: FBT001
    """The peak stays below the prediction, and the prediction is no more than what doubles for the costs and huge pages add."""
    n = 20
    cost, points = diagonal(kind, n, 1), np.random.default_rng(0).uniform(-1, 1, (batch, 4))
    QaoaEngine(diagonal(kind, 12, 1), 2, compiled=True).gradients(points)  # what is made once for all engines
    predicted = memory_needed(n, 2, gradient=gradient, batch=batch, threads=threads, symmetric=kind != "fields")
    tracemalloc.start()
    try:
        engine = QaoaEngine(cost, 2, threads=threads, compiled=True)
        engine.gradients(points) if gradient else engine.energies(points)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= predicted <= 1.7 * peak


@pytest.mark.parametrize(
    ("points", "message"), [(np.zeros((1, 3)), "expected \\(k, 4\\)"), (np.zeros(4), "expected"), (np.full((1, 4), np.nan), "finite")]
)
def test_wrong_points_are_refused(points: np.ndarray, message: str) -> None:
    """Points of another shape, or not finite, are refused before a kernel reads them."""
    with pytest.raises(InputError, match=message):
        QaoaEngine(diagonal("cut", 12, 0), 2).energies(points)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.1, np.nan])
def test_wrong_fractions_are_refused(alpha: float) -> None:
    """A tail is a fraction of the distribution."""
    with pytest.raises(InputError, match="alpha"):
        QaoaEngine(diagonal("cut", 4, 0), 1).tail_mean(np.zeros(2), alpha)


@pytest.mark.parametrize(("layers", "threads"), [(0, 1), (1, 0)])
def test_wrong_numbers_are_refused(layers: int, threads: int) -> None:
    """An engine has layers and threads."""
    with pytest.raises(InputError, match="expected 1 or more"):
        QaoaEngine(diagonal("cut", 4, 0), layers, threads=threads)
