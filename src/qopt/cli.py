"""The commands. Nothing heavy is imported before it is needed: `--help`, `list` and `show` never import qiskit."""

from __future__ import annotations

import difflib
import functools
import os
import shlex
import signal
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer

from qopt.errors import InputError, Interrupted, NotConverged, QoptError, StorageError

if TYPE_CHECKING:
    from qopt.config import Loaded
    from qopt.durable import Listener
    from qopt.journal import Journal
    from qopt.spec import Spec

P = ParamSpec("P")


def refusing(command: Callable[P, None]) -> Callable[P, None]:
    """Turn refusals and signals into messages and exit codes; whatever else comes out is a bug and keeps its traceback."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except QoptError as error:
            # Editors and terminals jump to a place that begins a line.
            _say(str(error) if isinstance(error, InputError) else f"error: {error}")
            raise SystemExit(error.exit_code) from None
        except BrokenPipeError:
            _leave(0)
        except Interrupted as stop:
            if not stop.told:
                _say(f"\nStopped by signal {stop.signum}. Go on with:\n  {_same_command()}")
            _leave(128 + stop.signum)
        except KeyboardInterrupt:
            _say(f"\nStopped before anything was sent. Go on with:\n  {_same_command()}")
            raise SystemExit(130) from None

    return wrapped


app = typer.Typer(
    help="Durable, honest variational quantum algorithms: one YAML file to a VQE or QAOA result that can be defended.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class ProgressKind(str, Enum):  # noqa: UP042 - typer wants a string
    """How progress is shown."""

    AUTO = "auto"
    RICH = "rich"
    PLAIN = "plain"
    JSON = "json"
    NONE = "none"


Runs = Annotated[Path, typer.Option("--runs", help="The folder that run folders are in.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or the path of its folder.")]
ShownAs = Annotated[ProgressKind, typer.Option("--progress", help="How progress is shown, on standard error.")]
_RUNS = Path("runs")
_SHOWN_ROWS = 30


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        from qopt import __version__

        typer.echo(f"qopt {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False
) -> None:
    """Durable, honest variational quantum algorithms: one YAML file to a VQE or QAOA result that can be defended."""


@app.command()
@refusing
def run(
    config: Annotated[Path, typer.Argument(help="The YAML file of the run.")],
    overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as optimizer.method=COBYQA seed=3.")] = None,
    *,
    runs: Runs = _RUNS,
    progress: ShownAs = ProgressKind.AUTO,
    fork: Annotated[bool, typer.Option("--fork", help="Begin a new run at the best point of the run of that name.")] = False,
    require_convergence: Annotated[
        bool, typer.Option("--require-convergence", help="Exit with 5 where the optimizer did not converge.")
    ] = False,
) -> None:
    """Run a config, go on with it where it stopped, or show its stored result."""
    from qopt.config import read_config

    loaded = read_config(config, overrides or [])
    if loaded.config.sweep is not None:
        if fork:
            message = "a sweep can't be forked: run one of its points, or give the sweep another name"
            raise InputError(message)
        _sweep(loaded, runs, progress, require_convergence=require_convergence)
        return
    result = _result_of(loaded, runs, progress, fork=fork)
    _show_result(result, runs / str(result["name"]))
    if require_convergence and not result["converged"]:
        message = f"the optimizer did not converge: {result['status']}"
        raise NotConverged(message)


@app.command()
@refusing
def finish(name: RunName, *, runs: Runs = _RUNS, progress: ShownAs = ProgressKind.AUTO) -> None:
    """Ask the optimizer for nothing more: measure the best point of a run now, and give the result."""
    home = _home(name, runs)
    from qopt.config import read_config

    # A folder that was copied or renamed is finished where it is.
    loaded = read_config(home / "config.yaml", [f"name={home.name}"])
    if loaded.config.sweep is not None:
        message = f"{home} is a landscape, which has no optimizer to stop: run its config again to measure what is missing"
        raise InputError(message)
    result = _result_of(loaded, home.parent, progress, finish=True)
    _show_result(result, home)


@app.command()
@refusing
def show(
    name: RunName, *, runs: Runs = _RUNS, json: Annotated[bool, typer.Option("--json", help="The result alone, as JSON.")] = False
) -> None:
    """Show a run: its result, what it is, and what happened to it."""
    from qopt.report.listing import show as shown

    typer.echo(shown(_home(name, runs), json=json), nl=False)


@app.command(name="list")
@refusing
def list_(*, runs: Runs = _RUNS) -> None:
    """List the runs of a folder."""
    from qopt.report.listing import listing

    typer.echo(listing(runs), nl=False)


@app.command()
@refusing
def export(  # noqa: PLR0913 - what can be exported, and how
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or the path of its folder or of a recording.")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="What --recording writes; by default RUN.recording, here.")] = None,
    *,
    runs: Runs = _RUNS,
    csv: Annotated[bool, typer.Option("--csv", help="Every measured point, as CSV. This is the default.")] = False,
    recording: Annotated[bool, typer.Option("--recording", help="All that was measured, in one file that runs again offline.")] = False,
    cvar: Annotated[float | None, typer.Option("--cvar", help="Average this fraction of each point's best strings.")] = None,
    readout: Annotated[bool, typer.Option("--readout", help="Correct means for the readout errors that the device reported.")] = False,
) -> None:
    """Write every measured point of a run to standard output, or all that was measured to a recording."""
    from qopt.report.export import export_csv, export_decoded

    if recording and (csv or readout or cvar is not None):
        message = "got --recording and options of --csv, expected one of both: a recording is decoded when it is exported as CSV"
        raise InputError(message)
    if file is not None and not recording:
        message = f"got the file {file}, expected it after --recording: CSV goes to standard output"
        raise InputError(message)
    if recording:
        from qopt.recordings import record

        home = _home(name, runs)
        path = file or Path(f"{home.name}.recording")
        made = record(home, path)
        typer.echo(f"recording: {path} ({len(made.calls)} jobs; run it again with execution.backend=recording:{path})")
    elif Path(name).is_file() or readout or cvar is not None:
        from qopt.recordings import decode, read_recording, record

        made = read_recording(name) if Path(name).is_file() else record(_home(name, runs))
        pairs = made.frozen.readout if readout else None
        if readout and pairs is None:
            message = f"{name} has no readout errors: its device reported none when the run was begun; give your own to qopt.decode"
            raise InputError(message)
        export_decoded(made.frozen.parameters, decode(made, cvar=cvar, readout=pairs), sys.stdout)
    else:
        export_csv(_home(name, runs), sys.stdout)


@app.command()
@refusing
def schema() -> None:
    """Print the JSON schema of a config, for editors."""
    import json

    from qopt.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


def main() -> NoReturn:
    """Run the command line."""
    app()
    sys.exit(0)


def _result_of(loaded: Loaded, runs: Path, progress: ProgressKind, *, finish: bool = False, fork: bool = False) -> dict[str, Any]:
    """The stored result where there is nothing left to do, found without importing anything heavy; else run, and the result of that."""
    from qopt import __version__
    from qopt.config import recipe_of
    from qopt.journal import Journal
    from qopt.runs import exists, folder_of, header_of, stored_result, write_json

    home = folder_of(runs, loaded.config.name)
    recipe = recipe_of(loaded, __version__)
    journal: Journal | None = None
    _leave_on_signals()
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
        return _execute(loaded, runs, progress, journal=journal, recipe=recipe, finish=finish, fork=fork)
    except Interrupted as stop:
        _say(_farewell(home.with_name(f"{home.name}-fork") if fork else home, stop.signum))
        stop.told = True
        raise
    finally:
        if journal is not None:
            journal.close()


def _execute(  # noqa: PLR0913 - what `run` and `finish` share
    loaded: Loaded, runs: Path, progress: ProgressKind, *, journal: Journal | None, recipe: str | None, finish: bool, fork: bool
) -> dict[str, Any]:
    from qopt.assemble import fork_of, spec_of
    from qopt.config import dump
    from qopt.report.terminal import progress as shown
    from qopt.runner import execute, forked

    try:
        spec, parent = spec_of(loaded, Path.cwd()), None
        if fork:
            spec, parent = forked(spec, runs)
            loaded, recipe = fork_of(loaded, spec), None
        with shown(
            progress.value,
            name=spec.name,
            sense=spec.problem.sense,
            units=spec.problem.units,
            engine=spec.engine,
            notes=spec.notes,
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


def _sweep(loaded: Loaded, runs: Path, progress: ProgressKind, *, require_convergence: bool) -> None:
    from contextlib import ExitStack

    from qopt.report.terminal import progress as shown
    from qopt.sweep import sweep

    _leave_on_signals()
    try:
        with ExitStack() as stack:

            def listener_of(spec: Spec) -> Listener:
                stack.pop_all().close()
                return stack.enter_context(
                    shown(progress.value, name=spec.name, sense=spec.problem.sense, units=spec.problem.units, engine=spec.engine)
                )

            table, results = sweep(loaded, runs, Path.cwd(), listener_of)
    except InputError as error:
        raise loaded.placed(error) from error
    except Interrupted as stop:
        _say(_farewell(runs / loaded.config.name, stop.signum))
        stop.told = True
        raise
    text = table.read_text(encoding="utf-8")
    typer.echo(text if text.count("\n") <= _SHOWN_ROWS else "", nl=False)
    typer.echo(f"table: {table}")
    if require_convergence and not all(result.converged for result in results):
        message = f"{sum(not result.converged for result in results)} of {len(results)} runs did not converge: see {table}"
        raise NotConverged(message)


def _show_result(result: dict[str, Any], home: Path) -> None:
    from qopt.report.result import result_table

    typer.echo(result_table(result, home), nl=False)


def _home(name: str, runs: Path) -> Path:
    """The folder of a run that is named or pointed at."""
    from qopt.runs import exists

    for home in (runs / name, Path(name)):
        if exists(home):
            return home
    parts = sorted(path.name for path in (runs / name).iterdir() if exists(path)) if (runs / name).is_dir() else []
    if parts:
        message = f"{runs / name} is a sweep of {len(parts)} runs, such as {parts[0]}: `qopt list --runs {runs / name}` shows them"
        raise StorageError(message)
    names = [path.name for path in runs.iterdir() if exists(path)] if runs.is_dir() else []
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f": `qopt list --runs {runs}` shows those that are there"
    message = f"there is no run {name!r} in {runs}{hint}"
    raise StorageError(message)


def _leave_on_signals() -> None:
    """Leave in an orderly way on TERM and USR1 too, while nothing is being measured; a run takes its own care of them."""

    def leave(signum: int, _frame: object) -> None:
        raise Interrupted(signum)

    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)


def _farewell(home: Path, signum: int) -> str:
    """What to know when a signal ends a run: what is in flight, and the command that goes on."""
    from qopt.journal import Answered, Failed, Submitted, read
    from qopt.runs import exists

    if not exists(home):
        return f"\nStopped by signal {signum}. Go on with:\n  {_same_command()}"
    open_jobs: dict[tuple[str, int], str] = {}
    for record in read(home).records:
        if isinstance(record, Submitted):
            open_jobs[record.stage, record.call] = record.job
        elif isinstance(record, Answered | Failed):
            open_jobs.pop((record.stage, record.call), None)
    jobs = "".join(f"\nJob {job} was in flight; a local one is measured again." for job in open_jobs.values())
    return f"\nStopped by signal {signum}. All that was measured is in {home}.{jobs}\nGo on with:\n  {_same_command()}"


def _same_command() -> str:
    program = "python -m qopt" if Path(sys.argv[0]).name == "__main__.py" else Path(sys.argv[0]).name
    return shlex.join([*program.split(), *sys.argv[1:]])


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")


def _leave(code: int) -> NoReturn:
    """End at once: a local simulation may still be at work in a thread, which an orderly end would wait for."""
    sys.stderr.flush()
    os._exit(code)
