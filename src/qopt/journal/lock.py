"""One writer per run folder: a kernel lock that dies with its process, and the name of its owner for those who are refused."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from qopt import private
from qopt.errors import LockedError

if TYPE_CHECKING:
    from pathlib import Path

LOCK = ".lock"
OWNER = "owner.json"
_PATIENCE = 1.0  # seconds: the winner of a race may not have written its name yet, or a killed owner's name is still there
_PAUSE = 0.02


class RunLock:
    """The lock of a run folder, held until `release` or the death of the process."""

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(folder / LOCK, mode=0o600, thread_local=False)
        self._owner = folder / OWNER

    @classmethod
    def acquire(cls, folder: Path) -> RunLock:
        """Take the lock of `folder`, which must exist.

        Raises:
            LockedError: If another process (or another part of this one) has it; names its pid and host.
            OSError: If the folder can't be written.
        """
        lock = cls(folder)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                lock._lock.acquire(blocking=False)
            except Timeout:
                owner = _read(lock._owner)
                if (owner is None or not _alive(owner)) and time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                    continue
                raise LockedError(_refusal(folder, owner)) from None
            try:
                lock._sign()
            except BaseException:
                lock._lock.release()
                raise
            return lock

    def release(self) -> None:
        """Give the folder back; the name goes first, so that it is never taken for that of the next owner."""
        try:
            self._owner.unlink(missing_ok=True)
        finally:
            self._lock.release()

    def _sign(self) -> None:
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now().astimezone().isoformat(timespec="seconds")}
        private.replace(self._owner, json.dumps(owner).encode())


def host_at_work(folder: Path) -> str | None:
    """The host of the process that is at work in a run folder; None where none is. The lock is not touched.

    A killed process leaves its name behind: on this host it is then known to be gone, of another host nobody can know.
    """
    owner = _read(folder / OWNER)
    return str(owner.get("host")) if owner is not None and _alive(owner) else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        owner = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return owner if isinstance(owner, dict) and isinstance(owner.get("pid"), int) else None


def _alive(owner: dict[str, Any]) -> bool:
    """Whether the process may still run. Of another host, or of Windows (where asking would signal it), nobody knows."""
    if owner.get("host") != socket.gethostname() or sys.platform == "win32":
        return True
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _refusal(folder: Path, owner: dict[str, Any] | None) -> str:
    if owner is None or not _alive(owner):
        return f"{folder} is in use by another process, which didn't say its name; wait for it to end, or start a run under another name"
    whose = f"process {owner['pid']} on {owner.get('host')}, since {owner.get('since')}"
    return f"{folder} is in use by {whose}; wait for it to end or stop it, or start a run under another name"
