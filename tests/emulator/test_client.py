"""The unmodified client against the emulator: every reply goes through the client's own models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from qiskit import QuantumCircuit, generate_preset_pass_manager
from qiskit.primitives import PrimitiveResult
from qiskit.quantum_info import SparsePauliOp
from qiskit_ibm_runtime import Batch, EstimatorV2, QiskitRuntimeService, SamplerV2, Session

from qopt.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator with real jobs for all tests of this file."""
    with Emulator.start(tmp_path_factory.mktemp("state") / "emulator") as started:
        yield started


@pytest.fixture(scope="module")
def service(emulator: Emulator) -> Iterator[QiskitRuntimeService]:
    """The client, told by the environment alone where the platform is."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment.items():
            patch.setitem(os.environ, name, value)
        yield QiskitRuntimeService()


def bell(backend: Any) -> QuantumCircuit:
    """Two qubits that agree, as the device runs them."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return generate_preset_pass_manager(1, backend=backend, seed_transpiler=1).run(circuit)


@pytest.mark.parametrize("mode", [Session, Batch, None])
def test_a_sampler_job_comes_back(service: QiskitRuntimeService, mode: Any) -> None:
    """In a Session, a Batch and by itself, counts of a Bell pair on a noisy device arrive under the register's name."""
    backend = service.backend("ibm_fez")
    where = mode(backend) if mode else backend
    job = SamplerV2(mode=where).run([bell(backend)], shots=1000)
    counts = job.result()[0].data.meas.get_counts()
    if mode:
        where.close()
    assert sum(counts.values()) == 1000
    assert counts["00"] + counts["11"] > 900
    assert job.usage() > 0


def test_an_estimator_job_comes_back(service: QiskitRuntimeService) -> None:
    """The values of a Bell pair's correlations, laid out on the device, arrive with their standard errors."""
    backend = service.backend("fake_manila")
    circuit = bell(backend).remove_final_measurements(inplace=False)
    observable = SparsePauliOp(["ZZ", "XX"]).apply_layout(bell(backend).layout)
    result = EstimatorV2(mode=backend).run([(circuit, [observable])]).result()
    assert isinstance(result, PrimitiveResult)
    assert result[0].data.evs[0] == pytest.approx(2, abs=0.5)
    assert result[0].data.stds[0] > 0
