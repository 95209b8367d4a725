"""A run as its journal tells it, in the problem's own sense: what tables, exports and figures are made from. The standard library alone."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qopt.errors import DamagedError
from qopt.journal import Answered, Asked, Event, Failed, Finished, Header, Submitted, read
from qopt.journal.lock import host_at_work

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.journal import Contents

MAIN = "main"
FINAL = "final"
_AFTERWARDS = (FINAL, "samples", "drift")


@dataclass(frozen=True)
class Call:
    """A question with its answer.

    Attributes:
        stage: The part of the run that asked.
        number: Of the call within its stage.
        purpose: `evaluate`, `gradient` or `final`.
        points: k lists of n angles, radians.
        values: In the problem's own sense; k of them, or 2k where every point was measured twice, all first measurements first.
        stderrs: Standard errors of `values`.
        shots: Of all values together; None where exact.
        job: The id of the job, where one is known.
    """

    stage: str
    number: int
    purpose: str
    points: list[list[float]]
    values: list[float]
    stderrs: list[float]
    shots: int | None
    job: str | None


@dataclass(frozen=True)
class History:
    """All that the journal of a run says.

    Attributes:
        folder: The run folder.
        header: What the run is; None where nothing was begun.
        calls: Answered calls, stage by stage, in the order of their numbers.
        finished: The last result, if there is one.
        events: Everything worth telling that is not an answer, with the time of each in seconds since the epoch.
        elapsed: Seconds of work, over all parts of the run.
        begun: When the first record was written, seconds since the epoch.
        changed: When the last record was.
    """

    folder: Path
    header: Header | None
    calls: tuple[Call, ...]
    finished: Finished | None
    events: tuple[tuple[float, Event | Failed], ...]
    elapsed: float
    begun: float
    changed: float

    @property
    def sense(self) -> str:
        """`minimise` or `maximise`."""
        return str(self.header.identity.get("sense")) if self.header else "minimise"

    @property
    def sign(self) -> int:
        """+1 or -1, as of `types.Sense`, which would need NumPy."""
        return _sign(self.header)

    @cached_property
    def main(self) -> tuple[Call, ...]:
        """What the optimizer asked, in order."""
        return tuple(call for call in self.calls if call.stage == MAIN)

    @property
    def progress(self) -> int:
        """How many calls were answered that the course of the run rests on."""
        return sum(call.stage not in _AFTERWARDS for call in self.calls)

    @property
    def evaluations(self) -> int:
        """Points that the optimizer asked for and got."""
        return sum(len(call.points) for call in self.main)

    @property
    def shots(self) -> int:
        """Shots of all answers."""
        return sum(call.shots or 0 for call in self.calls)

    @property
    def best_seen(self) -> tuple[float, float] | None:
        """The best value that the optimizer saw, and its standard error; None before the first. Biased by selection."""
        seen = [pair for call in self.main for pair in zip(call.values, call.stderrs, strict=True)]
        return min(seen, key=lambda pair: self.sign * pair[0]) if seen else None

    @property
    def result(self) -> dict[str, Any] | None:
        """The stored result, unless the run went on since."""
        return self.finished.result if self.finished is not None and self.finished.calls == self.progress else None

    @property
    def state(self) -> str:
        """Where the run stands: `running`, `finished`, `stopped at budget`, `finished on request`, `interrupted` or `empty`."""
        owner = host_at_work(self.folder)
        if owner is not None:
            return "running" if owner == socket.gethostname() else f"running on {owner}"
        if self.header is None:
            return "empty"
        if self.finished is None or self.result is None:
            return "interrupted"
        if self.finished.final:
            return "finished"
        return "finished on request" if "finished" in self.finished.budget else "stopped at budget"


def history(folder: Path, contents: Contents | None = None) -> History:
    """Read and verify the journal of a run.

    Args:
        folder: The run folder.
        contents: What its journal holds, where that was read already.

    Raises:
        StorageError: If there is none, or it can't be read.
        DamagedError: If it doesn't hold what was written.
    """
    contents = read(folder) if contents is None else contents
    try:
        return _folded(folder, contents)
    except (KeyError, TypeError, ValueError) as error:
        message = f"the journal in {folder} is whole, but not one of a run ({error!r}): give the folder of a run"
        raise DamagedError(message) from error


def parameters_of(run: History) -> tuple[str, ...]:
    """The parameters' names in the order of points; from the frozen observables, or numbered where those are missing."""
    try:
        frozen = json.loads((run.folder / "frozen" / f"{run.header.frozen[1]}.json").read_bytes()) if run.header else {}
        return tuple(map(str, frozen["parameters"]))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        size = len(run.calls[0].points[0]) if run.calls else 0
        return tuple(f"parameter_{index}" for index in range(size))


def _sign(header: Header | None) -> int:
    return -1 if header is not None and header.identity["sense"] == "maximise" else 1


def _folded(folder: Path, contents: Contents) -> History:
    header: Header | None = None
    finished: Finished | None = None
    asked: dict[tuple[str, int], Asked] = {}
    jobs: dict[tuple[str, int], str] = {}
    answered: dict[tuple[str, int], Answered] = {}
    events: list[tuple[float, Event | Failed]] = []
    for time, record in zip(contents.times, contents.records, strict=True):
        if isinstance(record, Header):
            header = record
        elif isinstance(record, Asked):
            asked[record.stage, record.call] = record
        elif isinstance(record, Submitted):
            jobs[record.stage, record.call] = record.job
        elif isinstance(record, Answered):
            answered[record.stage, record.call] = record
        elif isinstance(record, Finished):
            finished = record
        else:
            events.append((time, record))
    sign = _sign(header)
    # The main stage comes first, whatever else there is called.
    order = sorted(answered, key=lambda key: (key[0] != MAIN, key))
    calls = tuple(_call(asked[key], answered[key], jobs.get(key), sign) for key in order)
    elapsed = max((record.elapsed for record in answered.values()), default=0.0)
    times = contents.times or (0.0,)
    return History(folder, header, calls, finished, tuple(events), elapsed, times[0], times[-1])


def _call(asked: Asked, answered: Answered, job: str | None, sign: int) -> Call:
    values = [sign * value + 0.0 for value in answered.values]  # + 0.0, for minus nothing is nothing
    return Call(asked.stage, asked.call, asked.purpose, asked.points, values, answered.stderrs, answered.shots, job)
