"""The executor's programs, which the client-side Sampler and Estimator write: circuits and samplexes in, bits by register out.

A samplex draws the parameters of a template circuit for each randomization; what it says of its draws (signs, flips) goes back with
the bits, and the client makes expectation values of both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.emulator.work import circuits, sampling
from qopt.emulator.work.job import MAX_EXECUTIONS, Work, WorkFailed, invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.emulator.work.circuits import Loaded

_SCHEMA = "v2.0"
"""The schema that is spoken; clients before 0.50 wrote others."""


@dataclass(frozen=True)
class Item:
    """An item of a program, checked."""

    loaded: Loaded
    shape: tuple[int, ...]
    """Of its points and randomizations."""
    values: NDArray[np.float64] | None
    """(*shape, n), or None where a samplex draws them."""
    samplex: Any
    inputs: Any
    """What the samplex is asked with."""


@dataclass(frozen=True)
class Program:
    """A program, checked."""

    items: tuple[Item, ...]
    shots: int
    """Of each circuit at each point and randomization."""
    rep_delay: float | None
    model: Any
    """As it came: some of it goes back unread."""


def read(work: Work) -> Program:
    """The job's program.

    Raises:
        WorkFailed: If the service would refuse it.
    """
    models = _models()
    version = work.params.get("schema_version")
    if version != _SCHEMA:
        message = f"the program is written in the schema {version!r}, expected {_SCHEMA!r}"
        raise invalid(message)
    try:
        params = models.ParamsModel.model_validate(work.params)
        program = params.quantum_program
        circuits_of = program.circuits.to_python()
        items = tuple(_item(work.backend, circuit, model) for circuit, model in zip(circuits_of, program.items, strict=True))
    except WorkFailed:
        raise
    except Exception as error:  # whatever the decoders of circuits, samplexes and tensors make of the wrong bytes
        message = f"the program is not valid: {type(error).__name__}: {' '.join(str(error).split())}"
        raise invalid(message) from error
    if program.meas_level != "classified":
        message = f"the measurement level {program.meas_level!r} is not emulated, only 'classified'"
        raise invalid(message)
    executions = program.shots * sum(math.prod(item.shape) for item in items)
    if executions > MAX_EXECUTIONS:
        message = f"the job asks for {executions} executions, more than {MAX_EXECUTIONS}: split it"
        raise invalid(message)
    return Program(items, program.shots, params.options.rep_delay, params)


def execute(work: Work, program: Program) -> str:
    """The text of the job's results.

    Raises:
        WorkFailed: If the job can't be executed.
    """
    models = _models()
    tensor = models.CompressedTensorModel
    data = [
        models.QuantumProgramResultItemModel(
            results={name: tensor.from_numpy(array) for name, array in _answer(work, item, program.shots, index).items()},
            metadata=models.ItemMetadataModel(),
        )
        for index, item in enumerate(program.items)
    ]
    asked = program.model.quantum_program
    result = models.QuantumProgramResultModel(
        data=data,
        metadata=models.MetadataModel(chunk_timing=[]),
        passthrough_data=asked.passthrough_data,
        semantic_role=asked.semantic_role,
    )
    return str(result.model_dump_json())


def _models() -> Any:  # noqa: ANN401 - a module
    try:
        from ibm_quantum_schemas.executor.version_2_0 import models  # noqa: PLC0415 - old clients come without it
    except ImportError as error:
        message = "the installed qiskit-ibm-runtime has no schema of the executor: install 0.50 or newer"
        raise invalid(message) from error
    return models


def _item(backend: str, circuit: Any, model: Any) -> Item:  # noqa: ANN401 - pydantic's models are untyped here
    loaded = circuits.checked(circuit, backend)
    if model.item_type == "circuit":
        values = circuits.values_for(loaded, model.circuit_arguments.to_numpy())
        shape = np.broadcast_shapes(tuple(model.shape), values.shape[:-1])
        return Item(loaded, shape, np.broadcast_to(values, (*shape, values.shape[-1])), None, None)
    samplex = model.samplex.to_samplex()
    samplex.finalize()
    inputs = samplex.inputs().make_broadcastable()
    for name, value in model.samplex_arguments.items():
        if hasattr(value, "to_numpy"):
            inputs[name] = value.to_numpy()
        elif hasattr(value, "to_pauli_lindblad_map"):
            inputs[name] = value.to_pauli_lindblad_map()
        else:
            inputs[name] = value
    if not inputs.fully_bound:
        message = f"the samplex lacks arguments: {inputs.describe(include_bound=False)}"
        raise invalid(message)
    return Item(loaded, np.broadcast_shapes(tuple(model.shape), inputs.shape), None, samplex, inputs)


def _answer(work: Work, item: Item, shots: int, index: int) -> dict[str, NDArray[Any]]:
    loaded = item.loaded
    extras: dict[str, NDArray[Any]] = {}
    values = item.values
    if values is None:
        extras = _draw(item, np.random.default_rng(sampling.spread(work.seed, index, 0)))
        values = np.asarray(extras.pop("parameter_values"), dtype=np.float64)
    (bits,) = sampling.measure(
        sampling.Machine(work.backend, work.noise),
        [loaded.circuit],
        [(loaded.parameters, values.reshape(math.prod(item.shape), len(loaded.parameters)))],
        shots=shots,
        seed=sampling.spread(work.seed, index),
    )
    return {**extras, **sampling.by_register(loaded.circuit, bits.reshape(*item.shape, shots, loaded.circuit.num_clbits))}


def _draw(item: Item, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """What the samplex draws, arrays (*shape, ...): axes along which its arguments don't vary are independent randomizations."""
    axes = range(len(item.shape))
    own = (1,) * (len(item.shape) - len(item.inputs.shape)) + tuple(item.inputs.shape)
    swept = [axis for axis in axes if own[axis] > 1]
    drawn_along = [axis for axis in axes if own[axis] <= 1]
    count = math.prod(item.shape[axis] for axis in drawn_along)
    found: dict[str, list[NDArray[Any]]] = {}
    for point in np.ndindex(*(item.shape[axis] for axis in swept)):
        at = dict(zip(swept, point, strict=True))
        inputs = item.inputs[tuple(at.get(axis, 0) for axis in axes)[len(axes) - len(item.inputs.shape) :]]
        for name, value in item.samplex.sample(inputs, num_randomizations=count, rng=rng).items():
            found.setdefault(name, []).append(np.asarray(value))
    order = [*swept, *drawn_along]
    return {
        name: np.moveaxis(np.reshape(values, (*(item.shape[axis] for axis in order), *values[0].shape[1:])), axes, order)
        for name, values in found.items()
    }
