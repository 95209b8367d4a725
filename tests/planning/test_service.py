"""What the service allows, and what a sequence of jobs takes by each mode."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit_ibm_runtime import RuntimeEncoder

from qopt import Expectation, MaxCut, Sampled
from qopt.execution import Execution
from qopt.execution.backends import resolve
from qopt.planning.modes import GAP
from qopt.planning.service import PER_MINUTE, Limit, input_bytes, mode_costs, wall_seconds
from qopt.problems import graph_from_edges
from qopt.spec import prepare, specify

if TYPE_CHECKING:
    from qopt.programs import Frozen

SECONDS = st.lists(st.floats(0.1, 100.0), min_size=1, max_size=40)


@given(SECONDS)
def test_dependent_jobs_follow_each_other_with_a_gap(seconds: list[float]) -> None:
    """Wall time is their sum and the gaps between them, and the limit of submissions is not met by long jobs."""
    assert wall_seconds(seconds, dependent=True, limited=False) == pytest.approx(sum(seconds) + GAP * (len(seconds) - 1))
    long = [12.0 + duration for duration in seconds]
    assert wall_seconds(long, dependent=True, limited=True) == wall_seconds(long, dependent=True, limited=False)


@pytest.mark.parametrize("dependent", [True, False])
@given(jobs=st.integers(1, 60))
def test_five_jobs_a_minute_can_be_submitted(dependent: bool, jobs: int) -> None:  # noqa: FBT001 - a parameter of a test
    """The sixth waits for the first minute to be over, the eleventh for the second: also where jobs take no time."""
    waited = 60.0 * ((jobs - 1) // PER_MINUTE)
    wall = wall_seconds([0.0] * jobs, dependent=dependent, limited=True)
    assert waited <= wall <= waited + (GAP * (PER_MINUTE - 1) if dependent else 0.0)


@given(SECONDS, st.booleans())
def test_a_session_bills_what_a_batch_does_and_its_idle_time(seconds: list[float], dependent: bool) -> None:  # noqa: FBT001 - drawn
    """Batch and job bill the QPU's time alone, and only single jobs are held up by the limit of submissions."""
    session, batch, job = mode_costs(seconds, dependent=dependent)
    assert [session.mode, batch.mode, job.mode] == ["session", "batch", "job"]
    assert batch.billed == job.billed == pytest.approx(sum(seconds))
    assert session.billed == session.wall >= batch.billed - 1e-9
    assert batch.wall == session.wall <= job.wall


def test_a_limit_holds_up_to_its_value() -> None:
    """Ten minutes of ten are allowed."""
    assert Limit("open plan", 600.0, 600.0, "s").fits
    assert not Limit("open plan", 600.1, 600.0, "s").fits


@pytest.mark.parametrize("points", [1, 50, 2000])
@pytest.mark.parametrize("objective", [Sampled(), Expectation()], ids=lambda objective: objective.name)
def test_the_size_of_an_input_is_about_what_the_client_sends(objective: Sampled | Expectation, points: int) -> None:
    """Within a factor of two of the installed client's own encoding of the same PUBs."""
    problem = MaxCut(graph_from_edges([(index, (index + 1) % 6) for index in range(6)]))
    frozen = prepare(specify(problem, objective=objective, execution=Execution(backend="fake_fez")))
    pubs = max(len(frozen.groups), 1)
    sent = len(json.dumps({"pubs": encoded(frozen, points)}, cls=RuntimeEncoder))
    assert sent / 2 < input_bytes(frozen, points=points, pubs=pubs, qubits=156) < 2 * sent


def encoded(frozen: Frozen, points: int) -> list[SamplerPub | EstimatorPub]:
    """The PUBs of a job as they are sent to FakeFez: on all of its qubits."""
    backend = resolve("fake_fez")
    assert backend is not None
    circuit = QuantumCircuit(backend.num_qubits)
    for register in frozen.circuit.cregs:
        circuit.add_register(register)
    circuit.compose(frozen.circuit, frozen.device_qubits, range(frozen.circuit.num_clbits), inplace=True)
    values = np.random.default_rng(0).uniform(size=(points, len(frozen.parameters)))
    if not frozen.groups:
        return [SamplerPub.coerce((circuit, values, 4096))]
    wide = [[[item.apply_layout(list(frozen.device_qubits), backend.num_qubits)] for item in group] for group in frozen.groups]
    return [EstimatorPub.coerce((circuit, observables, values), precision=0.01) for observables in wide]
