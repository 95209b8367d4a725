"""The legs of a run: each optimizes one circuit, frozen in the run folder under a name; the optimizer's calls are numbered through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from qopt.durable import Stage, shots_of
from qopt.errors import BudgetReached, DamagedError, InputError, blamed
from qopt.evaluator import Evaluator
from qopt.execution.frozen import load, save
from qopt.failpoints import reach
from qopt.final import evaluations
from qopt.forecast import samples
from qopt.journal import Event
from qopt.ledger import MAIN, SAID, STAGE, Ledger
from qopt.optimizers import MeasureStart
from qopt.secrets import scrub
from qopt.spec import Spec, prepare
from qopt.types import Outcome, Point, Points, Question, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from qopt.ansatze import Ansatz
    from qopt.durable import Answer
    from qopt.evaluator import Frontier
    from qopt.objective import Objective
    from qopt.problems import Problem
    from qopt.programs import Frozen
    from qopt.types import Evaluate


@dataclass(frozen=True)
class Leg:
    """One optimization that has ended.

    Attributes:
        stage: The circuit and how it was measured.
        ansatz: What the circuit was made from.
        start: `(n,)` where it began, radians.
        point: `(n,)` where it ended.
        status: How.
        message: In the optimizer's own words.
        calls: The numbers of its calls.
    """

    stage: Stage
    ansatz: Ansatz
    start: Point
    point: Point
    status: Status
    message: str
    calls: range

    @property
    def stopped(self) -> bool:
        """Whether the optimizer was stopped, by a budget or on request."""
        return self.status in (Status.BUDGET, Status.FINISHED)


@dataclass(frozen=True)
class Ended:
    """What a course came to.

    Attributes:
        leg: Whose circuit is measured at last.
        status: How the run ended.
        message: In more words.
        points: `(m, n)` what is measured at last, where it is not the best candidates of the leg.
        report: What the course did, as JSON, for the result.
    """

    leg: Leg
    status: Status
    message: str
    points: Points | None = None
    report: Mapping[str, Any] | None = None


class Course(Protocol):
    """What a run does between its beginning and its final measurement: a frozen dataclass of options, and no state.

    Everything that it asks goes through the legs, so that a run that is begun again asks the same and is answered from the journal.
    """

    begins_at_saddles: ClassVar[bool]
    """Whether a leg begins where the one before ended, at angles from which only the new ones have a slope."""

    def check(self, problem: Problem, *, noisy: bool) -> None:
        """Look, before anything is sent, whether it goes with a problem.

        Raises:
            InputError: If it does not.
        """
        ...

    @property
    def final(self) -> int | None:
        """How many points it has measured at last, at most; None for the best candidates, as many as the budget holds."""
        ...

    def __call__(self, legs: Legs) -> Ended:
        """Run the legs, in the order that the answers lead to."""
        ...


class Legs:
    """The circuits of a run and the optimizer's calls on them.

    Args:
        spec: The run.
        frontier: Lets questions pass that are not answered yet.
        home: The run folder.
        first: The circuit that the run began with.
        digests: Of it and of its observables.
        candidates: How many points the final measurement takes.

    Attributes:
        spec: As given.
        first: The stage of the circuit that the run began with.
    """

    def __init__(self, spec: Spec, frontier: Frontier, home: Path, first: Frozen, digests: tuple[str, str], *, candidates: int) -> None:
        self.spec = spec
        self.first = Stage(MAIN, spec.objective, first, digests, spec.problem.energies)
        self._frontier = frontier
        self._home = home
        self._candidates = candidates
        self._evaluate: Evaluator | None = None

    @property
    def ledger(self) -> Ledger:
        """The run's journal, folded."""
        return self._frontier.durable.ledger

    @property
    def calls(self) -> int:
        """How many questions the optimizer has asked so far."""
        return 0 if self._evaluate is None else self._evaluate.call

    @property
    def stopped(self) -> Status:
        """What a run is called that the budget, or a wish to finish, has stopped."""
        return Status.FINISHED if self._frontier.stop else Status.BUDGET

    @property
    def exact(self) -> bool:
        """Whether energies are computed, not measured."""
        return self.spec.objective.shots is None

    def value(self, leg: Leg) -> float:
        """The energy that was recorded at the end of a leg; the lowest of it, where the end was not measured."""
        points, (values, _) = self.ledger.points(MAIN, leg.calls), self.ledger.values(MAIN, leg.calls)
        there = [row for row, point in enumerate(points) if np.array_equal(point, leg.point)]
        return float(values[there[-1]] if there else values.min(initial=np.inf))

    def stage(self, name: str, ansatz: Ansatz, objective: Objective | None = None) -> Stage:
        """The stage of a circuit, frozen under a name when it is first asked for, and from then on read from the run folder.

        Args:
            name: Of what is frozen.
            ansatz: The circuit.
            objective: What is asked of it; None is the run's own.

        Raises:
            InputError: If it does not fit the device or this machine's memory.
        """
        spec = replace(self.spec, ansatz=ansatz, start=np.zeros(len(ansatz.parameters)), training=False)
        if objective is not None:
            spec = replace(spec, objective=objective, grouping=None)
        if spec.device.remote and self.first.frozen.device:
            spec = replace(spec, device=replace(spec.device, name=self.first.frozen.device))
        frozen, digests = self._kept(name, ansatz, lambda: prepare(spec.with_engine()))
        return Stage(MAIN, spec.objective, frozen, digests, spec.problem.energies)

    def observed(self, stage: str, name: str, objective: Objective, make: Callable[[], Frozen]) -> Stage:
        """A stage that asks for something else than energies.

        Args:
            stage: Its name; it numbers its own calls.
            name: Of what is frozen for it.
            objective: How that is measured.
            make: Makes it, where it is not in the run folder yet.
        """
        frozen, digests = self._kept(name, None, make)
        return Stage(stage, objective, frozen, digests, self.spec.problem.energies)

    def at(self, stage: Stage, ansatz: Ansatz, point: Point) -> Leg:
        """A leg that measures nothing: where another one begins."""
        return Leg(stage, ansatz, point, point, Status.MEASURED, "", range(self.calls, self.calls))

    def minimise(self, stage: Stage, ansatz: Ansatz, start: Point, around: Callable[[Evaluator], Evaluate] | None = None) -> Leg:
        """Run the optimizer on a circuit.

        Args:
            stage: The circuit.
            ansatz: What it was made from.
            start: `(n,)` radians.
            around: What the optimizer sees in place of the energies, made from what measures them.

        Raises:
            InputError: If the optimizer fails, or returns no point.
        """
        spec = replace(self.spec, ansatz=ansatz, start=start)
        first = self.calls
        reserve = self._reserve(stage)
        evaluate = Evaluator(self._frontier, stage, scales=spec.scales, reserve=reserve, call=first)
        seen = evaluate if around is None else around(evaluate)
        rng = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(0,) if not first else (0, first)))
        self._evaluate = evaluate
        point, status, message = self._minimised(spec, evaluate, seen, rng)
        return Leg(stage, ansatz, start, point, status, message, range(first, evaluate.call))

    def ask(self, stage: Stage, question: Question) -> Answer:
        """The answer to a question that is not the optimizer's.

        Raises:
            BudgetReached: If it can't be afforded.
        """
        self._frontier.check(stage, question, reserve=self._reserve(self.first))
        return self._frontier.durable.measure(stage, question)

    def measured(self, stage: Stage, question: Question) -> Answer:
        """The answer to a question that belongs to the end, for which the budget keeps a reserve."""
        return self._frontier.durable.measure(stage, question)

    def say(self, sentence: str) -> None:
        """Tell the user; nothing is recorded."""
        if self.ledger.tell is not None:
            self.ledger.tell(Event(SAID, {"text": sentence}))

    def _reserve(self, stage: Stage) -> int:
        """Shots of what is measured at the end."""
        final = shots_of(self.spec.objective, stage.frozen, evaluations(stage.frozen, self._candidates))
        return final + samples(self.spec)

    def _kept(self, name: str, ansatz: Ansatz | None, make: Callable[[], Frozen]) -> tuple[Frozen, tuple[str, str]]:
        """What is frozen under a name, and its digests."""
        product = None if ansatz is None else ansatz.product
        known = self.ledger.stages.get(name)
        if known is None:
            frozen = make()
            known = save(frozen, self._home / "frozen")
            reach("stage frozen")
            self.ledger.append(Event(STAGE, {"name": name, "circuit": known[0], "observables": known[1]}))
            reach("stage begun")
            return frozen, known
        frozen = load(self._home / "frozen", *known)
        if ansatz is not None and frozen.parameters != ansatz.parameters:
            message = f"the circuit {name} in {self._home} has other parameters than the run now asks for: begin it under another name"
            raise DamagedError(message)
        return replace(frozen, product=product), known

    def _minimised(self, spec: Spec, evaluate: Evaluator, seen: Evaluate, rng: np.random.Generator) -> tuple[Point, Status, str]:
        """Where the optimizer ended, or where it was stopped and the best point so far."""
        first = evaluate.call
        try:
            with blamed("the optimizer", ("optimizer",)):
                outcome = spec.optimizer(seen, spec.start / spec.scales, rng)
                ended = outcome.point if isinstance(outcome, Outcome) else outcome
                point = np.array(ended, dtype=np.float64)
        except InputError:
            if evaluate.failure is not None:
                raise evaluate.failure from None
            raise
        except BudgetReached as stop:
            calls = range(first, evaluate.call)
            values, _ = self.ledger.values(MAIN, calls)
            best = self.ledger.points(MAIN, calls)[int(np.argmin(values))] if len(values) else spec.start
            return best, self.stopped, str(stop)
        if point.shape != spec.start.shape or not np.isfinite(point).all():
            problem = (
                f"the optimizer returned {point.tolist()}, expected {len(spec.start)} finite numbers, such as result.x of SciPy: mend it"
            )
            raise InputError(problem, ("optimizer",))
        point = point * spec.scales
        if isinstance(spec.optimizer, MeasureStart):
            return point, Status.MEASURED, ""
        if not isinstance(outcome, Outcome):
            return point, Status.RETURNED, ""
        return point, Status.CONVERGED if outcome.converged else Status.GAVE_UP, scrub(outcome.message)


def straight(legs: Legs) -> Ended:
    """The course of a run that optimizes one circuit."""
    leg = legs.minimise(legs.first, legs.spec.ansatz, legs.spec.start)
    return Ended(leg, leg.status, leg.message)
