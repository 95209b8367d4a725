"""Points to programs and data to estimates: hand cases, and properties against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qopt import Exact, Expectation, InputError, Sampled
from qopt.objective import check_finite, constant_of, with_terms, without_identity
from qopt.programs import Frozen
from qopt.types import Estimate

H2 = SparsePauliOp.from_list([("II", -0.33), ("IZ", 0.398), ("ZI", -0.398), ("ZZ", -0.0113), ("XX", 0.181)])


def test_cvar_takes_the_boundary_outcome_by_its_fraction() -> None:
    """Values 1 to 4, equally often, maximised: the best 0.4 average 3.625 (energies are minus the values)."""
    value, _ = Sampled(4000, cvar=0.4).estimate(np.array([-1.0, -2.0, -3.0, -4.0]), np.array([1000, 1000, 1000, 1000]))
    assert value == pytest.approx(-3.625)


@given(
    st.lists(st.tuples(st.floats(-100, 100), st.integers(1, 50)), min_size=1, max_size=20).filter(lambda rows: sum(n for _, n in rows) > 1)
)
def test_alpha_one_is_the_mean_with_its_standard_error(rows: list[tuple[float, int]]) -> None:
    """As numpy says of the same values written out."""
    energies, counts = np.array([value for value, _ in rows]), np.array([count for _, count in rows])
    everything = np.repeat(energies, counts)
    value, stderr = Sampled(len(everything), 1.0).estimate(energies, counts)
    assert value == pytest.approx(everything.mean(), abs=1e-9)
    assert stderr == pytest.approx(everything.std(ddof=1) / np.sqrt(len(everything)), abs=1e-6)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), st.floats(0.01, 1.0))
def test_cvar_is_the_mean_of_the_lowest_shots(values: list[float], alpha: float) -> None:
    """Every shot written out and sorted, the last one needed counted by its fraction."""
    energies = np.array(values)
    value, stderr = Sampled(4096, alpha).estimate(energies, np.ones(len(values), dtype=np.int64))
    weights = np.clip(alpha * len(values) - np.arange(len(values)), 0.0, 1.0)
    assert value == pytest.approx(np.sort(energies) @ weights / weights.sum(), abs=1e-6)
    assert stderr >= 0.0


def test_groups_measure_what_commutes_qubit_by_qubit() -> None:
    """H2 needs two bases, and each group comes with its square."""
    groups = Expectation().observables(H2)
    assert len(groups) == 2
    for single, square in groups:
        assert (single @ single - square).simplify() == SparsePauliOp(["II"], [0.0])


def test_groups_and_constant_add_up_to_the_hamiltonian() -> None:
    """Nothing is lost and nothing counted twice."""
    total = constant_of(H2) * SparsePauliOp("II")
    for single, _ in Expectation().observables(H2):
        total = total + single
    assert (total - H2).simplify() == SparsePauliOp(["II"], [0.0])


def test_terms_stand_behind_their_group() -> None:
    """One by one, with their coefficients, and they add up to it."""
    for whole, (single, square, *terms) in zip(Expectation().observables(H2), with_terms(Expectation().observables(H2)), strict=True):
        assert (single, square) == whole
        assert all(len(term) == 1 for term in terms)
        assert sum(terms[1:], terms[0]).simplify() == single.simplify()


PAIR = SparsePauliOp.from_list([("IZ", 1.0), ("ZI", 0.5)])


def mitigated(expectations: tuple[float, float, float], growth: float, *, terms: bool = True) -> float:
    """The error of <Z0> + 0.5 <Z1>, given <Z0>, <Z1> and <Z0 Z1>, where each term's error has grown by a factor."""
    first, second, both = expectations
    objective = Expectation(1001)
    groups = objective.observables(PAIR)
    frozen = Frozen(QuantumCircuit(2), (), (0, 1), (0, 1), with_terms(groups) if terms else groups, 0.0)
    errors = [np.sqrt((1.0 - first**2) / 1000), 0.5 * np.sqrt((1.0 - second**2) / 1000)]
    evs = np.array([[first + 0.5 * second, 1.25 + both, first, 0.5 * second]])
    stds = growth * np.array([[np.hypot(*errors), 0.1, *errors]])
    keep = slice(None) if terms else slice(2)
    estimate = objective.decode(frozen, [{"evs": evs[:, keep], "stds": stds[:, keep]}], lambda bits: bits[:, 0].astype(float))
    return float(estimate.stderrs[0])


def shot_noise(expectations: tuple[float, float, float]) -> float:
    """Of <Z0> + 0.5 <Z1> from 1,001 shots, with the covariance of the two."""
    first, second, both = expectations
    return float(np.sqrt((1.25 + both - (first + 0.5 * second) ** 2) / 1000))


@pytest.mark.parametrize("expectations", [(0.2, 0.5, 0.3), (0.2, 0.5, -0.2), (0.0, 0.0, 0.0)])
def test_mitigated_errors_keep_the_covariance_of_terms(expectations: tuple[float, float, float]) -> None:
    """Where mitigation adds nothing the error is that of the shots; where it doubles each term's, it doubles."""
    assert mitigated(expectations, 1.0) == pytest.approx(shot_noise(expectations))
    assert mitigated(expectations, 2.0) == pytest.approx(2.0 * shot_noise(expectations))


def test_mitigated_errors_are_never_nothing() -> None:
    """A mitigated moment may say that there is no spread, and below: then the terms' errors add up."""
    errors = [np.sqrt((1.0 - 0.9**2) / 1000), 0.5 * np.sqrt((1.0 - 0.9**2) / 1000)]
    assert mitigated((0.9, 0.9, 0.1), 1.0) == pytest.approx(sum(errors))


def test_without_terms_the_whole_group_s_error_is_taken() -> None:
    """As the Estimator gave it."""
    errors = [np.sqrt((1.0 - 0.2**2) / 1000), 0.5 * np.sqrt((1.0 - 0.5**2) / 1000)]
    assert mitigated((0.2, 0.5, 0.3), 3.0, terms=False) == pytest.approx(3.0 * np.hypot(*errors))


def test_a_constant_has_nothing_to_measure() -> None:
    """The identity alone leaves no operator."""
    assert without_identity(SparsePauliOp(["II", "ZZ"], [3.0, 0.0])) is None
    assert Exact().observables(SparsePauliOp("II")) == ()


@pytest.mark.parametrize(("bad", "where"), [({"shots": 1}, ("shots",)), ({"cvar": 0.0}, ("cvar",)), ({"cvar": 1.1}, ("cvar",))])
def test_impossible_options_are_refused_with_their_key(bad: dict[str, float], where: tuple[str]) -> None:
    """An error names the config key that it is about."""
    with pytest.raises(InputError) as refusal:
        Sampled(**bad)
    assert refusal.value.where == where


def test_what_is_not_a_number_is_not_believed() -> None:
    """A NaN from a backend stops the run instead of leading the optimizer astray."""
    with pytest.raises(Exception, match="expected finite numbers"):
        check_finite(Estimate(np.array([np.nan]), np.array([0.1])))
