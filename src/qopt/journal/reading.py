"""Reading a journal and believing only what was written. Never changes the database or its log, so it needs no lock."""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from qopt.errors import StorageError
from qopt.journal.failures import damaged, translated
from qopt.journal.head import GENESIS, HEAD, Head, read_head
from qopt.journal.records import Answered
from qopt.journal.rows import decode, digest, link
from qopt.journal.schema import DATABASE, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from qopt.journal.records import Record

_PATIENCE = 10.0  # seconds to wait for another connection's lock


@dataclass(frozen=True)
class Contents:
    """What a journal held at one moment, verified.

    Attributes:
        records: In the order in which they were written; raw answers are left in the journal.
        times: When each was written, seconds since the epoch.
        chain: Checksum of all records.
        raws: Of each answer (stage, call) that has raw bytes: the number of its record and their digest.
        version: The schema's version; 0 where there are no tables yet.
    """

    records: tuple[Record, ...] = ()
    times: tuple[float, ...] = ()
    chain: bytes = GENESIS
    raws: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    version: int = 0


def read(folder: Path) -> Contents:
    """What the journal in `folder` holds now, also while another process writes it.

    Raises:
        StorageError: If there is no journal, or it can't be read.
        DamagedError: If it doesn't hold what was written.
    """
    with translated(folder):
        if not (folder / DATABASE).exists() and not (folder / HEAD).exists():
            message = f"there is no journal in {folder}: give the folder of a run, the one with {DATABASE} in it"
            raise StorageError(message)
        return load(folder)


def raws(folder: Path, contents: Contents) -> Iterator[tuple[tuple[str, int], bytes]]:
    """The raw answers of a journal that was read, by (stage, call), also while another process writes it.

    Raises:
        StorageError: If the journal can't be read.
        DamagedError: If an answer isn't what was written.
    """
    with translated(folder), closing(connect(folder / DATABASE, mode=_reading_mode(folder / DATABASE))) as connection:
        for key, stated in sorted(contents.raws.items()):
            yield key, raw_answer(connection, folder, key, stated)


def raw_answer(connection: sqlite3.Connection, folder: Path, key: tuple[str, int], stated: tuple[int, str]) -> bytes:
    """A raw answer.

    Args:
        connection: To the journal.
        folder: Of the run.
        key: Stage and call.
        stated: The number of its record, and its digest.

    Raises:
        DamagedError: If it isn't what was written.
        sqlite3.Error: If SQLite can't read it.
    """
    number, expected = stated
    row = connection.execute("SELECT data FROM raw WHERE record = ?", (number,)).fetchone()
    try:
        data = zlib.decompress(row[0])
    except (zlib.error, TypeError):
        data = None
    if data is None or digest(data) != expected:
        raise damaged(folder, f"the raw answer of call {key[1]} of stage {key[0]!r} is not what was written")
    return data


def load(folder: Path, *, structure: bool = False) -> Contents:
    """Read and verify; empty where nothing was written yet.

    Args:
        folder: The run folder.
        structure: Also check the structure of the database beyond what is read, which writing will rely on.

    Raises:
        DamagedError: If the journal doesn't hold what was written.
        sqlite3.Error: If SQLite can't read it.
    """
    head = read_head(folder)  # before the records: a live writer may append in between, which never takes any away
    database = folder / DATABASE
    if not database.exists() or database.stat().st_size == 0:  # SQLite would delete the log of an empty database
        if head is not None and head.count:
            raise damaged(folder, f"{DATABASE} is {'empty' if database.exists() else 'missing'}, {head.count} records were written")
        return Contents()
    with closing(connect(database, mode=_reading_mode(database))) as connection:
        connection.execute("BEGIN")
        version = version_of(connection, folder)
        rows = connection.execute("SELECT id, kind, time, body, chain FROM record ORDER BY id") if version else ()
        contents = replace(_verified(rows, head, folder), version=version)
        if structure and (report := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise damaged(folder, f"SQLite reports {report!r}")
    return contents


def connect(database: Path, *, mode: str) -> sqlite3.Connection:
    """A connection to an existing database that leaves transactions to the caller; `mode` is the query of an SQLite URI."""
    return sqlite3.connect(f"file:{quote(str(database.absolute()))}?{mode}", uri=True, isolation_level=None, timeout=_PATIENCE)


def _reading_mode(database: Path) -> str:
    """Read-only, so that a damaged log stays as it is, with two exceptions."""
    if _size(database.with_name(f"{DATABASE}-journal")):
        return "mode=rw"  # a writer on a network disk was killed; what it left must be rolled back before reading
    if not os.access(database.parent, os.W_OK) and not _size(database.with_name(f"{DATABASE}-wal")):
        return "mode=ro&immutable=1"  # nobody can write here, and SQLite can't have its shared memory file
    return "mode=ro"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _verified(rows: Iterable[tuple[int, str, float, str, bytes]], head: Head | None, folder: Path) -> Contents:
    records, times, chain = [], [], GENESIS
    raws: dict[tuple[str, int], tuple[int, str]] = {}
    for number, (stated, kind, time, body, stored) in enumerate(rows, 1):
        chain = link(chain, (stated, kind, time, body))
        if chain != stored or stated != number or (head is not None and number == head.count and chain != head.chain):
            raise damaged(folder, f"record {number} is not what was written")
        record, raw = _decoded(kind, body, folder)
        records.append(record)
        times.append(time)
        if isinstance(record, Answered) and raw is not None:
            raws[record.stage, record.call] = number, raw
    if head is None and records:
        raise damaged(folder, f"{HEAD} is missing, so nobody knows whether these {len(records)} records are all")
    if head is not None and len(records) < head.count:
        lost = f"the journal holds {len(records)} records, {head.count} were written"
        raise damaged(folder, f"{lost}: {DATABASE} or its log, {DATABASE}-wal, was cut or lost")
    return Contents(tuple(records), tuple(times), chain, raws)


def _decoded(kind: str, body: str, folder: Path) -> tuple[Record, str | None]:
    try:
        return decode(kind, body)
    except (KeyError, TypeError) as error:
        message = f"the journal in {folder} holds a record that this qopt doesn't know ({error}); it was made by a newer one: upgrade qopt"
        raise StorageError(message) from error
