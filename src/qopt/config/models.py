"""The config as frozen models: every key, its meaning, its default and its limits. Reading and wording of refusals live elsewhere."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, JsonValue, Tag, model_validator

from qopt.config.execution import Budget, Execution, Transpile
from qopt.config.fields import (
    WHOLE,
    Angles,
    AxisValue,
    Code,
    Count,
    Edge,
    File,
    Name,
    Option,
    Positive,
    Seed,
    Shots,
    by_form,
    by_type,
    expected,
)
from qopt.config.mitigation import Mitigation
from qopt.config.model import Model
from qopt.config.molecules import (
    AdaptAnsatz,
    ExcitedStates,
    GivensAnsatz,
    Heisenberg,
    HvaAnsatz,
    KUpccgsdAnsatz,
    LucjAnsatz,
    Molecule,
    PairAnsatz,
    Sqd,
    TransverseFieldIsing,
    UccsdAnsatz,
)


class Custom(Model):
    """Something of the user's own; the keys beside `type` are its keyword arguments, any JSON-like values."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    type: Code
    """`path/to/file.py:Name`, relative to the config's folder; the file must lie below the working directory."""

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments."""
        return dict(self.__pydantic_extra__)


class Regular(Model):
    """The parameters of a random regular graph."""

    n: Count
    """How many nodes."""
    degree: Count
    """How many neighbours each node has."""
    seed: Seed = 0
    """The same seed gives the same graph."""


class InlineGraph(Model):
    """A graph without a file: exactly one of the keys."""

    edges: Annotated[tuple[Edge, ...], Field(strict=False, min_length=1)] | None = None
    """A list of [u, v] or [u, v, weight]."""
    networkx: str | None = None
    """A famous graph: the name of a networkx generator without `_graph`, such as petersen."""
    regular: Regular | None = None
    """A random graph in which all nodes have equally many neighbours: {n: 12, degree: 3, seed: 42}."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.edges, self.networkx, self.regular)) != 1:
            expected("exactly one of the keys edges, networkx and regular")
        return self


GraphSource: TypeAlias = Annotated[
    Annotated[File, Tag("<file>")] | Annotated[InlineGraph, Tag("<inline>")],
    by_form(
        {"<file>": str, "<inline>": (dict, InlineGraph)},
        "the path of a graph file, {edges: [[u, v, weight], ...]}, {networkx: NAME} or {regular: {n: N, degree: D, seed: S}}",
    ),
]


class MaxCut(Model):
    """Maximum cut of a graph."""

    type: Literal["maxcut"]
    graph: GraphSource
    """A graph file relative to the config's folder, or {edges: ...}, {networkx: ...} or {regular: ...}."""


class Operator(Model):
    """The ground state of an operator in a file."""

    type: Literal["operator"]
    file: File
    """A JSON file of Pauli terms, relative to the config's folder."""


Problem: TypeAlias = Annotated[
    Annotated[MaxCut, Tag("<maxcut>")]
    | Annotated[Molecule, Tag("<molecule>")]
    | Annotated[TransverseFieldIsing, Tag("<tfim>")]
    | Annotated[Heisenberg, Tag("<heisenberg>")]
    | Annotated[Operator, Tag("<operator>")]
    | Annotated[Custom, Tag("<custom>")],
    by_type({name: f"<{name}>" for name in ("maxcut", "molecule", "tfim", "heisenberg", "operator")}, custom="path/to/file.py:Class"),
]


class QaoaAnsatz(Model):
    """The quantum approximate optimization algorithm; diagonal Hamiltonians only."""

    type: Literal["qaoa"]
    layers: Count = 1
    """The number of layers, p."""


class HardwareEfficientAnsatz(Model):
    """RY rotations and layers of CX gates."""

    type: Literal["hardware-efficient"]
    reps: Annotated[int, Field(ge=0, le=10**6), WHOLE] = 2
    """How many entangling layers."""
    entanglement: Literal["linear", "circular", "full"] = "linear"
    """Which pairs of qubits a layer couples."""
    growth: bool = False
    """Whether it grows layer by layer, each time from the best point of the circuit before."""


_ANSATZE = ("qaoa", "hardware-efficient", "uccsd", "kupccgsd", "puccd", "givens", "hva", "adapt", "lucj")
Ansatz: TypeAlias = Annotated[
    Annotated[QaoaAnsatz, Tag("<qaoa>")]
    | Annotated[HardwareEfficientAnsatz, Tag("<hardware-efficient>")]
    | Annotated[UccsdAnsatz, Tag("<uccsd>")]
    | Annotated[KUpccgsdAnsatz, Tag("<kupccgsd>")]
    | Annotated[PairAnsatz, Tag("<puccd>")]
    | Annotated[GivensAnsatz, Tag("<givens>")]
    | Annotated[HvaAnsatz, Tag("<hva>")]
    | Annotated[AdaptAnsatz, Tag("<adapt>")]
    | Annotated[LucjAnsatz, Tag("<lucj>")],
    by_type({name: f"<{name}>" for name in _ANSATZE}),
]


class FormulaStart(Model):
    """A start that is computed: published angles, a linear ramp, amplitudes of MP2 or CCSD, or zeros."""

    type: Literal["fixed-angles", "ramp", "mp2", "ccsd", "zeros"]


class RandomStart(Model):
    """Random angles from the run's seed; several starts where there are many minima."""

    type: Literal["random"]
    tries: Count = 1
    """How many starts are optimized, each to its end; the lowest is kept."""


class TrainedStart(Model):
    """Angles that are optimised on this machine before the run begins, so that a QPU only samples or fine-tunes."""

    type: Literal["trained"]
    by: Literal["exact"] = "exact"
    """On what: exact is the engine that computes energies and gradients without noise, as far as memory reaches."""


class ValuesStart(Model):
    """A start that is given."""

    type: Literal["values"]
    values: Angles
    """The angles in radians, in the order of the ansatz's parameters."""


class RunStart(Model):
    """The point that another run ended with."""

    type: Literal["run"]
    run: File
    """The folder of a finished run, relative to the config's folder."""


_FORMULAS = dict.fromkeys(("fixed-angles", "ramp", "mp2", "ccsd", "zeros"), "<formula>")
Start: TypeAlias = Annotated[
    Annotated[FormulaStart, Tag("<formula>")]
    | Annotated[RandomStart, Tag("<random>")]
    | Annotated[TrainedStart, Tag("<trained>")]
    | Annotated[ValuesStart, Tag("<values>")]
    | Annotated[RunStart, Tag("<run>")],
    by_type({**_FORMULAS, "random": "<random>", "trained": "<trained>", "values": "<values>", "run": "<run>"}),
]


class SampledObjective(Model):
    """The energy of measured bit strings; diagonal Hamiltonians only."""

    type: Literal["sampled"]
    shots: Shots = 4096
    """Shots for each point."""
    cvar: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The share of best shots that is averaged; 1 is the mean."""


class ExpectationObjective(Model):
    """The expectation value from an Estimator."""

    type: Literal["expectation"]
    shots: Shots = 4096
    """Shots for each point and group of commuting terms."""


class ExactObjective(Model):
    """The expectation value without shot noise, on backend statevector."""

    type: Literal["exact"]


Objective: TypeAlias = Annotated[
    Annotated[SampledObjective, Tag("<sampled>")]
    | Annotated[ExpectationObjective, Tag("<expectation>")]
    | Annotated[ExactObjective, Tag("<exact>")],
    by_type({"sampled": "<sampled>", "expectation": "<expectation>", "exact": "<exact>"}),
]


class AutoOptimizer(Model):
    """qopt picks by noise, number of parameters and start, and says why."""

    type: Literal["auto"] = "auto"


class NoOptimizer(Model):
    """The start is measured and nothing else."""

    type: Literal["none"]


class ScipyOptimizer(Model):
    """A method of scipy.optimize.minimize."""

    type: Literal["scipy"]
    method: Literal["COBYLA", "COBYQA", "Nelder-Mead", "Powell", "L-BFGS-B", "SLSQP", "BFGS", "CG", "TNC", "trust-constr"]
    """The method's name in SciPy, such as COBYLA."""
    options: dict[str, Option] = {}  # noqa: RUF012 - pydantic copies it for each model
    """Options of the method."""


class SpsaOptimizer(Model):
    """Simultaneous perturbation stochastic approximation; what is left out gets its default there."""

    type: Literal["spsa"]
    iterations: Count | None = None
    """How many steps."""
    step: Annotated[Positive | None, Field(alias="learning_rate")] = None
    """The length per parameter that the first step should have, radians."""
    perturbation: Positive | None = None
    """The size of the first finite difference, radians."""
    resamplings: Count | None = None
    """Pairs of points that are averaged in each step."""
    limit: Positive | None = None
    """The length per parameter that no step exceeds, radians."""


class ResponseSurfaceOptimizer(Model):
    """Quadratic fits to many points at once, one wide job each; what is left out gets its default there."""

    type: Literal["response-surface"]
    width: Positive | None = None
    """Half the edge of the measured box, radians."""
    reach: Positive | None = None
    """The radius of the first trust region, radians."""
    iterations: Count | None = None
    """Jobs at most."""


class DifferentialEvolutionOptimizer(Model):
    """A global search by a population of points; what is left out gets its default there."""

    type: Literal["differential-evolution"]
    options: dict[str, Option] = {}  # noqa: RUF012 - pydantic copies it for each model
    """Such as popsize or maxiter."""


_OPTIMIZERS = ("auto", "none", "scipy", "spsa", "response-surface", "differential-evolution")
Optimizer: TypeAlias = Annotated[
    Annotated[AutoOptimizer, Tag("<auto>")]
    | Annotated[NoOptimizer, Tag("<none>")]
    | Annotated[ScipyOptimizer, Tag("<scipy>")]
    | Annotated[SpsaOptimizer, Tag("<spsa>")]
    | Annotated[ResponseSurfaceOptimizer, Tag("<response-surface>")]
    | Annotated[DifferentialEvolutionOptimizer, Tag("<differential-evolution>")]
    | Annotated[Custom, Tag("<custom>")],
    by_type({name: f"<{name}>" for name in _OPTIMIZERS}, custom="path/to/file.py:function"),
]


class Range(Model):
    """Evenly spaced values, both ends included."""

    first: Annotated[float, Field(alias="from")]
    """The first value."""
    last: Annotated[float, Field(alias="to")]
    """The last value."""
    points: Annotated[int, Field(ge=2, le=10**6), WHOLE]
    """How many values."""

    def values(self) -> tuple[float, ...]:
        """The values; the ends are exact."""
        steps = self.points - 1
        return tuple((self.first * (steps - k) + self.last * k) / steps for k in range(self.points))


Axis: TypeAlias = Annotated[
    Annotated[tuple[AxisValue, ...], Field(strict=False, min_length=1), Tag("<list>")] | Annotated[Range, Tag("<range>")],
    by_form({"<list>": (list, tuple), "<range>": (dict, Range)}, "a list of values or {from: A, to: B, points: N}"),
]


class Sweep(Model):
    """A grid over parameters, seeds, layers: every combination of the axes' values."""

    axes: Annotated[dict[str, Axis], Field(min_length=1)]
    """A mapping from names such as gamma_1, seed, layers or a {r} of a geometry to lists or {from, to, points}."""
    backward: bool = True
    """Whether a curve along a coordinate is walked back, too, and the lower of both kept at each point."""


class RunConfig(Model):
    """A run: one problem, and how it is to be solved."""

    identity: ClassVar[tuple[str, ...]] = (
        *("problem", "ansatz", "start", "objective", "optimizer", "transpile", "mitigation", "seed"),
        *("excited_states", "sqd"),
    )
    """The keys that make it this run and no other, beside execution.backend and execution.primitives."""

    name: Name
    """The run's folder is runs/<name> below the working directory; default: the config's file name without its ending."""
    seed: Seed = 0
    """Of every random choice of the run."""
    problem: Problem
    """What is optimized, such as {type: maxcut, graph: my.edges}."""
    ansatz: Ansatz | None = None
    """The circuit; default: the problem's own."""
    start: Start | None = None
    """Where the optimizer begins; default: by the ansatz."""
    objective: Objective | None = None
    """How points are measured; default: by the problem."""
    optimizer: Optimizer = Field(default_factory=AutoOptimizer)
    """Which points are measured."""
    execution: Execution = Field(default_factory=Execution)
    """Where and how."""
    transpile: Transpile = Field(default_factory=Transpile)
    """How circuits are brought to the backend."""
    mitigation: Mitigation = Field(default_factory=Mitigation)
    """What is done about errors."""
    budget: Budget = Field(default_factory=Budget)
    """When to stop."""
    excited_states: ExcitedStates | None = None
    """Levels above the ground state."""
    sqd: Sqd | None = None
    """Sample-based quantum diagonalization of the final circuit."""
    sweep: Sweep | None = None
    """Many runs in one."""
