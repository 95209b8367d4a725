"""Programs of the executor, from what the client-side primitives send to what they make of the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from tests.emulator.clients import needs_client_side
from tests.emulator.work import posts

from qopt.emulator.work import Work, WorkFailed, perform

pytestmark = needs_client_side

BACKENDS = ["fake_manila", "ibm_fez"]
HAMILTONIAN = SparsePauliOp(["ZZII", "IXXI", "YIIY", "IIIZ"], [1.0, 2.0, -3.0, 0.5])
LEVELS: dict[str, dict[str, Any]] = {"0": {"resilience_level": 0}, "1": {}}


def measured(qubits: int, backend: str) -> QuantumCircuit:
    """The ansatz with all its qubits measured."""
    circuit = posts.ansatz(qubits)
    circuit.measure_all()
    return posts.isa(circuit, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("twirling", [{}, {"enable_measure": True}, {"enable_gates": True, "enable_measure": True}])
def test_a_samplers_frequencies_are_those_of_the_exact_state(twirling: dict[str, bool], backend: str) -> None:
    """Twirled or not, at each of two points, every string comes up within five standard deviations as often as it should."""
    shots, plain = 2048, posts.ansatz(3)
    angles = posts.points(2, parameters=6)
    params = posts.client_sampler(backend, [(measured(3, backend), angles)], shots=shots, options={"twirling": twirling})
    bits = posts.answer("executor", params, backend)[0].data.meas
    assert (bits.shape, bits.num_shots) == ((2,), shots)
    for index, point in enumerate(angles):
        exact = Statevector(plain.assign_parameters(point)).probabilities()
        found = np.bincount([int(word, 2) for word in bits[index].get_bitstrings()], minlength=8) / shots
        assert np.all(np.abs(found - exact) <= 5 * np.sqrt(exact * (1 - exact) / shots) + 1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("level", sorted(LEVELS))
def test_an_estimators_values_are_those_of_the_exact_state(level: str, backend: str) -> None:
    """Points (2, 1, n) against observables (2,), on five qubits and on all 156 that the client measures."""
    plain = posts.ansatz(4)
    circuit = posts.isa(plain, backend)
    pair = (HAMILTONIAN, SparsePauliOp(["IIYX", "ZIII"]))
    angles = posts.points(2, 1, parameters=8)
    pub = (circuit, [one.apply_layout(circuit.layout) for one in pair], angles)
    data = posts.answer("executor", posts.client_estimator(backend, [pub], precision=0.03, options=LEVELS[level]), backend)[0].data
    exact = [[Statevector(plain.assign_parameters(point)).expectation_value(one).real for one in pair] for point in angles[:, 0]]
    assert data.evs.shape == (2, 2)
    assert np.all(np.abs(data.evs - exact) < 5 * data.stds)


def test_trex_corrects_the_readout_of_the_noisy_twin() -> None:
    """At the default level <ZZZ> of |000> is right on a device whose readout errs by percents; at level 0 it is too small."""
    pub = (QuantumCircuit(5), "IIZZZ")
    raw, corrected = (
        posts.answer("executor", posts.client_estimator("fake_manila", [pub], precision=0.01, options=options), "fake_manila", noise=True)
        for options in LEVELS.values()
    )
    assert raw[0].data.evs < 1 - 5 * raw[0].data.stds
    assert abs(corrected[0].data.evs - 1) < 5 * corrected[0].data.stds


def test_dynamical_decoupling_runs_on_a_wide_device() -> None:
    """The delays that the client puts on all 156 qubits are waited through."""
    circuit = posts.isa(posts.ansatz(3), "ibm_fez")
    observable = SparsePauliOp("ZZZ")
    options = {"dynamical_decoupling": {"enable": True}}
    pub = (circuit, observable.apply_layout(circuit.layout), posts.points(parameters=6))
    data = posts.answer("executor", posts.client_estimator("ibm_fez", [pub], precision=0.05, options=options), "ibm_fez")[0].data
    exact = Statevector(posts.ansatz(3).assign_parameters(posts.points(parameters=6))).expectation_value(observable).real
    assert abs(data.evs - exact) < 5 * data.stds


@pytest.mark.parametrize("mitigation", [{"pec_mitigation": True}, {"zne_mitigation": True, "zne": {"amplifier": "pea"}}])
def test_injected_noise_is_drawn(mitigation: dict[str, Any]) -> None:
    """Errors of a learned model are cancelled or amplified, and as they are tiny the value stays that of the exact state."""
    from qiskit.quantum_info import PauliLindbladMap  # noqa: PLC0415 - old releases have none
    from qiskit_ibm_runtime.executor_estimator import Estimator  # noqa: PLC0415

    plain, observable, angles = posts.ansatz(2), SparsePauliOp(["ZI", "XX"]), posts.points(parameters=4)
    circuit = posts.isa(plain, "fake_manila")
    pub = (circuit, observable.apply_layout(circuit.layout), angles)
    layers = Estimator(posts.device("fake_manila"), {"resilience": mitigation}).find_unique_layers([pub])
    learned = [(layer, PauliLindbladMap.from_sparse_list([("X", (0,), 0.001)], num_qubits=len(layer.qubits))) for layer in layers]
    options = {"resilience": mitigation | {"layer_noise_model": learned}}
    data = posts.answer("executor", posts.client_estimator("fake_manila", [pub], precision=0.03, options=options), "fake_manila")[0].data
    exact = Statevector(plain.assign_parameters(angles)).expectation_value(observable).real
    assert layers
    assert abs(data.evs - exact) < 5 * data.stds


def test_equal_work_has_equal_bytes_and_another_seed_other_ones() -> None:
    """Randomizations and shots alike are decided by the job's seed."""
    circuit = measured(3, "ibm_fez").assign_parameters(posts.points(parameters=6))
    params = posts.client_sampler("ibm_fez", [circuit], shots=64, options={"twirling": {"enable_measure": True}})
    once = perform(Work("executor", params, "ibm_fez", 5))
    assert perform(Work("executor", params, "ibm_fez", 5)) == once
    assert perform(Work("executor", params, "ibm_fez", 6)).results != once.results


def test_equal_pubs_of_a_job_have_noise_of_their_own() -> None:
    """The same circuit twice in one job is sampled twice."""
    circuit = measured(2, "fake_manila").assign_parameters(posts.points(parameters=4))
    first, second = posts.answer("executor", posts.client_sampler("fake_manila", [circuit, circuit], shots=200), "fake_manila")
    assert first.data.meas.array.tobytes() != second.data.meas.array.tobytes()


def test_a_program_of_ones_own_is_answered_by_register() -> None:
    """Without a semantic role the client gets the arrays of the program's items, the passed-through data unchanged."""
    from qiskit_ibm_runtime.options_models import ExecutorOptions  # noqa: PLC0415 - old clients have none
    from qiskit_ibm_runtime.quantum_program import QuantumProgram  # noqa: PLC0415

    circuit = QuantumCircuit(5, 2)
    circuit.x(4)
    circuit.measure([0, 4], [0, 1])
    program = QuantumProgram(shots=3, passthrough_data={"mine": [1, "two"]})
    program.append_circuit_item(circuit)
    result = posts.answer("executor", posts.program_of(program, ExecutorOptions(), role=None), "fake_manila")
    assert result[0]["c"].tolist() == [[False, True]] * 3
    assert result.passthrough_data == {"mine": [1, "two"]}


def test_another_schema_is_refused() -> None:
    """Programs of other releases of the client are not guessed at."""
    circuit = measured(2, "fake_manila").assign_parameters(posts.points(parameters=4))
    params = posts.client_sampler("fake_manila", [circuit], shots=10) | {"schema_version": "v1.0"}
    with pytest.raises(WorkFailed, match=r"schema 'v1\.0', expected 'v2\.0'"):
        perform(Work("executor", params, "fake_manila", 1))
