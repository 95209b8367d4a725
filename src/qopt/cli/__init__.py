"""The commands. Nothing heavy is imported before it is needed: `--help`, `list` and `show` never import qiskit."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, NoReturn

import typer

from qopt.cli import jobs, looking, planning, running
from qopt.cli.frame import sentences
from qopt.secrets import scrub

app = typer.Typer(
    help="Durable, honest variational quantum algorithms: one YAML file to a VQE or QAOA result that can be defended.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


for command in (
    running.run,
    running.finish,
    planning.plan,
    planning.check,
    planning.rehearse,
    looking.show,
    looking.export,
    looking.schema,
):
    app.command()(command)
for task in (jobs.status, jobs.watch, jobs.cancel, jobs.job, jobs.sessions):
    app.command()(task)
app.command(name="list")(looking.list_)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def emulator(context: typer.Context) -> None:
    """Serve an emulated IBM Quantum on 127.0.0.1 to any Qiskit program: see `qopt emulator --help`."""
    from qopt.emulator.cli import app as emulated

    emulated(args=context.args, prog_name="qopt emulator")


def main() -> NoReturn:
    """Run the command line. A bug keeps its traceback, but no credentials that an exception's text or a line of it may hold."""
    sentences()
    try:
        app()
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException:  # noqa: BLE001 - it is told in full, and ends the process
        sys.stderr.write(scrub(traceback.format_exc()))
        sys.exit(1)
    sys.exit(0)
