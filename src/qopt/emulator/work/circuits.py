"""Circuits as they arrive, decoded and checked against the backend."""

from __future__ import annotations

import base64
import io
import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit, qpy
from qiskit.circuit.exceptions import CircuitError

from qopt.emulator.work.job import invalid
from qopt.emulator.work.twin import target_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.circuit import Instruction, Parameter
    from qiskit.transpiler import Target


_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}


@dataclass(frozen=True, eq=False)
class Loaded:
    """A circuit of a job on all the qubits of its backend; two are the same only if they are one, so it can be a key."""

    circuit: QuantumCircuit
    parameters: tuple[Parameter, ...]
    """In the order of the columns of the values."""


@lru_cache(maxsize=256)
def load(encoded: str, backend: str) -> Loaded:
    """Decode and check the text of a circuit in QPY; a run sends the same text with every job.

    Raises:
        WorkFailed: If it isn't a circuit, or isn't an ISA circuit of that backend.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what QPY has to say about versions is for the client's user
            (circuit,) = qpy.load(io.BytesIO(zlib.decompress(base64.standard_b64decode(encoded))))
    except Exception as error:
        message = f"a PUB's circuit can't be read as QPY: {type(error).__name__}: {error}"
        raise invalid(message) from error
    return checked(circuit, backend)


def checked(circuit: QuantumCircuit, backend: str) -> Loaded:
    """The circuit, found to be in the backend's instruction set.

    Raises:
        WorkFailed: If it isn't.
    """
    try:
        _check_isa(circuit, target_of(backend), backend)
    except CircuitError as error:
        message = f"the circuit has an instruction that can't be read; QPY keeps delays as whole numbers of dt alone: {error.message}"
        raise invalid(message) from error
    return Loaded(circuit, tuple(circuit.parameters))


def values_for(loaded: Loaded, values: object) -> NDArray[np.float64]:
    """The parameter values of a PUB as an array (..., n) for the circuit's n parameters.

    Raises:
        WorkFailed: If they are missing, too many or no finite numbers.
    """
    count = len(loaded.parameters)
    try:
        array = np.asarray([] if values is None else values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = f"the parameter values of a PUB are no numbers: {error}"
        raise invalid(message) from error
    if count == 0 and array.size == 0:
        return np.zeros((*array.shape[:-1], 0))
    if array.ndim == 0 or array.shape[-1] != count:
        message = f"a PUB has parameter values of shape {array.shape} for a circuit with {count} parameters: the last axis must be {count}"
        raise invalid(message)
    if not np.isfinite(array).all():
        message = "a PUB has parameter values that are not finite"
        raise invalid(message)
    return array


def encoded_circuit(item: Any) -> str:  # noqa: ANN401 - JSON
    """The text of a PUB's circuit.

    Raises:
        WorkFailed: If the PUB has none.
    """
    if isinstance(item, dict) and item.get("__type__") == "QuantumCircuit" and isinstance(item.get("__value__"), str):
        return str(item["__value__"])
    message = f"a PUB begins with {type(item).__name__} where a circuit in QPY is expected; OpenQASM is not emulated"
    raise invalid(message)


def seconds_of(delay: Instruction, target: Target) -> float:
    """The length of a delay.

    Raises:
        WorkFailed: If it is no number.
    """
    try:
        length = float(delay.duration)
    except TypeError as error:
        message = f"a delay of the circuit has the length {delay.duration}: a number is expected"
        raise invalid(message) from error
    return length * ((target.dt or 0.0) if delay.unit == "dt" else _UNITS[delay.unit])


def _check_isa(circuit: QuantumCircuit, target: Target, backend: str) -> None:
    if circuit.num_qubits > target.num_qubits:
        message = f"the circuit has {circuit.num_qubits} qubits and {backend} has {target.num_qubits}"
        raise invalid(message)
    places = {bit: index for index, bit in enumerate(circuit.qubits)}
    for item in circuit.data:
        name = item.operation.name
        if getattr(item.operation, "blocks", None):
            message = f"the circuit has the control flow {name!r}, which the emulator does not execute"
            raise invalid(message)
        qubits = tuple(places[bit] for bit in item.qubits)
        if name != "barrier" and not target.instruction_supported(name, qubits):
            message = f"the instruction {name} on qubits {qubits} is not supported by the target system {backend}: transpile for it"
            raise invalid(message)
