"""A recording: what a run froze and every answer that it got, in one file that needs neither its folder nor its backend.

It is a zip archive that any tool opens: `recording.json`, the frozen circuit and observables, and the arrays of each answer as NumPy writes
them, never a pickle. The archive's comment is the SHA-256 of everything before it, so that no damaged byte is believed.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.exceptions import QiskitError

from qopt.errors import DamagedError, InputError, StorageError
from qopt.execution import frozen as freezing
from qopt.programs import PubData, from_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from qopt.programs import Frozen
    from qopt.types import Points

PREFIX = "recording:"
"""What a backend's name begins with that is the path of a recording."""

REPLAYED = "a recording of "
"""What the engine of a run that was answered by a recording begins with."""

VERSION = 1
"""Of the format."""

_MANIFEST, _CIRCUIT, _OBSERVABLES = "recording.json", "circuit.qpy", "observables.json"
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, QiskitError, EOFError),
    *(AttributeError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError),
)
"""What parsers of bytes that they don't expect raise."""
_HEX = 64
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content is the same file, whenever it is written


@dataclass(frozen=True)
class RecordedCall:
    """A question that was answered.

    Attributes:
        stage: The part of the run that asked.
        call: Its number within the stage.
        purpose: `evaluate`, `gradient`, `final` ...
        points: k lists of n angles, radians.
        values: What the run made of the answer, minimised.
        stderrs: Their standard errors.
        shots: Of all values together; None where exact.
        qpu_seconds: QPU time billed; None where unknown or none.
        job: The job's id, where one is known.
        calibration: Of the device at that time, where known.
    """

    stage: str
    call: int
    purpose: str
    points: list[list[float]]
    values: list[float]
    stderrs: list[float]
    shots: int | None
    qpu_seconds: float | None
    job: str | None
    calibration: str | None

    @property
    def array(self) -> Points:
        """`(k, n)` points."""
        return np.array(self.points, dtype=np.float64)


@dataclass(frozen=True)
class Recording:
    """A recording that was read and verified.

    Attributes:
        digest: Of the whole file; the same content has the same digest.
        run_id: Of the run that was recorded.
        identity: What made it that run; of options that were paths only the file's name.
        environment: Versions and settings that it was computed with.
        engine: What answered, in words.
        calls: Answered calls by (stage, number).
        stops: Under which budget the run was stopped, by the number of calls that it had made.
    """

    digest: str
    run_id: str
    identity: Mapping[str, Any]
    environment: Mapping[str, Any]
    engine: str
    calls: Mapping[tuple[str, int], RecordedCall]
    stops: Mapping[int, Mapping[str, Any]]
    _archive: zipfile.ZipFile = field(repr=False, compare=False)

    @property
    def exact(self) -> bool:
        """Whether expectations were computed, not measured."""
        return bool(self.identity["objective"]["name"] == "exact")

    @cached_property
    def frozen(self) -> Frozen:
        """The circuit and observables that were run."""
        with _believed("its circuit"):
            return freezing.from_bytes(self._archive.read(_CIRCUIT), self._archive.read(_OBSERVABLES))

    def points(self, stage: str, call: int) -> int:
        """How many points were asked for in a call; 0 where it was not made."""
        return len(self.calls[stage, call].points) if (stage, call) in self.calls else 0

    def raw(self, stage: str, call: int) -> list[PubData]:
        """The arrays of the answer to a call, PUB by PUB."""
        with _believed(f"the answer to call {call} of stage {stage}"):
            return from_bytes(self._archive.read(_raw_name(stage, call)))


def read_recording(path: Path) -> Recording:
    """Read a recording and verify all of it.

    Raises:
        InputError: If there is no such file.
        DamagedError: If it is no recording, or not what was written.
        StorageError: If it was made by a newer qopt.
    """
    try:
        return from_content(path.read_bytes(), path.name)
    except OSError as error:
        message = f"{path} can't be read ({error.strerror}), expected a recording, which `qopt export RUN --recording` writes"
        raise InputError(message, ("backend",)) from error


def from_content(content: bytes, name: str) -> Recording:
    """The recording in a file's content.

    Args:
        content: Of the whole file.
        name: What it is called in messages.

    Raises:
        DamagedError: If it is no recording, or not what was written.
        StorageError: If it was made by a newer qopt.
    """
    body, stated = content[:-_HEX], content[-_HEX:]
    digest = hashlib.sha256(body).hexdigest()
    if stated != digest.encode():
        what = "it is not what `qopt export RUN --recording` wrote" if content[:2] == b"PK" else "it is no recording of qopt"
        raise _damaged(name, what)
    with _believed(name):
        archive = zipfile.ZipFile(io.BytesIO(content))
        manifest = json.loads(archive.read(_MANIFEST))
        version = int(manifest["version"])
    if version > VERSION:
        message = f"{name} was made by a newer qopt (format {version}; this one knows {VERSION}): upgrade qopt"
        raise StorageError(message)
    with _believed(name):
        answered = [RecordedCall(**item) for item in manifest["calls"]]
        _ = (
            [manifest["identity"][key] for key in ("circuit", "parameters", "observables", "sense")],
            manifest["identity"]["objective"]["name"],
        )
        return Recording(
            digest,
            manifest["run_id"],
            manifest["identity"],
            manifest["environment"],
            manifest["engine"],
            {(item.stage, item.call): item for item in answered},
            {int(calls): budget for calls, budget in manifest["stops"].items()},
            archive,
        )


def to_content(  # noqa: PLR0913 - all that a recording holds
    run_id: str,
    *,
    identity: Mapping[str, Any],
    environment: Mapping[str, Any],
    engine: str,
    frozen: tuple[bytes, bytes],
    calls: Iterable[tuple[RecordedCall, bytes]],
    stops: Mapping[int, Mapping[str, Any]],
) -> bytes:
    """The file's content, to be read by `from_content`.

    Args:
        run_id: Of the run.
        identity: What made it that run.
        environment: What it was computed with.
        engine: What answered, in words.
        frozen: Circuit and observables as bytes.
        calls: Answered calls with the bytes of their raw answers.
        stops: Budgets that were reached, by the number of calls.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        told = []
        for call, raw in calls:
            told.append(asdict(call))
            _add(archive, _raw_name(call.stage, call.call), raw)
        for name, data in zip((_CIRCUIT, _OBSERVABLES), frozen, strict=True):
            _add(archive, name, data)
        manifest = {
            "version": VERSION,
            "run_id": run_id,
            "identity": identity,
            "environment": environment,
            "engine": engine,
            "calls": told,
            "stops": stops,
        }
        _add(archive, _MANIFEST, json.dumps(manifest, indent=1).encode())
        archive.comment = bytes(_HEX)
    body = buffer.getvalue()[:-_HEX]
    return body + hashlib.sha256(body).hexdigest().encode()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, data)


def _raw_name(stage: str, call: int) -> str:
    return f"raw/{stage}-{call}.npz"


def _damaged(name: str, what: str) -> DamagedError:
    return DamagedError(f"{name} can't be believed: {what}. Take it from a copy, or export the run again")


@contextmanager
def _believed(what: str) -> Iterator[None]:
    """Refuse what does not read as it was written: the checksum says that it is whole, not who wrote it.

    Raises:
        DamagedError: Around whatever is raised inside.
    """
    try:
        yield
    except _UNREADABLE as error:
        raise _damaged(what, f"it does not read as a recording ({type(error).__name__}: {error})") from error
