"""The vocabulary that every room shares: points, estimates, questions, outcomes, results. No qiskit, no scipy, no I/O."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeAlias

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

_SIGNIFICANT = 4.0
"""Standard errors that a property has to be off to be told: of a few of them noise alone does that once in some thousand runs."""
_ROUNDING = 1e-6
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
class Reference:
    """What is known of the best value without a quantum computer, in the problem's own sense.

    Attributes:
        value: The best known value.
        kind: How it is known: `brute force`, `milp, proven`, `milp, best found`, `exact diagonalisation`, `literature` ...
        worst: The other end of the spectrum, where known; the approximation ratio needs it.
        bound: The proven bound on the best value, where `value` itself is not proven.
    """

    value: float
    kind: str
    worst: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Solution:
    """The answer in the problem's own words.

    Attributes:
        bits: `bits[i]` is variable i.
        value: In the problem's own sense.
        text: One line for people, such as the two sides of a cut.
    """

    bits: str
    value: float
    text: str = ""


@dataclass(frozen=True)
class Observed:
    """A property of the final state.

    Attributes:
        value: Measured with the final energy, at the same point.
        stderr: Its standard error; 0 where exact.
        expected: Its value in the state that was looked for, or None.
        units: Empty where there are none.
    """

    value: float
    stderr: float
    expected: float | None = None
    units: str = ""

    @property
    def off(self) -> bool:
        """Whether it is another value than the expected one, by more than noise and rounding."""
        return self.expected is not None and abs(self.value - self.expected) > _SIGNIFICANT * self.stderr + _ROUNDING


@dataclass(frozen=True)
class Subspace:
    """What the final circuit's samples lead to by sample-based diagonalization.

    Energies are upper bounds of the exact one, without statistical errors; how far they lie above it is not known from them.

    Attributes:
        energy: Hartree, the lowest among determinants that the circuit was seen in.
        random_energy: The same from as many random determinants with the right numbers of electrons, to compare the circuit with.
        dimension: Determinants of the subspace.
        random_dimension: Of that of the random ones.
        right: The share of shots with the right numbers of electrons.
        s_squared: The total spin squared of the state.
        history: Hartree, the lowest of each iteration.
        converged: Whether the iterations came to rest.
        shots: How many samples there were.
    """

    energy: float
    random_energy: float
    dimension: int
    random_dimension: int
    right: float
    s_squared: float
    history: tuple[float, ...]
    converged: bool
    shots: int


@dataclass(frozen=True)
class Level:
    """One of several states that were looked for.

    Attributes:
        value: Its energy, in the problem's own sense.
        stderr: The standard error; 0 where exact.
        point: `(n,)` parameters, radians.
        exact: The energy of the exact level of the same number, or None where that is unknown.
        properties: By name.
    """

    value: float
    stderr: float
    point: tuple[float, ...]
    exact: float | None = None
    properties: dict[str, Observed] = field(default_factory=dict)


@dataclass(frozen=True)
class Density:
    """The one-body reduced density matrix of the final state, over the active orbitals and summed over spins.

    Attributes:
        values: `(norb, norb)`.
        stderrs: `(norb, norb)` their standard errors.
        occupations: `(norb,)` its eigenvalues, descending: occupation numbers of natural orbitals, from 0 to 2.
        occupation_stderrs: `(norb,)` their standard errors.
    """

    values: tuple[tuple[float, ...], ...]
    stderrs: tuple[tuple[float, ...], ...]
    occupations: tuple[float, ...]
    occupation_stderrs: tuple[float, ...]


@dataclass(frozen=True)
class Baseline:
    """What uniformly random strings reach with the same number of shots, in the problem's own sense.

    Attributes:
        random: Mean value of the strings.
        random_best: Best value among them.
        greedy: Mean value after 1-flip greedy descent of each.
        greedy_best: Best value after it.
    """

    random: float
    random_best: float
    greedy: float
    greedy_best: float


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


@dataclass(frozen=True)
class Drift:
    """By how much the run's first point had moved when it was measured again under another calibration of the device.

    Attributes:
        shift: New value minus old one, in the problem's own sense.
        stderr: Its standard error.
    """

    shift: float
    stderr: float


@dataclass(frozen=True)
class Usage:
    """What a run took of a device.

    Attributes:
        device: Its name.
        mode: `session`, `batch` or `job`; the last one, where it changed.
        reason: Why that mode, where qopt chose it.
        qpu_seconds: QPU time billed to the jobs whose bill is settled.
        unsettled: How many jobs have no bill yet.
        session_seconds: Time billed for Sessions that ended, idle time included; None where there was none.
        session_busy: The share of it in which the QPU was busy.
        drift: After each new calibration.
    """

    device: str
    mode: str
    reason: str
    qpu_seconds: float
    unsettled: int
    session_seconds: float | None
    session_busy: float | None
    drift: tuple[Drift, ...]


@dataclass(frozen=True)
class Result:
    """What a run found, in the problem's own sense and units.

    Attributes:
        name: The run's name.
        value: The objective at `point`, measured afresh after the choice of `point`.
        stderr: Its standard error; 0 where exact.
        mean: The expectation of the Hamiltonian at `point` (alpha = 1, where `value` may be a CVaR).
        mean_stderr: Its standard error.
        best_seen: The best value that the optimizer ever saw. Biased by selection: a diagnostic, not a result.
        point: `(n,)` parameters, radians.
        parameters: Their names, in the same order.
        status: How the run ended, a sentence.
        converged: Whether the optimizer's own criterion was met.
        evaluations: Points that the optimizer asked for.
        shots: Shots of the whole run.
        jobs: Jobs that answered.
        seed: The run's seed.
        sense: `minimise` or `maximise`.
        units: Units of every value; empty where there are none.
        reference: What is known classically, or None.
        approximation_ratio: (worst - value) / (worst - best) of the exact spectrum at `mean`, or None where that is unknown.
        approximation_ratio_stderr: Its standard error, or None.
        best: The best string measured at `point`, or None where there are no strings.
        baseline: Random strings with the same shots, or None where there are no strings.
        engine: What answered, such as `SamplerV2 on aer in a Session`.
        usage: What it took of a device of IBM Quantum, or None where it ran locally.
        qubits: Of the Hamiltonian.
        terms: How many Pauli strings it has, the identity included.
        groups: How many groups of commuting strings are measured, one circuit each; None where energies are computed or strings sampled.
        hf: The Hartree-Fock energy, where there is one.
        ccsd: The coupled cluster energy with singles and doubles, where it is known.
        properties: Of the final state, measured beside its energy, by name.
        density: Its one-body density matrix, where that was measured.
        levels: The states that were looked for, from the lowest up, where there were several.
        warnings: What is not as it should be, in sentences.
        sqd: What sample-based diagonalization made of the final circuit's samples, where it was asked for.
        course: How the circuit grew, or which states were found, where there was more than one optimization.
    """

    name: str
    value: float
    stderr: float
    mean: float
    mean_stderr: float
    best_seen: float
    point: tuple[float, ...]
    parameters: tuple[str, ...]
    status: str
    converged: bool
    evaluations: int
    shots: int
    jobs: int
    seed: int
    sense: str
    units: str
    reference: Reference | None
    approximation_ratio: float | None
    approximation_ratio_stderr: float | None
    best: Solution | None
    baseline: Baseline | None
    engine: str
    usage: Usage | None = None
    qubits: int | None = None
    terms: int | None = None
    groups: int | None = None
    hf: float | None = None
    ccsd: float | None = None
    properties: dict[str, Observed] = field(default_factory=dict)
    density: Density | None = None
    levels: tuple[Level, ...] = ()
    warnings: tuple[str, ...] = ()
    sqd: Subspace | None = None
    course: dict[str, Any] | None = None

    def __str__(self) -> str:
        """A few lines for people; `qopt show` tells more."""
        unit = f" {self.units}" if self.units else ""
        lines = [f"{self.name}: {self.value:.8g} +- {self.stderr:.2g}{unit}"]
        if self.reference is not None:
            lines.append(f"  best known {self.reference.value:.8g}{unit} ({self.reference.kind})")
        if self.approximation_ratio is not None:
            lines.append(f"  approximation ratio {self.approximation_ratio:.4f} +- {self.approximation_ratio_stderr or 0.0:.2g}")
        if self.best is not None:
            lines.append(f"  best string {self.best.bits}, value {self.best.value:.8g} {self.best.text}".rstrip())
        lines += [f"  {warning}" for warning in self.warnings]
        lines.append(f"  {self.evaluations} evaluations, {self.jobs} jobs, {self.shots} shots. {self.status}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON types, in the order of the attributes."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """The result that `to_json` was made from."""
        made: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        for key, part in (("reference", Reference), ("best", Solution), ("baseline", Baseline)):
            made[key] = None if data[key] is None else part(**data[key])
        usage = data.get("usage")
        made["usage"] = None if usage is None else Usage(**{**usage, "drift": tuple(Drift(**item) for item in usage["drift"])})
        made["properties"] = {name: Observed(**item) for name, item in data.get("properties", {}).items()}
        subspace = data.get("sqd")
        made["sqd"] = None if subspace is None else Subspace(**{**subspace, "history": tuple(subspace["history"])})
        made["levels"] = tuple(
            Level(
                **{
                    **item,
                    "point": tuple(item["point"]),
                    "properties": {name: Observed(**each) for name, each in item["properties"].items()},
                }
            )
            for item in data.get("levels", [])
        )
        density = data.get("density")
        made["density"] = None if density is None else Density(**{key: _tuples(rows) for key, rows in density.items()})
        return cls(**made)


def _tuples(rows: list[Any]) -> tuple[Any, ...]:
    """Lists of lists as tuples of tuples."""
    return tuple(_tuples(row) if isinstance(row, list) else row for row in rows)
