"""`run.head`: how many records are surely on disk and the checksum of their chain, kept outside SQLite's own files.

SQLite takes a write-ahead log that was cut or lost for a shorter history and says nothing. The head is written after a synced commit, so it
is a lower bound: a journal with fewer records than its head says has lost some.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from qopt import private
from qopt.journal.failures import damaged

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "run.head"
GENESIS = bytes(32)
"""The chain before the first record."""

_SLOT = 4096  # one slot a page, so that a torn write of one leaves the other
_BODY = struct.Struct(">8sQ32s")
_MAGIC = b"qopthead"
_sync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True)
class Head:
    """What was surely written: `count` records, the last one with the checksum `chain`; `slot` (0 or 1) holds it."""

    count: int
    chain: bytes
    slot: int


def read_head(folder: Path) -> Head | None:
    """The newest valid slot; None where there is no head yet.

    Raises:
        DamagedError: If neither slot is valid.
    """
    try:
        content = (folder / HEAD).read_bytes()
    except FileNotFoundError:
        return None
    slots = [_decode(content[slot * _SLOT :][: _BODY.size + 32], slot) for slot in (0, 1)]
    valid = [head for head in slots if head is not None]
    if not valid:
        raise damaged(folder, f"{HEAD}, which says how many records were written, is not what was written")
    return max(valid, key=lambda head: head.count)


class HeadFile:
    """The head, open for writing. Always the older slot is overwritten; the size never changes, so a full disk can't stop it."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._file = (folder / HEAD).open("r+b", buffering=0)
        self._slot = slot

    @classmethod
    def create(cls, folder: Path) -> HeadFile:
        """A head of no records, put in place at once so that it is never seen half written."""
        private.replace(folder / HEAD, _encode(0, GENESIS).ljust(_SLOT, b"\0") * 2)
        private.sync_folder(folder)
        return cls(folder, 0)

    def write(self, count: int, chain: bytes) -> None:
        """Say that `count` records are on disk; on disk itself when it returns."""
        self._slot = 1 - self._slot
        self._file.seek(self._slot * _SLOT)
        self._file.write(_encode(count, chain))
        _sync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _encode(count: int, chain: bytes) -> bytes:
    body = _BODY.pack(_MAGIC, count, chain)
    return body + sha256(body).digest()


def _decode(content: bytes, slot: int) -> Head | None:
    body, digest = content[: _BODY.size], content[_BODY.size :]
    if sha256(body).digest() != digest:
        return None
    _, count, chain = _BODY.unpack(body)
    return Head(count, chain, slot)
