"""Backends by name: Aer, and every fake device that qiskit-ibm-runtime ships, as simulators that a Session takes."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target
from qiskit_aer import AerSimulator

from qopt.errors import InputError
from qopt.execution.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Sequence

AER_BASIS = ("rz", "sx", "x", "rx", "rzz", "cx")
"""The gates that circuits for plain Aer are made of: all kinds of primitives take them."""

THREADS_FROM = 20
"""Below this number of qubits one thread is faster than several: Aer's threads wait in a spin."""


def fake_names() -> list[str]:
    """The names of all fake devices, sorted."""
    return sorted(_fake_classes())


def resolve(name: str) -> BackendV2 | None:
    """The fake device of that name; None for `aer`.

    Raises:
        InputError: If there is no such backend here.
    """
    if name == "aer":
        return None
    classes = _fake_classes()
    if name not in classes:
        close = difflib.get_close_matches(name, ["aer", "statevector", *classes], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        message = (
            f"there is no backend {name!r} here, expected statevector, aer or a fake device such as fake_manila{hint} "
            "(devices of IBM Quantum are not supported yet)"
        )
        raise InputError(message, ("backend",))
    return classes[name]()


def threads_for(qubits: int) -> int:
    """How many threads Aer gets for a circuit of that many qubits."""
    return 1 if qubits < THREADS_FROM else os.cpu_count() or 1


def simulator(backend: BackendV2 | None, device_qubits: Sequence[int], chosen: Simulator | None = None) -> AerSimulator:
    """An Aer simulator for a circuit on some of a backend's qubits, with the backend's noise; None is plain Aer.

    Raises:
        InputError: If the installed Aer lacks what was chosen.
    """
    if isinstance(backend, AerSimulator):
        return backend
    chosen = chosen or Simulator()
    options = {"max_parallel_threads": chosen.threads or threads_for(len(device_qubits))} | chosen.options(noisy=backend is not None)
    if backend is None:
        return AerSimulator(**options)
    return AerSimulator.from_backend(_Part(backend, device_qubits), **options)


class _Part(BackendV2):  # type: ignore[misc]  # qiskit's classes are untyped
    """Some qubits of a backend, numbered anew: a wide device's noise model costs minutes and gigabytes, a few qubits' does not."""

    def __init__(self, backend: BackendV2, qubits: Sequence[int]) -> None:
        super().__init__(name=f"{backend.name}-{len(qubits)}")
        self._target = _part_of(backend.target, qubits)

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
        """Never called: Aer runs the circuits."""
        message = "a part of a backend is a description, AerSimulator.from_backend runs it"
        raise RuntimeError(message)


def _part_of(target: Target, qubits: Sequence[int]) -> Target:
    new = {old: index for index, old in enumerate(qubits)}
    properties = target.qubit_properties
    part = Target(num_qubits=len(qubits), dt=target.dt, qubit_properties=[properties[old] for old in qubits] if properties else None)
    for name in target.operation_names:
        if target[name] is None or None in target[name]:
            part.add_instruction(target.operation_from_name(name), name=name)
            continue
        places = {tuple(new[q] for q in old): value for old, value in target[name].items() if all(q in new for q in old)}
        if places:
            part.add_instruction(target.operation_from_name(name), places, name=name)
    return part


def _fake_classes() -> dict[str, type[BackendV2]]:
    from qiskit_ibm_runtime import fake_provider  # noqa: PLC0415 - takes a second, and only fake devices need it

    found = {}
    for item in vars(fake_provider).values():
        name = getattr(item, "backend_name", None)
        if isinstance(item, type) and issubclass(item, BackendV2) and isinstance(name, str) and name:
            found[name] = item
    return found
