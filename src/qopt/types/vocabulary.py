"""Points, estimates, questions, outcomes and budgets: what optimizers, journal and machine speak of. No qiskit, no scipy, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qopt.errors import InputError

Point: TypeAlias = NDArray[np.float64]
"""`(n,)`: one parameter vector in the order of `Ansatz.parameters`, radians."""
Points: TypeAlias = NDArray[np.float64]
"""`(k, n)`: k parameter vectors in the order of `Ansatz.parameters`, radians."""
Values: TypeAlias = NDArray[np.float64]
"""`(k,)`: objective values. Inside qopt they are always minimised."""
Bits: TypeAlias = NDArray[np.uint8]
"""`(k, n)`: k bit strings; column i is variable i, which is logical qubit i."""
Counts: TypeAlias = dict[str, int]
"""How often each bit string was measured; `bits[i]` is variable i."""

SAME_POINT = 1e-9
"""Radians. A point that is farther from the recorded one belongs to another trajectory."""
LEAST_BUSY = "least_busy"
"""The backend that is whichever device of IBM Quantum has the fewest jobs waiting when the run begins."""


def of_ibm(backend: str) -> bool:
    """Whether a backend's name means a device of IBM Quantum, where jobs go on without a process here."""
    return backend == LEAST_BUSY or backend.startswith("ibm_")


TWIN = "a twin ran, too"
"""The event of a second job for a call that could not be cancelled any more."""
SESSION = "session"
"""The event of a Session or Batch that was opened, rejoined, left open or ended."""


class Sense(Enum):
    """Whether a problem's value is to be made small or large. Inside, everything is minimised."""

    MINIMISE = "minimise"
    MAXIMISE = "maximise"

    @property
    def sign(self) -> int:
        """+1 or -1: a value in the problem's own sense is `sign` times the energy that is minimised inside."""
        return 1 if self is Sense.MINIMISE else -1


class Status(Enum):
    """How a run ended, as a sentence for people."""

    CONVERGED = "The optimizer converged."
    RETURNED = "The optimizer returned; whether it converged it does not say."
    GAVE_UP = "The optimizer stopped at its own limit before it converged."
    BUDGET = "The budget was reached; a larger one goes on from here."
    MEASURED = "The start was measured, nothing was optimized."
    FINISHED = "The run was finished on request; running it again goes on from here."

    @property
    def final(self) -> bool:
        """Whether the optimizer itself has nothing left to ask, whatever the budget."""
        return self in (Status.CONVERGED, Status.RETURNED, Status.GAVE_UP, Status.MEASURED)


@dataclass(frozen=True)
class Estimate:
    """What a measurement of k points says: never a bare number.

    Attributes:
        values: `(k,)` objective values, minimised.
        stderrs: `(k,)` standard errors of `values`; 0 where exact.
        shots: Shots spent on all k points together; None where exact.
        qpu_seconds: QPU time billed; None where unknown or none.
    """

    values: Values
    stderrs: Values
    shots: int | None = None
    qpu_seconds: float | None = None


@dataclass(frozen=True)
class Gradient:
    """A value and its gradient, measured together.

    Attributes:
        value: The objective at the point.
        stderr: Its standard error.
        gradient: `(n,)` derivative by each parameter, per radian.
        stderrs: `(n,)` standard errors of `gradient`.
    """

    value: float
    stderr: float
    gradient: Point
    stderrs: Point


class Evaluate(Protocol):
    """All that an optimizer ever sees of the machine."""

    @property
    def noisy(self) -> bool:
        """Whether answers carry shot noise."""
        ...

    def __call__(self, points: Points) -> Estimate:
        """Measure `(k, n)` points in one job: k values with their errors."""
        ...

    def gradient(self, point: Point) -> Gradient:
        """Value and gradient at one `(n,)` point in one job."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What an optimizer says when it returns by itself.

    Attributes:
        point: `(n,)` where it ended.
        converged: Whether its own criterion was met.
        message: Its own words.
    """

    point: Point
    converged: bool
    message: str


class Minimizer(Protocol):
    """A frozen dataclass of options (`name` and `version` are part of the run's identity) or any function; it holds no state."""

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome | Point:
        """Minimise from `start`; random choices come from `rng` alone, so that a replay repeats them."""
        ...


@dataclass(frozen=True)
class Question:
    """What is asked of the machine.

    Attributes:
        stage: The part of the run that asks; a stage owns its frozen circuit and observables.
        call: The number of the call within its stage.
        kind: `evaluate`, `gradient` or `final`.
        points: `(k, n)`.
    """

    stage: str
    call: int
    kind: str
    points: Points


@dataclass(frozen=True)
class OpenSession:
    """A Session or Batch that a run opened and did not close.

    Attributes:
        id: As the service calls it.
        mode: `session` or `batch`.
    """

    id: str
    mode: str


@dataclass(frozen=True)
class Budget:
    """When to stop; None is no limit.

    Attributes:
        evaluations: Points that the optimizer may ask for.
        shots: Shots of the whole run, the final measurement included.
        wall: Seconds of work, summed over all parts of the run.
        qpu: QPU seconds as they are billed, the final measurement included; the run stops before the job that would overrun it.
    """

    evaluations: int | None = None
    shots: int | None = None
    wall: float | None = None
    qpu: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no amount.

        Raises:
            InputError: With the limit that is wrong.
        """
        for name in ("evaluations", "shots", "wall", "qpu"):
            limit = getattr(self, name)
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or not limit > 0):
                unit = " of seconds" if name in ("wall", "qpu") else ""
                message = f"{name} is {limit!r}, expected a number above 0{unit}, or None for no limit"
                raise InputError(message, ("budget", name))
