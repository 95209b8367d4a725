"""Properties of a state: grouped, decoded, with errors that cover, and occupation numbers. The operators are mapping's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList, SparsePauliOp, Statevector
from tests.execution.asking import ask

from qopt import Execution, Transpile
from qopt.diagonal import simplified
from qopt.errors import InputError
from qopt.execution.connect import Connections, find
from qopt.execution.isa import freeze
from qopt.objective import Expectation
from qopt.problems.active_space import Space
from qopt.problems.mapping import density_operators
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule
from qopt.programs import Program, Pub
from qopt.properties import Grouping, grouped, occupations, rdm_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORB = 5
SHOTS = 400
REPEATS = 200
"""Of the measurement, so that a scatter is known to 5%."""


@pytest.fixture(scope="module")
def molecule() -> Molecule:
    """LiH with a frozen core: 5 orbitals on 10 qubits."""
    return Molecule(shipped("lih"), space=Space(frozen_core=True), tapering=False)


@pytest.fixture(scope="module")
def operators(molecule: Molecule) -> dict[str, SparsePauliOp]:
    """What tells whether a state is one of the molecule, and the density matrix."""
    return {
        **{name: item.operator for name, item in molecule.properties().items()},
        **{f"{p},{q}": operator for (p, q), operator in density_operators(molecule.mapping).items()},
    }


@pytest.fixture(scope="module")
def state(molecule: Molecule) -> Statevector:
    """A random real state of the molecule's 2 electrons, of both spins."""
    amplitudes = np.zeros(1 << molecule.qubits)
    inside = molecule.mapping.encode(sector(molecule))
    amplitudes[inside] = np.random.default_rng(5).normal(size=len(inside))
    return Statevector(amplitudes / np.linalg.norm(amplitudes))


def sector(molecule: Molecule) -> NDArray[np.int64]:
    """The determinants with one electron of either spin."""
    norb = molecule.integrals.norb
    return np.array([1 << p | 1 << q + norb for p in range(norb) for q in range(norb)], dtype=np.int64)


def measured(grouping: Grouping, state: Statevector, shots: int, repeats: int, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """What an Estimator answers `repeats` times, one basis for each group."""
    return [means(group, state, shots, repeats, rng) for group in grouping.observables(shots)]


def means(group: tuple[SparsePauliOp, ...], state: Statevector, shots: int, repeats: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """`(repeats, m)` means of m observables over shots in the basis of their letters."""
    letters = PauliList.from_symplectic(
        *(np.any([getattr(each.paulis, part).any(axis=0) for each in group], axis=0, keepdims=True) for part in ("z", "x"))
    )[0]
    turn = QuantumCircuit(state.num_qubits)
    for qubit in np.flatnonzero(letters.x):
        if letters.z[qubit]:
            turn.sdg(qubit)
        turn.h(qubit)
    probabilities = state.evolve(turn).probabilities()
    counts = rng.multinomial(shots, probabilities / probabilities.sum(), size=repeats)
    strings = np.arange(len(probabilities))[:, None] >> np.arange(state.num_qubits) & 1
    columns = []
    for observable in group:
        held = (observable.paulis.x | observable.paulis.z).astype(int)
        columns.append((1 - 2 * (strings @ held.T % 2)) @ observable.coeffs.real)
    return counts @ np.array(columns).T / shots


@pytest.mark.parametrize("beside", [False, True])
def test_exact_values_are_those_of_the_state(
    molecule: Molecule, operators: dict[str, SparsePauliOp], state: Statevector, *, beside: bool
) -> None:
    """Without shots, whether or not a Hamiltonian is measured beside; to 1e-12."""
    groups = [group[0] for group in Expectation(100).observables(molecule.hamiltonian())] if beside else []
    grouping = grouped(operators, groups)
    evs = [np.array([[state.expectation_value(each).real for each in group]]) for group in grouping.observables(None)]
    for name, (values, stderrs) in grouping.decode(evs, None).items():
        assert values[0] == pytest.approx(state.expectation_value(operators[name]).real, abs=1e-12)
        assert stderrs[0] == 0.0


def test_density_matrix_counts_electrons(molecule: Molecule, state: Statevector) -> None:
    """Its trace is N, its eigenvalues lie between 0 and 2, and with the integrals it gives the one-body energy."""
    elements = {pq: state.expectation_value(operator).real for pq, operator in density_operators(molecule.mapping).items()}
    rdm = rdm_matrix(elements, NORB)
    assert np.trace(rdm) == pytest.approx(2.0, abs=1e-12)
    values, errors = occupations(rdm, np.zeros_like(rdm))
    assert (np.diff(values) <= 0.0).all()
    assert values.min() > -1e-12
    assert values.max() < 2.0 + 1e-12
    assert not errors.any()
    # <p|E_pq|q> of 25 amplitudes c_pq: D = c c^T + c^T c.
    amplitudes = state.data.real[molecule.mapping.encode(sector(molecule))].reshape(NORB, NORB)
    np.testing.assert_allclose(rdm, amplitudes @ amplitudes.T + amplitudes.T @ amplitudes, rtol=0, atol=1e-12)


def test_measured_values_scatter_as_their_errors_say(operators: dict[str, SparsePauliOp], state: Statevector) -> None:
    """Every operator's z has the mean 0 and the variance 1 within 5 of their own errors, over 200 measurements."""
    grouping = grouped(operators)
    evs = measured(grouping, state, SHOTS, REPEATS, np.random.default_rng(11))
    for name, (values, stderrs) in grouping.decode(evs, SHOTS).items():
        off = values - state.expectation_value(operators[name]).real
        if name in ("N", "Sz"):
            assert np.abs(off).max() < 1e-12  # an eigenstate of one group of Z: every shot says the same
            assert stderrs.max() < 1e-6
            continue
        assert abs(off.mean()) < 5 * stderrs.mean() / np.sqrt(REPEATS), name
        assert np.sqrt(np.mean(stderrs**2)) == pytest.approx(off.std(ddof=1), rel=5 / np.sqrt(2 * REPEATS)), name


def test_occupations_scatter_as_their_errors_say(molecule: Molecule, state: Statevector) -> None:
    """Well separated ones within 30% of their errors, which leave out what shots have in common; no mean is off by more than an error."""
    grouping = grouped({f"{p},{q}": operator for (p, q), operator in density_operators(molecule.mapping).items()})
    shots = 20_000
    answer = grouping.decode(measured(grouping, state, shots, REPEATS, np.random.default_rng(3)), shots)
    exact = {pq: state.expectation_value(operator).real for pq, operator in density_operators(molecule.mapping).items()}
    true, _ = occupations(rdm_matrix(exact, NORB), np.zeros((NORB, NORB)))
    found = []
    for repeat in range(REPEATS):
        values, errors = ({pq: answer[f"{pq[0]},{pq[1]}"][part][repeat] for pq in exact} for part in (0, 1))
        found.append(occupations(rdm_matrix(values, NORB), rdm_matrix(errors, NORB)))
    values, errors = (np.array(part) for part in zip(*found, strict=True))
    assert (np.abs(values.mean(axis=0) - true) < errors.mean(axis=0)).all()
    ratio = np.sqrt(np.mean(errors**2, axis=0)) / np.sqrt(np.mean((values - true) ** 2, axis=0))
    assert (ratio > 0.7).all()
    assert (ratio < 2.0).all()


def test_equal_occupations_get_the_error_of_their_block() -> None:
    """Noise splits five equal eigenvalues; the errors cover the lowest and the highest of them."""
    rng = np.random.default_rng(9)
    stderrs = np.full((5, 5), 0.01)
    covered = []
    for _ in range(REPEATS):
        noise = np.triu(rng.normal(scale=0.01, size=(5, 5)))
        values, errors = occupations(np.eye(5) + noise + np.triu(noise, 1).T, stderrs)
        assert errors == pytest.approx(0.05)
        covered.append(np.abs(values - 1.0) < errors)
    assert np.mean(covered, axis=0).min() > 0.68


def test_first_order_is_the_derivative(molecule: Molecule, state: Statevector) -> None:
    """The error of each eigenvalue is the root sum of squares of what each element's error moves it by."""
    exact = {pq: state.expectation_value(operator).real for pq, operator in density_operators(molecule.mapping).items()}
    rdm = rdm_matrix(exact, NORB)
    stderrs = rdm_matrix({pq: 1e-5 * (1 + pq[0] + 2 * pq[1]) for pq in exact}, NORB)
    values, errors = occupations(rdm, stderrs)
    moves = []
    for pq in exact:
        step = rdm_matrix({pq: stderrs[pq]}, NORB)
        moves.append(occupations(rdm + step, 0 * step)[0] - values)
    np.testing.assert_allclose(errors, np.linalg.norm(moves, axis=0), rtol=1e-3)


@given(st.integers(1, 5), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_groups_commute_qubit_by_qubit_and_add_up(qubits: int, terms: int, seed: int) -> None:
    """For random operators: each string in one group, the parts add up to the operator, squares are squares."""
    rng = np.random.default_rng(seed)
    operators = {name: random_operator(qubits, terms, rng) for name in "ab"}
    beside = [group[0] for group in Expectation(2).observables(random_operator(qubits, terms, rng))]
    grouping = grouped(operators, beside)
    for name, operator in operators.items():
        parts = [part.operator for group in grouping.groups for part in group if part.name == name]
        total = SparsePauliOp.sum([SparsePauliOp("I" * qubits, [grouping.constants[name]]), *parts])
        assert same(total, operator)
    for index, (group, observables) in enumerate(zip(grouping.groups, grouping.observables(2), strict=True)):
        held = [part.operator for part in group] + beside[index : index + 1]
        union = PauliList([pauli for operator in held for pauli in operator.paulis]) if held else None
        assert union is None or len(union.group_commuting(qubit_wise=True)) == 1
        for part, square in zip(group, observables[1::2], strict=True):
            assert same(square, part.operator @ part.operator)
    assert grouping.observables(2) == grouped(operators, beside).observables(2)


def random_operator(qubits: int, terms: int, rng: np.random.Generator) -> SparsePauliOp:
    """Pauli strings at random, equal ones possible."""
    labels = ["".join(rng.choice(list("IXYZ"), size=qubits)) for _ in range(terms)]
    return SparsePauliOp(labels, rng.normal(size=terms))


def same(one: SparsePauliOp, other: SparsePauliOp) -> bool:
    """Whether two operators are equal up to rounding."""
    return bool(np.abs(simplified(one - other).coeffs).max(initial=0.0) < 1e-12)


def test_a_constant_needs_no_measurement() -> None:
    """A multiple of the identity has a value without an error, and no group."""
    grouping = grouped({"one": SparsePauliOp("II", [3.0])})
    assert grouping.observables(100) == grouping.observables(None) == ()
    values, stderrs = grouping.decode([], 100)["one"]
    assert (values.tolist(), stderrs.tolist()) == ([3.0], [0.0])


def test_conserved_elements_have_no_terms() -> None:
    """In a tapered sector, what changes a symmetry is 0 times the identity: of 5 orbitals of LiH two are pi and mix with no other."""
    tapered = Molecule(shipped("lih"), space=Space(frozen_core=True))
    empty = {pq for pq, operator in density_operators(tapered.mapping).items() if not operator.coeffs.any()}
    assert len(empty) == 7


def test_mitigated_values_take_the_estimators_errors() -> None:
    """What the Estimator says of each group is added up in quadrature."""
    grouping = grouped({"a": SparsePauliOp(["XI", "ZZ"], [1.0, 2.0])})
    evs = [np.array([[0.5, 1.0]]), np.array([[0.1, 4.0]])]
    stds = [np.array([[0.3, 9.0]]), np.array([[0.4, 9.0]])]
    values, stderrs = grouping.decode(evs, 100, stds=stds)["a"]
    assert values[0] == pytest.approx(0.6)
    assert stderrs[0] == pytest.approx(0.5)


def test_one_job_of_an_estimator_measures_them_all() -> None:
    """A PUB for each group, laid out and frozen as the energy's are; every value within 5 of its errors of the state's."""
    molecule = Molecule(shipped("h2"), tapering=False)
    ansatz, point = molecule.ansatz(), np.array([[0.1, -0.3, 0.2]])
    operators = {"H": molecule.hamiltonian(), **{name: item.operator for name, item in molecule.properties().items()}}
    grouping = grouped(operators)
    execution = Execution(backend="aer")
    device = find(execution, exact=False)
    logical = freeze(ansatz, grouping.observables(1000), 0.0, sampled=False)
    frozen = device.prepare(logical, Transpile(level=1))
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    program = Program(tuple(Pub(frozen, point, group, 1000) for group in frozen.groups), 3)
    evs = [np.asarray(answer["evs"], dtype=float) for answer in ask(executor, program)]
    connections.close()
    state = Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point[0], strict=True))))
    for name, (values, stderrs) in grouping.decode(evs, 1000).items():
        exact = state.expectation_value(operators[name]).real
        assert abs(values[0] - exact) < 5 * stderrs[0] + 1e-9, name
        assert stderrs[0] < 1e-12 or name not in ("N", "Sz"), name  # they are conserved, each is a sum of Z


@pytest.mark.parametrize(
    ("operators", "words"),
    [
        ({"a": SparsePauliOp("X"), "b": SparsePauliOp("XX")}, "the same number for all"),
        ({"a": SparsePauliOp("X", [1j])}, "complex coefficients"),
    ],
)
def test_what_can_not_be_grouped_is_refused(operators: dict[str, SparsePauliOp], words: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=words):
        grouped(operators)


def test_answers_of_another_shape_are_refused() -> None:
    """Also such that lack the squares."""
    grouping = grouped({"a": SparsePauliOp("X")})
    with pytest.raises(InputError, match=r"expected \(k, m\) with m of \[2\]"):
        grouping.decode([np.zeros((3, 1))], 100)
    with pytest.raises(InputError, match="expected two symmetric ones"):
        occupations(np.array([[1.0, 0.5], [0.0, 1.0]]), np.zeros((2, 2)))
