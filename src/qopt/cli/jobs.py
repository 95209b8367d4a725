"""Commands that look after what is at a service: status, watch, cancel, job, sessions. None of them measures anything."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qopt.cli.frame import RUNS, RunName, Runs, home_of, refusing, say
from qopt.errors import InputError

if TYPE_CHECKING:
    from qopt.execution.ibm.account import Account
    from qopt.jobs.asking import Told
    from qopt.jobs.sessions import OpenGroup
    from qopt.jobs.standing import Standing
    from qopt.report.layout import Line

Instance = Annotated[
    str | None,
    typer.Option("--instance", metavar="NAME", help="The instance of IBM Quantum; default: the run's, else the account's."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Only what is recorded here: ask no service.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")]


@refusing
def status(name: RunName, *, runs: Runs = RUNS, offline: Offline = False, instance: Instance = None, json: Json = False) -> None:
    """Say where a run stands: what is measured, what it cost, and what became of its job in flight."""
    from qopt.jobs.standing import standing
    from qopt.report.standing import status_lines

    home = home_of(name, runs)
    now = standing(home)
    told = None if offline or not now.asks else _asked(now, _account_of(home, instance))
    if json:
        _print_json({**now.to_json(), "service": None if told is None else told.to_json()})
        return
    _print(status_lines(now, told, time.time(), _width()))


@refusing
def watch(
    name: RunName,
    *,
    runs: Runs = RUNS,
    every: Annotated[float, typer.Option("--every", min=0.1, metavar="SECONDS", help="Between two looks.")] = 5.0,
    offline: Offline = False,
    instance: Instance = None,
) -> None:
    """Show where a run stands until it has a result or nothing is in flight; Ctrl-C ends only the watching."""
    from qopt.jobs.standing import standing
    from qopt.report.watching import watching

    home = home_of(name, runs)
    account: Account | None = None
    try:
        with watching(sys.stdout) as show:
            while True:
                now = standing(home)
                told = None
                if now.asks and not offline:
                    account = account or _account_of(home, instance)
                    told = _asked(now, account)
                show(now, told)
                if not (now.moving and (told is None or told.moving(now))):
                    break
                time.sleep(every)
    except KeyboardInterrupt:
        say(f"\nOnly the watching has ended; {home.name} goes on as it was.")
        raise SystemExit(130) from None
    ended = told is not None and told.job is not None
    collected = "its job has ended: the same `qopt run` command goes on from there"
    going_on = "it has a result" if now.result else collected if ended else "nothing is in flight: the same `qopt run` command goes on"
    typer.echo(f"{home.name}: {going_on}")


@refusing
def cancel(name: RunName, *, runs: Runs = RUNS, instance: Instance = None, json: Json = False) -> None:
    """Cancel the job that a run has in flight at the service."""
    home = home_of(name, runs)
    from qopt.jobs.cancelling import cancel as cancelled
    from qopt.report.jobs import cancellation_lines

    done = cancelled(home, _account_of(home, instance))
    if json:
        _print_json(done.to_json())
        return
    _print(cancellation_lines(done, _width()))


@refusing
def job(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="A job's id.")],
    *,
    result: Annotated[bool, typer.Option("--result", help="Wait for its result and show it.")] = False,
    stop: Annotated[bool, typer.Option("--cancel", help="Cancel it.")] = False,
    wait: Annotated[float, typer.Option("--wait", min=0.0, metavar="SECONDS", help="How long --result waits; then exit with 75.")] = 600.0,
    instance: Instance = None,
    json: Json = False,
) -> None:
    """Show any job of the account: where it stands, what it cost, what came of it."""
    from qopt.execution.ibm import content, inquiry
    from qopt.report.jobs import content_lines, job_lines, stopped_line

    if result and stop:
        message = "a job is either waited for or cancelled: give --result or --cancel"
        raise InputError(message)
    account = _account(instance)
    if stop:
        before = inquiry.job_state(account, job_id)
        after = before if before.final else inquiry.cancel_job(account, job_id)
        if json:
            _print_json({"id": job_id, "before": before.value, "state": after.value})
            return
        typer.echo(stopped_line(job_id, before, after))
        return
    if result:
        content.wait(account, job_id, deadline=wait)
    facts = inquiry.job_facts(account, job_id)
    found = content.content(account, job_id) if result else []
    if json:
        _print_json({**facts.to_json(), **({"result": [part.to_json() for part in found]} if result else {})})
        return
    _print([*job_lines(facts, _width()), *content_lines(found, _width())])


@refusing
def sessions(
    *,
    runs: Runs = RUNS,
    close: Annotated[list[str] | None, typer.Option("--close", metavar="ID", help="Close this one; may be given more than once.")] = None,
    close_all: Annotated[bool, typer.Option("--close-all", help="Close all that nobody uses.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Close those that are in use, too.")] = False,
    instance: Instance = None,
    json: Json = False,
) -> None:
    """List the Sessions and Batches that are still open, or close them: one that a kill left open may be billed."""
    from qopt.jobs.sessions import find, named, opened_by
    from qopt.report.sessions import sessions_lines

    account = _account(instance)
    if close:
        # Who forces it does so also where a run can't be read, so that nobody knows whether it is at work.
        owners = {} if force else opened_by(runs)
        groups = [named(account, name, owners) for name in dict.fromkeys(close)]
        used = [group for group in groups if group.reason and group.facts.open]
        if used and not force:
            message = f"{used[0].facts.id} is in use: {used[0].reason}; stop that first, or add --force"
            raise InputError(message)
        _close(account, groups, force=True, json=json)
        return
    found = find(account, runs)
    for trouble in found.troubles:
        say(trouble)
    if close_all:
        _close(account, found.groups, force=force, json=json)
    elif json:
        _print_json({"open": [group.to_json() for group in found.groups], "troubles": list(found.troubles)})
    else:
        _print(sessions_lines(found.groups, _width()))


def _close(account: Account, groups: Sequence[OpenGroup], *, force: bool, json: bool) -> None:
    from qopt.jobs.sessions import close
    from qopt.report.sessions import closed_lines

    left = [group for group in groups if group.reason and not force]
    closed = close(account, [group for group in groups if group not in left])
    if json:
        _print_json({"closed": [group.to_json() for group in closed], "left": [group.to_json() for group in left]})
    else:
        _print(closed_lines(closed, left, _width()))


def _account(instance: str | None, region: str | None = None) -> Account:
    from qopt.execution.ibm.account import Account
    from qopt.execution.ibm.inquiry import PATIENCE

    return Account(instance=instance, region=region, waiting=PATIENCE)


def _account_of(home: Path, instance: str | None) -> Account:
    """The account that a run measures with; one that was begun from Python has no config, and then it is the account's own instance."""
    config = home / "config.yaml"
    if not config.exists():
        return _account(instance)
    from qopt.config import read_config

    execution = read_config(config, [f"name={home.name}"]).config.execution
    return _account(instance or execution.instance, execution.region)


def _asked(now: Standing, account: Account) -> Told:
    from qopt.jobs.asking import ask

    return ask(now, account)


def _width() -> int:
    from qopt.report.layout import width_of

    return width_of(sys.stdout)


def _print(lines: list[Line]) -> None:
    from qopt.report.layout import rendered

    typer.echo(rendered(lines, sys.stdout), nl=False)


def _print_json(document: dict[str, Any]) -> None:
    from json import dumps

    typer.echo(dumps(document, indent=2))
