"""From the name of a backend to a device, and from a device to a conversation with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qiskit_aer import AerSimulator

from qopt.errors import InputError
from qopt.execution import backends, primitives
from qopt.execution.isa import Transpile, transpiled, unrolled
from qopt.execution.local import LocalExecutor
from qopt.execution.statevector import StatevectorExecutor

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.execution.executor import Execution, Executor
    from qopt.programs import Frozen


WIDEST = 28
"""Qubits: a statevector of 4 GiB, and a probability and a diagonal beside it."""


@dataclass(frozen=True)
class Device:
    """A backend that was found.

    Attributes:
        name: What the user calls it.
        backend: The device to transpile for; None for plain Aer and the statevector.
    """

    name: str
    backend: BackendV2 | None

    @property
    def computes(self) -> bool:
        """Whether it computes exactly, without primitives, transpiling or noise."""
        return self.name == "statevector"

    def prepare(self, logical: Frozen, transpile: Transpile) -> Frozen:
        """The circuit and observables as they run on the device.

        Raises:
            InputError: If the circuit does not fit, or is too wide to be simulated.
        """
        width = logical.circuit.num_qubits
        if width > WIDEST and (self.computes or self.backend is None):
            message = f"the problem has {width} qubits, {self.name} takes {WIDEST} or fewer on this machine: use a smaller problem"
            raise InputError(message, ("execution", "backend"))
        if self.computes:
            return unrolled(logical)
        frozen = transpiled(logical, self.backend, transpile)
        if len(frozen.device_qubits) > WIDEST and not isinstance(self.backend, AerSimulator):
            width = len(frozen.device_qubits)
            message = f"the circuit needs {width} qubits of {self.name}, {WIDEST} or fewer can be simulated: use a smaller problem"
            raise InputError(message, ("execution", "backend"))
        return frozen


def find(execution: Execution, *, exact: bool) -> Device:
    """The device of an execution, before anything is built for it.

    Raises:
        InputError: If there is no such backend, or it does not go with the objective.
    """
    wanted = execution.backend if execution.backend is not None else ("statevector" if exact else "aer")
    if not isinstance(wanted, str):
        device = Device(str(wanted.name), wanted)
    elif wanted == "statevector":
        device = Device(wanted, None)
    else:
        device = Device(wanted, backends.resolve(wanted))
    if not device.computes:
        primitives.choose(execution.primitives)
    if exact and not device.computes:
        message = f"backend is {device.name!r}, but objective exact is computed, not measured: set backend to statevector, or shots"
        raise InputError(message, ("backend",))
    return device


def engine(device: Device, execution: Execution, *, sampler: bool) -> str:
    """What answers, for the result: `SamplerV2 on aer in a Session`."""
    if device.computes:
        return "statevector"
    kind = primitives.choose(execution.primitives)
    where = {"job": "in job mode", "batch": "in a Batch"}.get(execution.mode, "in a Session") if kind != "aer" else "without a Session"
    return f"{primitives.name_of(kind, sampler=sampler)} on {device.name} {where}"


class Connections:
    """The open conversations of one or several runs: runs on the same qubits of the same device share a Session or a Batch."""

    def __init__(self) -> None:
        """Nothing is open."""
        self._executors: dict[tuple[object, ...], Executor] = {}

    def open(self, device: Device, execution: Execution, frozen: Frozen) -> Executor:
        """The conversation for a circuit, opened when it is first needed."""
        key = (device.name, execution.mode, execution.primitives, execution.mitigation, frozen.device_qubits)
        if key not in self._executors:
            self._executors[key] = _connect(device, execution, frozen)
        return self._executors[key]

    def close(self) -> None:
        """Release every Session and Batch."""
        while self._executors:
            self._executors.popitem()[1].close()


def _connect(device: Device, execution: Execution, frozen: Frozen) -> Executor:
    if device.computes:
        return StatevectorExecutor()
    kind = primitives.choose(execution.primitives)
    simulator = backends.simulator(device.backend, frozen.device_qubits)
    return LocalExecutor(simulator, device.name, execution.mode, kind, execution.mitigation)
