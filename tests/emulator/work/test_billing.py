"""Bills: the schedule of each circuit times shots, plus a fixed overhead."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from tests.emulator.clients import needs_client_side
from tests.emulator.work import posts

from qopt.emulator.work import Work, WorkFailed, billing, perform, quantum_seconds

BACKENDS = ["fake_manila", "ibm_fez"]
DELAY = 250e-6
"""Seconds between two shots, as both devices have it."""


def circuit(backend: str) -> QuantumCircuit:
    """An ansatz of four qubits, measured."""
    plain = posts.ansatz(4)
    plain.measure_all()
    return posts.isa(plain, backend)


def bill(params: dict[str, Any], backend: str, *, program: str = "sampler") -> float:
    """Seconds above the overhead."""
    return quantum_seconds(Work(program, params, backend, 1)) - billing.OVERHEAD


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_circuit_is_as_long_as_qiskit_schedules_it(backend: str) -> None:
    """A shot takes what qiskit's own as-soon-as-possible schedule takes, and the repetition delay."""
    made = circuit(backend)
    scheduled = transpile(made, posts.device(backend), optimization_level=0, scheduling_method="asap")
    shot = scheduled.estimate_duration(posts.device(backend).target, unit="s") + DELAY
    seconds = bill(posts.sampler(backend, [(made, posts.points(parameters=8), 1000)]), backend)
    assert seconds == pytest.approx(1000 * shot, rel=1e-3)


def test_barriers_and_delays_are_waited_for() -> None:
    """A delay before a barrier holds up what comes after it on another qubit."""
    plain = QuantumCircuit(5, 1)
    plain.measure(0, 0)
    held = QuantumCircuit(5, 1)
    held.delay(9000, 1, "dt")
    held.barrier()
    held.measure(0, 0)
    short, long = (bill(posts.sampler("fake_manila", [(one, None, 1000)]), "fake_manila") for one in (plain, held))
    assert long - short == pytest.approx(1000 * 9000 * posts.device("fake_manila").dt)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_bill_is_proportional_to_shots_and_points_and_adds_up_over_pubs(backend: str) -> None:
    """Twice the shots, two points, or two PUBs cost twice as much above the overhead."""
    made = circuit(backend)
    one = bill(posts.sampler(backend, [(made, posts.points(parameters=8), 500)]), backend)
    assert one > 0
    assert bill(posts.sampler(backend, [(made, posts.points(parameters=8), 1000)]), backend) == pytest.approx(2 * one)
    assert bill(posts.sampler(backend, [(made, posts.points(2, parameters=8), 500)]), backend) == pytest.approx(2 * one)
    assert bill(posts.sampler(backend, [(made, posts.points(parameters=8), 500)] * 2), backend) == pytest.approx(2 * one)


def test_the_bias_multiplies_the_bill() -> None:
    """A platform that bills by another factor bills everything by it."""
    params = posts.sampler("fake_manila", [(circuit("fake_manila"), posts.points(parameters=8), 500)])
    plain, biased = (quantum_seconds(Work("sampler", params, "fake_manila", 1, bias=bias)) for bias in (1.0, 1.5))
    assert biased == pytest.approx(1.5 * plain)


def test_what_is_foretold_is_billed() -> None:
    """The bill without doing the job is the bill of the job that is done, noise and seed have no part in it."""
    made = posts.isa(posts.ansatz(2), "fake_manila")
    params = posts.estimator("fake_manila", [(made, "IIIZZ", posts.points(parameters=4))], precision=0.2)
    for work in (Work("estimator", params, "fake_manila", 1), Work("estimator", params, "fake_manila", 2, noise=False)):
        assert perform(work).quantum_seconds == quantum_seconds(work)


def test_an_estimator_is_billed_by_groups() -> None:
    """Observables of one basis cost one circuit, each further basis another one."""
    made = posts.isa(posts.ansatz(2), "fake_manila")
    costs = [
        bill(
            posts.estimator("fake_manila", [(made, [terms], posts.points(parameters=4), 0.02)], options={"resilience_level": 0}),
            "fake_manila",
            program="estimator",
        )
        for terms in ({"IIIZZ": 1.0}, {"IIIZZ": 1.0, "IIIIZ": 2.0}, {"IIIZZ": 1.0, "IIIXX": 1.0})
    ]
    assert costs[1] == pytest.approx(costs[0])
    # The rotation into the other basis takes some 35 ns beside a delay of 250 microseconds.
    assert costs[2] == pytest.approx(2 * costs[0], rel=1e-3)
    assert costs[2] > 2 * costs[0]


def test_mitigation_is_billed() -> None:
    """Learning the readout costs a circuit more, three noise factors three times as many and longer ones, and PEC its overhead."""
    made = posts.isa(posts.ansatz(2), "fake_manila")
    base = {"resilience_level": 0}
    options: list[dict[str, Any]] = [
        base,
        base | {"resilience": {"measure_mitigation": True}},
        base | {"resilience": {"zne_mitigation": True, "zne": {"noise_factors": (1, 2, 3)}}},
        base | {"resilience": {"pec_mitigation": True, "pec": {"max_overhead": 7}}},
    ]
    pub = (made, "IIIZZ", posts.points(parameters=4), 0.02)
    plain, readout, extrapolated, cancelled = (
        bill(posts.estimator("fake_manila", [pub], options=one), "fake_manila", program="estimator") for one in options
    )
    # 32 randomizations of 79 shots each are 1% more than 2500.
    assert readout == pytest.approx(2 * plain, rel=0.02)
    assert 3 * plain < extrapolated < 6 * plain
    assert cancelled == pytest.approx(7 * plain)


@needs_client_side
def test_both_kinds_of_sampler_are_billed_alike() -> None:
    """The same circuits and shots cost the same, legacy or client-side, twirled or not."""
    made, shots = circuit("ibm_fez").assign_parameters(posts.points(parameters=8)), 640
    legacy = bill(posts.sampler("ibm_fez", [(made, None, shots)]), "ibm_fez")
    for twirling in ({}, {"enable_measure": True}):
        params = posts.client_sampler("ibm_fez", [made], shots=shots, options={"twirling": twirling})
        assert bill(params, "ibm_fez", program="executor") == pytest.approx(legacy, rel=0.01)


def test_the_repetition_delay_can_be_asked_for_within_the_devices_range() -> None:
    """A shorter delay makes a job cheaper; one out of range is refused."""
    made = circuit("ibm_fez").assign_parameters(posts.points(parameters=8))
    slow = bill(posts.sampler("ibm_fez", [(made, None, 1000)]), "ibm_fez")
    fast = bill(posts.sampler("ibm_fez", [(made, None, 1000)], options={"execution": {"rep_delay": 50e-6}}), "ibm_fez")
    assert slow - fast == pytest.approx(1000 * 200e-6)
    with pytest.raises(WorkFailed, match=r"not in the range of ibm_fez, 0 to 0\.0005 s"):
        bill(posts.sampler("ibm_fez", [(made, None, 1000)], options={"execution": {"rep_delay": 1.0}}), "ibm_fez")


def test_a_job_longer_than_its_maximum_is_cancelled() -> None:
    """The limit is on the billed seconds, and the code is the one that the client has an exception for."""
    params = posts.sampler("fake_manila", [(circuit("fake_manila"), posts.points(parameters=8), 500)])
    seconds = quantum_seconds(Work("sampler", params, "fake_manila", 1))
    with pytest.raises(WorkFailed) as failure:
        perform(Work("sampler", params, "fake_manila", 1, max_execution_time=seconds - 0.01))
    assert failure.value.code == 1305
    assert perform(Work("sampler", params, "fake_manila", 1, max_execution_time=math.ceil(seconds))).quantum_seconds == seconds


def test_every_job_has_an_overhead() -> None:
    """An instant of a job is billed about two seconds."""
    idle = QuantumCircuit(5, 1)
    idle.measure(0, 0)
    seconds = quantum_seconds(Work("sampler", posts.sampler("fake_manila", [(idle, None, 1)]), "fake_manila", 1))
    assert billing.OVERHEAD < seconds < billing.OVERHEAD + 0.001
    assert np.isclose(billing.OVERHEAD, 2.0)
