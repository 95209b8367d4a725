"""Run folders: where they are, what they hold besides the journal, and whether a run has anything left to do. Light: no qiskit."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from qopt import private
from qopt.errors import InputError, StorageError
from qopt.journal import Finished, Header, Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REHEARSALS = "rehearsals"
"""Below the folder of runs: what rehearsals leave, each in a folder of its own that the next one replaces."""
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}")


def folder_of(runs: Path, name: str) -> Path:
    """The folder of a run.

    Raises:
        InputError: If the name can't be a folder's.
    """
    if not _NAME.fullmatch(name):
        message = f"the run's name is {name!r}, expected 1 to 80 letters, digits, '.', '_' or '-', not beginning with '.'"
        raise InputError(message, ("name",))
    return runs / name


def exists(folder: Path) -> bool:
    """Whether a run was begun in the folder."""
    return (folder / "run.sqlite").exists()


def header_of(records: Iterable[Record]) -> Header | None:
    """What the run is, if that was written yet."""
    return next((record for record in records if isinstance(record, Header)), None)


def stored_result(records: Iterable[Record], budget: dict[str, Any]) -> dict[str, Any] | None:
    """The result that the run ended with, or None where it has something left to do under this budget."""
    finished = [record for record in records if isinstance(record, Finished)]
    if not finished:
        return None
    last = finished[-1]
    return last.result if last.final or last.budget == budget else None


def write(path: Path, content: str | bytes) -> None:
    """Replace a derived file, so that a reader finds the old one or the new one, never half of it.

    Raises:
        StorageError: If it can't be written.
    """
    # Figures are also drawn by programs that do not hold the run's lock.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb", opener=private.opener) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except OSError as error:
        message = f"{path} can't be written: {error.strerror}; free space or change the permissions, then run the same command again"
        raise StorageError(message) from error


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Replace a derived JSON file."""
    write(path, json.dumps(data, indent=2) + "\n")
