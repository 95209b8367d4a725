"""Commands that only look at what is on disk: show, list, export, schema."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from qopt.cli.frame import RUNS, RunName, Runs, home_of, refusing


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
def export(
    name: RunName, *, runs: Runs = RUNS, csv: Annotated[bool, typer.Option("--csv", help="Every measured point, as CSV.")] = True
) -> None:
    """Write every measured point of a run to standard output."""
    from qopt.report.export import export_csv

    if not csv:
        message = "--no-csv"
        raise typer.BadParameter(message)
    export_csv(home_of(name, runs), sys.stdout)


@refusing
def schema() -> None:
    """Print the JSON schema of a config, for editors."""
    import json

    from qopt.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
