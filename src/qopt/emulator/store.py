"""The platform's memory: jobs, Sessions and a few values in one SQLite file that survives the death of the server."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from qopt.emulator.sessions import Load, Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FINAL = ("Completed", "Failed", "Cancelled")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, program TEXT NOT NULL, backend TEXT NOT NULL,
    instance TEXT NOT NULL, session TEXT, tags TEXT NOT NULL, private INTEGER NOT NULL, cost REAL, digest TEXT NOT NULL,
    created REAL NOT NULL, arrived REAL NOT NULL, status TEXT NOT NULL, reason TEXT, reason_code INTEGER, started REAL, ended REAL,
    stalled INTEGER NOT NULL, ordinal INTEGER, starts INTEGER NOT NULL, executions INTEGER NOT NULL, billed REAL NOT NULL,
    estimate REAL, reads INTEGER NOT NULL, deleted INTEGER NOT NULL, fault TEXT
);
CREATE INDEX IF NOT EXISTS by_digest ON jobs (digest);
CREATE INDEX IF NOT EXISTS by_session ON jobs (session);
CREATE INDEX IF NOT EXISTS by_status ON jobs (status);
CREATE TABLE IF NOT EXISTS texts (id TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, kind));
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, closed INTEGER NOT NULL, mode TEXT NOT NULL, committed REAL NOT NULL, document TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, document TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Job:
    """A row of the table of jobs; moments are virtual seconds since the epoch, except `arrived`.

    Attributes:
        seq: Its place in the order of creation.
        id: Its name.
        program: `estimator`, `sampler` or `executor`.
        backend: The device.
        instance: The CRN that it is paid by.
        session: The Session or Batch that it belongs to.
        tags: Its tags.
        private: Whether its results can be read once only and its parameters not at all.
        cost: The longest time in seconds that it may take.
        digest: Of the numbers that it asks about.
        created: When it was submitted.
        arrived: The same in real time.
        status: As the REST interface says it.
        reason: Why it failed.
        reason_code: The same as a number.
        started: When it began.
        ended: When it was over.
        stalled: Whether it stays queued until it is released.
        ordinal: How many jobs with the same numbers came before it.
        starts: How often it was begun.
        executions: How often it was executed to the end and billed.
        billed: Seconds of QPU time.
        estimate: Seconds that it was thought to take.
        reads: How often its results were read.
        deleted: Whether its owner deleted it.
        fault: What is going to go wrong with it, as JSON.
    """

    seq: int
    id: str
    program: str
    backend: str
    instance: str
    session: str | None
    tags: tuple[str, ...]
    private: bool
    cost: float | None
    digest: str
    created: float
    arrived: float
    status: str = "Queued"
    reason: str | None = None
    reason_code: int | None = None
    started: float | None = None
    ended: float | None = None
    stalled: bool = False
    ordinal: int | None = None
    starts: int = 0
    executions: int = 0
    billed: float = 0.0
    estimate: float | None = None
    reads: int = 0
    deleted: bool = False
    fault: str | None = None

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL


_COLUMNS = tuple(field.name for field in fields(Job))


class Store:
    """One file; its user makes sure that only one thread is in it at a time."""

    def __init__(self, path: Path) -> None:
        self._sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._sql.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing; only a loss of power does, and nothing here is worth waiting for a disk.
        self._sql.execute("PRAGMA synchronous=OFF")
        self._sql.executescript(_SCHEMA)

    def __enter__(self) -> None:
        """Begin a transaction; what is written within is there all together or not at all."""
        self._sql.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        """Keep what was written, unless an exception comes out."""
        self._sql.execute("COMMIT" if kind is None else "ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def add(self, job: Job, params: str) -> None:
        """A new job, whose `seq` is given by the store."""
        row = _row(job)
        del row["seq"]
        names = ", ".join(row)
        self._sql.execute(f"INSERT INTO jobs ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))  # noqa: S608 - names of fields
        self.write(job.id, "params", params)

    def change(self, job_id: str, **changes: object) -> None:
        """Other values for some columns of a job."""
        names = ", ".join(f"{name} = ?" for name in changes)
        values = [json.dumps(value) if name == "tags" else value for name, value in changes.items()]
        self._sql.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*values, job_id))  # noqa: S608 - names of fields

    def job(self, job_id: str) -> Job | None:
        """The job of that id, deleted ones included."""
        found = self.jobs("id = ?", [job_id])
        return found[0] if found else None

    def jobs(self, where: str = "1", values: Sequence[object] = (), *, order: str = "seq") -> list[Job]:
        """All jobs that a condition holds for, oldest first unless told otherwise."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE {where} ORDER BY {order}"  # noqa: S608 - conditions are written in this package
        return [_job(row) for row in self._sql.execute(query, tuple(values))]

    def count(self, where: str, values: Sequence[object] = ()) -> int:
        """How many jobs a condition holds for."""
        found = self._sql.execute(f"SELECT COUNT(*) FROM jobs WHERE {where}", tuple(values)).fetchone()  # noqa: S608 - as above
        return int(found[0])

    def billed(self, where: str = "1", values: Sequence[object] = ()) -> float:
        """The QPU seconds of all jobs that a condition holds for."""
        found = self._sql.execute(f"SELECT COALESCE(SUM(billed), 0) FROM jobs WHERE {where}", tuple(values)).fetchone()  # noqa: S608 - as above
        return float(found[0])

    def write(self, job_id: str, kind: str, body: str) -> None:
        """Keep a long text of a job: its `params`, `results` or `logs`."""
        self._sql.execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", (job_id, kind, body))

    def read(self, job_id: str, kind: str) -> str | None:
        """A long text of a job, None if there is none."""
        found = self._sql.execute("SELECT body FROM texts WHERE id = ? AND kind = ?", (job_id, kind)).fetchone()
        return None if found is None else str(found[0])

    def forget(self, job_id: str, kinds: Iterable[str] = ("params", "results", "logs")) -> None:
        """Delete long texts of a job."""
        self._sql.executemany("DELETE FROM texts WHERE id = ? AND kind = ?", [(job_id, kind) for kind in kinds])

    def keep(self, session: Session) -> None:
        """Write a Session down, new or changed."""
        self._sql.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET closed = excluded.closed, committed = excluded.committed, document = excluded.document",
            (session.id, session.state == "closed", session.mode, session.committed, json.dumps(asdict(session))),
        )

    def session(self, session_id: str) -> Session | None:
        """The Session of that id."""
        found = self._sql.execute("SELECT document FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return None if found is None else _session(found[0])

    def sessions(self, *, closed: bool = True) -> list[Session]:
        """All Sessions in the order of their creation, with or without those that are closed."""
        return [_session(row[0]) for row in self._sql.execute("SELECT document FROM sessions WHERE closed <= ? ORDER BY rowid", (closed,))]

    def committed(self) -> float:
        """The seconds for which devices were committed to Sessions that are closed."""
        found = self._sql.execute("SELECT COALESCE(SUM(committed), 0) FROM sessions WHERE closed AND mode = 'dedicated'").fetchone()
        return float(found[0])

    def load(self, session_id: str) -> Load:
        """How many jobs of a Session are waiting and running."""
        found = self._sql.execute("SELECT status, COUNT(*) FROM jobs WHERE session = ? GROUP BY status", (session_id,))
        counts: dict[str, int] = dict(found.fetchall())
        return Load(counts.get("Queued", 0), counts.get("Running", 0), sum(counts.values()))

    def clear(self) -> None:
        """Forget jobs and Sessions; what is kept under names stays."""
        for table in ("jobs", "texts", "sessions"):
            self._sql.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above

    def fact(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON was kept
        """A value that was kept under a name, None if there is none."""
        found = self._sql.execute("SELECT document FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else json.loads(found[0])

    def state(self, name: str, document: object) -> None:
        """Keep a value under a name."""
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(document)))


def _row(job: Job) -> dict[str, Any]:
    return asdict(job) | {"tags": json.dumps(job.tags)}


def _job(row: Sequence[Any]) -> Job:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["tags"] = tuple(json.loads(values["tags"]))
    for name in ("private", "stalled", "deleted"):
        values[name] = bool(values[name])
    return Job(**values)


def _session(document: str) -> Session:
    values = json.loads(document)
    values["history"] = tuple((state, since) for state, since in values["history"])
    return Session(**values)
