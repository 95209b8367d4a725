"""Session, Batch or job: which mode suits the work, and why in one sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Chosen: TypeAlias = Literal["session", "batch", "job"]

FEW = 2
"""Up to so many jobs queue by themselves."""

BUSY = 0.5
"""A Session is worth its price where the QPU works at least this part of it: its time is billed while the QPU idles, too."""

GAP = 2.0
"""Seconds assumed between two jobs of a Session, for the result, the optimizer and the submission; a run measures its own."""


@dataclass(frozen=True)
class Work:
    """What is to be sent.

    Attributes:
        jobs: How many; None where it is not known, which is taken for many.
        dependent: Whether a job needs the answers of those before it.
        seconds: QPU seconds of a job.
        gap: Seconds in which the QPU waits for the next job of a Session.
    """

    jobs: int | None
    dependent: bool
    seconds: float
    gap: float = GAP

    @property
    def busy(self) -> float:
        """The part of a Session in which the QPU works, 0 to 1."""
        total = self.seconds + self.gap
        return self.seconds / total if total > 0.0 else 0.0


@dataclass(frozen=True)
class PlanFacts:
    """What a plan or a place offers.

    Attributes:
        name: Such as `open`.
        session: Whether Sessions can be opened.
        batch: Whether Batches can.
    """

    name: str
    session: bool = True
    batch: bool = True


@dataclass(frozen=True)
class Decision:
    """A mode, and why in a sentence without a full stop."""

    mode: Chosen
    reason: str


def decide(work: Work, plan: PlanFacts) -> Decision:
    """The mode that suits the work, of those that the plan has."""
    if work.jobs is not None and work.jobs <= FEW:
        return Decision("job", f"{_jobs(work)} need neither a Session nor a Batch" if work.jobs != 1 else "one job needs no Session")
    if not work.dependent:
        if plan.batch:
            return Decision("batch", f"{_jobs(work)} that don't depend on each other run side by side in a Batch, without idle time to pay")
        return Decision("job", f"{_jobs(work)} are independent, and {_plan(plan)} has no Batch")
    share = f"the QPU would be busy for {work.busy:.0%} of a Session"
    if plan.session and work.busy >= BUSY:
        return Decision("session", f"{_jobs(work)} depend on each other, and {share}")
    why = f"{share}, and idle time is billed there" if plan.session else f"{_plan(plan)} has no Session"
    if plan.batch:
        return Decision("batch", f"{_jobs(work)} depend on each other, but {why}: a Batch bills QPU time alone")
    return Decision("job", f"{_jobs(work)} depend on each other, but {why}, and there is no Batch")


def _jobs(work: Work) -> str:
    return "an unknown number of jobs" if work.jobs is None else f"{work.jobs} job{'s' if work.jobs != 1 else ''}"


def _plan(plan: PlanFacts) -> str:
    return f"the {plan.name} plan"


@dataclass(frozen=True)
class Row:
    """A line of the table of decisions in the documentation.

    Attributes:
        work: In words, and as the rule sees it.
        plan: Likewise.
        mode: What the rule decides.
    """

    words: str
    work: Work
    plan: PlanFacts
    mode: Chosen


OPEN = PlanFacts("open", session=False)
PAID = PlanFacts("paid")

DECISIONS: tuple[Row, ...] = (
    Row("one job, such as one energy or a start that is only measured", Work(1, dependent=False, seconds=5.0), PAID, "job"),
    Row("two jobs, the second after the first", Work(2, dependent=True, seconds=5.0), PAID, "job"),
    Row("many independent jobs, such as a sweep", Work(20, dependent=False, seconds=5.0), PAID, "batch"),
    Row("many independent jobs on the open plan", Work(20, dependent=False, seconds=5.0), OPEN, "batch"),
    Row("an optimizer's jobs that keep the QPU busy for half of the time or more", Work(20, dependent=True, seconds=5.0), PAID, "session"),
    Row("an optimizer whose number of jobs is not known beforehand", Work(None, dependent=True, seconds=5.0), PAID, "session"),
    Row("an optimizer's jobs with more waiting than work", Work(20, dependent=True, seconds=5.0, gap=10.0), PAID, "batch"),
    Row("an optimizer's jobs on the open plan", Work(20, dependent=True, seconds=5.0), OPEN, "batch"),
    Row(
        "an optimizer's jobs where there is neither Session nor Batch",
        Work(20, dependent=True, seconds=5.0),
        PlanFacts("limited", session=False, batch=False),
        "job",
    ),
)
"""Every case of the rule, for the documentation; a test decides each."""
