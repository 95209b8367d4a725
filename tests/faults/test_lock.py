"""One writer per run folder, readers at any time, and a lock that dies with its owner."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from qopt.errors import LockedError
from qopt.journal import Journal, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.conftest import Writer


@pytest.mark.parametrize("stale", [False, True], ids=["fresh", "after-a-kill"])
def test_of_eight_at_once_one_wins_and_the_others_are_told_who(tmp_path: Path, writers: Callable[..., Writer], *, stale: bool) -> None:
    """Exactly one opens the journal; seven are refused with the winner's pid and host, even where a killed owner left its name."""
    if stale:
        victim = writers(tmp_path / "run")
        victim.go()
        victim.says()
        victim.kill()
    crowd = [writers(tmp_path / "run") for _ in range(8)]
    for writer in crowd:
        writer.go()
    said = [writer.says() for writer in crowd]
    winners = [writer.process.pid for writer, line in zip(crowd, said, strict=True) if line.startswith("open")]
    assert len(winners) == 1
    refusals = [line for line in said if line.startswith("refused")]
    assert len(refusals) == 7
    assert all(f"process {winners[0]} on {socket.gethostname()}" in line for line in refusals)


def test_the_refusal_names_the_owner(tmp_path: Path) -> None:
    """Opening twice in one process is refused too, and says whose the lock is."""
    with Journal.open(tmp_path / "run"), pytest.raises(LockedError, match=f"process {os.getpid()} on"):
        Journal.open(tmp_path / "run")


def test_a_closed_journal_can_be_opened_by_another(tmp_path: Path) -> None:
    """Closing gives the lock back and takes the owner's name away; closing again does nothing."""
    journal = Journal.open(tmp_path / "run")
    journal.close()
    journal.close()
    assert not (tmp_path / "run" / "owner.json").exists()
    Journal.open(tmp_path / "run").close()


@pytest.mark.parametrize("times", [30, pytest.param(100, marks=pytest.mark.nightly)])
def test_the_lock_is_gone_after_a_kill(tmp_path: Path, writers: Callable[..., Writer], times: int) -> None:
    """SIGKILL its owner and the next one gets it, every time."""
    for _ in range(times):
        owner = writers(tmp_path / "run")
        owner.go()
        assert owner.says().startswith("open")
        owner.kill()
        Journal.open(tmp_path / "run").close()


@pytest.mark.parametrize(
    ("reads", "flags"),
    [
        pytest.param(200, (), id="local"),
        pytest.param(20, ("network",), id="network"),
        pytest.param(1000, (), id="local-long", marks=pytest.mark.nightly),
        pytest.param(200, ("network",), id="network-long", marks=pytest.mark.nightly),
    ],
)
def test_readers_never_disturb_nor_are_disturbed(
    tmp_path: Path, writers: Callable[..., Writer], reads: int, flags: tuple[str, ...]
) -> None:
    """While another process opens, appends and closes, every read succeeds and finds at least what the one before found."""
    writer = writers(tmp_path / "run", 20, 100_000, "quiet", *flags)
    writer.go()
    writer.says()
    known: tuple[object, ...] = ()
    for _ in range(reads):
        records = read(tmp_path / "run").records
        assert records[: len(known)] == known
        known = records
    while not known:  # on a slow disk the writer has not got to its first record yet
        assert writer.process.poll() is None
        known = read(tmp_path / "run").records
    assert writer.process.poll() is None
