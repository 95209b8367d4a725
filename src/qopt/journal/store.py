"""The journal of a run as its one writer sees it: an append-only list of records that outlives any crash."""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from typing import TYPE_CHECKING, Self

from qopt import private
from qopt.errors import StorageError
from qopt.failpoints import reach
from qopt.journal.failures import translated
from qopt.journal.filesystem import on_network
from qopt.journal.head import HeadFile, read_head
from qopt.journal.lock import RunLock
from qopt.journal.reading import Contents, connect, load, raw_answer
from qopt.journal.records import Answered
from qopt.journal.rows import digest, encode, link
from qopt.journal.schema import DATABASE, migrate

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from qopt.journal.records import Record

_GROUP_ROWS = 64
_GROUP_SECONDS = 0.05


class Journal:
    """An open journal. Make one with `Journal.open`; use it as a context manager or call `close`.

    One SQLite file, `run.sqlite`, in write-ahead mode on local disks. Rows are chained by checksums, and `run.head` keeps the number of
    those that are surely on disk, so that neither a changed nor a missing row is ever believed.

    Attributes:
        folder: The run folder.
        records: What was recorded when the journal was opened, verified, in order; raw answers are left on disk.
        idle: Seconds since the last of them was written; infinite where there is none.
    """

    def __init__(self, folder: Path, lock: RunLock, connection: sqlite3.Connection, head: HeadFile, contents: Contents) -> None:
        """Take over an open store; callers use `open`."""
        self.folder = folder
        self.records = contents.records
        self.idle = max(0.0, time.time() - contents.times[-1]) if contents.times else float("inf")
        self._lock = lock
        self._connection = connection
        self._head = head
        self._raws = contents.raws
        self._tail: tuple[int, bytes] | None = (len(contents.records), contents.chain)
        self._unsynced = 0
        self._unsynced_since = 0.0
        self._grouping = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        self._synchronous = ""
        self._failure: StorageError | None = None
        self._open = True

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """Lock `folder`, create or verify its journal, and get ready to append.

        Raises:
            LockedError: If another process is at work there; names its pid and host.
            DamagedError: If the journal doesn't hold what was written. It is left as it is.
            StorageError: If the folder can't be read or written, or was made by a newer qopt.
        """
        with translated(folder):
            private.make_folder(folder)
            lock = RunLock.acquire(folder)
            try:
                journal = cls._opened(folder, lock)
            except BaseException:
                lock.release()
                raise
        reach("opened")
        return journal

    @classmethod
    def _opened(cls, folder: Path, lock: RunLock) -> Journal:
        contents = load(folder, structure=True)  # through a read-only connection: a damaged journal is left as evidence
        database = folder / DATABASE
        if not database.exists():
            os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))  # SQLite gives its other files the same mode
            private.sync_folder(folder)
        connection = connect(database, mode="mode=rw")
        try:
            mode = "TRUNCATE" if on_network(folder) else "WAL"
            for pragma in ("synchronous = FULL", "fullfsync = 1", "checkpoint_fullfsync = 1", f"journal_mode = {mode}"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            migrate(connection, contents.version)
            known = read_head(folder)
            head = HeadFile(folder, known.slot) if known else HeadFile.create(folder)
            return cls(folder, lock, connection, head, contents)
        except BaseException:
            connection.close()
            raise

    def append(self, record: Record, *, sync: bool = True) -> None:
        """Record something.

        Args:
            record: What to record.
            sync: Whether it is on disk when this returns. If not, it survives the death of the process; a loss of power may take the last
                64 records or 50 ms, which are never more than can be recomputed. On network file systems every record is synced.

        Raises:
            StorageError: If it could not be recorded. The journal stays as it was (or has the record, if only the confirmation failed)
                and takes no more records: after a failed sync the system may have dropped what it said it would write.
            TypeError: If the record holds something that JSON doesn't; nothing is written.
        """
        if self._failure is not None:
            raise self._failure
        body = encode(record)
        try:
            with translated(self.folder):
                self._append(record, body, sync=sync or not self._grouping or self._due())
        except StorageError as failure:
            self._failure = failure
            raise
        finally:
            if self._connection.in_transaction:  # failed, or a signal's exception came in between
                self._roll_back()

    def _append(self, record: Record, body: str, *, sync: bool) -> None:
        count, chain = self._tail or self._last()
        self._tail = None  # until the commit is known to have happened: a signal's exception may come at any line
        row = (count + 1, record.kind, time.time(), body)
        chain = link(chain, row)
        self._set_synchronous("FULL" if sync else "NORMAL")
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (*row, chain))
        if isinstance(record, Answered) and record.raw is not None:
            self._connection.execute("INSERT INTO raw VALUES (?, ?)", (count + 1, zlib.compress(record.raw, 1)))
        reach("appending")
        self._connection.execute("COMMIT")
        reach("committed")
        if isinstance(record, Answered) and record.raw is not None:
            self._raws[record.stage, record.call] = count + 1, digest(record.raw)
        if sync:
            self._head.write(count + 1, chain)
            reach("headed")
            self._unsynced = 0
        else:
            self._unsynced_since = self._unsynced_since if self._unsynced else time.monotonic()
            self._unsynced += 1
        self._tail = (count + 1, chain)

    def raw(self, stage: str, call: int) -> bytes | None:
        """The raw answer of a call, the last one if there are several; None where none was recorded.

        Raises:
            DamagedError: If it isn't what was written.
            StorageError: If it can't be read.
        """
        if (stage, call) not in self._raws:
            return None
        with translated(self.folder):
            return raw_answer(self._connection, self.folder, (stage, call), self._raws[stage, call])

    def close(self) -> None:
        """Move everything into `run.sqlite`, so that a plain copy of the folder is complete, and give up the lock. May be called again.

        Raises:
            StorageError: If the disk fails; nothing that was synced is lost.
        """
        if not self._open:
            return
        self._open = False
        try:
            with translated(self.folder):
                try:
                    if self._failure is None:
                        self._check_in()
                finally:
                    self._head.close()
                    self._connection.close()
        finally:
            with translated(self.folder):
                self._lock.release()

    def __enter__(self) -> Self:
        """The journal itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def _check_in(self) -> None:
        count, chain = self._tail or self._last()
        self._set_synchronous("FULL")
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not busy:  # a reader that stays leaves the log in place, which is as good but not surely synced
            self._head.write(count, chain)

    def _last(self) -> tuple[int, bytes]:
        found: tuple[int, bytes] | None = self._connection.execute("SELECT id, chain FROM record ORDER BY id DESC LIMIT 1").fetchone()
        return found or (0, Contents().chain)

    def _due(self) -> bool:
        return self._unsynced > 0 and (self._unsynced >= _GROUP_ROWS - 1 or time.monotonic() - self._unsynced_since >= _GROUP_SECONDS)

    def _set_synchronous(self, level: str) -> None:
        if level != self._synchronous:
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._failure = self._failure or StorageError(f"can't roll back in {self.folder}; run the same command again")
