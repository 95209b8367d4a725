"""The devices: configuration and properties from the snapshots that qiskit-ibm-runtime ships, read without importing it."""

from __future__ import annotations

import functools
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIXES = ("ibm_", "ibmq_", "fake_", "alt_")


class UnknownTwin(LookupError):
    """There is no snapshot of a device of that name."""


@dataclass(frozen=True)
class Twin:
    """A device under the name that it is served as.

    Attributes:
        name: What the platform calls it.
        folder: Where its snapshot is.
    """

    name: str
    folder: Path

    def configuration(self) -> dict[str, Any]:
        """What `GET /backends/NAME/configuration` answers."""
        return _read(next(iter(sorted(self.folder.glob("conf_*.json"))))) | {"backend_name": self.name, "simulator": False}

    def properties(self) -> dict[str, Any]:
        """What `GET /backends/NAME/properties` answers."""
        # One snapshot has two files of properties, of which its own class names the one without a suffix.
        return _read(min(self.folder.glob("props_*.json"), key=lambda path: len(path.name))) | {"backend_name": self.name}


def find(name: str) -> Twin:
    """The twin of the device `name`: `ibm_fez`, `fake_fez` or the full name in the snapshot.

    Raises:
        UnknownTwin: With the names that there are.
    """
    snapshots = _snapshots()
    short = next((name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)), name)
    if short in snapshots:
        return Twin(name, snapshots[short])
    for folder in snapshots.values():
        if _read(next(folder.glob("conf_*.json")))["backend_name"] == name:
            return Twin(name, folder)
    raise UnknownTwin(
        f"there is no snapshot of a device {name!r}; there are ibm_fez, fake_manila and so on: {', '.join(sorted(snapshots))}"
    )


@functools.cache
def _snapshots() -> dict[str, Path]:
    found = importlib.util.find_spec("qiskit_ibm_runtime")
    if found is None or found.origin is None:
        raise UnknownTwin("qiskit-ibm-runtime is not installed, whose snapshots of devices are served; install it with pip")
    root = Path(found.origin).parent / "fake_provider" / "backends"
    return {path.parent.name: path.parent for path in root.glob("*/conf_*.json") if any(path.parent.glob("props_*.json"))}


@functools.lru_cache(maxsize=16)
def _read(path: Path) -> dict[str, Any]:
    """A file of a snapshot; it is shared, and not to be changed."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
