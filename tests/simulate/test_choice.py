"""Which engine computes what: by what the circuit is, whoever made it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector
from tests.execution.asking import ask

import qopt
from qopt.ansatze.overlap import overlap_circuit
from qopt.assemble import physics
from qopt.config import molecules as models
from qopt.execution.connect import Connections, find
from qopt.execution.frozen import load, save
from qopt.execution.isa import freeze, unrolled
from qopt.objective import Exact
from qopt.overlaps import ExactOverlap
from qopt.problems.excitation_product import ExcitationProduct, OverlapProduct
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Mapper, Molecule
from qopt.programs import Program, Pub, to_counts
from qopt.simulate import choose, circuits

if TYPE_CHECKING:
    from pathlib import Path

COST = SparsePauliOp(["IIZZ", "IZIZ", "ZIIZ", "IIIZ", "ZZZI", "IIII"], [0.5, -0.7, 0.25, 0.3, 1.1, 2.0])


def computed(ansatz: qopt.Ansatz, hamiltonian: SparsePauliOp, point: np.ndarray) -> float:
    """The energy by Qiskit's own statevector."""
    bound = ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True)))
    return float(Statevector(bound).expectation_value(hamiltonian).real)


@given(st.lists(st.floats(-7, 7), min_size=4, max_size=4))
def test_qaoa_is_recognised_and_computed(angles: list[float]) -> None:
    """Fields, couplings, a product of three and a constant, at any angles."""
    ansatz, point = qopt.qaoa(COST, 2), np.array(angles)
    engine = choose(ansatz.circuit, ansatz.parameters, COST).engine()
    assert engine.name.startswith("qaoa")
    assert engine.energies(point[None, :])[0] == pytest.approx(computed(ansatz, COST, point), abs=1e-10)


@given(st.lists(st.floats(-7, 7), min_size=4, max_size=4))
def test_parameters_in_another_order_are_other_parameters(angles: list[float]) -> None:
    """The betas first, as a custom ansatz may write them; the gradient follows."""
    ansatz = qopt.qaoa(COST, 2)
    turned, point = replace(ansatz, parameters=(*ansatz.parameters[2:], *ansatz.parameters[:2])), np.array(angles)
    energy, slopes = choose(turned.circuit, turned.parameters, COST).engine().gradient(point)
    expected, plain = choose(ansatz.circuit, ansatz.parameters, COST).engine().gradient(np.roll(point, 2))
    assert energy == pytest.approx(computed(turned, COST, point), abs=1e-10)
    assert energy == pytest.approx(expected, abs=1e-10)
    assert slopes == pytest.approx(np.roll(plain, 2), abs=1e-9)


def test_a_multiple_of_the_cost_is_computed_by_its_engine() -> None:
    """With the factor and the constant."""
    ansatz, point = qopt.qaoa(COST, 1), np.array([0.4, -0.8])
    other = -2.5 * COST + SparsePauliOp("IIII", 3.0)
    engine = choose(ansatz.circuit, ansatz.parameters, other).engine()
    assert engine.name.startswith("qaoa")
    assert engine.energies(point[None, :])[0] == pytest.approx(computed(ansatz, other, point), abs=1e-10)


def test_an_ansatz_that_was_changed_is_not_taken_for_qaoa() -> None:
    """One more gate, and it goes gate by gate."""
    ansatz = qopt.qaoa(COST, 1)
    circuit = ansatz.circuit.copy()
    circuit.rx(0.3, 0)
    changed, point = replace(ansatz, circuit=circuit), np.array([0.4, -0.8])
    engine = choose(changed.circuit, changed.parameters, COST).engine()
    assert engine.name.startswith("circuit")
    assert engine.energies(point[None, :])[0] == pytest.approx(computed(changed, COST, point), abs=1e-10)


@pytest.mark.parametrize("other", [COST + SparsePauliOp(["IIIZ"], [0.1]), SparsePauliOp(["IIXX", "ZIII"], [1.0, 0.5])])
def test_another_hamiltonian_is_computed_by_the_circuit(other: SparsePauliOp) -> None:
    """What is measured counts as well as the circuit."""
    ansatz, point = qopt.qaoa(COST, 1), np.array([0.4, -0.8])
    engine = choose(ansatz.circuit, ansatz.parameters, other).engine()
    assert engine.name.startswith("circuit")
    assert engine.energies(point[None, :])[0] == pytest.approx(computed(ansatz, other, point), abs=1e-10)


@pytest.mark.parametrize("mapper", ["jordan-wigner", "parity", "bravyi-kitaev"])
@pytest.mark.parametrize("tapering", [True, False])
def test_excitations_are_computed_as_their_circuit_says(mapper: Mapper, *, tapering: bool) -> None:
    """Energies and slopes in every mapping are those of Qiskit's statevector, and samples are read in the qubits of the mapping."""
    molecule = Molecule(shipped("h4"), mapper=mapper, tapering=tapering)
    ansatz, hamiltonian = molecule.ansatz(), molecule.hamiltonian()
    point = 0.3 * np.cos(np.arange(len(ansatz.parameters)))
    engine = choose(ansatz.circuit, ansatz.parameters, hamiltonian, ansatz.product).engine()
    assert engine.name.startswith("excitations")
    energy, slopes = engine.gradient(point)
    assert energy == pytest.approx(computed(ansatz, hamiltonian, point), abs=1e-10)
    step = np.zeros(len(point))
    step[1] = 1e-5
    ahead, behind = (computed(ansatz, hamiltonian, point + sign * step) for sign in (1, -1))
    assert slopes[1] == pytest.approx((ahead - behind) / 2e-5, abs=1e-8)
    bound = ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True)))
    likely = Statevector(bound).probabilities()
    states = engine.samples(point[None, :], 4000, np.random.default_rng(1))[0]
    found = np.bincount(states, minlength=len(likely)) / 4000
    np.testing.assert_allclose(found, likely, rtol=0, atol=0.04)


def test_a_product_that_is_not_the_circuit_is_left_aside() -> None:
    """A gate more, another order, other integrals or a Hamiltonian with a term more: the circuit itself is computed."""
    molecule = Molecule(shipped("h4"), mapper="parity")
    ansatz, hamiltonian = molecule.ansatz(), molecule.hamiltonian()
    assert ansatz.product is not None
    point = 0.3 * np.cos(np.arange(len(ansatz.parameters)))
    circuit = ansatz.circuit.copy()
    circuit.rx(0.3, 0)
    field = SparsePauliOp("Z" + "I" * (molecule.qubits - 1), 0.1)
    backwards = tuple(replace(one, parameter=k) for k, one in enumerate(reversed(ansatz.product.excitations)))
    halved = replace(molecule.integrals, one_body=molecule.integrals.one_body / 2)
    for changed, product, operator in (
        (replace(ansatz, circuit=circuit), ansatz.product, hamiltonian),
        (ansatz, replace(ansatz.product, excitations=backwards), hamiltonian),
        (ansatz, replace(ansatz.product, integrals=halved), hamiltonian),
        (ansatz, ansatz.product, hamiltonian + field),
        (replace(ansatz, parameters=ansatz.parameters[::-1]), ansatz.product, hamiltonian),
    ):
        engine = choose(changed.circuit, changed.parameters, operator, product).engine()
        assert engine.name.startswith("circuit")
        assert engine.energies(point[None, :])[0] == pytest.approx(computed(changed, operator, point), abs=1e-10)
    shifted = choose(ansatz.circuit, ansatz.parameters, hamiltonian + 2.5 * SparsePauliOp("I" * molecule.qubits), ansatz.product).engine()
    assert shifted.name.startswith("excitations")
    assert shifted.energies(point[None, :])[0] == pytest.approx(computed(ansatz, hamiltonian, point) + 2.5, abs=1e-10)


@pytest.mark.parametrize("sampled", [False, True])
def test_a_circuit_that_was_frozen_is_still_that_of_its_excitations(tmp_path: Path, *, sampled: bool) -> None:
    """Unrolled, measured or not, written and read: what runs is computed by the engine that the result names."""
    molecule = Molecule(shipped("h4"))
    ansatz = molecule.ansatz()
    frozen = unrolled(freeze(ansatz, Exact().observables(molecule.hamiltonian()), 0.0, sampled=sampled))
    loaded = load(tmp_path, *save(frozen, tmp_path))
    chosen = choose(loaded.circuit, loaded.parameters, loaded.groups[0][0], ansatz.product)
    assert chosen.name == "excitations-numpy"


def test_samples_of_excitations_on_the_statevector_come_from_their_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measured circuit whose strings have energies: nothing goes gate by gate."""
    molecule = Molecule(shipped("h4"))
    ansatz = molecule.ansatz()
    point = 0.3 * np.cos(np.arange(len(ansatz.parameters)))
    frozen = replace(freeze(ansatz, (), 0.0, sampled=True), cost=molecule.hamiltonian())
    monkeypatch.setattr(circuits, "CircuitEngine", None)
    execution = qopt.Execution(backend="statevector")
    executor = Connections().open(find(execution, exact=False), execution, frozen)
    (data,) = ask(executor, Program((Pub(frozen, point[None, :], (), 4000),), 1))
    found = to_counts(data["samples"][0], molecule.qubits)
    bound = ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True)))
    likely = {string[::-1]: share for string, share in Statevector(bound).probabilities_dict().items()}
    for string in likely.keys() | found.keys():
        assert found.get(string, 0) / 4000 == pytest.approx(likely.get(string, 0.0), abs=0.04)


@pytest.mark.parametrize("mapper", ["jordan-wigner", "parity"])
def test_overlaps_of_excitations_are_those_of_the_circuit(mapper: Mapper) -> None:
    """Values and slopes by both engines, of unlike states and of the same."""
    molecule = Molecule(shipped("h2"), mapper=mapper)
    ansatz = kupccgsd_of(molecule)
    assert isinstance(ansatz.product, ExcitationProduct)
    overlap = replace(overlap_circuit(ansatz), product=OverlapProduct(ansatz.product))
    ((projector,),) = ExactOverlap().observables(molecule.hamiltonian())
    chosen = choose(overlap.circuit, overlap.parameters, projector, overlap.product)
    assert chosen.name.startswith("excitations")
    engine, plain = chosen.engine(), circuits.CircuitEngine(overlap.circuit, overlap.parameters, projector)
    rng = np.random.default_rng(4)
    points = rng.normal(size=(3, len(overlap.parameters)))
    points[2, len(ansatz.parameters) :] = points[2, : len(ansatz.parameters)]
    energies, slopes = engine.gradients(points)
    np.testing.assert_allclose(energies, plain.energies(points), rtol=0, atol=1e-9)
    np.testing.assert_allclose(energies, engine.energies(points), rtol=0, atol=1e-12)
    assert energies[2] == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(slopes, plain.gradients(points)[1], rtol=0, atol=1e-8)


def kupccgsd_of(molecule: Molecule) -> qopt.Ansatz:
    """Several parameters, also where there are two electrons."""
    return physics.ansatz_of(models.KUpccgsdAnsatz(type="kupccgsd", k=2), molecule)
