"""What the client would send: written by the client's own primitives and encoders, taken where it would leave for the network."""

from __future__ import annotations

import json
import warnings
from functools import cache
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit_ibm_runtime import RuntimeDecoder, RuntimeEncoder, fake_provider

from qopt.emulator.work import Work, perform

CLASSES = {
    "ibm_fez": "FakeFez",
    "fake_manila": "FakeManilaV2",
    "ibm_torino": "FakeTorino",
    "ibm_cusco": "FakeCusco",
    "fake_guadalupe": "FakeGuadalupeV2",
}


class Recorder:
    """In place of a primitive's service."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    def _run(
        self, program_id: str, options: Any, inputs: dict[str, Any], calibration_id: object = None, dry_run: object = None
    ) -> Recorder:
        del program_id, options, calibration_id, dry_run
        self.sent = inputs
        return self


@cache
def device(name: str) -> Any:
    """The fake backend that circuits are made for."""
    return getattr(fake_provider, CLASSES[name])()


def isa(circuit: QuantumCircuit, backend: str, *, level: int = 1) -> QuantumCircuit:
    """The circuit for that backend, the same in every run."""
    return transpile(circuit, device(backend), optimization_level=level, seed_transpiler=7)


def sampler(backend: str, pubs: list[Any], *, shots: int | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of a legacy Sampler's job."""
    return _legacy("SamplerV2", backend, options, lambda primitive: primitive.run(pubs, shots=shots))


def estimator(backend: str, pubs: list[Any], *, precision: float | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of a legacy Estimator's job."""
    return _legacy("EstimatorV2", backend, options, lambda primitive: primitive.run(pubs, precision=precision))


def raw_sampler(circuit: QuantumCircuit) -> dict[str, Any]:
    """The same for a circuit that the client itself would refuse to send."""
    return {"pubs": [json.loads(json.dumps([circuit, None, 5], cls=RuntimeEncoder))], "options": {}, "version": 2, "support_qiskit": True}


def client_sampler(backend: str, pubs: list[Any], *, shots: int, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of a client-side Sampler's job."""
    from qiskit_ibm_runtime.executor_sampler.prepare import prepare  # noqa: PLC0415 - old clients have none
    from qiskit_ibm_runtime.options_models import SamplerOptions  # noqa: PLC0415

    program, told = prepare(pubs, SamplerOptions(**(options or {})), shots, backend=device(backend))
    return program_of(program, told, role="sampler_v2")


def client_estimator(backend: str, pubs: list[Any], *, precision: float, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters of a client-side Estimator's job."""
    from qiskit_ibm_runtime.executor_estimator.prepare import prepare  # noqa: PLC0415 - old clients have none
    from qiskit_ibm_runtime.options_models import EstimatorOptions  # noqa: PLC0415

    program, told = prepare(pubs, EstimatorOptions(**(options or {})), precision, backend=device(backend))
    return program_of(program, told, role="estimator_v2")


def program_of(program: Any, told: Any, *, role: str | None) -> dict[str, Any]:
    """The parameters of an executor's job."""
    from qiskit_ibm_runtime.quantum_program.params_converters import QUANTUM_PROGRAM_PARAMS_CONVERTERS  # noqa: PLC0415 - old clients

    program._semantic_role = role
    return json.loads(json.dumps(QUANTUM_PROGRAM_PARAMS_CONVERTERS["v2.0"].encoder(program, told).model_dump(mode="json")))


def answer(program_id: str, params: dict[str, Any], backend: str, *, seed: int = 1, noise: bool = False) -> Any:
    """What `job.result()` returns when that job is done: decoded by the client's own decoders."""
    text = perform(Work(program_id, params, backend, seed, noise=noise)).results
    if program_id != "executor":
        return json.loads(text, cls=RuntimeDecoder)
    from qiskit_ibm_runtime.decoders.defaults import DEFAULT_DECODERS  # noqa: PLC0415 - old clients have none

    result: Any = text
    for decoder in DEFAULT_DECODERS["executor"]:
        if decoder.is_applicable(result):
            result = decoder.decode(result)
    return result


def ansatz(qubits: int) -> QuantumCircuit:
    """Two layers of rotations about y with a chain of entangling gates between them."""
    angles = ParameterVector("angle", 2 * qubits)
    circuit = QuantumCircuit(qubits)
    for qubit in range(qubits):
        circuit.ry(angles[qubit], qubit)
    for qubit in range(qubits - 1):
        circuit.cx(qubit, qubit + 1)
    for qubit in range(qubits):
        circuit.rx(angles[qubits + qubit], qubit)
    return circuit


def points(*shape: int, parameters: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Angles of that shape."""
    return np.random.default_rng(11).uniform(-np.pi, np.pi, (*shape, parameters))


def _legacy(name: str, backend: str, options: dict[str, Any] | None, run: Any) -> dict[str, Any]:
    import qiskit_ibm_runtime  # noqa: PLC0415 - its names warn when they are touched

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        primitive = getattr(qiskit_ibm_runtime, name)(mode=device(backend), options=options)
        primitive._service = Recorder()
        inputs = run(primitive).sent
    return json.loads(json.dumps(inputs, cls=RuntimeEncoder))
