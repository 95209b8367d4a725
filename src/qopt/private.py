"""Files and folders that only their owner can read, from the first byte on and whatever the process's umask."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def opener(path: str, flags: int) -> int:
    """For `open(..., opener=opener)`: a file that is created gets the mode 0600."""
    return os.open(path, flags, 0o600)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, with the mode 0700; what is there stays as it is.

    Raises:
        OSError: If one can't be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
