"""What courses measure is what they say: gradients of pools, overlaps of levels, and why growth stops."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

import qopt
from qopt import simulate
from qopt.assemble import physics
from qopt.config import molecules as models
from qopt.courses import Deflation
from qopt.courses.commutators import commutators
from qopt.errors import InputError
from qopt.journal import Answered, read
from qopt.optimizers import SPSA, Scipy
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Mapper, Molecule
from qopt.simulate import choose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qopt.ansatze import Ansatz
    from qopt.courses import Adapt
    from qopt.types import Result

POOLS = pytest.mark.parametrize("pool", ["uccsd", "generalised", "qubit"])


def grown(molecule: Molecule, **options: Any) -> tuple[Ansatz, Adapt]:
    """Where growth begins, and how it goes on."""
    config = models.AdaptAnsatz(type="adapt", **options)
    return physics.ansatz_of(config, molecule), physics.adapt_of(config, molecule)


def state_of(ansatz: Ansatz, point: np.ndarray) -> Statevector:
    """By Qiskit."""
    return Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True))))


@POOLS
@pytest.mark.parametrize("mapper", ["jordan-wigner", "parity"])
def test_commutators_are_the_gradients_of_the_pool(pool: str, mapper: Mapper) -> None:
    """`<i [G, H]>` in a grown state is the slope of the energy by the angle of one more operator behind it."""
    molecule = Molecule(shipped("h4"), mapper=mapper)
    _, adapt = grown(molecule, pool=pool)
    chosen, point = [0, 5, 2], np.array([0.2, -0.3, 0.4])
    state = state_of(adapt.pool.ansatz(chosen), point)
    count = min(len(adapt.elements), 20)
    longer = adapt.pool.ansatz([*chosen, *range(count)])
    _, slopes = (
        choose(longer.circuit, longer.parameters, molecule.hamiltonian(), longer.product)
        .engine()
        .gradient(np.append(point, np.zeros(count)))
    )
    grouping = commutators(molecule.hamiltonian(), [adapt.pool.generator(index) for index in range(count)])
    found = grouping.decode(
        [np.array([[state.expectation_value(one).real for one in group] for group in grouping.observables(None)])], None
    )
    assert [found[str(index)][0][0] for index in range(count)] == pytest.approx(slopes[-count:], abs=1e-9)


def pool_of(home: Path, call: int) -> Answered:
    """What was measured of a pool."""
    return next(record for record in read(home).records if isinstance(record, Answered) and (record.stage, record.call) == ("pool", call))


def test_measured_gradients_are_right_within_their_errors(tmp_path: Path) -> None:
    """Over seeds; the largest is the one that is reported."""
    molecule = Molecule(shipped("h2"), mapper="jordan-wigner", tapering=False)
    ansatz, adapt = grown(molecule, pool="qubit", operators=1)
    state = state_of(ansatz, np.zeros(0))
    hamiltonian = Operator(molecule.hamiltonian())
    generators = [Operator(adapt.pool.generator(index)) for index in range(len(adapt.elements))]
    exact = np.array([state.expectation_value(1j * (one @ hamiltonian - hamiltonian @ one)).real for one in generators])
    assert np.abs(exact).max() > 0.1
    deviations = []
    for seed in range(4):
        result = qopt.run(
            molecule,
            ansatz=ansatz,
            course=adapt,
            objective=qopt.Expectation(300),
            optimizer=SPSA(iterations=1),
            seed=seed,
            folder=tmp_path,
            name=f"run-{seed}",
        )
        answered = pool_of(tmp_path / f"run-{seed}", 0)
        values, stderrs = np.array(answered.values), np.array(answered.stderrs)
        assert result.course is not None
        assert result.course["gradients"][0] == pytest.approx(np.abs(values).max())
        noisy = stderrs > 1e-9
        np.testing.assert_allclose(values[~noisy], exact[~noisy], rtol=0, atol=1e-9)
        deviations += ((values - exact)[noisy] / stderrs[noisy]).tolist()
    assert len(deviations) > 10
    assert np.abs(deviations).max() < 5
    assert 0.5 < np.sqrt(np.mean(np.square(deviations))) < 1.6


def adapted(tmp_path: Path, name: str, *, tapering: bool = True, **options: Any) -> Result:
    """A run of ADAPT with exact energies."""
    molecule = Molecule(shipped(name), tapering=tapering)
    ansatz, adapt = grown(molecule, **options)
    return qopt.run(molecule, ansatz=ansatz, course=adapt, objective=qopt.Exact(), folder=tmp_path)


@pytest.mark.parametrize("pool", ["uccsd", "generalised", "qubit"])
def test_growth_says_why_it_stops(tmp_path: Path, pool: str) -> None:
    """H2 needs one operator; then no gradient is left, and the energy is the exact one."""
    result = adapted(tmp_path, "h2", pool=pool, tapering=False)
    assert result.converged
    assert "largest gradient" in result.status
    assert "below 0.001" in result.status
    assert result.course is not None
    assert len(result.course["operators"]) == len(result.parameters) == len(result.point)
    assert result.reference is not None
    assert result.value == pytest.approx(result.reference.value, abs=1e-6)
    energies = result.course["energies"]
    assert all(after <= before + 1e-9 for before, after in pairwise(energies))


def test_a_limit_of_operators_is_no_convergence(tmp_path: Path) -> None:
    """And the sentence says what the gradient still was."""
    result = adapted(tmp_path, "h4", operators=2)
    assert not result.converged
    assert "2 operators were allowed, the largest gradient is still" in result.status
    assert len(result.parameters) == 2


def test_tetris_adds_operators_that_share_nothing(tmp_path: Path) -> None:
    """Several in a step, so there are fewer steps than operators, and the energy is no worse than that of as many one by one by much."""
    result = adapted(tmp_path, "h4", pool="generalised", tetris=True, operators=8)
    assert result.course is not None
    assert len(result.course["energies"]) < len(result.course["operators"])
    one = adapted(tmp_path, "h4", pool="generalised", operators=len(result.course["operators"]))
    assert result.value - one.value < 5e-3


def test_levels_are_what_they_are_measured_to_be(tmp_path: Path) -> None:
    """With shots: each level's value and properties are those of the state at its point, within errors, whatever the optimizer found."""
    molecule = Molecule(shipped("h2"), mapper="parity", tapering=False)
    ansatz = qopt.hardware_efficient(2, reps=2)
    result = qopt.run(
        molecule,
        ansatz=ansatz,
        course=Deflation(3, tries=1),
        objective=qopt.Expectation(1000),
        optimizer=Scipy("COBYLA", {"maxiter": 25}),
        seed=5,
        folder=tmp_path,
    )
    assert len(result.levels) == 3
    for level in result.levels:
        operators = [molecule.hamiltonian(), *(molecule.properties()[name].operator for name in ("N", "S2"))]
        exact = simulate.expectations(ansatz.circuit, np.array([level.point]), operators)[0]
        measured = [(level.value, level.stderr), *((level.properties[name].value, level.properties[name].stderr) for name in ("N", "S2"))]
        for (value, stderr), expected in zip(measured, exact, strict=True):
            assert abs(value - expected) < 5 * stderr + 1e-9
    assert result.value == result.levels[0].value
    assert result.course is not None
    assert [len(row) for row in result.course["overlaps"]] == [1, 2]
    assert [len(row) for row in result.course["weights"]] == [1, 2]


def test_levels_that_are_not_kept_apart_are_doubted(tmp_path: Path) -> None:
    """A penalty that is far too small finds the ground state again, and the result says so."""
    molecule = Molecule(shipped("h2"), mapper="parity", tapering=False)
    result = qopt.run(
        molecule,
        ansatz=qopt.hardware_efficient(2, reps=2),
        course=Deflation(2, weight=1e-3),
        objective=qopt.Exact(),
        seed=7,
        folder=tmp_path,
    )
    assert result.course is not None
    assert result.course["overlaps"][0][0] > 0.5
    assert result.warnings


def test_tetris_adds_no_more_operators_than_are_allowed(tmp_path: Path) -> None:
    """Also where more of them share nothing."""
    result = adapted(tmp_path, "h4", pool="generalised", tetris=True, operators=3)
    assert result.course is not None
    assert len(result.course["operators"]) == len(result.parameters) == 3
    assert "3 operators were allowed" in result.status


def test_levels_of_a_circuit_without_parameters_are_refused(tmp_path: Path) -> None:
    """It has one state; nothing is written."""
    circuit = QuantumCircuit(2)
    circuit.x(0)
    with pytest.raises(InputError, match="the ansatz has no parameters, levels above the ground state need some") as refused:
        qopt.run(
            Molecule(shipped("h2"), mapper="parity", tapering=False),
            ansatz=qopt.Ansatz(circuit, (), "fixed"),
            course=Deflation(2),
            objective=qopt.Exact(),
            folder=tmp_path,
        )
    assert refused.value.where == ("ansatz",)
    assert not list(tmp_path.iterdir())


def stay(evaluate: Callable[[Any], object], start: np.ndarray, rng: object) -> np.ndarray:  # noqa: ARG001 - the protocol's
    """An optimizer that takes one and the same point for every level."""
    point = np.full(len(start), 0.1)
    evaluate(point[None, :])
    return point


def warnings_of(tmp_path: Path, molecule: Molecule, ansatz: Ansatz) -> list[str]:
    """Of two levels that are one and the same point."""
    result = qopt.run(molecule, ansatz=ansatz, course=Deflation(2, tries=1), objective=qopt.Exact(), optimizer=stay, folder=tmp_path)
    assert len(result.levels) == 2
    return [warning for warning in result.warnings if warning.startswith("level 1")]


def test_a_level_with_another_number_of_electrons_says_so(tmp_path: Path) -> None:
    """What the levels conserve is looked at, their total spin is not."""
    molecule = Molecule(shipped("h2"), mapper="jordan-wigner", tapering=False)
    found = warnings_of(tmp_path, molecule, qopt.hardware_efficient(4, reps=1))
    assert any(re.match(r"level 1: N is \d+\.\d+, expected 2: ", warning) for warning in found)
    assert not any("S2" in warning for warning in found)


def test_a_level_below_the_exact_one_says_so(tmp_path: Path) -> None:
    """Near the ground state, where the next level is far above; its own numbers are right."""
    molecule = Molecule(shipped("h2"), mapper="jordan-wigner", tapering=False)
    found = warnings_of(tmp_path, molecule, molecule.ansatz())
    assert "level 1 lies below the exact one: it holds some of a lower level, or is of other electrons" in found
    assert not any(warning.startswith("level 1:") for warning in found)
