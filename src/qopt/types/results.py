"""What a run found, as it is written into result.json: values with errors, what is known classically, states and their properties."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

_SIGNIFICANT = 4.0
"""Standard errors that a property has to be off to be told: of a few of them noise alone does that once in some thousand runs."""
_ROUNDING = 1e-6


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
        operators: What the circuit is made of, in the order in which it acts, where that is excitations: `1,7 -> 5,11` takes electrons from
            the spin orbitals 1 and 7 to 5 and 11, counted blockwise, alpha first.
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
    operators: tuple[str, ...] = ()
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
