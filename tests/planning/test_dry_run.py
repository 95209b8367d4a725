"""Counting an optimizer's jobs before it runs: the same jobs as the run itself would send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt import MaxCut, Sampled, evaluator
from qopt.errors import InputError
from qopt.execution import Execution
from qopt.execution.isa import freeze
from qopt.journal import read
from qopt.ledger import MAIN, Ledger
from qopt.objective import Expectation, constant_of
from qopt.optimizers import SPSA, MeasureStart, Scipy
from qopt.planning.dry_run import MOST_POINTS, NOISY_STEP, DryRun, Landscape, Limits, Price, computed, dry_run, invented, noise_of
from qopt.problems import graph_from_edges
from qopt.runner import execute
from qopt.spec import Spec, specify

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.types import Evaluate, Minimizer, Point

RING = MaxCut(graph_from_edges([(0, 1), (1, 2), (2, 3), (3, 0)]))
PRICE = Price(256, lambda points: 2.0 + 0.1 * points)
NONE = Limits()
ONES = np.ones(2)


def landscape_of(spec: Spec) -> Landscape:
    """The computed landscape of a run."""
    observables, constant = spec.objective.observables(spec.hamiltonian), constant_of(spec.hamiltonian)
    logical = freeze(spec.ansatz, observables, constant, sampled=spec.objective.sampled)
    return computed(spec.objective, logical, spec.problem.energies, noise_of(spec.seed, 0))


def counted(optimizer: Minimizer, *, limits: Limits = NONE, seed: int = 1) -> DryRun:
    """A dry run of two parameters on an invented landscape."""
    start = np.array([0.3, 0.7])
    landscape = invented(RING.hamiltonian(), start, PRICE.shots, noise_of(seed, 0))
    return dry_run(optimizer, start, landscape, scales=ONES, limits=limits, price=PRICE, seed=seed)


@pytest.mark.parametrize("optimizer", [SPSA(iterations=4), SPSA(iterations=2, resamplings=3)], ids=str)
def test_the_jobs_are_those_of_the_run_itself(optimizer: Minimizer, tmp_path: Path) -> None:
    """As many, and as wide, as the run sends to the simulator afterwards, where they don't depend on the noise."""
    spec = specify(RING, objective=Sampled(256), optimizer=optimizer, execution=Execution(mode="job"), name="run")
    foretold = dry_run(spec.optimizer, spec.start, landscape_of(spec), scales=spec.scales, limits=NONE, price=PRICE, seed=spec.seed)
    execute(spec, tmp_path)
    asked = Ledger(read(tmp_path / "run").records).asked
    assert foretold.jobs == tuple(len(record.points) for (stage, _), record in sorted(asked.items()) if stage == MAIN)


@given(st.integers(0, 2**32 - 1))
def test_counting_twice_gives_the_same_count(seed: int) -> None:
    """COBYLA's number of jobs depends on the noise, and the noise on the seed alone."""
    assert counted(Scipy("COBYLA"), seed=seed) == counted(Scipy("COBYLA"), seed=seed)


@pytest.mark.parametrize(("limits", "points"), [(Limits(points=26), 26), (Limits(shots=256 * 31), 30), (Limits(seconds=19.0), 32)], ids=str)
def test_a_budget_ends_it_before_the_job_that_would_overrun(limits: Limits, points: int) -> None:
    """SPSA asks 20 points and then two at a time."""
    ended = counted(SPSA(iterations=50), limits=limits)
    assert (sum(ended.jobs), ended.ended) == (points, "budget")


@given(st.floats(20.0, 100.0), st.floats(0.0, 10.0))
def test_a_budget_of_qpu_time_holds_the_final_measurement_too(seconds: float, reserve: float) -> None:
    """What was asked and what is kept for the end stay below it, and it ends the optimizer."""
    ended = counted(SPSA(iterations=100), limits=Limits(seconds=seconds, reserve=reserve))
    assert sum(map(PRICE.seconds, ended.jobs)) + reserve <= seconds
    assert ended.ended == "budget"


def test_a_gradient_is_one_job_of_all_its_points() -> None:
    """The centre and two points for each parameter, with the step of a real run."""

    def descend(evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:  # noqa: ARG001 - a minimizer's signature
        return start - evaluate.gradient(start).gradient

    assert counted(descend).jobs == (5,)
    assert NOISY_STEP == evaluator.NOISY_STEP


def test_measuring_the_start_asks_for_nothing() -> None:
    """The only job of such a run is the final one."""
    assert counted(MeasureStart()) == DryRun((), "itself")


def test_an_endless_optimizer_is_counted_up_to_a_limit() -> None:
    """And it is said that there are more."""

    def endless(evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:  # noqa: ARG001 - a minimizer's signature
        while True:
            evaluate(np.tile(start, (100, 1)))

    ended = counted(endless)
    assert (sum(ended.jobs), ended.ended) == (MOST_POINTS, "uncounted")


def test_a_failing_optimizer_is_told_as_the_user_s() -> None:
    """With its error, and no traceback through qopt."""

    def broken(evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Point:  # noqa: ARG001 - a minimizer's signature
        raise ZeroDivisionError

    with pytest.raises(InputError, match="the optimizer failed with ZeroDivisionError"):
        counted(broken)


@pytest.mark.parametrize("objective", [Sampled(512), Expectation(512)], ids=lambda objective: objective.name)
def test_the_computed_landscape_scatters_as_its_shots_say(objective: Sampled | Expectation) -> None:
    """A hundred measurements of a point agree with their mean within their standard errors, and no two are alike."""
    spec = specify(RING, objective=objective, execution=Execution(backend="aer"))
    estimate = landscape_of(spec)(np.tile(spec.start, (100, 1)))
    deviations = (estimate.values - estimate.values.mean()) / estimate.stderrs
    assert 0.8 < float(np.std(deviations)) < 1.25
    assert len(set(estimate.values.tolist())) > 10


def test_the_invented_landscape_is_smooth_and_noisy() -> None:
    """Neighbours differ by their noise, and the spread is that of the Hamiltonian."""
    start = np.array([0.3, 0.7])
    measure = invented(RING.hamiltonian(), start, 10**8, noise_of(5, 0))
    rng = np.random.default_rng(0)
    far = measure(rng.uniform(-20, 20, (2000, 2))).values
    assert float(far.std()) == pytest.approx(float(np.linalg.norm(np.real(RING.hamiltonian().coeffs))), rel=0.3)
    near = measure(start + 1e-4 * rng.normal(size=(50, 2))).values
    assert float(np.ptp(near)) < 0.01 * float(far.std())
