"""The journal as its writer and its readers use it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.errors import DamagedError, Interrupted, StorageError
from qopt.journal import Answered, Asked, Event, Failed, Finished, Header, Journal, Record, Submitted, read, schema, store
from qopt.journal.head import read_head

numbers = st.floats(allow_nan=False)
texts = st.text()
calls = st.integers(0, 2**70)
objects = st.dictionaries(texts, st.recursive(st.none() | st.booleans() | calls | numbers | texts, st.lists, max_leaves=5), max_size=4)
records = st.one_of(
    st.builds(Header, texts, objects, st.none() | texts, objects, st.none() | texts),
    st.builds(Asked, texts, calls, texts, st.lists(st.lists(numbers)), texts, texts),
    st.builds(Submitted, texts, calls, texts, texts),
    st.builds(
        Answered,
        texts,
        calls,
        st.lists(numbers),
        st.lists(numbers),
        st.none() | calls,
        st.none() | numbers,
        numbers,
        st.none() | st.binary(),
    ),
    st.builds(Failed, texts, calls, texts, texts),
    st.builds(Event, texts, objects),
    st.builds(Finished, calls, st.booleans(), objects, objects),
)


def without_raw(record: Record) -> Record:
    """As records are read: raw answers stay in the journal."""
    return replace(record, raw=None) if isinstance(record, Answered) else record


@given(st.lists(st.tuples(records, st.booleans()), max_size=8))
def test_what_is_appended_is_read(rows: list[tuple[Record, bool]]) -> None:
    """Every record comes back equal, to a reader while the journal is open, to the next writer, and to a reader of the closed one."""
    expected = tuple(without_raw(record) for record, _ in rows)
    raws = {(record.stage, record.call): record.raw for record, _ in rows if isinstance(record, Answered) and record.raw is not None}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        with Journal.open(folder) as journal:
            for record, sync in rows:
                journal.append(record, sync=sync)
            assert read(folder).records == expected
            assert {key: journal.raw(*key) for key in raws} == raws
        with Journal.open(folder) as journal:
            assert journal.records == expected
            assert {key: journal.raw(*key) for key in raws} == raws
        assert read(folder).records == expected


def test_a_call_without_raw_bytes_has_none(tmp_path: Path) -> None:
    """Neither an unknown call nor an answer that was recorded without them."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Answered("main", 0, [1.0], [0.0], None, None, 0.1))
        assert journal.raw("main", 0) is None
        assert journal.raw("main", 1) is None


def test_records_carry_the_time_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds since the epoch, one for each record."""
    monkeypatch.setattr("time.time", lambda: 1234.5)
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("first", {}))
    assert read(tmp_path / "run").times == (1234.5,)


def test_a_record_that_is_not_json_writes_nothing(tmp_path: Path) -> None:
    """A mistake of the program, after which the journal goes on."""
    with Journal.open(tmp_path / "run") as journal:
        with pytest.raises(TypeError):
            journal.append(Event("wrong", {"set": {1}}))
        journal.append(Event("right", {}))
    assert read(tmp_path / "run").records == (Event("right", {}),)


@pytest.mark.parametrize(("where", "kept"), [("appending", []), ("committed", ["first"]), ("headed", ["first"])])
def test_a_signal_in_the_middle_of_an_append_leaves_the_journal_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, kept: list[str]
) -> None:
    """A record is there or not, and what is appended next follows it."""

    def interrupt(name: str) -> None:
        if name == where:
            raise Interrupted(2)

    with Journal.open(tmp_path / "run") as journal:
        with monkeypatch.context() as patch:
            patch.setattr(store, "reach", interrupt)
            with pytest.raises(Interrupted):
                journal.append(Event("first", {}))
        journal.append(Event("stopped", {}))
    assert [record.name for record in read(tmp_path / "run").records if isinstance(record, Event)] == [*kept, "stopped"]


def test_the_group_of_unsynced_records_is_synced_at_64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power loss takes fewer than 64 records."""
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    with Journal.open(tmp_path / "run") as journal:
        heads = []
        for _ in range(65):
            journal.append(Event("row", {}), sync=False)
            head = read_head(tmp_path / "run")
            assert head is not None
            heads.append(head.count)
    assert heads == [0] * 63 + [64, 64]


def test_the_group_of_unsynced_records_is_synced_after_50_ms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first append after that time."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("row", {}), sync=False)
        now = 0.05
        journal.append(Event("row", {}), sync=False)
        head = read_head(tmp_path / "run")
    assert head is not None
    assert head.count == 2


def test_only_a_synced_append_waits_for_the_disk(tmp_path: Path) -> None:
    """SQLite is told FULL (2) for one and NORMAL (1) for the other."""
    with Journal.open(tmp_path / "run") as journal:
        levels = []
        for sync in (True, False, True):
            journal.append(Event("row", {}), sync=sync)
            levels.append(journal._connection.execute("PRAGMA synchronous").fetchone()[0])
    assert levels == [2, 1, 2]


@pytest.mark.parametrize(("network", "mode"), [(False, "wal"), (True, "truncate")])
def test_a_network_file_system_gets_no_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, *, network: bool) -> None:
    """Write-ahead mode needs it, rollback mode doesn't; there every record is synced."""
    monkeypatch.setattr(store, "on_network", lambda _: network)
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("row", {}), sync=False)
        assert journal._connection.execute("PRAGMA journal_mode").fetchone()[0] == mode
        head = read_head(tmp_path / "run")
        assert head is not None
        assert head.count == int(network)
        assert read(tmp_path / "run").records == (Event("row", {}),)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_can_look_inside(tmp_path: Path, umask: int) -> None:
    """The folder is made 0700 and every file in it 0600, whatever the umask."""
    before = os.umask(umask)
    try:
        with Journal.open(tmp_path / "run") as journal:
            journal.append(Event("row", {}))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "run").iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    assert set(modes) >= {".lock", "owner.json", "run.head", "run.sqlite", "run.sqlite-wal"}
    assert set(modes.values()) == {0o600}


def test_a_folder_without_a_journal_is_refused_by_readers(tmp_path: Path) -> None:
    """And is left without one."""
    with pytest.raises(StorageError, match="no journal"):
        read(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """With the path and what to do."""
    (tmp_path / "run").write_text("not a folder")
    with pytest.raises(StorageError, match="permissions"):
        Journal.open(tmp_path / "run")


def test_reading_where_nothing_can_be_written_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished run on a read-only disk can be read."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("row", {}))
    names = sorted(path.name for path in (tmp_path / "run").iterdir())
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert read(tmp_path / "run").records == (Event("row", {}),)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == names


def test_a_journal_of_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """Readers and writers say that it was made by a newer qopt."""
    with Journal.open(tmp_path / "run") as journal:
        journal._connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    for attempt in (read, Journal.open):
        with pytest.raises(StorageError, match="newer qopt"):
            attempt(tmp_path / "run")


def test_a_journal_of_an_older_schema_is_read_and_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new migration runs once, on opening for writing, and keeps the records."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("old", {}))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, lambda connection: connection.execute("CREATE TABLE more (x)")))
    assert read(tmp_path / "run").version == 1
    for _ in range(2):
        with Journal.open(tmp_path / "run") as journal:
            assert journal.records == (Event("old", {}),)
            assert journal._connection.execute("SELECT * FROM more").fetchall() == []
    assert read(tmp_path / "run").version == 2


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """SQLite marks whose it is."""
    with Journal.open(tmp_path / "run") as journal:
        journal._connection.execute("PRAGMA application_id = 7")
    with pytest.raises(DamagedError, match="not a journal of qopt"):
        Journal.open(tmp_path / "run")


def test_a_kind_of_record_from_a_newer_qopt_is_refused(tmp_path: Path) -> None:
    """It can't be understood, so the whole run can't."""

    class Novelty(Event):
        kind = "novelty"

    with Journal.open(tmp_path / "run") as journal:
        journal.append(Novelty("new", {}))
    with pytest.raises(StorageError, match="upgrade qopt"):
        read(tmp_path / "run")


def test_the_journal_needs_nothing_heavy() -> None:
    """`qopt list` and `qopt show` read journals without NumPy or Qiskit."""
    script = "import sys, qopt.journal; sys.exit(bool({'numpy', 'qiskit', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def spoil(journal: Journal, statement: str, *values: Any) -> None:
    """Change the database behind the journal's back."""
    journal._connection.execute(statement, values)


@pytest.mark.parametrize("data", [b"not compressed", None, 7])
def test_a_changed_raw_answer_is_found_when_it_is_read(tmp_path: Path, data: bytes | int | None) -> None:
    """Its digest is part of the chained record."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Answered("main", 3, [1.0], [0.0], None, None, 0.1, raw=b"counts"))
        if data is None:
            spoil(journal, "DELETE FROM raw")
        else:
            spoil(journal, "UPDATE raw SET data = ?", data)
        with pytest.raises(DamagedError, match="raw answer of call 3"):
            journal.raw("main", 3)


@pytest.mark.parametrize(
    "column", ["id = 3", "kind = 'asked'", "time = time + 1", "body = replace(body, '1', '2')", "chain = zeroblob(32)"]
)
def test_a_changed_record_is_named(tmp_path: Path, column: str) -> None:
    """Every column of a row is under its checksum."""
    with Journal.open(tmp_path / "run") as journal:
        journal.append(Event("first", {}))
        journal.append(Event("second", {"value": 1}))
        spoil(journal, f"UPDATE record SET {column} WHERE id = 2")  # noqa: S608
    with pytest.raises(DamagedError, match="record 2 is not what was written"):
        read(tmp_path / "run")
