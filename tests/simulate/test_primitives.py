"""The exact primitives as Qiskit documents an Estimator and a Sampler, and against Qiskit's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from tests.simulate.drawing import NAMES, circuits, operators, points, state_of

from qopt import hardware_efficient, qaoa
from qopt.errors import InputError
from qopt.simulate import ExactEstimator, ExactSampler, QaoaEngine, prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal

_COST = SparsePauliOp(["IZZ", "ZZI", "ZII", "III"], [0.5, -1.25, 2.0, 0.75])


class Counted(QaoaEngine):
    """The engine for QAOA, which writes down what it is asked."""

    def __init__(self, cost: Diagonal, layers: int, *, threads: int) -> None:
        super().__init__(cost, layers, threads=threads)
        self.asked: list[str] = []

    def energies(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of the cost."""
        self.asked.append("energies")
        return super().energies(points)

    def probabilities(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of all basis states."""
        self.asked.append("probabilities")
        return super().probabilities(point)

    def samples(self, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Of basis states."""
        self.asked.append("samples")
        return super().samples(points, shots, rng)


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[Counted]:
    """The engines for QAOA that were made."""
    made: list[Counted] = []

    def counted(cost: Diagonal, layers: int, *, threads: int) -> Counted:
        made.append(Counted(cost, layers, threads=threads))
        return made[-1]

    monkeypatch.setattr(prepared, "QaoaEngine", counted)
    return made


@settings(max_examples=20)
@given(circuit=circuits(), first=operators(), second=operators(), at=points(3, 6))
def test_values_are_those_of_qiskits_own_estimator(
    circuit: QuantumCircuit, first: SparsePauliOp, second: SparsePauliOp, at: NDArray[np.float64]
) -> None:
    """Parameter values `(3, 1, n)` against observables `(2,)` give `(3, 2)`."""
    names = [NAMES.index(parameter.name) for parameter in circuit.parameters]
    pub = (circuit, [first, second], at[:3, None, names] if names else None)
    found = ExactEstimator().run([pub]).result()[0].data
    wanted = StatevectorEstimator().run([pub]).result()[0].data
    assert found.evs.shape == wanted.evs.shape
    assert np.allclose(found.evs, wanted.evs, atol=1e-12)
    assert not found.stds.any()


def test_projectors_are_observables() -> None:
    """Qiskit's observables have letters for projectors beside those of Pauli."""
    circuit = QuantumCircuit(2)
    circuit.ry(0.8, 0)
    evs = ExactEstimator().run([(circuit, ["01", "0I", "I+"])]).result()[0].data.evs
    assert evs == pytest.approx([np.sin(0.4) ** 2, 1.0, 0.5 + np.sin(0.8) / 2.0])


@given(st.integers(0, 10**6))
@settings(max_examples=5)
def test_noise_has_the_size_it_says(seed: int) -> None:
    """The scatter of 2000 values is `stds`, which is the precision times the observable's own spread in the state."""
    circuit = QuantumCircuit(1)
    circuit.ry(0.9, 0)
    data = ExactEstimator(seed=seed).run([(circuit, [["Z"]] * 2000)], precision=0.02).result()[0].data
    assert data.stds == pytest.approx(0.02 * np.sin(0.9))
    assert np.std(data.evs) == pytest.approx(data.stds[0, 0], rel=0.1)
    assert np.mean(data.evs) == pytest.approx(np.cos(0.9), abs=5 * 0.02 / np.sqrt(2000))


def test_noise_is_no_larger_than_the_precision_and_none_in_an_eigenstate() -> None:
    """A precision is what an estimate is to be good for, whatever the observable's unit."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    data = ExactEstimator(seed=1).run([(circuit, [{"IZ": 50.0}, "IX"])], precision=0.1).result()[0].data
    assert data.stds == pytest.approx([0.1, 0.0], abs=1e-8)
    assert data.evs[1] == pytest.approx(1.0)


def test_each_call_has_a_stream_of_its_own() -> None:
    """The same seed gives the same calls, and no call the noise of the one before."""
    circuit = QuantumCircuit(1)
    circuit.h(0)
    first, again = ExactEstimator(seed=7), ExactEstimator(seed=7)
    values = [float(one.run([(circuit, "Z")], precision=0.1).result()[0].data.evs) for one in (first, first, again, again)]
    assert values[:2] == values[2:]
    assert values[0] != values[1]


def test_a_pubs_precision_goes_before_the_calls() -> None:
    """As BaseEstimatorV2 documents."""
    circuit = QuantumCircuit(1)
    circuit.h(0)
    results = ExactEstimator(default_precision=0.5).run([(circuit, "Z", None, 0.25), (circuit, "Z")]).result()
    assert [float(result.data.stds) for result in results] == pytest.approx([0.25, 0.5])


def test_a_circuit_that_was_changed_in_place_is_another_one() -> None:
    """Circuits are kept between calls by what they are, not by which object."""
    circuit, estimator = QuantumCircuit(1), ExactEstimator()
    before = float(estimator.run([(circuit, "Z")]).result()[0].data.evs)
    circuit.x(0)
    assert (before, float(estimator.run([(circuit, "Z")]).result()[0].data.evs)) == (1.0, -1.0)


def test_a_circuit_is_prepared_once(engines: list[Counted]) -> None:
    """Also where an equal circuit comes in another object."""
    circuit, estimator = qaoa(_COST, 1).circuit, ExactEstimator()
    for asked in (circuit, circuit, circuit.copy()):
        estimator.run([(asked, _COST, [0.3, 0.4])]).result()
    assert [engine.asked for engine in engines] == [["energies"] * 3]


@pytest.mark.parametrize(
    ("observable", "asked"),
    [(_COST, ["energies"]), (-2.0 * _COST, ["energies"]), (SparsePauliOp("ZIZ"), ["probabilities"]), (SparsePauliOp("XII"), [])],
)
def test_qaoa_takes_its_own_engine_where_that_can_answer(engines: list[Counted], observable: SparsePauliOp, asked: list[str]) -> None:
    """A multiple of the cost by energies, another diagonal observable by probabilities, the rest by states."""
    pub = (qaoa(_COST, 2).circuit, observable, np.random.default_rng(0).uniform(-1.0, 1.0, (1, 4)))
    found = ExactEstimator().run([pub]).result()[0]
    assert [engine.asked for engine in engines] == [asked]
    assert found.metadata["engine"] == ("qaoa-numpy" if asked else "circuit-aer")
    assert np.allclose(found.data.evs, StatevectorEstimator().run([pub]).result()[0].data.evs, atol=1e-12)


@pytest.mark.parametrize("variables", [9, 12])
def test_a_qaoa_circuit_is_answered_as_if_gate_by_gate(variables: int) -> None:
    """By numpy and, above ten variables, by the kernels; samples have the mean of the exact value."""
    pairs = [("ZZ", [i, (i + step) % variables], 1.0 + 0.1 * i) for i in range(variables) for step in (1, 2)]
    cost = SparsePauliOp.from_sparse_list(pairs, variables)
    circuit, point = qaoa(cost, 2).circuit, [0.3, 0.2, 0.1, 0.25]
    found = ExactEstimator().run([(circuit, cost, point)]).result()[0]
    wanted = StatevectorEstimator().run([(circuit, cost, point)]).result()[0]
    assert found.metadata["engine"].startswith("qaoa")
    assert float(found.data.evs) == pytest.approx(float(wanted.data.evs), abs=1e-10)
    bits = ExactSampler(seed=5).run([(circuit.measure_all(inplace=False), point)], shots=4000).result()[0].data.meas
    spread = ExactEstimator(seed=1).run([(circuit, cost @ cost, point)]).result()[0].data.evs - found.data.evs**2
    assert bits.expectation_values([cost])[0] == pytest.approx(float(found.data.evs), abs=4 * float(np.sqrt(spread / 4000)))


def test_noisy_values_of_the_cost_know_their_spread(engines: list[Counted]) -> None:
    """Energies alone don't tell a variance."""
    pub = (qaoa(_COST, 1).circuit, _COST, [0.2, 0.3])
    stds = ExactEstimator(seed=1).run([pub], precision=0.01).result()[0].data.stds
    assert engines[0].asked == ["probabilities"]
    assert 0.0 < stds <= 0.01


def test_samples_of_qaoa_take_its_own_engine(engines: list[Counted]) -> None:
    """Measured circuits are recognised as well."""
    circuit = qaoa(_COST, 1).circuit.measure_all(inplace=False)
    bits = ExactSampler(seed=1).run([(circuit, [[0.1, 0.2], [0.3, 0.4]])], shots=10).result()[0].data.meas
    assert (bits.shape, bits.num_shots, engines[0].asked) == ((2,), 10, ["samples"])


def test_every_register_gets_the_bits_that_were_measured_into_it() -> None:
    """Several registers, any order, and bits that nothing is measured into."""
    qubits, left, right = QuantumRegister(4, "q"), ClassicalRegister(2, "left"), ClassicalRegister(9, "right")
    circuit = QuantumCircuit(qubits, left, right)
    circuit.x([qubits[0], qubits[3]])
    circuit.measure(qubits[0], right[8])
    circuit.measure(qubits[1], left[0])
    circuit.measure(qubits[3], left[1])
    data = ExactSampler().run([circuit]).result()[0].data
    assert data.left.get_counts() == {"10": 1024}
    assert data.right.get_counts() == {"100000000": 1024}


def test_samples_follow_the_probabilities() -> None:
    """20000 shots of a state of three qubits, within five standard errors."""
    ansatz = hardware_efficient(3, 1)
    point = np.linspace(0.3, 1.4, 6)
    circuit = ansatz.circuit.measure_all(inplace=False)
    values = [point[ansatz.parameters.index(parameter.name)] for parameter in circuit.parameters]
    counts = ExactSampler(seed=3).run([(circuit, values)], shots=20000).result()[0].data.meas.get_int_counts()
    wanted = np.abs(state_of(ansatz.circuit, ansatz.parameters, point)) ** 2
    found = np.array([counts.get(state, 0) for state in range(8)]) / 20000
    assert (np.abs(found - wanted) <= 5.0 * np.sqrt(wanted * (1.0 - wanted) / 20000) + 1e-12).all()


def _measured_early(circuit: QuantumCircuit) -> None:
    circuit.measure(0, 0)
    circuit.h(0)


def _reset(circuit: QuantumCircuit) -> None:
    circuit.measure(0, 0)
    circuit.reset(0)


def _conditional(circuit: QuantumCircuit) -> None:
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)


@pytest.mark.parametrize("append", [_measured_early, _reset, _conditional])
def test_what_has_no_final_state_is_refused(append: Any) -> None:
    """Measurements before the end, resets and conditions."""
    circuit = QuantumCircuit(2, 1)
    append(circuit)
    with pytest.raises(InputError, match="measure at the end alone"):
        ExactSampler().run([circuit]).result()


def test_a_sampler_takes_prepared_qubits_and_delays() -> None:
    """A fresh qubit may be reset or initialized, and any qubit may wait, also after it was measured."""
    circuit = QuantumCircuit(2, 2)
    circuit.reset(0)
    circuit.initialize([0.0, 1.0], 1)
    circuit.cx(1, 0)
    circuit.measure([0, 1], [0, 1])
    circuit.delay(10, 0)
    assert ExactSampler().run([circuit]).result()[0].data.c.get_counts() == {"11": 1024}


def test_a_circuit_that_measures_nothing_is_refused() -> None:
    """It has no samples."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    with pytest.raises(InputError, match="measures nothing"):
        ExactSampler().run([(circuit, [0.1])]).result()
