"""The file of a recording: it reads back, and no damage of it is believed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qopt
from qopt.errors import DamagedError, InputError, StorageError
from qopt.execution.recorded import call_of
from qopt.execution.recording import from_content, read_recording

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small recording."""
    folder = tmp_path_factory.mktemp("run")
    problem = qopt.MaxCut([(0, 1), (1, 2)])
    one = qopt.Budget(evaluations=1)
    qopt.run(problem, objective=qopt.Sampled(16), optimizer=qopt.Scipy("COBYLA"), budget=one, name="small", folder=folder)
    qopt.record(folder / "small", folder / "small.recording")
    return (folder / "small.recording").read_bytes()


def sealed(body: bytes) -> bytes:
    """With the checksum that belongs to it: what a careful forger, or another program, would write."""
    return body + hashlib.sha256(body).hexdigest().encode()


def rewritten(content: bytes, name: str, data: bytes | None) -> bytes:
    """The archive with another member in the place of one, or without it, and its checksum made anew."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for item in old.namelist():
            if item != name:
                new.writestr(item, old.read(item))
            elif data is not None:
                new.writestr(item, data)
        new.comment = bytes(64)
    return sealed(buffer.getvalue()[:-64])


@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_is_believed(content: bytes, where: float, bit: int) -> None:
    """Wherever it is, in data, in names or in the checksum itself."""
    place = int(where * len(content))
    broken = content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
    with pytest.raises(DamagedError, match="can't be believed"):
        from_content(broken, "a.recording")


@given(share=st.floats(0, 1, exclude_max=True))
def test_no_part_of_a_file_is_believed(content: bytes, share: float) -> None:
    """A copy that broke off, an empty file too."""
    with pytest.raises(DamagedError, match="Take it from a copy"):
        from_content(content[: int(share * len(content))], "a.recording")


@given(data=st.binary(max_size=200))
def test_other_files_are_no_recordings(data: bytes) -> None:
    """Whatever they hold, with a checksum or without."""
    for given_content in (data, sealed(data)):
        with pytest.raises(DamagedError):
            from_content(given_content, "a.recording")


@pytest.mark.parametrize("name", ["recording.json", "circuit.qpy", "observables.json", "raw/main-0.npz"])
@pytest.mark.parametrize("data", [None, b"", b"[]", b"\x93NUMPY"])
def test_a_part_that_is_something_else_is_refused(content: bytes, name: str, data: bytes | None) -> None:
    """With a sentence, not a traceback of the library that tried to read it."""
    with pytest.raises(DamagedError, match="does not read as a recording"):
        _read_all(rewritten(content, name, data))


def test_a_pickle_is_not_loaded(content: bytes) -> None:
    """NumPy would have to be allowed to, and is not."""
    buffer = io.BytesIO()
    np.savez(buffer, **{"0.samples": np.array([{}], dtype=object)}, allow_pickle=True)
    with pytest.raises(DamagedError, match="does not read as a recording"):
        _read_all(rewritten(content, "raw/main-0.npz", buffer.getvalue()))


def test_a_newer_format_is_named(content: bytes) -> None:
    """It is not damaged, it needs a newer qopt."""
    manifest = json.loads(from_content(content, "a")._archive.read("recording.json"))
    newer = rewritten(content, "recording.json", json.dumps({**manifest, "version": 99}).encode())
    with pytest.raises(StorageError, match="made by a newer qopt"):
        from_content(newer, "a.recording")


def test_any_tool_opens_it(content: bytes) -> None:
    """It is a zip archive whose own checksums hold, with the numbers as JSON."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("recording.json"))["calls"][0]["purpose"] == "final"


def test_a_missing_file_is_the_config_s_mistake(tmp_path: Path) -> None:
    """The backend names it."""
    with pytest.raises(InputError, match="can't be read") as refused:
        read_recording(tmp_path / "no.recording")
    assert refused.value.where == ("backend",)


@given(stage=st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True), call=st.integers(0, 10**6))
def test_a_tag_tells_its_call(stage: str, call: int) -> None:
    """Also where the stage's name has dashes in it."""
    assert call_of(f"qopt-0123456789abcdef-{stage}-{call}") == (stage, call)


def _read_all(content: bytes) -> None:
    recording = from_content(content, "a.recording")
    assert recording.frozen.parameters
    for key in recording.calls:
        recording.raw(*key)
