"""Kills and damage: what was acknowledged is there, what was changed or cut is named, and no wrong record is ever believed."""

from __future__ import annotations

import random
import shutil
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from qopt.errors import DamagedError, StorageError
from qopt.journal import Answered, Contents, Event, Journal, Record, read, store
from qopt.journal.head import HEAD, read_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.conftest import Writer

FILES = ("run.sqlite", "run.sqlite-wal", "run.head")
TIMES = pytest.mark.parametrize("times", [100, pytest.param(2000, marks=pytest.mark.nightly)])


@pytest.fixture
def closed_folder(killed_folder: Path, tmp_path: Path) -> Path:
    """The same 42 rows after a clean close: all in the database, none in the log."""
    shutil.copytree(killed_folder, tmp_path / "closed")
    Journal.open(tmp_path / "closed").close()
    return tmp_path / "closed"


def believed(folder: Path) -> tuple[Record, ...] | None:
    """The records that a writer opening `folder` believes, its raw answers checked and one more appended; None if it refuses.

    Any exception but a refusal is a failure of the test.
    """
    try:
        with Journal.open(folder) as journal:
            records = journal.records
            for record in records:
                if isinstance(record, Answered):
                    assert_raw_is_right_or_refused(journal, record)
            journal.append(Event("after", {}))
        assert read(folder).records == (*records, Event("after", {}))
    except StorageError:
        return None
    return records


def assert_raw_is_right_or_refused(journal: Journal, record: Answered) -> None:
    """`journal_writer.py` makes answers from their row's number, so the bytes can be made again."""
    rng = random.Random(2 * record.call + 1)  # noqa: S311
    rng.gauss()
    with suppress(DamagedError):
        assert journal.raw(record.stage, record.call) == rng.randbytes(rng.choice((10, 6000)))


def flip(content: bytes, rng: random.Random) -> bytes:
    """One bit changed."""
    changed = bytearray(content)
    changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Shortened by at least one byte."""
    return content[: rng.randrange(len(content))]


@TIMES
@pytest.mark.parametrize("harm", [flip, cut])
@pytest.mark.parametrize(
    ("state", "name"),
    [("killed", "run.sqlite"), ("killed", "run.sqlite-wal"), ("killed", HEAD), ("closed", "run.sqlite"), ("closed", HEAD)],
)
def test_damage_is_harmless_or_named(
    request: pytest.FixtureRequest, tmp_path: Path, state: str, name: str, harm: Callable[[bytes, random.Random], bytes], times: int
) -> None:
    """Whatever one bit or one cut does to a file, the records believed are the true ones, at least as many as were synced."""
    pristine = request.getfixturevalue(f"{state}_folder")
    original, head = read(pristine).records, read_head(pristine)
    assert head is not None
    rng = random.Random(f"{state} {name} {harm.__name__}")  # noqa: S311
    refused = 0
    for number in range(times):
        folder = tmp_path / str(number)
        shutil.copytree(pristine, folder)
        (folder / name).write_bytes(harm((folder / name).read_bytes(), rng))
        records = believed(folder)
        refused += records is None
        assert records is None or (records == original[: len(records)] and len(records) >= head.count)
        shutil.rmtree(folder)
    assert name == HEAD or refused > 0


def test_every_acknowledged_row_survives_a_kill(tmp_path: Path, writers: Callable[..., Writer]) -> None:
    """SIGKILL in the middle of appending, again and again in the same folder: no row that was said to be recorded is missing."""
    assert_acknowledged_rows_survive(tmp_path / "run", writers, random.Random(1))  # noqa: S311


def test_every_acknowledged_row_survives_a_kill_on_a_network_disk(tmp_path: Path, writers: Callable[..., Writer]) -> None:
    """The same in SQLite's rollback mode, where the next one to open has to roll back what was half written."""
    assert_acknowledged_rows_survive(tmp_path / "run", writers, random.Random(2), "network")  # noqa: S311


def assert_acknowledged_rows_survive(folder: Path, writers: Callable[..., Writer], rng: random.Random, *flags: str) -> None:
    """Twenty kills."""
    for _ in range(20):
        writer = writers(folder, 100_000, 1, *flags)
        writer.go()
        said = [writer.says() for _ in range(rng.randrange(2, 12))] + writer.kill()
        recorded = len(read(folder).records)
        assert recorded - 1 <= int(said[-1]) + 1 <= recorded
        with Journal.open(folder) as journal:
            assert len(journal.records) == recorded


@pytest.mark.parametrize(("name", "extra"), [("appending", -1), ("committed", 0)])
@pytest.mark.parametrize("nth", [1, 2, 7])
def test_a_row_is_there_once_it_is_committed(tmp_path: Path, writers: Callable[..., Writer], name: str, extra: int, nth: int) -> None:
    """Killed just before a commit, the row is not there; just after, it is, though its writer didn't get as far as saying so."""
    die_at(f"{name}:{nth}", tmp_path / "run", writers)
    assert len(read(tmp_path / "run").records) == nth + extra


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_the_head_follows_each_synced_row(tmp_path: Path, writers: Callable[..., Writer], nth: int) -> None:
    """Killed just after the head was written, it counts every row."""
    die_at(f"headed:{nth}", tmp_path / "run", writers)
    head = read_head(tmp_path / "run")
    assert head is not None
    assert head.count == len(read(tmp_path / "run").records) >= nth


def test_a_kill_right_after_opening_leaves_an_empty_journal(tmp_path: Path, writers: Callable[..., Writer]) -> None:
    """Which opens again and takes records."""
    die_at("opened:1", tmp_path / "run", writers)
    assert believed(tmp_path / "run") == ()


def die_at(failpoint: str, folder: Path, writers: Callable[..., Writer]) -> None:
    """Let a writer of eight rows kill itself there."""
    writer = writers(folder, 8, QOPT_FAILPOINT=failpoint)
    writer.process.communicate("\n")
    assert writer.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
@pytest.mark.parametrize(("state", "name"), [("killed", "run.sqlite"), ("killed", "run.sqlite-wal"), ("killed", HEAD), ("closed", HEAD)])
def test_a_lost_file_is_named(request: pytest.FixtureRequest, state: str, name: str, content: bytes | None) -> None:
    """Without its database, its log or its head a journal is not taken for a shorter or a new one, and nothing else is changed."""
    folder = request.getfixturevalue(f"{state}_folder")
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    rest = {path: path.read_bytes() for path in folder.glob("run.*") if not path.name.endswith("-shm")}
    for attempt in (read, Journal.open):
        with pytest.raises(DamagedError, match="damaged"):
            attempt(folder)
    assert {path: path.read_bytes() for path in rest} == rest


def test_how_much_is_lost_is_said(killed_folder: Path) -> None:
    """Both numbers are in the message."""
    (killed_folder / "run.sqlite-wal").unlink()
    with pytest.raises(DamagedError, match="holds 21 records, 41 were written"):
        read(killed_folder)


def test_an_old_database_under_a_newer_head_is_named(tmp_path: Path) -> None:
    """A backup of `run.sqlite` alone does not pass for the whole."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("first", {}))
    old = (tmp_path / "run" / "run.sqlite").read_bytes()
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("second", {}))
    (tmp_path / "run" / "run.sqlite").write_bytes(old)
    with pytest.raises(DamagedError, match="holds 1 records, 2 were written"):
        Journal.open(tmp_path / "run")


def test_the_database_of_another_run_is_named(tmp_path: Path) -> None:
    """Even one with more records, all of them sound."""
    for name in ("one", "other"):
        with Journal.open(tmp_path / name) as journal:
            journal.append(Event(name, {}))
            journal.append(Event(name, {}))
    shutil.copy(tmp_path / "other" / "run.sqlite", tmp_path / "one" / "run.sqlite")
    with pytest.raises(DamagedError, match="record 2 is not what was written"):
        Journal.open(tmp_path / "one")


def test_a_database_that_would_lose_pages_when_written_is_refused(tmp_path: Path) -> None:
    """Its header forgets the last page: every record can be read still, but an append would write over a raw answer."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Answered("main", 0, [1.0], [0.0], None, None, 0.1, raw=random.Random(1).randbytes(50_000)))  # noqa: S311
    database = tmp_path / "run" / "run.sqlite"
    content = bytearray(database.read_bytes())
    content[28:32] = (int.from_bytes(content[28:32]) - 1).to_bytes(4)
    database.write_bytes(content)
    assert len(read(tmp_path / "run").records) == 1
    with pytest.raises(DamagedError, match="SQLite reports"):
        Journal.open(tmp_path / "run")


def test_a_torn_head_costs_no_more_than_one_step(tmp_path: Path) -> None:
    """The two slots are written in turn, so a crash while one is written leaves the other."""
    with Journal.open(tmp_path / "run") as journal:
        for number in range(1, 5):
            journal.append(Event("row", {}))
            head = read_head(tmp_path / "run")
            assert head is not None
            assert head.count == number
            torn = bytearray((tmp_path / "run" / HEAD).read_bytes())
            torn[head.slot * 4096 + 20] ^= 1
            (tmp_path / f"{number}").mkdir()
            (tmp_path / f"{number}" / HEAD).write_bytes(torn)
            older = read_head(tmp_path / f"{number}")
            assert older is not None
            assert older.count == number - 1


@pytest.mark.parametrize("attempt", [read, Journal.open])
def test_a_write_that_a_network_disk_holds_half_is_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt: Callable[[Path], Contents | Journal]
) -> None:
    """A copy taken in the middle of a transaction, as a kill would leave it, holds what was committed before."""
    monkeypatch.setattr(store, "on_network", lambda _: True)
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("first", {}))
        for statement in ("PRAGMA cache_size = 1", "BEGIN", "UPDATE record SET time = 0", "INSERT INTO raw VALUES (1, randomblob(100000))"):
            journal._connection.execute(statement)
        shutil.copytree(tmp_path / "run", tmp_path / "copy")
        journal._connection.execute("ROLLBACK")
    assert (tmp_path / "copy" / "run.sqlite").stat().st_size > 100_000
    opened = attempt(tmp_path / "copy")
    assert opened.records == (Event("first", {}),)
    if isinstance(opened, Journal):
        opened.close()


def test_a_spoilt_shared_memory_file_does_no_harm(killed_folder: Path) -> None:
    """SQLite makes its `-shm` file anew."""
    original = read(killed_folder).records
    (killed_folder / "run.sqlite-shm").write_bytes(bytes(range(256)) * 128)
    assert believed(killed_folder) == original


def test_a_plain_copy_of_a_closed_journal_is_whole(closed_folder: Path, tmp_path: Path) -> None:
    """After a clean close the database and the head are enough."""
    (tmp_path / "copy").mkdir()
    for name in ("run.sqlite", HEAD):
        shutil.copy(closed_folder / name, tmp_path / "copy")
    assert read(tmp_path / "copy").records == read(closed_folder).records
