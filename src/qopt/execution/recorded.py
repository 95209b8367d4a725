"""The executor that answers from a recording: the same questions get the same answers, and any other question is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qopt.errors import InputError
from qopt.execution.executor import Circumstances, JobLost, JobState
from qopt.execution.frozen import to_bytes
from qopt.identity import circuit_digest, differences
from qopt.types import SAME_POINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qopt.execution.executor import Diary
    from qopt.execution.recording import RecordedCall, Recording
    from qopt.programs import Frozen, Program, Pub, PubData
    from qopt.types import OpenSession

_MAIN = "main"
_WHERE = ("execution", "backend")
_SAME = ("circuit", "parameters", "observables", "sense")


class RecordedExecutor:
    """Jobs that were answered when the recording was made; nothing is sent, computed or waited for."""

    volatile: ClassVar[bool] = True

    def __init__(self, recording: Recording) -> None:
        """Answer from that recording."""
        self._recording = recording
        self._asked: dict[str, RecordedCall] = {}
        self._last: RecordedCall | None = None
        self._known: Frozen | None = None

    def attach(self, diary: Diary | None) -> None:
        """Nothing is worth noting."""

    def submit(self, program: Program, *, tag: str, seconds: int | None = None) -> str:  # noqa: ARG002 - nothing is spent
        """Find the recorded job that answers the program; the tag says which call it is.

        Raises:
            InputError: If the recording has no such call, or has it with another point, another circuit or other shots.
        """
        stage, call = call_of(tag)
        recorded = self._recording.calls.get((stage, call))
        if recorded is None:
            raise InputError(self._missing(stage, call), _WHERE)
        self._compare(recorded, program)
        job = recorded.job or tag
        self._asked[job] = self._last = recorded
        return job

    def status(self, job: str) -> JobState:
        """Done, if it was asked for."""
        if job not in self._asked:
            raise JobLost(job)
        return JobState.DONE

    def result(self, job: str, program: Program, *, tag: str) -> list[PubData]:  # noqa: ARG002 - compared when it was submitted
        """The recorded arrays."""
        if job not in self._asked:
            raise JobLost(job)
        recorded = self._asked[job]
        return self._recording.raw(recorded.stage, recorded.call)

    def circumstances(self, job: str) -> Circumstances:  # noqa: ARG002 - the protocol's
        """Those of the job that was asked for last; its Session was another run's."""
        return Circumstances(calibration=None if self._last is None else self._last.calibration)

    def bill(self, job: str) -> float | None:
        """What the job cost when it ran."""
        return next((call.qpu_seconds for call in self._recording.calls.values() if call.job == job), None)

    def calibration(self) -> None:
        """A recording's device does not change."""

    def session_seconds(self, session: OpenSession) -> None:
        """No Session is billed."""

    def usage(self) -> None:
        """No Session is billed."""

    def find(self, tag: str) -> str | None:  # noqa: ARG002 - the protocol's
        """None: nothing was sent that could be found."""
        return None

    def cancel(self, job: str) -> None:
        """Forget that it was asked for."""
        self._asked.pop(job, None)

    def close(self) -> None:
        """Nothing is held."""

    def _missing(self, stage: str, call: int) -> str:
        calls = sorted(number for name, number in self._recording.calls if name == stage)
        here = f"the recording of run {self._recording.run_id} answers no call {call} of stage {stage}"
        if stage != _MAIN or not calls:
            known = ", ".join(map(str, calls)) or "none"
            return f"{here} (it has {known}): use the seed, the optimizer and the budget of the recorded run"
        points = sum(len(item.points) for item in self._recording.calls.values() if item.stage == stage)
        return f"{here}, it ends after {len(calls)} calls: set budget.evaluations to {points}, which is as far as it goes"

    def _compare(self, recorded: RecordedCall, program: Program) -> None:
        what = f"call {recorded.call} of stage {recorded.stage}"
        expected = recorded.array
        for pub in program.pubs:
            if pub.points.shape != expected.shape or not np.all(np.abs(pub.points - expected) <= SAME_POINT):
                message = (
                    f"{what} asks for the points {_told(pub.points)}, recorded is {_told(expected)}: a recording answers the questions "
                    "of its own run alone; use its start, seed and optimizer, or decode it otherwise with qopt export"
                )
                raise InputError(message, _WHERE)
            self._compare_frozen(pub.frozen)
        answers = self._recording.raw(recorded.stage, recorded.call)
        wanted = [shape for pub in program.pubs for shape in _shapes(pub)]
        found = [(name, answer[name].shape) for answer in answers for name in ("samples", "evs", "gradients") if name in answer]
        if wanted != found:
            message = f"{what} asks for arrays {wanted}, recorded are {found}: use the objective of the recorded run, with its shots"
            raise InputError(message, _WHERE)

    def _compare_frozen(self, frozen: Frozen) -> None:
        if frozen is self._known or frozen is self._recording.frozen:
            return
        ours = self._recording.frozen
        if circuit_digest(frozen.circuit) != circuit_digest(ours.circuit) or to_bytes(frozen)[1] != to_bytes(ours)[1]:
            message = (
                f"the run's frozen circuit is not the one that the recording of run {self._recording.run_id} answers for: "
                "begin the run under another name"
            )
            raise InputError(message, _WHERE)
        self._known = frozen


def check_identity(recording: Recording, identity: Mapping[str, Any]) -> None:
    """Refuse a run that is not about what was recorded, before it is begun.

    Start, seed and optimizer may differ as far as they ask for the recorded points, and a CVaR's fraction may be another one.

    Raises:
        InputError: With the parts that differ.
    """
    known = {key: recording.identity[key] for key in _SAME}
    asked = {key: identity[key] for key in _SAME}
    for part, whole in ((known, recording.identity), (asked, identity)):
        part["objective"] = {key: whole["objective"].get(key) for key in ("name", "shots")}
    if "training" in identity and "training" not in recording.identity:
        message = f"the recording of run {recording.run_id} began at angles that were not trained: leave the trained start out"
        raise InputError(message, ("backend",))
    lines = differences(known, asked)
    if lines:
        message = (
            f"the recording of run {recording.run_id} is of another run, which differs in {'; '.join(lines)}: use the recorded run's config"
        )
        raise InputError(message, ("backend",))


def call_of(tag: str) -> tuple[str, int]:
    """Stage and call of a tag `qopt-<run id>-<stage>-<call>`."""
    stage, _, call = tag.split("-", 2)[2].rpartition("-")
    return stage, int(call)


def _shapes(pub: Pub) -> list[tuple[str, tuple[int, ...]]]:
    """The arrays that answer a PUB."""
    if not pub.observables:
        return [("samples", (len(pub.points), pub.shots or 0, -(-len(pub.frozen.layout) // 8)))]
    values = ("evs", (len(pub.points), len(pub.observables)))
    return [values, ("gradients", pub.points.shape)] if pub.gradient else [values]


def _told(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    """The first point, and how many there are."""
    first = ", ".join(f"{angle:.6g}" for angle in points[0])
    return f"({first})" + (f" and {len(points) - 1} more" if len(points) > 1 else "")
