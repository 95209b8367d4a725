"""What SQLite and the operating system report, as refusals of qopt that say what to do."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qopt.errors import DamagedError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = "its disk is full or a quota is used up; free some space and run the same command again: nothing that was recorded is lost"
_BUSY = "another program holds it locked; close that program and run the same command again"
_DENIED = "it can't be opened or written; check its owner and permissions and that its disk is not mounted read-only"
_DISK = "its disk reports an error; check the disk and run the same command again: nothing that was recorded is lost"

_BY_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_PERM: _DENIED,
    sqlite3.SQLITE_AUTH: _DENIED,
    sqlite3.SQLITE_READONLY: _DENIED,
    sqlite3.SQLITE_CANTOPEN: _DENIED,
    sqlite3.SQLITE_IOERR: _DISK,
}
_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: _DENIED,
    errno.ENOTDIR: _DENIED,
    errno.EEXIST: _DENIED,
}


def damaged(folder: Path, what: str) -> DamagedError:
    """The refusal to believe what is stored in `folder`."""
    return DamagedError(
        f"the journal in {folder} is damaged: {what}. "
        "Nothing was changed; put the whole folder back from a copy, or start a new run under another name"
    )


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the operating system inside the block into refusals.

    Raises:
        StorageError: If the disk is full, fails, or may not be written.
        DamagedError: If SQLite finds the database malformed.
    """
    try:
        yield
    except sqlite3.ProgrammingError:  # a mistake in qopt, such as appending after closing
        raise
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # text that is not UTF-8 comes without a code
        if primary not in _BY_SQLITE:
            raise damaged(folder, f"SQLite reports {str(error)!r}") from error
        message = f"can't use the journal in {folder} ({error}): {_BY_SQLITE[primary]}"
        raise StorageError(message) from error
    except OSError as error:
        message = f"can't use the journal in {folder} ({error}): {_BY_ERRNO.get(error.errno or 0, _DISK)}"
        raise StorageError(message) from error
