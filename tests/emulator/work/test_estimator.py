"""Jobs of the legacy Estimator, from what the client sends to what it makes of the answer."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from tests.emulator.work import posts

from qopt.emulator.work import Work, perform

BACKENDS = ["fake_manila", "ibm_fez"]
HAMILTONIAN = SparsePauliOp(["ZZII", "IXXI", "YIIY", "IIIZ", "XIXI"], [1.0, 2.0, -3.0, 0.5, 0.25])
RAW = {"resilience_level": 0}


def laid_out(circuit: QuantumCircuit, *observables: SparsePauliOp) -> list[SparsePauliOp]:
    """The observables on the qubits that the compiler chose."""
    return [observable.apply_layout(circuit.layout) for observable in observables]


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_are_those_of_the_exact_state(backend: str) -> None:
    """Points (3, 1, n) against observables (2,) give (3, 2) values, all within five of their standard errors."""
    plain = posts.ansatz(4)
    circuit = posts.isa(plain, backend)
    angles = posts.points(3, 1, parameters=plain.num_parameters)
    pair = (HAMILTONIAN, SparsePauliOp(["IIYX", "ZIII"]))
    params = posts.estimator(backend, [(circuit, laid_out(circuit, *pair), angles)], precision=0.02, options=RAW)
    data = posts.answer("estimator", params, backend)[0].data
    exact = [[Statevector(plain.assign_parameters(point)).expectation_value(one).real for one in pair] for point in angles[:, 0]]
    assert data.evs.shape == data.stds.shape == (3, 2)
    assert np.all(np.abs(data.evs - exact) < 5 * data.stds)


@pytest.mark.parametrize(
    ("values", "observables", "shape"), [((2, 3), (), (2, 3)), ((), (2,), (2,)), ((2, 1), (3,), (2, 3)), ((4,), (4,), (4,))]
)
def test_points_and_observables_broadcast(values: tuple[int, ...], observables: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """The shape of the result is NumPy's, and each element has its own point and observable."""
    plain = posts.ansatz(2)
    circuit = posts.isa(plain, "fake_manila")
    angles = posts.points(*values, parameters=4)
    labels = np.array(["ZI", "IX", "YY", "ZX"])[: int(np.prod(observables))].reshape(observables)
    laid = [SparsePauliOp(str(label)).apply_layout(circuit.layout).paulis[0].to_label() for label in labels.ravel()]
    wires = np.array(laid, dtype=object).reshape(observables).tolist()
    params = posts.estimator("fake_manila", [(circuit, wires, angles)], precision=0.02, options=RAW)
    data = posts.answer("estimator", params, "fake_manila")[0].data
    assert data.evs.shape == shape
    all_angles = np.broadcast_to(angles, (*shape, 4))
    all_labels = np.broadcast_to(labels, shape)
    for index in np.ndindex(shape):
        exact = Statevector(plain.assign_parameters(all_angles[index])).expectation_value(SparsePauliOp(str(all_labels[index]))).real
        assert abs(data.evs[index] - exact) < 5 * data.stds[index] + 1e-9


def test_observables_of_one_basis_are_read_from_the_same_shots() -> None:
    """In one PUB, 3 + 2H is exactly 3 + 2 times H, and (Z1 + Z0)^2 exactly 2 + 2 Z1 Z0, whatever the noise."""
    circuit = posts.isa(posts.ansatz(2), "fake_manila")
    h = SparsePauliOp(["ZI", "IZ"])
    observables = laid_out(circuit, h, SparsePauliOp(["II", "ZI", "IZ"], [3, 2, 2]), (h @ h).simplify(), SparsePauliOp("ZZ"))
    params = posts.estimator("fake_manila", [(circuit, observables, posts.points(parameters=4))], precision=0.1, options=RAW)
    evs = posts.answer("estimator", params, "fake_manila", noise=True)[0].data.evs
    assert evs[1] == pytest.approx(3 + 2 * evs[0], abs=1e-12)
    assert evs[2] == pytest.approx(2 + 2 * evs[3], abs=1e-12)


def test_points_have_shots_of_their_own() -> None:
    """The same point twice is measured twice."""
    circuit = posts.isa(posts.ansatz(2), "fake_manila")
    angles = np.repeat(posts.points(1, parameters=4), 2, axis=0)
    params = posts.estimator(
        "fake_manila", [(circuit, laid_out(circuit, HAMILTONIAN[0:1]) if False else "IIIZZ", angles)], precision=0.05, options=RAW
    )
    first, second = posts.answer("estimator", params, "fake_manila")[0].data.evs
    assert first != second


def test_standard_errors_are_the_scatter_over_seeds() -> None:
    """Over many seeds the values scatter as the standard errors say, covariances of terms of one basis included."""
    plain = posts.ansatz(2)
    circuit = posts.isa(plain, "fake_manila")
    observable = SparsePauliOp(["ZI", "IZ", "ZZ", "XI"], [1.0, 1.0, 0.5, 2.0])
    params = posts.estimator(
        "fake_manila", [(circuit, laid_out(circuit, observable), posts.points(parameters=4))], precision=0.1, options=RAW
    )
    answers = [posts.answer("estimator", params, "fake_manila", seed=seed)[0].data for seed in range(150)]
    evs = np.array([float(data.evs[0]) for data in answers])
    stds = np.array([float(data.stds[0]) for data in answers])
    # The scatter of 150 normal values has a relative error of 1 / sqrt(2 * 149) = 6%.
    assert evs.std(ddof=1) == pytest.approx(np.sqrt(np.mean(stds**2)), rel=0.25)


def test_a_certain_value_has_no_error() -> None:
    """The difference of two qubits that agree is 0 in every shot."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    made = posts.isa(circuit, "ibm_fez")
    params = posts.estimator("ibm_fez", [(made, laid_out(made, SparsePauliOp(["ZI", "IZ"], [1, -1])))], precision=0.1, options=RAW)
    data = posts.answer("estimator", params, "ibm_fez")[0].data
    assert (float(data.evs[0]), float(data.stds[0])) == (0.0, 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("letter", list("XYZ"))
def test_each_basis_is_read_with_its_sign(letter: str, sign: int, backend: str) -> None:
    """The eigenstates of a Pauli have its eigenvalues."""
    circuit = QuantumCircuit(1)
    if sign < 0:
        circuit.x(0)
    if letter != "Z":
        circuit.h(0)
    if letter == "Y":
        circuit.s(0)
    made = posts.isa(circuit, backend)
    params = posts.estimator(backend, [(made, laid_out(made, SparsePauliOp(letter)))], precision=0.1, options=RAW)
    assert posts.answer("estimator", params, backend)[0].data.evs.tolist() == [sign]


def test_a_qubit_that_the_circuit_leaves_idle_is_measured_too() -> None:
    """An observable on a qubit without gates finds it in |0>."""
    circuit = QuantumCircuit(156)
    circuit.x(3)
    params = posts.estimator("ibm_fez", [(circuit, ["I" * 55 + "Z" + "I" * 100, "I" * 152 + "ZIII"])], precision=0.1, options=RAW)
    assert posts.answer("estimator", params, "ibm_fez")[0].data.evs.tolist() == [1.0, -1.0]


def test_the_identity_is_known() -> None:
    """An observable without letters has its coefficient as its value, without error; beside another one it is added."""
    params = posts.estimator("fake_manila", [(QuantumCircuit(5), [{"IIIII": 2.5}, {"IIIII": 2.5, "IIIIZ": 1.0}])], precision=0.1)
    data = posts.answer("estimator", params, "fake_manila")[0].data
    assert (data.evs.tolist(), data.stds.tolist()) == ([2.5, 3.5], [0.0, 0.0])


def test_a_product_state_may_be_as_wide_as_the_device() -> None:
    """On 156 qubits that nothing connects, <Z_0 + ... + Z_155> after a pi/3 on each is 78."""
    circuit = QuantumCircuit(156)
    for qubit in range(156):
        circuit.sx(qubit)
        circuit.rz(2 * np.pi / 3, qubit)
        circuit.sx(qubit)
    observable = SparsePauliOp.from_sparse_list([("Z", [qubit], 1.0) for qubit in range(156)], 156)
    data = posts.answer("estimator", posts.estimator("ibm_fez", [(circuit, observable)], precision=0.05, options=RAW), "ibm_fez")[0].data
    assert abs(data.evs - 78) < 5 * data.stds
    assert data.stds == pytest.approx(np.sqrt(156 * 0.75 / 400), rel=0.2)


def test_level_1_corrects_the_readout_and_level_0_does_not() -> None:
    """On a device whose readout errs by percents, <ZZZ> of |000> is right at the default level, and too small without it."""
    params = {
        level: posts.estimator("fake_manila", [(QuantumCircuit(5), "IIZZZ")], precision=0.01, options=options)
        for level, options in ((0, RAW), (1, {}))
    }
    raw, corrected = (posts.answer("estimator", params[level], "fake_manila", noise=True) for level in (0, 1))
    assert raw[0].data.evs < 1 - 5 * raw[0].data.stds
    assert abs(corrected[0].data.evs - 1) < 5 * corrected[0].data.stds
    assert corrected[0].data.stds > raw[0].data.stds
    assert "inverted" in corrected.metadata["readout_mitigation"]
    assert "readout_mitigation" not in raw.metadata


def test_shots_follow_from_the_precision() -> None:
    """1 / precision^2, rounded up; the PUB's own goes before the run's, and that before the options'."""
    circuit = QuantumCircuit(5)
    params = posts.estimator("fake_manila", [(circuit, "IIIIZ", None, 0.1), (circuit, "IIIIZ")], precision=0.3)
    assert [pub.metadata["shots"] for pub in posts.answer("estimator", params, "fake_manila")] == [100, 12]
    for options, shots in (({}, 4096), ({"default_precision": 0.5}, 4), ({"default_shots": 77, "default_precision": 0.5}, 77)):
        params = posts.estimator("fake_manila", [(circuit, "IIIIZ")], options=options)
        assert posts.answer("estimator", params, "fake_manila")[0].metadata["shots"] == shots


def test_equal_work_has_equal_bytes() -> None:
    """A job done again has the very same answer."""
    circuit = posts.isa(posts.ansatz(3), "ibm_fez")
    params = posts.estimator(
        "ibm_fez", [(circuit, laid_out(circuit, SparsePauliOp(["XXI", "IZZ"])), posts.points(2, 1, parameters=6))], precision=0.1
    )
    assert perform(Work("estimator", params, "ibm_fez", 9)) == perform(Work("estimator", params, "ibm_fez", 9))


def test_what_is_not_emulated_is_said() -> None:
    """Extrapolation to zero noise is billed, and the result says that it did nothing."""
    params = posts.estimator("fake_manila", [(QuantumCircuit(5), "IIIIZ")], precision=0.3, options={"resilience_level": 2})
    assert posts.answer("estimator", params, "fake_manila").metadata["not_emulated"] == ["resilience.zne_mitigation"]
