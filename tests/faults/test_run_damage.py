"""Damage to the journal of a killed run: the same command ends with the same bits, or names the damage and gives no result."""

from __future__ import annotations

import random
import re
import signal
from typing import TYPE_CHECKING

import pytest
from tests.faults.runs import Project, Server, config, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def killed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, object]]:
    """A run with its first part in the database and its second in the log, because its writer was killed; and what it comes to."""
    project = Project(server, tmp_path_factory.mktemp("killed") / "project", config("Nelder-Mead", budget={"evaluations": 8}))
    project.run()
    project.configure(budget={"evaluations": 20})
    assert project.start(QOPT_FAILPOINT="answered:7").wait() == -signal.SIGKILL
    assert (project.home / "run.sqlite").stat().st_size > 20_000
    assert (project.home / "run.sqlite-wal").stat().st_size > 20_000
    whole = project.copy(project.folder.with_name("whole"))
    whole.run()
    return project, told(whole)


def flip(content: bytes, rng: random.Random) -> bytes:
    """One bit changed in what is used: pages are filled up with zeros."""
    changed = bytearray(content)
    changed[rng.choice([place for place, byte in enumerate(content) if byte])] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Shortened by at least one byte."""
    return content[: rng.randrange(len(content))]


@pytest.mark.parametrize("times", [50, pytest.param(1000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", ["run.sqlite", "run.sqlite-wal"])
@pytest.mark.parametrize("harm", [flip, cut])
def test_a_damaged_run_ends_with_the_same_bits_or_names_the_damage(
    killed: tuple[Project, dict[str, object]], tmp_path: Path, harm: Callable[[bytes, random.Random], bytes], name: str, times: int
) -> None:
    """Never a third way."""
    original, expected = killed
    rng = random.Random(f"{name} {harm.__name__} {times}")  # noqa: S311 - damage, not secrets
    named = 0
    for number in range(times):
        project = original.copy(tmp_path / str(number))
        file = project.home / name
        file.write_bytes(harm(file.read_bytes(), rng))
        earlier = (project.home / "result.json").read_bytes()
        process = project.start()
        code = process.wait()
        if code == 0:
            assert told(project) == expected
            continue
        assert code == 4, (code, process.said())
        assert re.fullmatch(r"error: [^\n]*runs/run[^\n]*\n", process.said()), process.said()
        assert (project.home / "result.json").read_bytes() == earlier
        named += 1
    # Half of a database's pages are raw data, which an unfinished run does not read again.
    assert named > times / 4
