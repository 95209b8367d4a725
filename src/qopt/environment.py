"""The versions and settings on which bit-identity depends; recorded with a run and compared when a replay diverges."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = (
    *("qopt-vqa", "qiskit", "qiskit-aer", "qiskit-ibm-runtime"),
    *("numpy", "scipy", "numba", "pennylane-lightning", "networkx"),
)


def environment(threads: int) -> dict[str, Any]:
    """What this process computes with; `threads` are the simulator's, on which the last bits of its results depend."""
    versions = {name: _version(name) for name in _PACKAGES}
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "simulator threads": threads,
        **versions,
        **{name: os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_NUM_THREADS") if name in os.environ},
    }


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> int:
    """Bytes of memory that this process may still take: what the system has left, or its control group where that allows less.

    Files that the control group keeps in memory count as free, as the system counts its own: they make room.
    Where the system doesn't tell what is left, all that the machine has.
    """
    left = _row("/proc/meminfo", "MemAvailable:")
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else sys.maxsize
    limits = [total if left is None else 1024 * left]
    most, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    if most is not None and used is not None:
        limits.append(max(0, most - used + (_row("/sys/fs/cgroup/memory.stat", "inactive_file") or 0)))
    return min(limits)


def _row(path: str, key: str) -> int | None:
    """The number in a row of one of Linux's tables; None where there is none."""
    try:
        rows = [row.split() for row in Path(path).read_text(encoding="ascii").splitlines()]
    except OSError:
        return None
    return next((int(row[1]) for row in rows if row[:1] == [key]), None)


def _number(path: str) -> int | None:
    """What a file of a control group says; None where there is none, or no limit."""
    try:
        text = Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def difference(recorded: dict[str, Any], now: dict[str, Any]) -> str:
    """A sentence with what changed; one that says that nothing did, where nothing did."""
    changes = [f"{name} {recorded.get(name)} -> {now.get(name)}" for name in {**recorded, **now} if recorded.get(name) != now.get(name)]
    if not changes:
        return "The environment is the recorded one, so the optimizer itself is not deterministic. "
    return f"The environment changed: {', '.join(changes)}. "


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - a device file, read line by line
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    except OSError:
        return platform.processor() or "unknown"
