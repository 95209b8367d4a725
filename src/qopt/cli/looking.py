"""Commands that only look at what is on disk: show, list, export, schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qopt.cli.frame import RUNS, RunName, Runs, home_of, refusing
from qopt.errors import InputError


@refusing
def show(
    name: RunName, *, runs: Runs = RUNS, json: Annotated[bool, typer.Option("--json", help="The result alone, as JSON.")] = False
) -> None:
    """Show a run: its result, what it is, and what happened to it."""
    from qopt.report.listing import show as shown

    typer.echo(shown(home_of(name, runs), json=json), nl=False)


@refusing
def list_(*, runs: Runs = RUNS) -> None:
    """List the runs of a folder."""
    from qopt.report.listing import listing

    typer.echo(listing(runs), nl=False)


@refusing
def export(  # noqa: PLR0913 - what can be exported, and how
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or the path of its folder or of a recording.")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="What --recording writes; by default RUN.recording, here.")] = None,
    *,
    runs: Runs = RUNS,
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

        home = home_of(name, runs)
        path = file or Path(f"{home.name}.recording")
        made = record(home, path)
        typer.echo(f"recording: {path} ({len(made.calls)} jobs; run it again with execution.backend=recording:{path})")
    elif Path(name).is_file() or readout or cvar is not None:
        from qopt.recordings import decode, read_recording, record

        made = read_recording(name) if Path(name).is_file() else record(home_of(name, runs))
        pairs = made.frozen.readout if readout else None
        if readout and pairs is None:
            message = f"{name} has no readout errors: its device reported none when the run was begun; give your own to qopt.decode"
            raise InputError(message)
        export_decoded(made.frozen.parameters, decode(made, cvar=cvar, readout=pairs), sys.stdout)
    else:
        export_csv(home_of(name, runs), sys.stdout)


@refusing
def schema() -> None:
    """Print the JSON schema of a config, for editors."""
    import json

    from qopt.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
