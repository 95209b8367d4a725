"""Commands that measure: run and finish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qopt.cli.frame import RUNS, ProgressKind, RunName, Runs, ShownAs, home_of, leave_on_signals, refusing, same_command, say
from qopt.errors import InputError, Interrupted, NotConverged

if TYPE_CHECKING:
    from qopt.config import Loaded
    from qopt.journal import Journal
    from qopt.report.terminal import Guarded
    from qopt.spec import Spec

_SHOWN_ROWS = 30


@refusing
def run(  # noqa: PLR0913 - a command's options
    config: Annotated[Path, typer.Argument(help="The YAML file of the run.")],
    overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as optimizer.method=COBYQA seed=3.")] = None,
    *,
    runs: Runs = RUNS,
    progress: ShownAs = ProgressKind.AUTO,
    fork: Annotated[bool, typer.Option("--fork", help="Begin a new run at the best point of the run of that name.")] = False,
    require_convergence: Annotated[
        bool, typer.Option("--require-convergence", help="Exit with 5 where the optimizer did not converge.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Collect what is done, submit the next job and leave with 75; for devices of IBM Quantum.")
    ] = False,
) -> None:
    """Run a config, go on with it where it stopped, or show its stored result."""
    from qopt.config import read_config

    loaded = read_config(config, overrides or [])
    if loaded.config.sweep is not None:
        if fork:
            message = "a sweep can't be forked: run one of its points, or give the sweep another name"
            raise InputError(message)
        _sweep(loaded, runs, progress, require_convergence=require_convergence, wait=not no_wait)
        return
    result = result_of(loaded, runs, progress, fork=fork, wait=not no_wait)
    show_result(result, runs / str(result["name"]))
    if require_convergence and not result["converged"]:
        message = f"the optimizer did not converge: {result['status']}"
        raise NotConverged(message)


@refusing
def finish(name: RunName, *, runs: Runs = RUNS, progress: ShownAs = ProgressKind.AUTO) -> None:
    """Ask the optimizer for nothing more: measure the best point of a run now, and give the result."""
    home = home_of(name, runs)
    from qopt.config import read_config

    # A folder that was copied or renamed is finished where it is.
    loaded = read_config(home / "config.yaml", [f"name={home.name}"])
    if loaded.config.sweep is not None:
        message = f"{home} is a landscape, which has no optimizer to stop: run its config again to measure what is missing"
        raise InputError(message)
    result = result_of(loaded, home.parent, progress, finish=True)
    show_result(result, home)


def result_of(
    loaded: Loaded, runs: Path, progress: ProgressKind, *, finish: bool = False, fork: bool = False, wait: bool = True
) -> dict[str, Any]:
    """The stored result where there is nothing left to do, found without importing anything heavy; else run, and the result of that."""
    from qopt import __version__
    from qopt.config import recipe_of
    from qopt.journal import Journal
    from qopt.runs import exists, folder_of, header_of, stored_result, write_json

    home = folder_of(runs, loaded.config.name)
    recipe = recipe_of(loaded, __version__)
    journal: Journal | None = None
    leave_on_signals()
    try:
        if exists(home) and not fork:
            journal = Journal.open(home)
            header = header_of(journal.records)
            known = header is not None and recipe is not None and header.recipe == recipe
            stored = stored_result(journal.records, loaded.config.budget.model_dump()) if known and not finish else None
            if stored is not None:
                write_json(home / "result.json", stored)
                _draw(home, again=False)
                return stored
        return _execute(loaded, runs, progress, journal=journal, recipe=recipe, finish=finish, fork=fork, wait=wait)
    except Interrupted as stop:
        say(_farewell(home.with_name(f"{home.name}-fork") if fork else home, stop.signum))
        stop.told = True
        raise
    finally:
        if journal is not None:
            journal.close()


def _execute(  # noqa: PLR0913 - what `run` and `finish` share
    loaded: Loaded, runs: Path, progress: ProgressKind, *, journal: Journal | None, recipe: str | None, finish: bool, fork: bool, wait: bool
) -> dict[str, Any]:
    from qopt.assemble import fork_of, spec_of
    from qopt.config import dump
    from qopt.report.terminal import progress as shown
    from qopt.runner import execute, forked
    from qopt.runs import folder_of

    try:
        spec, parent = spec_of(loaded, Path.cwd(), home=folder_of(runs, loaded.config.name)), None
        if fork:
            spec, parent = forked(spec, runs)
            loaded, recipe = fork_of(loaded, spec), None
        with shown(
            progress.value,
            name=spec.name,
            sense=spec.problem.sense,
            units=spec.problem.units,
            engine=spec.engine,
            notes=spec.notes if journal is None else (),
        ) as listener:
            result = execute(
                spec,
                runs,
                journal=journal,
                recipe=recipe,
                config=dump(loaded, runs / spec.name),
                finish=finish,
                parent=parent,
                listener=listener,
                wait=wait,
                tell=listener.event,
            )
    except InputError as error:
        raise loaded.placed(error) from error
    _draw(runs / result.name)
    return result.to_json()


def _draw(home: Path, *, again: bool = True) -> None:
    """Draw the convergence; with `again` False only where it is missing, as after a kill between result and figure."""
    if again or not (home / "convergence.svg").exists():
        from qopt.report.figure import convergence

        convergence(home)


def _sweep(loaded: Loaded, runs: Path, progress: ProgressKind, *, require_convergence: bool, wait: bool) -> None:
    from contextlib import ExitStack

    from qopt.report.terminal import progress as shown
    from qopt.sweep import sweep

    leave_on_signals()
    try:
        with ExitStack() as stack:

            def listener_of(spec: Spec) -> Guarded:
                stack.pop_all().close()
                return stack.enter_context(
                    shown(progress.value, name=spec.name, sense=spec.problem.sense, units=spec.problem.units, engine=spec.engine)
                )

            table, results = sweep(loaded, runs, Path.cwd(), listener_of, wait=wait)
    except InputError as error:
        raise loaded.placed(error) from error
    except Interrupted as stop:
        say(_farewell(runs / loaded.config.name, stop.signum))
        stop.told = True
        raise
    text = table.read_text(encoding="utf-8")
    typer.echo(text if text.count("\n") <= _SHOWN_ROWS else "", nl=False)
    typer.echo(f"table: {table}")
    if table.with_name("curve.json").exists():
        from qopt.scan import sentences

        typer.echo("\n".join(sentences(table.parent)))
    if require_convergence and not all(result.converged for result in results):
        message = f"{sum(not result.converged for result in results)} of {len(results)} runs did not converge: see {table}"
        raise NotConverged(message)


def show_result(result: dict[str, Any], home: Path) -> None:
    """The table of a result, on standard output."""
    from qopt.report.result import result_table

    typer.echo(result_table(result, home), nl=False)


def _is_remote(home: Path) -> bool:
    """Whether a run's jobs go on without its process."""
    from qopt.journal import Header, read
    from qopt.types import of_ibm

    return any(isinstance(record, Header) and of_ibm(record.identity["backend"]) for record in read(home).records)


def _farewell(home: Path, signum: int) -> str:
    """What to know when a signal ends a run: what is in flight, and the command that goes on."""
    from qopt.journal import Answered, Failed, Submitted, read
    from qopt.runs import exists

    if not exists(home):
        return f"\nStopped by signal {signum}. Go on with:\n  {same_command()}"
    open_jobs: dict[tuple[str, int], str] = {}
    for record in read(home).records:
        if isinstance(record, Submitted):
            open_jobs[record.stage, record.call] = record.job
        elif isinstance(record, Answered | Failed):
            open_jobs.pop((record.stage, record.call), None)
    kept = "it stays at the service, and the same command goes on with it" if _is_remote(home) else "it was local, and is measured again"
    jobs = "".join(f"\nJob {job} was in flight: {kept}." for job in open_jobs.values())
    return f"\nStopped by signal {signum}. All that was measured is in {home}.{jobs}\nGo on with:\n  {same_command()}"
