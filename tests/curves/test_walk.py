"""The walk along a curve: its order, what its warm starts save on H2, and which of two results is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.curves import Step, better, walk
from qopt.errors import InputError
from qopt.optimizers.scipy import Scipy
from qopt.problems.molecular_data import shipped_geometry
from qopt.problems.molecule import Molecule
from qopt.simulate.excitations import ExcitationEngine
from qopt.starts import extrapolate, zeros
from qopt.types import Gradient


def test_four_points_are_walked_forth_and_back() -> None:
    """The first one cold, then from up to three neighbours."""
    assert walk(4) == (
        Step(0, (), "forward"),
        Step(1, (0,), "forward"),
        Step(2, (1, 0), "forward"),
        Step(3, (2, 1, 0), "forward"),
        Step(2, (3,), "backward"),
        Step(1, (2, 3), "backward"),
        Step(0, (1, 2, 3), "backward"),
    )


@given(st.integers(0, 12), st.integers(1, 5), st.booleans())
def test_a_step_begins_where_others_have_been(points: int, sources: int, backward: bool) -> None:  # noqa: FBT001 - hypothesis
    """Only at neighbours that were stepped on, from at most so many, the nearest first; and every point is reached."""
    steps = walk(points, sources=sources, backward=backward)
    for index, step in enumerate(steps):
        assert set(step.sources) <= {earlier.point for earlier in steps[:index]}
        assert [abs(source - step.point) for source in step.sources] == list(range(1, len(step.sources) + 1))
        assert len(step.sources) <= sources
        assert bool(step.sources) == (index > 0)
    assert {step.point for step in steps} == set(range(points))
    assert len(steps) == (max(2 * points - 1, 0) if backward else points)


@pytest.mark.parametrize(("points", "sources"), [(-1, 2), (3, 0)])
def test_what_is_no_walk_is_refused(points: int, sources: int) -> None:
    """Negative points, or starts from nothing."""
    with pytest.raises(InputError, match="expected 0 or more and 1 or more"):
        walk(points, sources=sources)


def test_the_lower_of_two_exact_energies_is_kept() -> None:
    """Of equal ones the first."""
    assert better((-1.0, 0.0), (-1.1, 0.0)) == 1
    assert better((-1.0, 0.0), (-0.9, 0.0)) == 0
    assert better((-1.0, 0.0), (-1.0, 0.0)) == 0


def test_a_noisy_energy_is_replaced_by_one_that_is_lower_beyond_the_noise() -> None:
    """By twice the error of the difference: the lower of two noisy values alone would be biased."""
    assert better((-1.0, 0.003), (-1.009, 0.004)) == 0
    assert better((-1.0, 0.003), (-1.011, 0.004)) == 1


class Counted:
    """Exact energies of UCCSD with gradients, and how many were asked for."""

    noisy = False

    def __init__(self, molecule: Molecule) -> None:
        self.count = len(molecule.uccsd.excitations)
        self.engine = ExcitationEngine(molecule.integrals, molecule.uccsd.excitations, self.count)
        self.asked = 0

    def gradient(self, point: np.ndarray) -> Gradient:
        """Without errors."""
        self.asked += 1
        value, gradient = self.engine.gradient(point)
        return Gradient(float(value), 0.0, gradient, np.zeros_like(gradient))


def test_warm_starts_save_a_third_of_the_evaluations_on_h2() -> None:
    """At most 70% of those from zeros, with BFGS, and every energy is the exact one to 1e-6 hartree."""
    lengths = np.linspace(0.4, 2.4, 21)
    shipped = [shipped_geometry(f"H 0 0 0; H 0 0 {length}") for length in lengths]
    molecules = [Molecule(data) for data in shipped if data is not None]
    optimizer, rng = Scipy("BFGS"), np.random.default_rng(0)
    best: dict[int, np.ndarray] = {}
    warm = cold = 0
    for step in walk(len(lengths), backward=False):
        evaluate = Counted(molecules[step.point])
        known = [(float(lengths[source]), best[source]) for source in step.sources]
        start = extrapolate(float(lengths[step.point]), known) if known else zeros(evaluate.count)
        best[step.point] = optimizer(evaluate, start, rng).point  # type: ignore[arg-type]
        if known:
            warm += evaluate.asked
            other = Counted(molecules[step.point])
            optimizer(other, zeros(other.count), rng)  # type: ignore[arg-type]
            cold += other.asked
        exact = molecules[step.point].exact()
        assert exact is not None
        assert evaluate.engine.gradient(best[step.point])[0] == pytest.approx(exact.value, abs=1e-6)
    assert warm <= 0.7 * cold
