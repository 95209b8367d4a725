"""From the name of a backend to a device, and from a device to a conversation with it."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiskit_aer import AerSimulator

from qopt.errors import InputError
from qopt.execution import backends, primitives
from qopt.execution.fractional import GATES
from qopt.execution.ibm.account import Account
from qopt.execution.ibm.conversation import Conversation
from qopt.execution.ibm.executor import IbmExecutor
from qopt.execution.isa import Transpile, transpiled, unrolled, uses_fractional_gates
from qopt.execution.local import LocalExecutor
from qopt.execution.recorded import RecordedExecutor
from qopt.execution.recording import PREFIX, REPLAYED, read_recording
from qopt.execution.simulator import WIDEST, Simulator
from qopt.execution.statevector import StatevectorExecutor
from qopt.types import LEAST_BUSY, of_ibm

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.execution.executor import Execution, Executor
    from qopt.execution.recording import Recording
    from qopt.programs import Frozen
    from qopt.types import OpenSession


_INSTEAD = "use a smaller problem, or backend aer with execution.simulator.method matrix_product_state"


@dataclass(frozen=True)
class Device:
    """A backend that was found.

    Attributes:
        name: What the user calls it.
        backend: The device to transpile for; None for plain Aer and the statevector, and for what an account has to be asked for.
        account: Of IBM Quantum, where the device is there.
        min_qubits: That `least_busy` must have, beside what the problem needs.
        recording: What answers in place of a backend, where it was recorded.
        simulator: The options of Aer, where Aer answers by them.
    """

    name: str
    backend: BackendV2 | None
    account: Account | None = None
    min_qubits: int = 1
    recording: Recording | None = None
    simulator: Simulator | None = None

    @property
    def computes(self) -> bool:
        """Whether it computes exactly, without primitives, transpiling or noise."""
        return self.name == "statevector" if self.recording is None else self.recording.exact

    @property
    def remote(self) -> bool:
        """Whether its jobs go on without this process."""
        return self.account is not None

    def prepare(self, logical: Frozen, transpile: Transpile) -> Frozen:
        """The circuit and observables as they run on the device.

        Raises:
            InputError: If the circuit does not fit, or is too wide to be simulated.
        """
        if self.recording is not None:
            return self.recording.frozen  # transpiled when it was recorded
        width = logical.circuit.num_qubits
        if self.computes:
            return unrolled(logical)
        widest = WIDEST if self.simulator is None else self.simulator.widest
        if widest is not None and width > widest and not self.remote and self.backend is None:
            message = f"the problem has {width} qubits, {self.name} takes {widest} or fewer on this machine: {_INSTEAD}"
            raise InputError(message, ("execution", "backend"))
        if self.account is not None:
            chosen = self._chosen(self.account, width, fractional=uses_fractional_gates(transpile, mitigated=False))
            return replace(transpiled(logical, chosen, transpile), device=str(chosen.name))
        frozen = transpiled(logical, self.backend, transpile)
        if widest is not None and len(frozen.device_qubits) > widest and not isinstance(self.backend, AerSimulator):
            width = len(frozen.device_qubits)
            message = f"the circuit needs {width} qubits of {self.name}, {widest} or fewer can be simulated: {_INSTEAD}"
            raise InputError(message, ("execution", "backend"))
        return frozen

    def target(self, frozen: Frozen) -> Any:  # noqa: ANN401 - the client's, or any backend
        """The backend that a circuit was frozen for."""
        if self.account is None:
            return self.backend
        return self.account.backend(frozen.device or self.name, fractional=_is_fractional(frozen))

    def _chosen(self, account: Account, width: int, *, fractional: bool) -> Any:  # noqa: ANN401 - the client's
        if self.name == LEAST_BUSY:
            return account.least_busy(max(width, self.min_qubits), fractional=fractional)
        return account.backend(self.name, fractional=fractional)


def find(execution: Execution, *, exact: bool) -> Device:
    """The device of an execution, before anything is built for it.

    Raises:
        InputError: If there is no such backend, or it does not go with the objective.
    """
    wanted = execution.backend if execution.backend is not None else ("statevector" if exact else "aer")
    if not isinstance(wanted, str):
        device = Device(str(wanted.name), wanted)
    elif wanted.startswith(PREFIX):
        recording = read_recording(Path(wanted.removeprefix(PREFIX)))
        device = Device(f"{PREFIX}{recording.digest[:24]}", None, recording=recording)
    elif wanted == "statevector":
        device = Device(wanted, None)
    elif of_ibm(wanted):
        account = Account(instance=execution.instance, region=execution.region, waiting=execution.waiting)
        device = Device(wanted, None, account, execution.min_qubits)
    else:
        device = Device(wanted, backends.resolve(wanted))
    if not (device.computes or device.remote or device.recording is not None or isinstance(device.backend, AerSimulator)):
        execution.simulator.options(noisy=False)  # refuses what this machine's Aer lacks before anything is built
        device = replace(device, simulator=execution.simulator)
    simulated = device.computes or device.recording is not None
    if not simulated and primitives.choose(execution.primitives) == "aer" and device.remote:
        message = f"primitives aer are a simulator's, {device.name} is a device: set primitives to auto, legacy or client"
        raise InputError(message, ("primitives",))
    if exact and not device.computes:
        message = f"backend is {device.name!r}, but objective exact is computed, not measured: set backend to statevector, or shots"
        raise InputError(message, ("backend",))
    return device


def engine(device: Device, execution: Execution, *, sampler: bool) -> str:
    """What answers, for the result: `SamplerV2 on aer in a Session`."""
    if device.recording is not None:
        return f"{REPLAYED}{device.recording.engine}"
    if device.computes:
        return "statevector"
    kind = primitives.choose(execution.primitives)
    method = "" if device.simulator is None else device.simulator.name
    return f"{primitives.name_of(kind, sampler=sampler)} on {device.name}{method}{_grouping(device, execution, kind)}"


def _grouping(device: Device, execution: Execution, kind: str) -> str:
    if kind == "aer":
        return " without a Session"
    if device.remote and execution.mode == "auto":
        return ""
    return {"job": " in job mode", "batch": " in a Batch"}.get(execution.mode, " in a Session")


class Connections:
    """The open conversations of one or several runs: runs on the same qubits of the same device share a Session or a Batch."""

    def __init__(self) -> None:
        """Nothing is open."""
        self._executors: dict[tuple[object, ...], Executor] = {}
        self.left_open: OpenSession | None = None
        """What a run opened that has ended since, before anybody could close it; the next conversation takes it up."""

    def open(self, device: Device, execution: Execution, frozen: Frozen) -> Executor:
        """The conversation for a circuit, opened when it is first needed."""
        # A simulator holds a circuit's qubits and their noise, a device takes any circuit.
        qubits = () if device.remote else frozen.device_qubits
        key = (device.name, frozen.device, qubits, replace(execution, backend=None))
        if key not in self._executors:
            self._executors[key] = _connect(device, execution, frozen, left_open=self.left_open)
        return self._executors[key]

    def close(self) -> None:
        """Release every Session and Batch."""
        with ExitStack() as closing:  # one that can't be closed keeps no other open
            while self._executors:
                closing.callback(self._executors.popitem()[1].close)


def _connect(device: Device, execution: Execution, frozen: Frozen, *, left_open: OpenSession | None) -> Executor:
    if device.recording is not None:
        return RecordedExecutor(device.recording)
    if device.computes:
        return StatevectorExecutor(execution.simulator.threads)
    kind = primitives.choose(execution.primitives)
    if device.account is not None:
        return _at_ibm(device.account, frozen.device or device.name, execution, frozen, left_open=left_open)
    simulator = backends.simulator(device.backend, frozen.device_qubits, device.simulator)
    return LocalExecutor(simulator, device.name, execution.mode, kind, execution.mitigation)


def _at_ibm(account: Account, name: str, execution: Execution, frozen: Frozen, *, left_open: OpenSession | None) -> IbmExecutor:
    conversation = Conversation(account, name, execution.mode, execution.on_session_end, fractional=_is_fractional(frozen))
    conversation.left_open = left_open
    kind = primitives.choose(execution.primitives)
    return IbmExecutor(account, name, conversation, kind, execution.mitigation, random.Random())  # noqa: S311 - jitter, no secret


def _is_fractional(frozen: Frozen) -> bool:
    """Whether a circuit has gates that a device offers only where it is asked for them."""
    return not set(GATES).isdisjoint(frozen.circuit.count_ops())
