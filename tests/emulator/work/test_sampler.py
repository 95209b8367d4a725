"""Jobs of the legacy Sampler, from what the client sends to what it makes of the answer."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.quantum_info import Statevector
from tests.emulator.work import posts

from qopt.emulator.work import Work, perform

BACKENDS = ["fake_manila", "ibm_fez"]


def bell() -> QuantumCircuit:
    """Two qubits that agree."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


@pytest.mark.parametrize("backend", BACKENDS)
def test_frequencies_are_those_of_the_exact_state(backend: str) -> None:
    """Every bit string of an ansatz comes up within five standard deviations as often as it should."""
    shots, qubits = 4000, 4
    plain = posts.ansatz(qubits)
    measured = plain.copy()
    measured.measure_all()
    angles = posts.points(2, parameters=plain.num_parameters)
    params = posts.sampler(backend, [(posts.isa(measured, backend), angles)], shots=shots)
    bits = posts.answer("sampler", params, backend)[0].data.meas
    assert bits.shape == (2,)
    for index, point in enumerate(angles):
        exact = Statevector(plain.assign_parameters(point)).probabilities()
        found = np.bincount([int(word, 2) for word in bits[index].get_bitstrings()], minlength=2**qubits) / shots
        assert np.all(np.abs(found - exact) <= 5 * np.sqrt(exact * (1 - exact) / shots) + 1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_register_has_its_name_its_shape_and_its_bits(backend: str) -> None:
    """Registers of different lengths over a grid of points: |1> where an x is, |0> elsewhere."""
    quantum, low, high = QuantumRegister(3), ClassicalRegister(1, "low"), ClassicalRegister(2, "high")
    circuit = QuantumCircuit(quantum, low, high)
    circuit.x(2)
    circuit.measure(quantum[0], low[0])
    circuit.measure([1, 2], high)
    data = posts.answer("sampler", posts.sampler(backend, [posts.isa(circuit, backend)], shots=7), backend)[0].data
    assert set(data) == {"low", "high"}
    assert data.low.get_counts() == {"0": 7}
    assert data.high.get_counts() == {"10": 7}


def test_points_without_parameters_are_repetitions() -> None:
    """A PUB of shape (2, 3) without parameters has six independent sets of shots."""
    params = posts.sampler("fake_manila", [(posts.isa(bell(), "fake_manila"), np.zeros((2, 3, 0)), 100)])
    bits = posts.answer("sampler", params, "fake_manila")[0].data.meas
    assert bits.shape == (2, 3)
    assert len({bits[index].array.tobytes() for index in np.ndindex(2, 3)}) == 6


def test_no_points_have_no_shots() -> None:
    """A PUB of shape (0,) is answered by an array of shape (0,)."""
    circuit = posts.ansatz(2)
    circuit.measure_all()
    params = posts.sampler("fake_manila", [(posts.isa(circuit, "fake_manila"), np.zeros((0, 4)), 100)])
    assert posts.answer("sampler", params, "fake_manila")[0].data.meas.shape == (0,)


def test_pubs_keep_their_own_shots() -> None:
    """One job may ask for different numbers of shots, and for the default."""
    circuit = posts.isa(bell(), "fake_manila")
    result = posts.answer("sampler", posts.sampler("fake_manila", [(circuit, None, 10), (circuit, None, 20), circuit]), "fake_manila")
    assert [pub.data.meas.num_shots for pub in result] == [10, 20, 4096]


def test_the_default_number_of_shots_is_an_option() -> None:
    """`default_shots` counts where the PUB says nothing."""
    params = posts.sampler("fake_manila", [posts.isa(bell(), "fake_manila")], options={"default_shots": 33})
    assert posts.answer("sampler", params, "fake_manila")[0].data.meas.num_shots == 33


def test_equal_work_has_equal_bytes_and_another_seed_other_ones() -> None:
    """A job done again has the very same answer, and the job's seed decides what that is."""
    params = posts.sampler("ibm_fez", [posts.isa(bell(), "ibm_fez")], shots=100)
    once = perform(Work("sampler", params, "ibm_fez", 5))
    assert perform(Work("sampler", params, "ibm_fez", 5)) == once
    assert perform(Work("sampler", params, "ibm_fez", 6)).results != once.results


def test_the_options_seed_goes_before_the_jobs() -> None:
    """With a seed for the simulator in its options, a job has the same answer whatever the platform's seed."""
    params = posts.sampler("fake_manila", [posts.isa(bell(), "fake_manila")], shots=100, options={"simulator": {"seed_simulator": 3}})
    assert perform(Work("sampler", params, "fake_manila", 5)) == perform(Work("sampler", params, "fake_manila", 6))


def test_equal_pubs_of_a_job_have_noise_of_their_own() -> None:
    """The same circuit twice in one job is sampled twice."""
    circuit = posts.isa(bell(), "fake_manila")
    first, second = posts.answer("sampler", posts.sampler("fake_manila", [circuit, circuit], shots=200), "fake_manila")
    assert first.data.meas.array.tobytes() != second.data.meas.array.tobytes()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_twins_noise_is_there_and_can_be_left_out(backend: str) -> None:
    """Two qubits that agree disagree sometimes on a noisy device, never on an ideal one."""
    params = posts.sampler(backend, [posts.isa(bell(), backend)], shots=4000)
    wrong = [
        sum(
            count
            for word, count in posts.answer("sampler", params, backend, noise=noise)[0].data.meas.get_counts().items()
            if "0" in word and "1" in word
        )
        for noise in (False, True)
    ]
    assert wrong[0] == 0
    assert 8 <= wrong[1] <= 800


def test_what_is_not_emulated_is_said() -> None:
    """Twirling and dynamical decoupling are accepted, and the result says that they did nothing."""
    options = {"dynamical_decoupling": {"enable": True}, "twirling": {"enable_gates": True}}
    params = posts.sampler("fake_manila", [posts.isa(bell(), "fake_manila")], shots=10, options=options)
    metadata = posts.answer("sampler", params, "fake_manila").metadata
    assert metadata["not_emulated"] == ["dynamical_decoupling", "twirling.enable_gates"]
