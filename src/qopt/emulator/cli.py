"""The emulator as a command: it serves until it is interrupted, and prints the lines that point other programs at it."""

from __future__ import annotations

import shlex
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from qopt.emulator import TESTED_WITH
from qopt.emulator.handle import environment, prepare
from qopt.emulator.rules import FaultsError, Rule, load
from qopt.emulator.server import HOST, Server
from qopt.emulator.settings import PLANS, Settings, SettingsError
from qopt.emulator.twins import UnknownTwin

if TYPE_CHECKING:
    from types import FrameType

STANDARD = Settings()
TESTED = f"Tested with qiskit-ibm-runtime {', '.join(TESTED_WITH)}."

app = typer.Typer(pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.command(epilog=TESTED)
def emulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1; 0 for any that is free.")] = 8765,
    state: Annotated[Path | None, typer.Option(help="Folder that keeps jobs and Sessions; without it they end with the server.")] = None,
    backend: Annotated[list[str] | None, typer.Option(help="A device, such as ibm_fez or fake_manila; may be given often.")] = None,
    plan: Annotated[str, typer.Option(help=f"One of {', '.join(PLANS)}.")] = STANDARD.plan,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = STANDARD.seed,
    faults: Annotated[Path | None, typer.Option(help="YAML file with rules of what goes wrong.")] = None,
    bias: Annotated[float, typer.Option(help="Billed seconds are multiplied by it.")] = STANDARD.bias,
    noise: Annotated[bool, typer.Option(help="Whether jobs run with the noise of the device.")] = STANDARD.noise,
    rate_limit: Annotated[int | None, typer.Option(help="Jobs that may be submitted a minute.")] = None,
    retry_after: Annotated[bool, typer.Option(help="Whether a refusal for the rate says how long to wait.")] = STANDARD.retry_after,
    queue_wait: Annotated[float, typer.Option(help="Seconds that a job waits outside an active Session.")] = STANDARD.queue_wait,
    queue_length: Annotated[int, typer.Option(help="Jobs of others that wait.")] = STANDARD.queue_length,
    interactive_ttl: Annotated[float, typer.Option(help="Idle seconds until a Session is inactive.")] = STANDARD.interactive_ttl,
    max_ttl: Annotated[float, typer.Option(help="Longest time of a Session in seconds.")] = STANDARD.max_ttl,
    usage_limit: Annotated[float | None, typer.Option(help="QPU seconds of the instance; without it what the plan says.")] = None,
    usage_consumed: Annotated[float, typer.Option(help="QPU seconds that are used already.")] = STANDARD.usage_consumed,
    listing_lag: Annotated[float, typer.Option(help="Real seconds until a new job appears in lists.")] = STANDARD.listing_lag,
    clock_rate: Annotated[float, typer.Option(help="Virtual seconds in a real one.")] = STANDARD.clock_rate,
    real_time: Annotated[bool, typer.Option("--real-time", help="Don't skip QPU time and waiting.")] = False,  # noqa: FBT002 - Typer's way
    token: Annotated[str, typer.Option(help="The one API key that is accepted.")] = STANDARD.token,
    max_body: Annotated[int, typer.Option(help="Longest request in bytes.")] = STANDARD.max_body,
    print_env: Annotated[bool, typer.Option("--print-env", help="Print the environment and do nothing else.")] = False,  # noqa: FBT002 - as above
) -> None:
    """An IBM Quantum Platform on 127.0.0.1, which any Qiskit program takes for the real one.

    Devices are the snapshots that qiskit-ibm-runtime ships; nothing leaves this machine.
    """
    try:
        settings = Settings(
            backends=tuple(backend) if backend else STANDARD.backends,
            plan=plan,
            seed=seed,
            bias=bias,
            noise=noise,
            rate_limit=rate_limit,
            retry_after=retry_after,
            queue_wait=queue_wait,
            queue_length=queue_length,
            interactive_ttl=interactive_ttl,
            max_ttl=max_ttl,
            usage_limit=usage_limit,
            usage_consumed=usage_consumed,
            listing_lag=listing_lag,
            clock_rate=clock_rate,
            real_time=real_time,
            token=token,
            max_body=max_body,
        )
        if print_env:
            _print(port, settings)
            return
        rules = [] if faults is None else load(faults)
        with tempfile.TemporaryDirectory(prefix="qopt-emulator-") as temporary:
            _serve(Path(temporary) / "state" if state is None else state, settings, rules, port)
    except (SettingsError, FaultsError, UnknownTwin) as refusal:
        _refuse(str(refusal.args[0]))


def _serve(folder: Path, settings: Settings, rules: list[Rule], port: int) -> None:
    """Serve until a signal comes."""
    prepare(folder, settings)
    try:
        server = Server(folder, settings, port)
    except OSError as error:
        _refuse(f"port {port} of {HOST} can't be listened at: {error.strerror}; choose another with --port, or 0 for any that is free")
    if rules:
        server.platform.faults.set(rules)
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _stop)
    _print(server.server_port, settings)
    typer.echo(f"\nServing {', '.join(settings.backends)} on the {settings.plan} plan until interrupted. {TESTED}", err=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
    finally:
        server.pool.close()


def _stop(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _print(port: int, settings: Settings) -> None:
    for name, value in environment(port, settings.token).items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _refuse(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise SystemExit(2)
