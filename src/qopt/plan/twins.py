"""Which fake device stands in for a device of IBM's."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from qopt.execution.backends import fake_names
from qopt.execution.recording import PREFIX
from qopt.types import LEAST_BUSY, of_ibm

USUAL = "ibm_fez"
"""Planned for where a config names no device, or one that has no twin: 156 qubits of the Heron family, as most devices have."""

_SIMULATORS = ("aer", "statevector")


@dataclass(frozen=True)
class Twin:
    """A device and what stands in for it.

    Attributes:
        device: That is planned for.
        fake: The fake device's name, or what the config has, where that names nothing that is known.
        note: What is to be said about the choice; empty where the config made it.
    """

    device: str
    fake: str
    note: str = ""


def twin_of(backend: str | None) -> Twin:
    """The twin of what a config has as its backend: the shipped snapshot of the same name, else that of a usual device."""
    fakes = fake_names()
    if backend is None or backend in _SIMULATORS or backend.startswith(PREFIX):
        return Twin(
            USUAL, _fake(USUAL), f"{backend or 'the default backend'} is no device: planned for {USUAL}, unless execution.backend=NAME"
        )
    if backend == LEAST_BUSY:
        return Twin(backend, _fake(USUAL), f"which device is least busy is not known here: {_fake(USUAL)} stands in for it")
    if not of_ibm(backend):
        return Twin(backend, backend)
    if _fake(backend) in fakes:
        return Twin(backend, _fake(backend))
    close = difflib.get_close_matches(_fake(backend), fakes, 1, cutoff=0.8)
    hint = f" (did you mean {close[0].replace('fake_', 'ibm_')}?)" if close else ""
    note = f"no snapshot of {backend} is shipped{hint}: {_fake(USUAL)} stands in for it, whose couplings, errors and durations may differ"
    return Twin(backend, _fake(USUAL), note)


def _fake(device: str) -> str:
    return f"fake_{device.removeprefix('ibm_')}"
