"""The journal of a run, folded: its calls by stage and number, and what they add up to."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.bills import Bills
from qopt.journal import Answered, Asked, Event, Failed, Header, Submitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from qopt.journal import Journal, Record
    from qopt.types import OpenSession, Points, Values

MAIN = "main"
"""The stage in which the optimizer asks."""
FINAL = "final"
"""The stage in which the best points are measured again; its calls are numbered by those of the main stage that they rest on."""
AFTERWARDS = (FINAL, "samples", "drift")
"""Stages of which the course of a run does not depend."""
STOPPED = "stopped"
"""The event of a budget that was reached."""
REFERENCE = "reference"
"""The event that keeps the classical reference, which under a time limit depends on how busy the machine is."""

TIMING = "timing"
"""The event that keeps how long one execution of the run's circuit takes, so that predictions are the same in every part of the run."""
TRAINED = "trained"
"""The event of a start that was optimised on the exact engine."""

SQD = "sqd"
"""The event that keeps what sample-based diagonalization found, by the number of the final measurement."""
STAGE = "stage"
"""The event of a circuit that was frozen after the run had begun, with its name and its digests."""
SAID = "said"
"""An event for people alone, which is never recorded: what is being waited for."""
MODE = "mode"
"""The event of a mode that was chosen, with the reason."""


def tag_for(run_id: str, stage: str, call: int) -> str:
    """What a call's job is found by, also when nobody was told its id."""
    return f"qopt-{run_id}-{stage}-{call}"


class Ledger:
    """The journal's calls by (stage, call), and what they add up to.

    Attributes:
        journal: Where records go; None where they are only read.
        tell: Is told of every event that is appended.
        header: What the run is; None before anything was written.
        asked: Questions by (stage, call).
        jobs: Ids of the jobs that they became.
        failed: Ids of jobs that ended without an answer.
        answered: Answers, without their raw data.
        budgets: Under which budget the run was stopped, by the number of calls that it had made.
        reference: The classical reference, once it is known.
        elapsed: Seconds of work at the last answer.
        shots: Shots of all answers.
        bills: What its jobs and Sessions were charged.
        calibration: Of the device at the last answer, where known.
        timing: Seconds of one execution, where a device was asked.
        stages: Digests of circuits that were frozen after the run had begun, and of their observables, by name.
        sqd: What sample-based diagonalization found, by the number of the final measurement.
        mode: That was chosen last, where a choice was made.
        mode_reason: Why.
    """

    def __init__(self, records: Iterable[Record], journal: Journal | None = None) -> None:
        """Fold the records that are there; without a journal the ledger can only be read."""
        self.journal = journal
        self.tell: Callable[[Event], None] | None = None
        self.asked: dict[tuple[str, int], Asked] = {}
        self.jobs: dict[tuple[str, int], str] = {}
        self.answered: dict[tuple[str, int], Answered] = {}
        self.failed: set[str] = set()
        self.header: Header | None = None
        self.budgets: dict[int, dict[str, Any]] = {}
        self.reference: dict[str, Any] | None = None
        self.elapsed = 0.0
        self.shots = 0
        self.bills = Bills()
        self.calibration: str | None = None
        self.timing: dict[str, float] | None = None
        self.stages: dict[str, tuple[str, str]] = {}
        self.sqd: dict[int, dict[str, Any]] = {}
        self.mode: str | None = None
        self.mode_reason = ""
        for record in records:
            self._fold(record)
        self._began = time.monotonic() - self.elapsed

    def append(self, record: Record, *, sync: bool = True) -> None:
        """Make a record durable and fold it."""
        assert self.journal is not None  # noqa: S101 - only a run appends, and it has one
        self.journal.append(record, sync=sync)
        self._fold(record)
        if self.tell is not None and isinstance(record, Event):
            self.tell(record)

    def raw(self, stage: str, call: int) -> bytes:
        """The compressed data of an answer."""
        assert self.journal is not None  # noqa: S101 - as above
        return self.journal.raw(stage, call) or b""

    @property
    def idle(self) -> float:
        """Seconds that nobody had worked on the run when its journal was opened; infinite for a new run."""
        return self.journal.idle if self.journal is not None else float("inf")

    def note(self, name: str, detail: Mapping[str, Any]) -> None:
        """Record something worth knowing that is not an answer."""
        self.append(Event(name, dict(detail)))

    @property
    def session(self) -> OpenSession | None:
        """The Session or Batch that was opened last and did not end."""
        return self.bills.session

    @property
    def sessions(self) -> tuple[OpenSession, ...]:
        """All Sessions and Batches that were opened and did not end."""
        return tuple(self.bills.open_sessions.values())

    @property
    def wall(self) -> float:
        """Seconds of work on the run, over all its parts."""
        return time.monotonic() - self._began

    def points(self, stage: str, calls: range | None = None) -> Points:
        """All answered points of a stage, or of some of its calls, in their order, `(k, n)`."""
        known = [self.asked[key] for key in self._answered_of(stage, calls)]
        return np.array([row for asked in known for row in asked.points], dtype=np.float64)

    def values(self, stage: str, calls: range | None = None) -> tuple[Values, Values]:
        """All answered values of a stage, or of some of its calls, and their standard errors, in the same order."""
        answers = [self.answered[key] for key in self._answered_of(stage, calls)]
        values = np.array([value for record in answers for value in record.values], dtype=np.float64)
        return values, np.array([stderr for record in answers for stderr in record.stderrs], dtype=np.float64)

    def _answered_of(self, stage: str, calls: range | None) -> list[tuple[str, int]]:
        return [key for key in sorted(self.answered) if key[0] == stage and (calls is None or key[1] in calls)]

    @property
    def progress(self) -> int:
        """How many calls were answered that the course of the run rests on: by it the final measurement is numbered."""
        return sum(key[0] not in AFTERWARDS for key in self.answered)

    def calls(self, stage: str) -> int:
        """How many calls of a stage were answered."""
        return sum(key[0] == stage for key in self.answered)

    def _fold(self, record: object) -> None:
        if isinstance(record, Header):
            self.header = record
        elif isinstance(record, Asked):
            self.asked[record.stage, record.call] = record
        elif isinstance(record, Submitted):
            self.jobs[record.stage, record.call] = record.job
        elif isinstance(record, Failed):
            self.jobs.pop((record.stage, record.call), None)
            self.failed.add(record.job)
            self.bills.fold_failure(record)
        elif isinstance(record, Answered):
            self._fold_answer(record)
        elif isinstance(record, Event):
            self._fold_event(record.name, record.detail)

    def _fold_answer(self, record: Answered) -> None:
        key = record.stage, record.call
        # The raw data stays in the journal: a long run's would fill the memory.
        self.answered[key] = replace(record, raw=None)
        self.shots += record.shots or 0
        self.elapsed = max(self.elapsed, record.elapsed)
        self.calibration = record.calibration or self.calibration
        self.bills.fold_answer(record, self.jobs.get(key))

    def _fold_event(self, name: str, detail: dict[str, Any]) -> None:
        if name == STOPPED:
            self.budgets[detail["calls"]] = detail["budget"]
        elif name == REFERENCE:
            self.reference = detail
        elif name == TIMING:
            self.timing = detail
        elif name == STAGE:
            self.stages[detail["name"]] = (detail["circuit"], detail["observables"])
        elif name == SQD:
            self.sqd[detail["call"]] = detail["found"]
        elif name == MODE:
            self.mode, self.mode_reason = detail["mode"], detail["reason"]
        else:
            self.bills.fold_event(name, detail)
