"""The unmodified client against the emulator: every reply goes through the client's own models."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qiskit import QuantumCircuit, generate_preset_pass_manager
from qiskit.circuit import Parameter
from qiskit.primitives import PrimitiveResult
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit.quantum_info import SparsePauliOp
from qiskit_ibm_runtime import Batch, EstimatorV2, QiskitRuntimeService, SamplerV2, Session
from qiskit_ibm_runtime.accounts.exceptions import InvalidAccountError
from qiskit_ibm_runtime.api.exceptions import RequestsApiError
from qiskit_ibm_runtime.exceptions import (
    IBMInputValueError,
    IBMNotAuthorizedError,
    IBMRuntimeError,
    RuntimeInvalidStateError,
    RuntimeJobFailureError,
    RuntimeJobMaxTimeoutError,
    RuntimeJobNotFound,
    RuntimeJobTimeoutError,
)
from tests.emulator.clients import CHECKS_KEY, CLIENT_SIDE, READS_ADDRESSES, SAYS_PRICING, SAYS_TIMES, needs_client_side, teach
from tests.emulator.raw import Raw

from qopt.emulator import Emulator, Settings
from qopt.emulator.handle import INSTANCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def connected(emulator: Emulator, patch: pytest.MonkeyPatch) -> QiskitRuntimeService:
    """The client, told by the environment alone where the platform is; one that is too old to be told so, by `teach`."""
    teach()
    for name, value in emulator.environment.items():
        patch.setitem(os.environ, name, value)
    # Before 0.42 no Session can be opened where the environment alone names the instance.
    return QiskitRuntimeService(instance=None if READS_ADDRESSES else INSTANCE)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator with real jobs for all tests of this file."""
    with Emulator.start(tmp_path_factory.mktemp("state") / "emulator") as started:
        yield started


@pytest.fixture
def service(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> QiskitRuntimeService:
    """The client, of a platform that has forgotten the test before."""
    emulator.control.reset()
    return connected(emulator, monkeypatch)


@pytest.fixture
def device(service: QiskitRuntimeService) -> Any:
    """A device of five qubits."""
    return service.backend("fake_manila")


def bell(backend: Any) -> QuantumCircuit:
    """Two qubits that agree, as the device runs them."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return generate_preset_pass_manager(1, backend=backend, seed_transpiler=1).run(circuit)


def submitted(where: Any, **options: Any) -> Any:
    """A sampler job."""
    circuit = bell(where if not isinstance(where, Session) else where._backend)
    return SamplerV2(mode=where, options=options).run([circuit], shots=100)


@pytest.mark.parametrize("mode", [Session, Batch, None])
def test_a_sampler_job_comes_back(service: QiskitRuntimeService, mode: Any) -> None:
    """In a Session, a Batch and by itself, counts of a Bell pair on a noisy device of 156 qubits arrive under the register's name."""
    backend = service.backend("ibm_fez")
    where = mode(backend) if mode else backend
    job = SamplerV2(mode=where).run([bell(backend)], shots=1000)
    counts = job.result()[0].data.meas.get_counts()
    if mode:
        where.close()
    assert sum(counts.values()) == 1000
    assert counts["00"] + counts["11"] > 900
    assert job.usage() > 0


def test_an_estimator_job_comes_back(device: Any) -> None:
    """The values of a Bell pair's correlations, laid out on the device, arrive with their standard errors."""
    circuit = bell(device)
    observable = SparsePauliOp(["ZZ", "XX"]).apply_layout(circuit.layout)
    result = EstimatorV2(mode=device).run([(circuit.remove_final_measurements(inplace=False), [observable])]).result()
    assert isinstance(result, PrimitiveResult)
    assert result[0].data.evs[0] == pytest.approx(2, abs=0.5)
    assert result[0].data.stds[0] > 0


@needs_client_side
def test_client_side_primitives_come_back(device: Any) -> None:
    """The client's own Sampler, which submits a program of the executor, gets what the older one gets."""
    from qiskit_ibm_runtime import executor_sampler  # noqa: PLC0415 - old clients have none

    job = executor_sampler.Sampler(mode=device).run([bell(device)], shots=200)
    counts = job.result()[0].data.meas.get_counts()
    assert sum(counts.values()) == 200
    assert counts.get("00", 0) + counts.get("11", 0) > 150
    assert job.primitive_id == "executor"


def test_an_account_is_found(service: QiskitRuntimeService) -> None:
    """The instance, its plan and its usage are what the emulator was started with."""
    pricing = {"pricing_type": "paid"} if SAYS_PRICING else {}
    assert service.instances() == [{"crn": INSTANCE, "plan": "premium", "name": "emulated", "tags": [], **pricing}]
    assert service.active_instance() == INSTANCE
    assert service.usage()["usage_consumed_seconds"] == 0


@pytest.mark.parametrize(("plan", "pricing"), [("open", "free"), ("pay-as-you-go", "paygo"), ("flex", "subscription")])
def test_plans_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: str, pricing: str) -> None:
    """The client finds an instance by its plan."""
    with Emulator.start(tmp_path / "state", Settings(plan=plan)) as started:
        service = connected(started, monkeypatch)
        (instance,) = service.instances()
        assert instance["plan"] == plan
        assert instance.get("pricing_type") == (pricing if SAYS_PRICING else None)
        monkeypatch.delenv("QISKIT_IBM_INSTANCE")
        assert QiskitRuntimeService(plans_preference=[plan], region="us-east").active_instance() == INSTANCE


def test_devices_are_found(service: QiskitRuntimeService, emulator: Emulator) -> None:
    """Devices are listed, filtered and compared by their queues, and have status, properties and a target."""
    assert sorted(backend.name for backend in service.backends()) == ["fake_manila", "ibm_fez"]
    assert [backend.name for backend in service.backends(min_num_qubits=100, operational=True, simulator=False)] == ["ibm_fez"]
    assert service.least_busy(min_num_qubits=100).name == "ibm_fez"
    emulator.control.configure(queue_length=4)
    backend = service.backend("ibm_fez")
    status = backend.status()
    assert (status.operational, status.status_msg, status.pending_jobs) == (True, "active", 4)
    assert backend.num_qubits == 156
    assert backend.target.num_qubits == 156
    assert backend.properties().t1(0) > 0
    with pytest.raises(QiskitBackendNotFoundError):
        service.backend("ibm_nowhere")


def test_a_new_calibration_is_seen(device: Any, emulator: Emulator, service: QiskitRuntimeService) -> None:
    """After a calibration the properties have another date."""
    before = device.properties().last_update_date
    emulator.control.faults([{"do": "recalibrate", "path": "/status$"}])
    device.status()
    assert service.backend("fake_manila").properties(refresh=True).last_update_date > before


def test_a_job_is_found_again(service: QiskitRuntimeService, device: Any) -> None:
    """A job is found by id and by tag, with its inputs, tags, dates, metrics, logs and results."""
    job = submitted(device, environment={"job_tags": ["run-1", "it-2"]}, max_execution_time=300)
    expected = job.result()[0].data.meas.get_counts()
    again = service.job(job.job_id())
    assert again.result()[0].data.meas.get_counts() == expected
    assert again.status() == "DONE"
    assert (again.tags, again.primitive_id, again.session_id) == (["run-1", "it-2"], "sampler", None)
    assert again.inputs["pubs"][0][0].num_clbits == 2
    assert again.metrics()["usage"]["quantum_seconds"] == again.usage() == again.usage_estimation["quantum_seconds"] > 0
    assert again.creation_date.tzinfo is not None
    assert again.logs()
    assert again.backend().name == "fake_manila"
    assert again.update_tags(["other"]) == ["other"]
    assert [found.job_id() for found in service.jobs(job_tags=["other"])] == [job.job_id()]
    with pytest.raises(RuntimeInvalidStateError):
        again.cancel()
    service.delete_job(job.job_id())
    with pytest.raises(RuntimeJobNotFound):
        service.job(job.job_id())


def test_jobs_are_listed_page_by_page(service: QiskitRuntimeService, device: Any, emulator: Emulator) -> None:
    """However many there are, all jobs that a filter keeps are listed, in order; naive dates are local."""
    emulator.control.faults([{"do": "stall", "count": None}])
    user = Raw(emulator)
    ids = [user.submit(backend=device.name) for _ in range(23)]
    assert [job.job_id() for job in service.jobs(limit=None)] == ids[::-1]
    assert [job.job_id() for job in service.jobs(limit=22, skip=1, descending=False)] == ids[1:]
    assert len(service.jobs()) == 10
    now = datetime.now()  # noqa: DTZ005 - a naive date is what is tested
    kept = service.jobs(pending=True, created_after=now - timedelta(minutes=5), created_before=now + timedelta(minutes=5), limit=None)
    assert len(kept) == 23
    assert service.jobs(created_after=now + timedelta(minutes=5)) == []
    assert service.jobs(session_id="unknown") == service.jobs(program_id="estimator") == service.jobs(backend_name="ibm_fez") == []


def test_a_session_is_told(service: QiskitRuntimeService, device: Any, emulator: Emulator) -> None:
    """A Session's status and details follow its life, and it is found by its id."""
    session = Session(device, max_time="1h")
    assert session.status() == "Pending"
    details = session.details()
    assert (details["max_time"], details["interactive_timeout"], details["mode"]) == (3600, 60, "dedicated")
    job = submitted(session)
    job.result()
    assert job.session_id == session.session_id
    assert session.status() == "In progress, accepting new jobs"
    assert session.usage() >= job.usage()
    again = Session.from_id(session.session_id, service)
    submitted(again).result()
    with pytest.raises(IBMInputValueError, match="execution mode dedicated instead of batch"):
        Batch.from_id(session.session_id, service)
    with pytest.raises(IBMInputValueError, match="Session not found"):
        Session.from_id("unknown", service)
    emulator.control.advance(61)
    assert session.status() == "Pending"
    session.close()
    assert session.status() == "Closed"
    if SAYS_TIMES:
        assert [entry["status"] for entry in session.details()["timestamps"]] == ["open", "active", "inactive", "closed"]
    assert not Session.from_id(session.session_id, service)._active


def test_a_session_that_is_over_refuses(device: Any, emulator: Emulator) -> None:
    """The client hears of the end of a Session when it submits to it."""
    session = Session(device)
    submitted(session).result()
    emulator.control.advance(9 * 3600)
    with pytest.raises(IBMRuntimeError, match=r"400.*1217"):
        submitted(session)


def test_a_batch_drops_what_waits(device: Any, emulator: Emulator) -> None:
    """Cancelling a Batch cancels what waits in it."""
    emulator.control.faults([{"do": "stall"}])
    batch = Batch(device)
    job = submitted(batch)
    batch.cancel()
    assert job.status() == "CANCELLED"
    assert batch.status() == "Closed"


def test_the_open_plan_has_no_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Session on the open plan is refused in the constructor, with the words that users know."""
    with Emulator.start(tmp_path / "state", Settings(plan="open")) as started:
        backend = connected(started, monkeypatch).backend("fake_manila")
        with pytest.raises(RequestsApiError, match="not authorized to run a session when using the open plan") as refused:
            Session(backend)
        assert refused.value.status_code == 400
        assert Batch(backend).session_id


def test_failures_are_raised_as_the_client_does(device: Any, emulator: Emulator) -> None:
    """A failed, a cancelled, a too long and a slow job each raise what the client has for them."""
    emulator.control.faults([{"do": "fail", "code": 6000, "message": "hot"}, {"do": "cancel"}, {"do": "too_long"}, {"do": "stall"}])
    failed, cancelled, long, slow = (submitted(device) for _ in range(4))
    with pytest.raises(RuntimeJobFailureError, match="Error code 6000; hot"):
        failed.result()
    assert "hot" in failed.error_message()
    with pytest.raises(RuntimeInvalidStateError):
        cancelled.result()
    with pytest.raises(RuntimeJobMaxTimeoutError):
        long.result()
    assert long.status() == "ERROR"
    with pytest.raises(RuntimeJobTimeoutError):
        slow.result(timeout=0.1)
    slow.cancel()
    assert slow.status() == "CANCELLED"


def test_too_many_jobs_are_refused(device: Any, emulator: Emulator) -> None:
    """The client hears 429 with the code of the rate limit, and where it is told, the reason is the status."""
    emulator.control.configure(rate_limit=0)
    with pytest.raises(IBMRuntimeError, match=r"429(.|\n)*1202") as refused:
        submitted(device)
    assert refused.value.__context__.status_code == 429


def test_credentials_are_checked(service: QiskitRuntimeService, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong key is refused when the service is made, or soon after; a token that has expired, at the next request."""
    emulator.control.faults([{"do": "expire_tokens", "path": "/instances/usage$"}])
    with pytest.raises(IBMNotAuthorizedError):
        service.usage()
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "stolen")
    with pytest.raises(InvalidAccountError):
        QiskitRuntimeService() if CHECKS_KEY else QiskitRuntimeService().instances()


def test_a_private_job_is_read_once(device: Any) -> None:
    """Results of a private job come once, the second time there is nothing."""
    job = submitted(device, environment={"private": True})
    assert isinstance(job.result(), PrimitiveResult)
    assert job.result() is None


@pytest.mark.parametrize("how", ["missing_pub", "non_finite", "wrong_shape", "not_json"])
def test_corrupt_results_arrive(device: Any, emulator: Emulator, how: str) -> None:
    """Results that can't be true get as far as the client lets them."""
    emulator.control.faults([{"do": "corrupt", "how": how}])
    circuit = bell(device)
    observable = SparsePauliOp(["ZZ"]).apply_layout(circuit.layout)
    program = (circuit.remove_final_measurements(inplace=False), [observable, observable])
    result = EstimatorV2(mode=device).run([program]).result()
    if how == "not_json":
        assert isinstance(result, str)
        with pytest.raises(json.JSONDecodeError):
            json.loads(result)
    elif how == "missing_pub":
        assert len(result) == 0
    elif how == "non_finite":
        assert not np.isfinite(result[0].data.evs).any()
    else:
        assert result[0].data.evs.shape == result[0].data.stds.shape == (2, 2)


@needs_client_side
@pytest.mark.parametrize("how", ["missing_pub", "wrong_shape"])
def test_corrupt_results_of_the_executor_arrive(device: Any, emulator: Emulator, how: str) -> None:
    """A program of the executor has results that can be corrupt in the same ways; none passes for what was asked for."""
    from qiskit_ibm_runtime import executor_sampler  # noqa: PLC0415 - old clients have none

    emulator.control.faults([{"do": "corrupt", "how": how}])
    job = executor_sampler.Sampler(mode=device).run([bell(device)], shots=200)
    arrived = None
    with contextlib.suppress(ValueError, IndexError):
        arrived = job.result()
    assert arrived is None or len(arrived) != 1 or arrived[0].data.meas.shape != ()


def test_bits_can_not_be_infinite(device: Any, emulator: Emulator) -> None:
    """Counts that are to be no numbers fail the job with what to do instead, so that no test believes in a fault that was none."""
    emulator.control.faults([{"do": "corrupt", "how": "non_finite"}])
    with pytest.raises(RuntimeJobFailureError, match=r"no floats.*corrupt them in another way"):
        submitted(device).result()


def test_the_same_program_has_the_same_numbers(device: Any, emulator: Emulator) -> None:
    """Written out twice, a program differs in its circuits' identifiers, and not in the digest that its seed comes from."""
    samplers, estimators = [SamplerV2], [EstimatorV2]
    if CLIENT_SIDE:
        from qiskit_ibm_runtime import executor_estimator, executor_sampler  # noqa: PLC0415 - old clients have none

        samplers.append(executor_sampler.Sampler)
        estimators.append(executor_estimator.Estimator)
    # What is submitted is looked at, not executed.
    emulator.control.faults([{"do": "stall", "count": None}])
    circuit = QuantumCircuit(2)
    circuit.rz(Parameter("a"), 0)
    circuit.sx(0)
    circuit.cx(0, 1)
    for primitive in samplers + estimators:
        for angle in (0.5, 0.5, 0.6):
            isa = generate_preset_pass_manager(1, backend=device, seed_transpiler=1).run(circuit)
            if primitive in samplers:
                pub = (isa.measure_all(inplace=False), [angle])
            else:
                pub = (isa, [SparsePauliOp(["ZZ", "XX"]).apply_layout(isa.layout)], [angle])
            primitive(mode=device).run([pub])
    digests = [job["digest"] for job in emulator.control.jobs()]
    for first, second, third in (digests[start : start + 3] for start in range(0, len(digests), 3)):
        assert first == second != third
