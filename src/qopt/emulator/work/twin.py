"""The fake twin of an emulated backend: its target, its repetition delay, and simulators of some of its qubits."""

from __future__ import annotations

import math
import warnings
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qopt.emulator.work.job import invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

WIDEST = 24
"""Qubits that a simulator is asked for: a state of 24 takes 256 MiB."""

DEFAULT_REP_DELAY = 250e-6
"""Seconds between two shots, for the old backends that don't say."""

_PREFIXES = ("ibm_", "ibmq_", "alt_")


@cache
def twin(name: str) -> Any:  # noqa: ANN401 - a fake backend, whose class has no types
    """The fake backend of that name, or of the device it was made from: `ibm_fez` and `fake_fez` are the same.

    Raises:
        WorkFailed: If no fake backend is like it.
    """
    classes = _classes()
    names = [name, *(f"fake_{name.removeprefix(prefix)}" for prefix in _PREFIXES if name.startswith(prefix))]
    for candidate in names:
        if candidate in classes:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a made-up device says of itself is for those who look at it
                return classes[candidate]()
    message = f"there is no fake twin of the backend {name!r}, expected the name of a device in qiskit_ibm_runtime.fake_provider"
    raise invalid(message)


@cache
def target_of(name: str) -> Target:
    """The twin's target."""
    return twin(name).target


@cache
def rep_delays_of(name: str) -> tuple[float, float, float]:
    """Seconds between two shots: what a job gets that asks for nothing, the least and the most that it may ask for."""
    configuration = twin(name).configuration()
    default = getattr(configuration, "default_rep_delay", None)
    least, most = getattr(configuration, "rep_delay_range", None) or (0.0, math.inf)
    return DEFAULT_REP_DELAY if default is None else float(default), float(least), float(most)


@lru_cache(maxsize=64)
def simulator(name: str, qubits: tuple[int, ...], gates: frozenset[str], *, noise: bool) -> AerSimulator:
    """A simulator of some qubits of a backend, numbered anew in the order given, for circuits of these gates.

    The noise model of a whole wide device costs minutes and gigabytes; that of a few qubits and gates does not, and Aer reads all of it
    before every job.

    Raises:
        WorkFailed: If there are too many qubits.
    """
    if len(qubits) > WIDEST:
        message = f"the job uses {len(qubits)} qubits of {name} and the emulator can simulate {WIDEST}: use a smaller circuit"
        raise invalid(message)
    model = NoiseModel.from_backend(_Described(part(name, qubits, only=gates))) if noise else None
    return AerSimulator(noise_model=model, max_parallel_threads=1)


@cache
def readout_error(name: str, qubit: int) -> float:
    """The probability that a qubit is misread, the same for 0 and 1, as in the noise model that Aer makes of a target."""
    properties = target_of(name)["measure"].get((qubit,))
    return 0.0 if properties is None or properties.error is None else float(properties.error)


def _classes() -> dict[str, type[BackendV2]]:
    from qiskit_ibm_runtime import fake_provider  # noqa: PLC0415 - takes a second, which only the first job is to pay

    found: dict[str, type[BackendV2]] = {}
    for item in vars(fake_provider).values():
        name = getattr(item, "backend_name", None)
        if isinstance(item, type) and issubclass(item, BackendV2) and isinstance(name, str):
            found[name] = item
    return found


def part(name: str, qubits: Sequence[int], only: Collection[str] | None = None) -> Target:
    """The target of some of a backend's qubits, numbered anew in the order given, without control flow; or only some instructions."""
    target = target_of(name)
    new = {old: index for index, old in enumerate(qubits)}
    properties = target.qubit_properties
    smaller = Target(num_qubits=len(qubits), dt=target.dt, qubit_properties=[properties[old] for old in qubits] if properties else None)
    for operation in target.operation_names:
        places = target[operation]
        if places is None or None in places or not (only is None or operation in only):
            continue
        kept = {tuple(new[q] for q in old): value for old, value in places.items() if all(q in new for q in old)}
        if kept:
            smaller.add_instruction(target.operation_from_name(operation), kept, name=operation)
    return smaller


class _Described(BackendV2):  # type: ignore[misc]  # qiskit's classes are untyped
    """A target dressed as the backend that Aer wants to read a noise model from."""

    def __init__(self, target: Target) -> None:
        super().__init__(name="part")
        self._target = target

    @property
    def target(self) -> Target:
        return self._target

    @property
    def max_circuits(self) -> None:
        return None

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def run(self, run_input: object, **options: object) -> None:  # noqa: ARG002 - qiskit's base class demands it
        """Refuse: it is only read."""
        message = "a part of a backend describes noise, it runs nothing"
        raise RuntimeError(message)
