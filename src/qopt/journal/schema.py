"""The tables of `run.sqlite` and how older ones are brought up to date: numbered migrations, the number kept in `PRAGMA user_version`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.errors import StorageError
from qopt.journal.failures import damaged

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

DATABASE = "run.sqlite"
_APPLICATION = 0x716F7074  # "qopt", where `file` and SQLite look for it


def _first(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(
        "CREATE TABLE record (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, time REAL NOT NULL, body TEXT NOT NULL, chain BLOB NOT NULL)"
    )
    connection.execute("CREATE TABLE raw (record INTEGER PRIMARY KEY REFERENCES record (id), data BLOB NOT NULL)")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first,)
"""Migration i brings version i to version i + 1; each commits together with its number.

Released ones are never edited, and none touches what is in `record`: its rows are chained, and readers read every version.
"""


def version_of(connection: sqlite3.Connection, folder: Path) -> int:
    """The schema's version; 0 where there are no tables yet.

    Raises:
        StorageError: If it was made by a newer qopt.
        DamagedError: If it has a version but isn't a journal.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != (_APPLICATION if version else 0):
        raise damaged(folder, f"{DATABASE} is not a journal of qopt")
    if version > len(MIGRATIONS):
        message = (
            f"the journal in {folder} was made by a newer qopt (schema {version}; this one knows {len(MIGRATIONS)}); "
            "upgrade qopt and run the same command again"
        )
        raise StorageError(message)
    return version


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables from `version` up to date, one transaction a step."""
    for number, migration in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        migration(connection)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
