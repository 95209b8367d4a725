"""Files and folders that only their owner can read, from the first byte on and whatever the process's umask; and files that last."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def opener(path: str, flags: int) -> int:
    """For `open(..., opener=opener)`: a file that is created gets the mode 0600."""
    return os.open(path, flags, 0o600)


def replace(path: Path, content: bytes) -> None:
    """Write and sync a file under a name that only `sync_folder` makes durable; a reader finds the old content or the new one.

    Raises:
        OSError: If it can't be written.
    """
    temporary = path.with_name(f".{path.name}")
    with open(temporary, "wb", opener=opener) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Make names that were created or replaced in a folder durable, where the system can.

    Raises:
        OSError: If they can't be.
    """
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, with the mode 0700; what is there stays as it is.

    Raises:
        OSError: If one can't be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
