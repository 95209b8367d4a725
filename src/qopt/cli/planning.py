"""Commands for before a run: plan what it takes, check what can be wrong, rehearse it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qopt.cli.frame import RUNS, Runs, leave_on_signals, refusing, say
from qopt.errors import BackendError, InputError, QoptError

Config = Annotated[Path, typer.Argument(help="The YAML file of the run.")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as optimizer.method=COBYQA seed=3.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@refusing
def plan(config: Config, overrides: Overrides = None, *, json: Json = False) -> None:
    """Say what a config would take on a device of IBM Quantum: jobs, circuits, QPU time, cost by mode. Needs no account, sends nothing."""
    from json import dumps

    from qopt.config import read_config
    from qopt.plan import plan as planned
    from qopt.report.plan import plan_table

    loaded = read_config(config, overrides or [])
    try:
        found = planned(loaded, Path.cwd())
    except InputError as error:
        raise loaded.placed(error) from error
    typer.echo(dumps(found.to_json(), indent=2) + "\n" if json else plan_table(found), nl=False)


@refusing
def check(
    config: Config,
    overrides: Overrides = None,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Test on the service itself what qopt assumes; takes up to 30 s of QPU time.")
    ] = False,
    recording: Annotated[Path, typer.Option(help="Where --live writes the service's answers.")] = Path("ibm-answers.json"),
    json: Json = False,
) -> None:
    """Look for everything that can be wrong with a config, the account and the device, before it costs anything."""
    from dataclasses import asdict
    from json import dumps

    from qopt.check import Verdict, check_live
    from qopt.check import check as checked
    from qopt.config import read_config
    from qopt.report.check import findings_table

    loaded = read_config(config, overrides or [])
    findings = checked(loaded, Path.cwd())
    if live and not any(item.exit_code for item in findings):
        findings += check_live(loaded, Path.cwd(), recording)
    if json:
        typer.echo(dumps([asdict(item) | {"verdict": item.verdict.value} for item in findings], indent=2))
    else:
        typer.echo(findings_table(findings), nl=False)
    wrong = [item for item in findings if item.verdict is Verdict.WRONG]
    if wrong:
        raise SystemExit(wrong[0].exit_code or QoptError.exit_code)


@refusing
def rehearse(  # noqa: PLR0913 - a command's options
    config: Config,
    overrides: Overrides = None,
    *,
    faults: Annotated[Path | None, typer.Option(help="A YAML file of what goes wrong.")] = None,
    plan: Annotated[str, typer.Option(help="The account's plan, such as open or premium.")] = "premium",
    kills: Annotated[int, typer.Option(min=0, max=1000, help="How often the run is killed and begun again.")] = 0,
    runs: Runs = RUNS,
    json: Json = False,
) -> None:
    """Run the very same job against an emulated IBM Quantum on this machine, with the fake twin of its device; costs nothing."""
    from json import dumps

    from qopt.rehearsal import rehearse as rehearsed
    from qopt.report.rehearsal import rehearsal_table

    leave_on_signals()
    found = rehearsed(config, overrides or [], folder=runs, faults=faults, plan=plan, kills=kills, say=say)
    typer.echo(dumps(found.to_json(), indent=2) + "\n" if json else rehearsal_table(found), nl=False)
    if found.result is None:
        message = f"the rehearsal did not get to a result: {found.said}"
        raise BackendError(message)
