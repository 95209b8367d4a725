"""`qopt.run`: freeze, minimise, measure the best afresh, fold into a result. Running twice is the same as running once."""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from qopt import forecast, remote, runs
from qopt.checkpoint import checkpointing
from qopt.durable import Durable, Listener
from qopt.environment import environment
from qopt.errors import IdentityError, InputError
from qopt.evaluator import Frontier
from qopt.execution.connect import Connections
from qopt.execution.frozen import load, save
from qopt.failpoints import reach
from qopt.final import Twice, candidates
from qopt.identity import differences, options_of
from qopt.journal import Event, Finished, Header, Journal, read
from qopt.ledger import FINAL, MAIN, SAID, SQD, STOPPED, TRAINED, Ledger
from qopt.legs import Legs, straight
from qopt.results import chosen_of, fold
from qopt.sampled_subspace import SAMPLES, Samples
from qopt.signals import Signals
from qopt.spec import Spec, check, prepare, specify
from qopt.training import train
from qopt.types import Budget, Question, Result, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

    from qopt.ansatze import Ansatz
    from qopt.execution import Execution, Executor, Mode, Transpile
    from qopt.legs import Course, Ended
    from qopt.objective import Objective
    from qopt.planning.cost import Timing
    from qopt.problems import Problem
    from qopt.programs import Frozen
    from qopt.sampled_subspace import SampledSubspace
    from qopt.types import Minimizer, Point, Points


_FORKED = ("circuit", "parameters", "observables", "sense")
"""What a fork must have in common with its parent for the parent's points to mean the same."""


def run(  # noqa: PLR0913 - the one door to everything; all but the problem are keywords
    problem: Problem,
    *,
    ansatz: Ansatz | None = None,
    start: ArrayLike | None = None,
    objective: Objective | None = None,
    optimizer: Minimizer | None = None,
    execution: Execution | None = None,
    transpile: Transpile | None = None,
    seed: int = 0,
    budget: Budget | None = None,
    name: str | None = None,
    course: Course | None = None,
    sqd: SampledSubspace | None = None,
    folder: str | Path = "runs",
    fork: bool = False,
    wait: bool = True,
    listener: Listener | None = None,
) -> Result:
    """Optimize a problem, durably: run the same call again and it goes on where it stopped, or returns the stored result.

    Args:
        problem: What to optimize.
        ansatz: The circuit; by default the problem's own.
        start: `(n,)` starting point in the order of `ansatz.parameters`, radians, or "trained" for angles that are optimised on the exact
            engine first; by default a formula suited to the problem.
        objective: `Sampled`, `Expectation` or `Exact`; by default `Sampled` for diagonal Hamiltonians, `Expectation` for others.
        optimizer: A minimizer, or any function of (evaluate, start, rng); by default chosen by `optimizers.choose`.
        execution: Backend and mode; by default a local Session on Aer.
        transpile: Transpiler settings.
        seed: Of the optimizer's and the simulator's random choices.
        budget: When to stop; a larger one later goes on.
        name: Of the run folder; by default the problem's class and a digest of what makes the run, so that the same call finds it again.
        course: What is done between the beginning and the final measurement where that is more than one optimization, such as
            `courses.Adapt`.
        sqd: Sample the final circuit and diagonalise a molecule's Hamiltonian among what was seen.
        folder: Where run folders are.
        fork: Begin (or go on with) a new run, `name-fork`, at the best point of the run of that name.
        wait: Whether to wait for jobs of a device of IBM Quantum, which go on without this process.
        listener: Called after every answer.

    Returns:
        The result, in the problem's own sense and units.

    Raises:
        InputError: If something given is wrong; before a run folder exists.
        IdentityError: If the run folder holds another run.
        Interrupted: If a signal asked to leave; the same call goes on.
        Queued: If a job is not done and nobody waits; the same call goes on.
        BackendError: If a backend failed; the same call goes on.
        StorageError: If the run folder can't be read or written.
    """
    spec = specify(
        problem,
        ansatz=ansatz,
        start=start,
        objective=objective,
        optimizer=optimizer,
        execution=execution,
        transpile=transpile,
        seed=seed,
        budget=budget,
        name=name,
        course=course,
        sqd=sqd,
    )
    if not fork:
        return execute(spec, Path(folder), listener=listener, wait=wait)
    spec, parent = forked(spec, Path(folder))
    return execute(spec, Path(folder), listener=listener, parent=parent, wait=wait)


def execute(  # noqa: PLR0913 - the one way in for `run` and for the command line
    spec: Spec,
    folder: Path,
    *,
    journal: Journal | None = None,
    recipe: str | None = None,
    config: str | None = None,
    finish: bool = False,
    parent: str | None = None,
    listener: Listener | None = None,
    connections: Connections | None = None,
    signals: Signals | None = None,
    wait: bool = True,
    tell: Callable[[Event], None] | None = None,
) -> Result:
    """Begin, go on with or finish a run.

    Args:
        spec: The run.
        folder: Where run folders are.
        journal: The run's journal, where it is open (and locked) already.
        recipe: Digest of what the spec was made from.
        config: The resolved config, kept in the run folder.
        finish: Ask the optimizer for nothing more: measure the best point now.
        parent: The id of the run that this one was forked from.
        listener: Called after every answer.
        connections: Shared with other runs and left open; by default the run's own, closed at its end.
        signals: Shared with other runs, where one signal is to end them all.
        wait: Whether to wait for jobs that go on without this process; otherwise `Queued` is raised at the first that is not done.
        tell: Is told of events: a mode that was chosen, a Session that was opened, trouble that was overcome.
    """
    home = runs.folder_of(folder, spec.name)
    if tell is not None and spec.device.account is not None:
        spec.device.account.caller.say = lambda sentence: tell(Event(SAID, {"text": sentence}))
    prepared = None if runs.exists(home) else _prepared(spec, wait=wait, tell=tell)
    with journal or Journal.open(home) as opened:
        ledger = Ledger(opened.records, opened)
        ledger.tell = tell
        if ledger.header is None:
            spec, frozen, events = prepared or _prepared(spec, wait=wait, tell=tell)
            _begin(spec, ledger, home, frozen, recipe=recipe, config=config, parent=parent, events=events)
        else:
            spec = _same_run(spec, ledger.header, home)
            stored = None if finish else runs.stored_result(opened.records, asdict(spec.budget))
            if stored is not None:
                if connections is not None and ledger.session is not None:
                    connections.left_open = ledger.session
                runs.write_json(home / "result.json", stored)
                return Result.from_json(stored)
            frozen = replace(load(home / "frozen", *ledger.header.frozen), product=spec.ansatz.product)
            check(spec, frozen)
            _announce_compiling(spec, tell)
        signals = signals or Signals()
        return _go_on(spec, ledger, home, frozen, finish=finish, listener=listener, connections=connections, signals=signals, wait=wait)


def forked(spec: Spec, folder: Path) -> tuple[Spec, str]:
    """The spec of a new run that begins at the best recorded point of the run of that name, and the id of that run.

    Raises:
        InputError: If that run has no recorded point, is of another problem or ansatz, or has points of several circuits.
    """
    home = runs.folder_of(folder, spec.name)
    records = read(home).records
    ledger = Ledger(records)
    if not ledger.calls(MAIN) or ledger.header is None:
        message = f"{home} has no recorded point to fork from: run it without --fork"
        raise InputError(message, ("name",))
    if spec.course is not None or "course" in ledger.header.identity:
        message = f"{home} can't be forked: it optimizes more than once, and a fork begins at one point; begin a run from values instead"
        raise InputError(message, ("name",))
    asked = spec.identity()
    lines = differences({key: ledger.header.identity[key] for key in _FORKED}, {key: asked[key] for key in _FORKED})
    if lines:
        message = f"{home} can't be forked by this run, which differs in {'; '.join(lines)}: its points mean something else there"
        raise InputError(message, ("name",))
    points, (values, _) = ledger.points(MAIN), ledger.values(MAIN)
    return replace(spec, name=f"{spec.name}-fork", start=points[int(np.argmin(values))], training=False), ledger.header.run_id


def _announce_compiling(spec: Spec, tell: Callable[[Event], None] | None) -> None:
    """Say why nothing will happen for a while, where the exact engine's kernels have to be compiled first."""
    if tell is not None and spec.exact is not None and spec.exact.compiles_first(gradient=spec.differentiates):
        tell(Event(SAID, {"text": "the exact engine is compiled now, once on this machine, which takes some seconds"}))


def _prepared(spec: Spec, *, wait: bool, tell: Callable[[Event], None] | None) -> tuple[Spec, Frozen, list[Event]]:
    """What will be run, with plan and budget checked against what it takes, and with its start trained; and what there is to tell of it."""
    frozen = prepare(spec)
    if wait:
        remote.refuse_missing_sessions(spec)
    forecast.refuse_small_budget(spec, frozen, _timing(spec, frozen))
    _announce_compiling(spec, tell)
    if not spec.training:
        return spec, frozen, []
    if spec.device.recording is not None:
        return _with_recorded_start(spec, spec.device.recording.identity), frozen, []
    trained = train(spec.ansatz, spec.hamiltonian, spec.start, threads=spec.execution.simulator.threads)
    detail = {"value": spec.problem.sense.sign * trained.energy, "evaluations": trained.evaluations}
    return replace(spec, start=trained.point), frozen, [Event(TRAINED, detail)]


def _with_recorded_start(spec: Spec, identity: Mapping[str, Any]) -> Spec:
    """The spec with the start that was trained when the run was begun: another machine may find another one in the last digits."""
    if not spec.training or "training" not in identity:
        return spec
    return replace(spec, start=np.array(identity["start"], dtype=np.float64))


def _begin(  # noqa: PLR0913 - what a run is and where it is kept
    spec: Spec,
    ledger: Ledger,
    home: Path,
    frozen: Frozen,
    *,
    recipe: str | None,
    config: str | None,
    parent: str | None,
    events: list[Event],
) -> None:
    digests = save(frozen, home / "frozen")
    spec.problem.keep(home)
    reach("frozen")
    if config is not None:
        runs.write(home / "config.yaml", config)
    ledger.append(Header(uuid.uuid4().hex[:16], spec.identity(), recipe, environment(spec.threads(frozen)), list(digests), parent))
    for event in events:
        ledger.append(event)
    reach("begun")


def _same_run(spec: Spec, header: Header, home: Path) -> Spec:
    """The spec, with the optimizer that qopt chose when the run was begun, where it would choose another one now."""
    for optimizer in spec.choices:
        if options_of(optimizer) == header.identity["optimizer"]:
            spec = replace(spec, optimizer=optimizer)
    spec = _with_recorded_start(spec, header.identity)
    lines = differences(header.identity, spec.identity())
    if lines:
        message = (
            f"{home} holds another run, which differs in {'; '.join(lines)}. Give this one another name, "
            "or undo the change to go on with the one that is there"
        )
        raise IdentityError(message)
    return spec


def _go_on(  # noqa: PLR0913 - `execute` in two parts
    spec: Spec,
    ledger: Ledger,
    home: Path,
    frozen: Frozen,
    *,
    finish: bool,
    listener: Listener | None,
    connections: Connections | None,
    signals: Signals,
    wait: bool,
) -> Result:
    assert ledger.header is not None  # noqa: S101 - written by _begin
    own = Connections()
    timed = _timing(spec, frozen, ledger)
    forecast.refuse_small_budget(spec, frozen, timed)
    count = forecast.candidates(spec, frozen, timed)
    durable = Durable(
        ledger,
        lambda circuit: _connect(spec, durable, circuit, connections=connections or own, shared=connections is not None, candidates=count),
        frozen,
        seed=spec.seed,
        threads=spec.threads(frozen),
        signals=signals,
        listener=checkpointing(spec, home, listener),
        wait=wait,
    )
    circuit, observables = ledger.header.frozen
    policy = Twice(spec.objective, strings=spec.device.computes and spec.problem.diagonal is not None)
    recorded = spec.device.recording
    frontier = Frontier(durable, spec.budget, finish, {} if recorded is None else recorded.stops)
    legs = Legs(spec, frontier, home, frozen, (circuit, observables), candidates=count)
    if spec.device.remote and wait and spec.course is None:
        # Where nobody waits every call of the program is a part of its own, and each would measure twice as much.
        before = ledger.calibration
        durable.on_live = lambda: remote.look_for_drift(spec, durable, legs.first, before)
    with signals.caught():
        try:
            ended = (spec.course or straight)(legs)
            final = replace(ended.leg.stage, name=FINAL, objective=policy)
            asked, calls = durable.evaluations, ledger.progress
            if ended.status is Status.BUDGET and calls not in ledger.budgets:
                ledger.append(Event(STOPPED, {"calls": calls, "budget": asdict(spec.budget)}))
            reach("stopped")
            points = _final_points(spec, ledger, ended, count)
            answer = durable.measure(final, Question(FINAL, calls, "final", points))
            reach("measured")
            subspace = _diagonalised(spec, legs, ended, points[chosen_of(answer, ended)], calls)
            if ledger.session is not None:
                _ = durable.executor  # an earlier part of the run was killed and left it open
        finally:
            with signals.held():
                own.close()
                durable.release()
        if spec.device.remote:
            durable.settle()
        result = fold(spec, ledger, final, points, answer, ended, evaluations=asked, subspace=subspace)
        reach("folded")
        under = asdict(spec.budget) if ended.status is not Status.FINISHED else {"finished": "on request"}
        ledger.append(Finished(calls, ended.status.final, under, result.to_json()))
        reach("finished")
        runs.write_json(home / "result.json", result.to_json())
    return result


def _final_points(spec: Spec, ledger: Ledger, ended: Ended, count: int) -> Points:
    """`(m, n)`: what the final measurement takes, as it was recorded where it was asked already."""
    calls, leg, recorded = ledger.progress, ended.leg, spec.device.recording
    known = ledger.asked.get((FINAL, calls))
    if known is not None:
        return np.array(known.points, dtype=np.float64)
    if ended.points is not None:
        return ended.points
    if recorded is not None:
        # How many were affordable then depended on what the device cost.
        count = recorded.points(FINAL, calls) or count
    return candidates(ledger, MAIN, (leg.point, leg.start), count, leg.calls)


def _diagonalised(spec: Spec, legs: Legs, ended: Ended, point: Point, call: int) -> dict[str, Any] | None:
    """What sample-based diagonalization makes of the circuit at the chosen point, found once; None where it isn't asked for."""
    if spec.sqd is None:
        return None
    ledger, ansatz = legs.ledger, ended.leg.ansatz
    stage = replace(legs.stage(f"samples of {len(ansatz.parameters)} parameters", ansatz, Samples(spec.sqd.shots)), name=SAMPLES)
    answer = legs.measured(stage, Question(SAMPLES, call, SAMPLES, point[None, :]))
    if call not in ledger.sqd:
        (data,) = answer.read()
        found = spec.sqd.diagonalise(spec.problem, np.asarray(data["samples"], dtype=np.uint8)[0], spec.seed)
        ledger.append(Event(SQD, {"call": call, "found": found}))
    return ledger.sqd[call]


def _connect(spec: Spec, durable: Durable, frozen: Frozen, *, connections: Connections, shared: bool, candidates: int) -> Executor:
    """Open the conversation with the backend, and with a device's the purse."""
    ledger, execution = durable.ledger, spec.execution
    if spec.device.remote:
        # Of a later circuit the mode is that of the first one: they are one run's work.
        later = not durable.begun_with(frozen) and ledger.mode is not None
        execution = (
            replace(execution, mode=cast("Mode", ledger.mode)) if later else remote.execution_of(spec, ledger, frozen, wait=durable.waits)
        )
    executor = connections.open(spec.device, execution, frozen)
    executor.attach(ledger)
    if spec.device.remote:
        try:
            durable.purse = remote.purse_of(spec, durable, frozen, executor, candidates, first=durable.begun_with(frozen))
        except BaseException:
            if shared:
                executor.attach(None)  # others go on using it, and this run's journal is about to be closed
            raise
    return executor


def _timing(spec: Spec, frozen: Frozen, ledger: Ledger | None = None) -> Timing | None:
    """How long an execution takes, as recorded where the run was begun; None where no QPU time is budgeted."""
    if spec.budget.qpu is None or not spec.device.remote:
        return None
    return forecast.timing_on(spec, frozen, spec.device.target(frozen)) if ledger is None else remote.timing(spec, ledger, frozen)
