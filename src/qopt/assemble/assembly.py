"""From a config to a run: problem, ansatz, start, objective, optimizer and execution. Molecules and spin models live in `physics`."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qopt import custom, runs, starts
from qopt.ansatze import hardware_efficient, qaoa
from qopt.assemble import physics
from qopt.config import models, molecules, resolve_code
from qopt.courses import Deflation, Growth, Restarts
from qopt.errors import InputError, StorageError, below, blamed
from qopt.execution import Execution, Simulator, Transpile, Waiting, mitigation_from
from qopt.execution.recording import PREFIX
from qopt.journal import Finished, read
from qopt.objective import Exact, Expectation, Sampled
from qopt.optimizers import SPSA, DifferentialEvolution, MeasureStart, ResponseSurface, Scipy
from qopt.problems import MaxCut, Operator, Problem, graph_from_edges, named_graph, random_regular, read_graph
from qopt.problems.distances import LongBonds
from qopt.sampled_subspace import SampledSubspace
from qopt.spec import Spec, specify
from qopt.sqd import SqdOptions
from qopt.types import Budget

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.ansatze import Ansatz
    from qopt.config import Loaded
    from qopt.config.execution import Transpile as TranspileConfig
    from qopt.legs import Course
    from qopt.objective import Objective
    from qopt.problems import Graph
    from qopt.problems.molecular_data import MolecularData
    from qopt.types import Minimizer, Point


def spec_of(loaded: Loaded, cwd: Path, *, data: MolecularData | None = None) -> Spec:
    """The run that a config describes; nothing is written, nothing is sent.

    Args:
        loaded: The config.
        cwd: The working directory; custom code is loaded from below it alone.
        data: The molecule, where it is known already: along a curve orbitals are aligned.

    Raises:
        InputError: With the config key that is wrong.
    """
    config, base = loaded.config, loaded.base
    with below("problem"), warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always", LongBonds)
        problem = _problem(config.problem, base, cwd, data)
    with below("ansatz"):
        ansatz = _ansatz(config.ansatz, problem)
        course = _course(config, problem)
    with below("start"):
        start = _start(config, problem, ansatz, base)
    with below("objective"):
        objective = _objective(config.objective)
    with below("optimizer"):
        optimizer = _optimizer(config.optimizer, base, cwd)
    spec = specify(
        problem,
        ansatz=ansatz,
        start=start,
        objective=objective,
        optimizer=optimizer,
        execution=_execution(config, base),
        transpile=_transpile(config.transpile),
        seed=config.seed,
        budget=Budget(**config.budget.model_dump()),
        name=config.name,
        course=course,
        sqd=_sqd(config.sqd),
    )
    notes = [f"problem: {doubt.message}" for doubt in doubts] + physics.dropped(config.ansatz, problem)
    return replace(spec, notes=(*notes, *spec.notes))


def fork_of(loaded: Loaded, spec: Spec) -> Loaded:
    """The config of a fork: under its own name, from the point that it begins at."""
    start = models.ValuesStart(type="values", values=tuple(spec.start.tolist()))
    return replace(loaded, config=loaded.config.model_copy(update={"name": spec.name, "start": start}))


def _problem(config: models.Problem, base: Path, cwd: Path, data: MolecularData | None) -> Problem:
    if isinstance(config, models.MaxCut):
        with below("graph"):
            return MaxCut(_graph(config.graph, base))
    if isinstance(config, models.Operator):
        with below("file"):
            return Operator.from_file(base / config.file)
    if isinstance(config, molecules.Molecule):
        return physics.molecule_of(config, base, data)
    if isinstance(config, molecules.TransverseFieldIsing | molecules.Heisenberg):
        return physics.spins_of(config)
    problem = _custom_class(config, base, cwd)
    if not isinstance(problem, Problem):
        message = f"{config.type} is a {type(problem).__name__}, expected a subclass of qopt.Problem"
        raise InputError(message, ("type",))
    return problem


def _custom_class(config: models.Custom, base: Path, cwd: Path) -> Any:  # noqa: ANN401 - whatever the user wrote
    path, name = resolve_code(config.type, base, cwd)
    made = custom.load(path, name)
    arguments = custom.bind(made, config.arguments, base)
    with blamed(config.type, ()):
        return made(**arguments)


def _graph(config: str | models.InlineGraph, base: Path) -> Graph:
    if isinstance(config, str):
        return read_graph(base / config)
    if config.edges is not None:
        return graph_from_edges(config.edges)
    if config.networkx is not None:
        with below("networkx"):
            return named_graph(config.networkx)
    assert config.regular is not None  # noqa: S101 - the model demands one of the three
    with below("regular"):
        return random_regular(config.regular.n, config.regular.degree, config.regular.seed)


def _ansatz(config: models.Ansatz | None, problem: Problem) -> Ansatz:
    if config is None:
        with blamed("ansatz", ()):
            return problem.ansatz()
    if isinstance(config, models.QaoaAnsatz):
        return qaoa(problem.hamiltonian(), config.layers)
    if not isinstance(config, models.HardwareEfficientAnsatz):
        return physics.ansatz_of(config, problem)
    return hardware_efficient(problem.qubits, min(1, config.reps) if config.growth else config.reps, config.entanglement)


def _course(config: models.RunConfig, problem: Problem) -> Course | None:
    """How the circuit grows, or which levels are looked for."""
    ansatz, excited = config.ansatz, config.excited_states
    grows = isinstance(ansatz, molecules.AdaptAnsatz) or (isinstance(ansatz, models.HardwareEfficientAnsatz) and ansatz.growth)
    if grows and excited is not None:
        message = "the circuit grows for the ground state alone: leave excited_states out, or use an ansatz that doesn't grow"
        raise InputError(message)
    if isinstance(ansatz, molecules.AdaptAnsatz):
        return physics.adapt_of(ansatz, problem)
    if isinstance(ansatz, models.HardwareEfficientAnsatz) and ansatz.growth:
        return Growth(ansatz.reps, ansatz.entanglement)
    if isinstance(config.start, models.RandomStart) and config.start.tries > 1:
        if excited is not None:
            message = "excited_states have random starts of their own: set excited_states.tries, and leave start.tries out"
            raise InputError(message)
        return Restarts(config.start.tries)
    return None if excited is None else Deflation(excited.levels, excited.weight, excited.tries)


def _sqd(config: molecules.Sqd | None) -> SampledSubspace | None:
    if config is None:
        return None
    with below("sqd"):
        return SampledSubspace(config.shots, SqdOptions(**config.model_dump(exclude={"shots"}, exclude_none=True)))


def _start(  # noqa: PLR0911 - one for each type of start
    config: models.RunConfig, problem: Problem, ansatz: Ansatz, base: Path
) -> Point | Literal["trained"] | None:
    start = config.start
    if start is None:
        return None
    if isinstance(start, models.TrainedStart):
        return start.type
    if isinstance(start, models.ValuesStart):
        return np.array(start.values, dtype=np.float64)
    if isinstance(start, models.RunStart):
        return _point_of(base / start.run, ansatz)
    if isinstance(start, models.RandomStart):
        return starts.random_start(len(ansatz.parameters), np.random.default_rng(np.random.SeedSequence(config.seed, spawn_key=(1,))))
    if start.type in ("fixed-angles", "ramp") and ansatz.name != "qaoa":
        message = f"start {start.type} is for the ansatz qaoa, this one is {ansatz.name}: use random, zeros or values"
        raise InputError(message, ("type",))
    match start.type:
        case "fixed-angles" | "ramp":
            formula = starts.fixed_angles if start.type == "fixed-angles" else starts.ramp
            return formula(problem.hamiltonian(), ansatz.layers or 1)
        case "mp2" | "ccsd":
            return physics.amplitudes(start.type, problem, ansatz)
        case "zeros":
            return starts.zeros(len(ansatz.parameters))


def _point_of(folder: Path, ansatz: Ansatz) -> Point:
    """The point that a finished run reported."""
    if not runs.exists(folder):
        message = f"there is no run in {folder}: expected the folder of a run, relative to this file"
        raise InputError(message, ("run",))
    try:
        finished = [record for record in read(folder).records if isinstance(record, Finished)]
    except StorageError as error:
        raise InputError(str(error), ("run",)) from error
    if not finished:
        message = f"the run in {folder} has no result yet: finish it first"
        raise InputError(message, ("run",))
    result = finished[-1].result
    if tuple(result["parameters"]) != ansatz.parameters:
        message = f"the run in {folder} has the parameters {', '.join(result['parameters'])}, expected {', '.join(ansatz.parameters)}"
        raise InputError(message, ("run",))
    return np.array(result["point"], dtype=np.float64)


def _objective(config: models.Objective | None) -> Objective | None:
    if config is None:
        return None
    if isinstance(config, models.SampledObjective):
        return Sampled(config.shots, config.cvar)
    return Expectation(config.shots) if isinstance(config, models.ExpectationObjective) else Exact()


def _optimizer(config: models.Optimizer, base: Path, cwd: Path) -> Minimizer | None:
    if isinstance(config, models.Custom):
        return _custom_optimizer(config, base, cwd)
    if isinstance(config, models.ScipyOptimizer):
        return Scipy(config.method, dict(config.options))
    if isinstance(config, models.DifferentialEvolutionOptimizer):
        with below("options"):
            return DifferentialEvolution(**custom.bind(DifferentialEvolution, config.options, base))
    if isinstance(config, models.AutoOptimizer):
        return None
    if isinstance(config, models.NoOptimizer):
        return MeasureStart()
    given = config.model_dump(exclude={"type"}, exclude_none=True)
    return SPSA(**given) if isinstance(config, models.SpsaOptimizer) else ResponseSurface(**given)


def _execution(config: models.RunConfig, base: Path) -> Execution:
    given = config.execution.model_dump(exclude={"waiting", "simulator"})
    if config.execution.recording is not None:
        given["backend"] = f"{PREFIX}{base / config.execution.recording}"
    waiting = Waiting(**config.execution.waiting.model_dump())
    with below("execution"):
        simulator = Simulator(**config.execution.simulator.model_dump())
    mitigation = mitigation_from(config.mitigation.model_dump(exclude_none=True))
    return Execution(**given, waiting=waiting, mitigation=mitigation, simulator=simulator)


def _transpile(config: TranspileConfig) -> Transpile:
    layout = None if config.initial_layout is None else tuple(config.initial_layout)
    return Transpile(config.level, config.seed, layout, config.seeds, config.layout, config.fractional_gates)


def _custom_optimizer(config: models.Custom, base: Path, cwd: Path) -> Minimizer:
    path, name = resolve_code(config.type, base, cwd)
    function = custom.load(path, name)
    arguments = custom.bind(function, config.arguments, base, given=3)
    return custom.Function(name, custom.source_digest(path), arguments, function)
