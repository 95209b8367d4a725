"""What every command shares: refusals to messages and exit codes, how a run is named, and how a process leaves."""

from __future__ import annotations

import difflib
import functools
import os
import shlex
import signal
import sys
import warnings
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn, ParamSpec

import typer

from qopt.errors import InputError, Interrupted, QoptError, Queued, StorageError

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
            say(str(error) if isinstance(error, InputError) else f"error: {error}")
            raise SystemExit(error.exit_code) from None
        except BrokenPipeError:
            leave(0)
        except Queued as waiting:
            say(f"{waiting}:\n  {same_command()}")
            raise SystemExit(Queued.exit_code) from None
        except Interrupted as stop:
            if not stop.told:
                say(f"\nStopped by signal {stop.signum}. Go on with:\n  {same_command()}")
            leave(128 + stop.signum)
        except KeyboardInterrupt:
            say(f"\nStopped before anything was sent. Go on with:\n  {same_command()}")
            raise SystemExit(130) from None

    return wrapped


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
RUNS = Path("runs")


def home_of(name: str, runs: Path) -> Path:
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


def leave_on_signals() -> None:
    """Leave in an orderly way on TERM and USR1 too, while nothing is being measured; a run takes its own care of them."""

    def leave(signum: int, _frame: object) -> None:
        raise Interrupted(signum)

    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)


def same_command() -> str:
    """The command line that this process was started with, to be pasted into a shell."""
    program = "python -m qopt" if Path(sys.argv[0]).name == "__main__.py" else Path(sys.argv[0]).name
    return shlex.join([*program.split(), *sys.argv[1:]])


def sentences() -> None:
    """From now on tell warnings of qopt's own as sentences, without the line of its source; others as Python does."""
    before = warnings.formatwarning

    def told(message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None) -> str:
        own = category.__module__.partition(".")[0] == "qopt"
        return f"warning: {message}\n" if own else before(message, category, filename, lineno, line)

    warnings.formatwarning = told


def say(message: str) -> None:
    """Tell people something, on standard error."""
    sys.stderr.write(message + "\n")


def leave(code: int) -> NoReturn:
    """End at once: a local simulation may still be at work in a thread, which an orderly end would wait for."""
    sys.stderr.flush()
    os._exit(code)
