"""A qubit that no gate connects to another, by its density matrix: exact, and fast enough for the 150 idle qubits of a wide device."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from qiskit.circuit import Delay, Gate, ParameterExpression
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import thermal_relaxation_error
from qiskit_aer.noise.device import basic_device_gate_errors

from qopt.emulator.work import twin
from qopt.emulator.work.circuits import seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qiskit.circuit import Parameter

    from qopt.emulator.work.parts import Part

_GROUND = np.array([1.0, 0.0, 0.0, 0.0], dtype=complex)
"""|0><0|, its columns below each other."""


def applies(part: Part) -> bool:
    """Whether a part is a single qubit with nothing but gates and delays and one measurement at the end."""
    operations = [item.operation for item in part.circuit.data]
    return (
        len(part.qubits) == len(part.clbits) == 1
        and operations[-1].name == "measure"
        and all(isinstance(operation, Gate | Delay) for operation in operations[:-1])
    )


def sample(
    backend: str, part: Part, bind: tuple[Sequence[Parameter], NDArray[np.float64]], *, noise: bool, rng: np.random.Generator, shots: int
) -> NDArray[np.bool_]:
    """Measure it at each point.

    Args:
        backend: Where.
        part: The qubit.
        bind: The parameters of the whole circuit, and their values (k, n).
        noise: Whether its gates and its readout err.
        rng: Decides the samples.
        shots: At each point.

    Returns:
        An array (k, shots, 1).
    """
    parameters, points = bind
    present = set(part.circuit.parameters)
    columns = [column for column, parameter in enumerate(parameters) if parameter in present]
    distinct, which = np.unique(points[:, columns], axis=0, return_inverse=True)
    names = [parameters[column] for column in columns]
    ones = np.array([_one(backend, part, dict(zip(names, point.tolist(), strict=True)), noise) for point in distinct])
    return rng.random((len(points), shots, 1)) < ones[which.reshape(-1), None, None]


def _one(backend: str, part: Part, values: dict[Parameter, float], noise: bool) -> float:  # noqa: FBT001 - a private helper
    """The probability of reading 1."""
    (qubit,) = part.qubits
    state = _GROUND
    for item in part.circuit.data[:-1]:
        operation = item.operation
        if isinstance(operation, Delay):
            if noise:
                state = _relaxation(backend, qubit, seconds_of(operation, twin.target_of(backend))) @ state
            continue
        if operation.is_parameterized():
            operation = operation.to_mutable()
            operation.params = [_number(parameter, values) for parameter in operation.params]
        matrix = operation.to_matrix()
        state = np.kron(matrix.conj(), matrix) @ state
        if noise:
            state = _error(backend, qubit, operation.name) @ state
    one = min(max(float(state[3].real), 0.0), 1.0)
    wrong = twin.readout_error(backend, qubit) if noise else 0.0
    return one * (1.0 - wrong) + (1.0 - one) * wrong


@lru_cache(maxsize=4096)
def _relaxation(backend: str, qubit: int, seconds: float) -> NDArray[np.complex128]:
    """What waiting does to a qubit; nothing where its twin doesn't say how fast it relaxes."""
    properties = twin.target_of(backend).qubit_properties
    found = properties[qubit] if properties else None
    if found is None or not found.t1 or not found.t2:
        return np.eye(4, dtype=complex)
    return np.asarray(SuperOp(thermal_relaxation_error(found.t1, min(found.t2, 2.0 * found.t1), seconds)).data)


def _number(parameter: ParameterExpression | float, values: dict[Parameter, float]) -> float:
    if not isinstance(parameter, ParameterExpression):
        return parameter
    return float(parameter.bind({name: values[name] for name in parameter.parameters}))


@lru_cache(maxsize=4096)
def _error(backend: str, qubit: int, gate: str) -> NDArray[np.complex128]:
    """The error of a gate in the twin's noise model, as a matrix on a density matrix's columns below each other."""
    for _, _, error in basic_device_gate_errors(target=twin.part(backend, (qubit,), only=(gate,))):
        return np.asarray(SuperOp(error).data)
    return np.eye(4, dtype=complex)
