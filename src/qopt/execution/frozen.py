"""Frozen circuits and observables on disk, named by their digest, so that a resumed run measures what the first part measured."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING

from qiskit import qpy
from qiskit.quantum_info import SparsePauliOp

from qopt import private
from qopt.errors import DamagedError, StorageError
from qopt.programs import Frozen

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST_LENGTH = 24


def save(frozen: Frozen, folder: Path) -> tuple[str, str]:
    """Write circuit and observables below `folder` and return their digests.

    Raises:
        StorageError: If they can't be written.
    """
    circuit, observables = to_bytes(frozen)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        digests = _write(folder, circuit, "qpy"), _write(folder, observables, "json")
        private.sync_folder(folder)
        private.sync_folder(folder.parent)
    except OSError as error:
        message = f"{folder} can't be written: {error.strerror}; free space or change the permissions, then run the same command again"
        raise StorageError(message) from error
    return digests


def load(folder: Path, circuit: str, observables: str) -> Frozen:
    """Read what `save` wrote.

    Raises:
        DamagedError: If a file is missing or is not what its name says.
    """
    return from_bytes(read_part(folder, circuit, "qpy"), read_part(folder, observables, "json"))


def to_bytes(frozen: Frozen) -> tuple[bytes, bytes]:
    """The circuit as QPY, and everything else as JSON."""
    buffer = io.BytesIO()
    qpy.dump(frozen.circuit, buffer)
    observables = {
        "parameters": list(frozen.parameters),
        "layout": list(frozen.layout),
        "device_qubits": list(frozen.device_qubits),
        "constant": frozen.constant,
        "device": frozen.device,
        "groups": [[_terms(observable) for observable in group] for group in frozen.groups],
        "cost": None if frozen.cost is None else _terms(frozen.cost),
        "readout": frozen.readout,
        "beside": [[_terms(observable) for observable in group] for group in frozen.beside],
    }
    return buffer.getvalue(), json.dumps(observables, indent=1).encode()


def from_bytes(circuit: bytes, observables: bytes) -> Frozen:
    """What `to_bytes` was made from."""
    (loaded,) = qpy.load(io.BytesIO(circuit))
    rest = json.loads(observables)
    cost, readout = rest.get("cost"), rest.get("readout")  # folders of older versions have none of these
    return Frozen(
        loaded,
        tuple(rest["parameters"]),
        tuple(rest["layout"]),
        tuple(rest["device_qubits"]),
        tuple(tuple(_operator(terms, loaded.num_qubits) for terms in group) for group in rest["groups"]),
        rest["constant"],
        rest.get("device", ""),
        None if cost is None else _operator(cost, len(rest["layout"])),
        None if readout is None else tuple((one, zero) for one, zero in readout),
        tuple(tuple(_operator(terms, loaded.num_qubits) for terms in group) for group in rest.get("beside", [])),
    )


def _terms(operator: SparsePauliOp) -> list[tuple[str, float]]:
    return [(label, float(coefficient.real)) for label, coefficient in operator.to_list()]


def _operator(terms: list[tuple[str, float]], qubits: int) -> SparsePauliOp:
    return SparsePauliOp.from_list([(label, coefficient) for label, coefficient in terms], num_qubits=qubits)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGEST_LENGTH]


def _write(folder: Path, data: bytes, suffix: str) -> str:
    digest = _digest(data)
    private.replace(folder / f"{digest}.{suffix}", data)
    return digest


def read_part(folder: Path, digest: str, suffix: str) -> bytes:
    """A frozen file's content, `qpy` or `json`.

    Raises:
        DamagedError: If it is missing or is not what its name says.
    """
    path = folder / f"{digest}.{suffix}"
    try:
        data = path.read_bytes()
    except OSError as error:
        message = (
            f"{path} can't be read ({error.strerror}): put it back from a copy of the run folder, or start a new run under another name"
        )
        raise DamagedError(message) from error
    if _digest(data) != digest:
        message = (
            f"{path} was changed after it was written: put it back from a copy of the run folder, or start a new run under another name"
        )
        raise DamagedError(message)
    return data
