"""How much memory is free, by the tables of Linux."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qopt import environment
from qopt.environment import free_memory

if TYPE_CHECKING:
    from pathlib import Path

MEMINFO = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n"
GROUP = {"memory.max": "3000000000\n", "memory.current": "2500000000\n"}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, None),
        ({"meminfo": MEMINFO}, 8_192_000_000),
        ({"meminfo": MEMINFO, **GROUP}, 500_000_000),
        ({"meminfo": MEMINFO, **GROUP, "memory.stat": "anon 1\ninactive_file 400000000\n"}, 900_000_000),
        ({"meminfo": MEMINFO, **GROUP, "memory.max": "max\n"}, 8_192_000_000),
        ({"meminfo": MEMINFO, "memory.max": "1000\n", "memory.current": "2000\n"}, 0),
    ],
)
def test_free_memory_is_the_least_of_what_the_tables_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], free: int | None
) -> None:
    """The system's, or the control group's without the files that it keeps; without tables, all that the machine has."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    monkeypatch.setattr(environment, "Path", lambda path: tmp_path / path.rsplit("/", 1)[1])
    monkeypatch.setattr(environment.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 4_000_000}.__getitem__)
    assert free_memory() == (4096 * 4_000_000 if free is None else free)
