"""A rehearsal: the very same job, run by processes of its own, against an emulated platform with the fake twin of its device."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from qopt import runs
from qopt.config import read_config
from qopt.emulator import OLDEST_CLIENT, twins
from qopt.emulator.handle import Emulator, StartError
from qopt.emulator.rules import FaultsError, Rule, load
from qopt.emulator.settings import Settings
from qopt.errors import BackendError, InputError, StorageError
from qopt.journal import read
from qopt.plan import twin_of
from qopt.plan.twins import USUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_EMULATOR = "emulator"
_MOST_STOPS = 10
"""Parts that end without an answer more, after which the rehearsal gives up."""
KILLED = -1000
"""The exit code of a part that this rehearsal killed; no process has it by itself."""
_LONGEST_LIFE = 2.0
"""Seconds up to which a part that is to be killed lives after its first new record."""


@dataclass(frozen=True)
class Rehearsal:
    """How a rehearsal went.

    Attributes:
        device: The emulated device.
        notes: What stands in for what.
        plan: The emulated account's plan.
        folder: Where the run and the emulator's state are.
        result: `Result.to_json()` of the run; None where it did not get that far.
        said: What the last part said where there is no result.
        parts: Processes that it took.
        kills: How many of them were killed.
        stops: Exit codes of those that stopped by themselves, resumably.
        jobs: That the platform took.
        executed: Of these, how many it executed.
        repeated: Questions that were executed more than once, other than after a job that failed.
        billed: QPU seconds of all jobs.
        session_seconds: That Sessions were billed, idle time included.
        faults: Every scripted fault with how often it happened.
    """

    device: str
    notes: tuple[str, ...]
    plan: str
    folder: str
    result: dict[str, Any] | None
    said: str
    parts: int
    kills: int
    stops: tuple[int, ...]
    jobs: int
    executed: int
    repeated: int
    billed: float
    session_seconds: float
    faults: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def rehearse(  # noqa: PLR0913 - what a rehearsal may be told
    config: Path,
    overrides: Sequence[str],
    *,
    folder: Path,
    faults: Path | None = None,
    plan: str = "premium",
    kills: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Rehearsal:
    """Run a config against an emulated platform, from the beginning to the result, through faults and kills.

    Args:
        config: The config's file.
        overrides: As for a run.
        folder: Where run folders are.
        faults: A YAML file of faults, as the emulator takes it.
        plan: The emulated account's plan, such as `open`.
        kills: How often the run is killed with SIGKILL and begun again.
        say: Told in a sentence what happens.

    Raises:
        InputError: If the config or the faults are wrong, or nothing of it would be sent to a device.
        BackendError: If the installed client is too old for it, or the emulator does not start.
    """
    loaded = read_config(config, list(overrides))
    if loaded.config.sweep is not None:
        message = "a sweep is many runs: rehearse one of them, without the key sweep"
        raise InputError(message, ("sweep",))
    if loaded.config.objective is not None and loaded.config.objective.type == "exact":
        message = "objective exact is computed, so there is nothing to rehearse: add objective.type=sampled or objective.type=expectation"
        raise InputError(message, ("objective", "type"))
    device, notes = _device(loaded.config.execution.backend)
    home = runs.folder_of(folder / runs.REHEARSALS, loaded.config.name)
    _clear(home)
    try:
        rules = [] if faults is None else load(faults)
        settings = Settings(backends=(device,), plan=plan, seed=loaded.config.seed)
        _check_client()
        emulator = Emulator.start(home / _EMULATOR, settings)
    except (FaultsError, ValueError) as error:
        raise InputError(str(error)) from error
    except StartError as error:
        raise BackendError(str(error)) from error
    with emulator:
        emulator.control.faults([rule.document() for rule in rules])
        command = [sys.executable, "-m", "qopt", "run", str(config), *overrides, f"execution.backend={device}"]
        command += ["--runs", str(home / "runs"), "--progress", "none"]
        stage = _Stage(command, emulator, home / "runs" / loaded.config.name, kills, random.Random(loaded.config.seed), say)  # noqa: S311 - no secret
        said = stage.play()
        return _told(stage, emulator, home, device=device, notes=notes, said=said)


class _Stage:
    """The processes of a rehearsal."""

    def __init__(
        self, command: list[str], emulator: Emulator, run: Path, kills: int, rng: random.Random, say: Callable[[str], None]
    ) -> None:
        self.run = run
        self.parts = self.killed = 0
        self.stops: list[int] = []
        self._command = command
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("QISKIT_IBM_")} | emulator.environment
        self._wanted = kills
        self._rng = rng
        self._say = say

    def play(self) -> str:
        """Begin the run again and again until it has a result; what the last part said where it has none."""
        fruitless = 0
        while True:
            before = self._records()
            code, said = self._part()
            if code == 0:
                return ""
            if code == KILLED:
                self._say(f"killed after {self._records()} records; begun again")
                continue
            self.stops.append(code)
            fruitless = 0 if self._records() > before else fruitless + 1
            if code != BackendError.exit_code or fruitless >= _MOST_STOPS:
                return said
            self._say(f"stopped with exit code {code}: {said.splitlines()[-1] if said else ''}; begun again")

    def _part(self) -> tuple[int, str]:
        self.parts += 1
        before = self._records()
        quiet, heard = subprocess.DEVNULL, subprocess.PIPE
        with subprocess.Popen(self._command, env=self._environment, stdout=quiet, stderr=heard, text=True) as process:  # noqa: S603 - this Python
            if self.killed < self._wanted and self._lived_on(process, before):
                process.kill()
                process.communicate()
                self.killed += 1
                return KILLED, ""
            try:
                _, said = process.communicate()
            except BaseException:
                process.terminate()  # whoever leaves the rehearsal leaves the run as well
                raise
            return process.returncode, said.strip()

    def _lived_on(self, process: subprocess.Popen[str], before: int) -> bool:
        """Whether the process was still at work some time after it wrote something new."""
        while self._records() <= before:
            if process.poll() is not None:
                return False
            time.sleep(0.02)
        try:
            process.wait(self._rng.uniform(0.0, _LONGEST_LIFE))
        except subprocess.TimeoutExpired:
            return True
        return False

    def _records(self) -> int:
        try:
            return len(read(self.run).records)
        except StorageError:
            return 0


def _device(backend: str | None) -> tuple[str, tuple[str, ...]]:
    """The emulated device for a config's backend."""
    twin = twin_of(backend)
    device = f"ibm_{twin.fake.removeprefix('fake_')}"
    try:
        twins.find(device)
    except twins.UnknownTwin:
        return USUAL, (f"{backend} can't be emulated as a device of IBM Quantum: {USUAL} stands in for it",)
    return device, (twin.note,) if twin.note else ()


def _check_client() -> None:
    """Refuse a client that would ask IBM Cloud itself for a token, and wait a minute for it before every request.

    Raises:
        BackendError: With the version that is needed.
    """
    found = version("qiskit-ibm-runtime")
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST_CLIENT:
        oldest = ".".join(str(part) for part in OLDEST_CLIENT)
        message = f"a rehearsal needs qiskit-ibm-runtime {oldest} or later, found {found}: upgrade it with pip"
        raise BackendError(message)


def _clear(home: Path) -> None:
    """Remove what an earlier rehearsal left, and nothing else.

    Raises:
        StorageError: If something else is there.
    """
    if not home.exists():
        return
    if not (home / _EMULATOR).is_dir():
        message = f"{home} was not made by a rehearsal, which would replace it: move it away, or give the run another name"
        raise StorageError(message)
    shutil.rmtree(home)


def _told(stage: _Stage, emulator: Emulator, home: Path, *, device: str, notes: tuple[str, ...], said: str) -> Rehearsal:
    jobs, sessions = emulator.control.jobs(), emulator.control.sessions()
    executed: Counter[str] = Counter()
    for job in jobs:
        if job["status"] == "Completed":
            executed[" ".join(sorted(job["tags"]))] += job["executions"]
    result = stage.run / "result.json"
    return Rehearsal(
        device=device,
        notes=notes,
        plan=emulator.settings.plan,
        folder=str(home),
        result=json.loads(result.read_text(encoding="utf-8")) if result.exists() else None,
        said=said,
        parts=stage.parts,
        kills=stage.killed,
        stops=tuple(stage.stops),
        jobs=len(jobs),
        executed=sum(job["executions"] for job in jobs),
        repeated=sum(times - 1 for times in executed.values() if times > 1),
        billed=sum(job["billed"] or 0.0 for job in jobs if job["executions"]),
        session_seconds=sum(session["elapsed_time"] or 0.0 for session in sessions if session["mode"] == "dedicated"),
        faults=tuple((_words(item["rule"]), int(item["fired"])) for item in emulator.control.rules()),
    )


def _words(rule: dict[str, Any]) -> str:
    """A fault as it would be written, without what it leaves at its default."""
    document = Rule(**rule).document()
    return ", ".join([str(document.pop("do")), *(f"{key} {value}" for key, value in document.items())])
