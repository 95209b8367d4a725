"""The durable call `measure` and its clients `evaluate` and `gradient`.

A question is recorded before it is sent, an answer before it is used.

Calls are numbered (stage, call), never looked up by their points: under shot noise the same point asked twice is two samples.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from qopt.bills import settle
from qopt.environment import difference, environment
from qopt.errors import Queued, ReplayDivergence
from qopt.execution import Executor, JobFailed, JobLost, JobState
from qopt.failpoints import reach
from qopt.journal import Answered, Asked, Event, Failed, Submitted
from qopt.ledger import MAIN, Ledger, tag_for
from qopt.objective import Energies, Objective, check_finite
from qopt.programs import Frozen, Program, PubData, from_bytes, to_bytes
from qopt.types import SAME_POINT, Estimate, Question

if TYPE_CHECKING:
    from qopt.purse import Purse
    from qopt.signals import Signals

CHEAP_SECONDS = 0.005
"""Answers that took less are committed without a sync each: repeating them costs less than the sync."""

ATTEMPTS = 3
"""How often one question is sent when its jobs end without an answer, before the run stops."""


@dataclass(frozen=True)
class Stage:
    """A part of the run with circuit and observables of its own.

    Attributes:
        name: `main`, `final` ...
        objective: How points are measured.
        frozen: What is run.
        digests: Of the frozen circuit and of the frozen observables.
        energies: Energies of strings, vectorised.
    """

    name: str
    objective: Objective
    frozen: Frozen
    digests: tuple[str, str]
    energies: Energies


@dataclass(frozen=True)
class Answer:
    """An estimate with what it was decoded from.

    Attributes:
        estimate: One value for each point.
        read: Reads the arrays of every PUB from the journal.
    """

    estimate: Estimate
    read: Callable[[], list[PubData]]


@dataclass(frozen=True)
class Progress:
    """What a listener is told after every answer, in minimised values.

    Attributes:
        question: What was asked.
        estimate: What was answered.
        replayed: Whether it came from the journal.
        job: The job's id, where it was measured now.
        evaluations: Points that the optimizer asked for so far.
    """

    question: Question
    estimate: Estimate
    replayed: bool
    job: str | None
    evaluations: int


Listener: TypeAlias = Callable[[Progress], None]


def seed_for(seed: int, stage: str, call: int) -> int:
    """The simulator's seed for a call, 1 .. 2**63 - 1: new noise at every call, the same run every time."""
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(stage.encode()), call))
    return int(sequence.generate_state(1, np.uint64)[0] % np.uint64(2**63 - 1)) + 1


class Durable:
    """Answers questions from the journal first, then from the machine.

    Args:
        ledger: The run's journal, folded.
        connect: Opens the executor for a circuit; called at the first question about it that the journal can't answer.
        frozen: The circuit that the run began with.
        seed: The run's seed.
        threads: How many the simulator has.
        signals: Says whether the run was asked to leave.
        listener: Is told of every answer.
        wait: Whether to wait for jobs that go on without this process; otherwise `Queued` is raised.

    Attributes:
        ledger: As given.
        evaluations: Points that the optimizer asked for so far.
        waits: As given.
        stages: Those that questions were about in this part of the run, by name.
        purse: What a device may still cost, once it is known; None where nothing is billed.
        on_live: Called once, before the optimizer's first question that was not asked before.
    """

    def __init__(  # noqa: PLR0913 - all that answering takes
        self,
        ledger: Ledger,
        connect: Callable[[Frozen], Executor],
        frozen: Frozen,
        *,
        seed: int,
        threads: int,
        signals: Signals,
        listener: Listener | None = None,
        wait: bool = True,
    ) -> None:
        """Nothing is opened yet."""
        self.ledger = ledger
        self.evaluations = 0
        self._connect = connect
        self._first = self._frozen = frozen
        self._executor: Executor | None = None
        self._seed = seed
        self._threads = threads
        self._signals = signals
        self._listener = listener
        self.waits = wait
        self.stages: dict[str, Stage] = {}
        self.purse: Purse | None = None
        self.on_live: Callable[[], None] | None = None
        self._told_inexact = False

    @property
    def executor(self) -> Executor:
        """The conversation with the backend, opened when it is first needed."""
        if self._executor is None:
            self._executor = self._connect(self._frozen)
        return self._executor

    def measure(self, stage: Stage, question: Question) -> Answer:
        """The answer to a question, recorded before it is returned.

        Raises:
            ReplayDivergence: If the journal holds another question under the same number.
            Interrupted: If a signal asked the run to leave; at the live frontier alone.
            Queued: If the job is not done and this run does not wait.
            BackendError: If the job failed.
        """
        key = (question.stage, question.call)
        known = self.ledger.asked.get(key)
        if known is not None:
            self._compare(known, question)
            # To the last bit what was recorded, where the replay is off by a rounding: that is what a job may have been made of.
            question = replace(question, points=np.array(known.points, dtype=np.float64))
        recorded = self.ledger.answered.get(key)
        job = None
        if recorded is None:
            recorded, job = self._live(stage, question)
        estimate = Estimate(np.array(recorded.values), np.array(recorded.stderrs), recorded.shots, recorded.qpu_seconds)
        if question.stage == MAIN:
            self.evaluations += len(question.points)
        if self._listener is not None:
            self._listener(Progress(question, estimate, job is None, job, self.evaluations))
        return Answer(estimate, lambda: from_bytes(self.ledger.raw(*key)))

    def turn_to(self, stage: Stage) -> None:
        """From now on questions are about this stage: a simulator has the qubits of one circuit, and what a job costs depends on it."""
        self.stages[stage.name] = stage
        if stage.frozen is not self._frozen:
            self._frozen = stage.frozen
            self._executor = None

    def begun_with(self, frozen: Frozen) -> bool:
        """Whether it is the circuit that the run began with."""
        return frozen is self._first

    def go_live(self) -> None:
        """The journal can't answer the optimizer's next question: do what is to be done once before that."""
        if self.on_live is not None:
            hook, self.on_live = self.on_live, None
            hook()

    def affords(self, points: int, stage: str = MAIN) -> bool:
        """Whether a job of so many points, and the final measurement after it, stay within the budget of QPU time."""
        _ = self.executor  # opens it, and with it the purse
        self.settle()
        return self.purse is None or self.purse.affords(points, stage)

    def release(self) -> None:
        """Let go of an executor that others go on using: it writes nothing into this run's journal any more."""
        if self._executor is not None:
            self._executor.attach(None)

    def settle(self) -> None:
        """Ask once for the bills that are not settled."""
        if self._executor is not None or self.ledger.bills.unsettled:
            settle(self.ledger.bills, self.executor, self.ledger.append)

    def _live(self, stage: Stage, question: Question) -> tuple[Answered, str]:
        self._signals.check()
        key = (question.stage, question.call)
        began = time.monotonic()
        self.turn_to(stage)
        executor = self.executor
        cheap = executor.volatile and stage.objective.shots is None
        if key not in self.ledger.asked:
            self.ledger.append(
                Asked(question.stage, question.call, question.kind, question.points.tolist(), *stage.digests), sync=not cheap
            )
            reach("asked")
        job, data = self._collect(stage, question, sync=not cheap)
        reach("executed")
        with self._signals.held():
            estimate = check_finite(stage.objective.decode(stage.frozen, data, stage.energies))
            circumstances = executor.circumstances(job)
            answered = Answered(
                question.stage,
                question.call,
                estimate.values.tolist(),
                estimate.stderrs.tolist(),
                estimate.shots,
                None,
                self.ledger.wall,
                to_bytes(data),
                session=circumstances.session,
                calibration=circumstances.calibration,
            )
            self.ledger.append(answered, sync=not executor.volatile or time.monotonic() - began >= CHEAP_SECONDS)
        reach("answered")
        return answered, job

    def _collect(self, stage: Stage, question: Question, *, sync: bool) -> tuple[str, list[PubData]]:
        """Re-attach to the job that is known or have the executor see to it that there is one; then wait for it."""
        run_id = self.ledger.header.run_id if self.ledger.header else ""
        tag = tag_for(run_id, question.stage, question.call)
        program = stage.objective.encode(stage.frozen, question.points, seed_for(self._seed, question.stage, question.call))
        if question.kind == "gradient" and stage.objective.shots is None:
            program = program.differentiated()
        job = self.ledger.jobs.get((question.stage, question.call))
        attempts = 0
        while True:
            if job is None:
                attempts += 1
                reach("encoded")
                seconds = None if self.purse is None else self.purse.limit_of(question.stage, question.call, len(question.points))
                job = self.executor.submit(program, tag=tag, seconds=seconds)
                reach("accepted")
                self.ledger.append(Submitted(question.stage, question.call, job, tag), sync=sync)
                reach("submitted")
                # While this job waits: between two jobs of a Session every request would be paid for.
                self.settle()
            try:
                return job, self._answer(job, program, tag)
            except JobLost:
                if attempts == ATTEMPTS:
                    raise
            except JobFailed as error:
                self._record_failure(question, job, error)
                if not error.again or attempts == ATTEMPTS:
                    raise
            job = None

    def _record_failure(self, question: Question, job: str, error: JobFailed) -> None:
        remote = not self.executor.volatile
        session = self.executor.circumstances(job).session if remote else None
        self.ledger.append(Failed(question.stage, question.call, job, str(error), session=session, remote=remote))

    def _answer(self, job: str, program: Program, tag: str) -> list[PubData]:
        if not self.waits and not self.executor.volatile:
            state = self.executor.status(job)
            if not state.final:
                raise Queued(job, "running" if state is JobState.RUNNING else "queued")
        return self.executor.result(job, program, tag=tag)

    def _compare(self, known: Asked, question: Question) -> None:
        recorded = np.array(known.points, dtype=np.float64)
        if known.purpose == question.kind and recorded.shape == question.points.shape:
            if np.array_equal(recorded, question.points):
                return
            distance = float(np.max(np.abs(recorded - question.points)))
            if distance <= SAME_POINT:
                self._tell_inexact(question, distance)
                return
            what = f"lies {distance:.3g} rad away"
        else:
            what = f"is a {question.kind} of {len(question.points)} points, recorded is a {known.purpose} of {len(recorded)}"
        message = (
            f"call {question.stage} {question.call}: the point that the optimizer asks for {what}. It is not the recorded trajectory. "
            f"{self._difference()}Run it in the environment it was begun in, or add --fork to begin a new run at the best point of this one"
        )
        raise ReplayDivergence(message)

    def _tell_inexact(self, question: Question, distance: float) -> None:
        if not self._told_inexact:
            self._told_inexact = True
            self.ledger.append(Event("replay is not bit-identical", {"stage": question.stage, "call": question.call, "radians": distance}))

    def _difference(self) -> str:
        header = self.ledger.header
        return difference(header.environment if header else {}, environment(self._threads))


def shots_of(objective: Objective, frozen: Frozen, points: int) -> int:
    """Shots that measuring so many points takes."""
    return (objective.shots or 0) * points * (1 if objective.sampled else len(frozen.groups))
