"""Whole commands, from their start to their result: the same problem, start and tolerance for each, interleaved round by round."""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import instances
from harness import Timing, worker_environment

if TYPE_CHECKING:
    from sections import Setting

_SCRIPTS = Path(__file__).parent / "scripts"
QAOA = "QAOA, L-BFGS-B to convergence"
UCCSD = "UCCSD of LiH, L-BFGS-B"
OPTIONS = {"maxiter": 1000, "maxfun": 100_000, "ftol": 1e-11, "gtol": 1e-6}
"""Of L-BFGS-B, for all: tight enough that what is left is far below `ACCURACY`."""
_PENNYLANE, _QISKIT = ("pennylane", "pennylane-lightning"), ("qiskit", "qiskit-aer", "qiskit-algorithms")
_PATIENCE = 1800.0
"""Seconds after which a command is given up."""
_LONG = 60.0
"""Seconds from which on a command is run once."""
ACCURACY = 1e-6
"""How far above the lowest energy of all a result may be, in its units."""


@dataclass(frozen=True)
class Command:
    """One way to the result.

    Attributes:
        name: As it is printed.
        environment: Whose Python runs it; None is the one that runs the comparison.
        script: In scripts/; empty is `qopt run`.
        packages: Whose versions are to be told.
    """

    name: str
    environment: str | None
    script: str = ""
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Jobs:
    """The ways to solve one problem, and what they are given."""

    commands: tuple[Command, ...]
    given: dict[str, Any]


def jobs(*, quick: bool, fcidump: Path) -> dict[str, Jobs]:
    """By title."""
    n, p = (12, 2) if quick else (16, 4)
    cut = {"problem": instances.maxcut(n, p), "start": instances.qaoa_points(n, p, 1)[0], "options": OPTIONS}
    molecule = instances.uccsd(fcidump)
    held = {key: molecule[key] for key in ("norb", "electrons", "excitations")}
    return {
        f"{QAOA}, n = {n}, p = {p}": Jobs(
            (
                Command("qopt", None),
                Command("qopt's engine and SciPy", None, "qaoa_qopt.py"),
                Command("PennyLane lightning", "pennylane", "qaoa_pennylane.py", _PENNYLANE),
                Command("qiskit-algorithms", "qiskit", "qaoa_qiskit.py", _QISKIT),
            ),
            cut,
        ),
        UCCSD: Jobs(
            (
                Command("qopt", None, "uccsd_qopt.py"),
                Command("PennyLane lightning", "pennylane", "uccsd_pennylane.py", _PENNYLANE),
                Command("qiskit-algorithms", "qiskit", "uccsd_qiskit.py", (*_QISKIT, "qiskit-nature")),
            ),
            {**held, "fcidump": str(fcidump), "options": OPTIONS},
        ),
    }


def run(jobs: Jobs, setting: Setting, threads: int) -> tuple[dict[str, Timing], dict[str, str]]:
    """Timings and what there is to say of each; a result that is not accurate is missing."""
    pythons = {command.name: setting.python(command.environment) for command in jobs.commands}
    timings = {name: Timing(missing=reason) for name, (_, reason) in pythons.items()}
    results: dict[str, dict[str, Any]] = {}
    for command in jobs.commands:
        setting.note_versions(command.environment, command.packages)
    for _ in range(1 if setting.quick else 3):
        for command in jobs.commands:
            name, timing = command.name, timings[command.name]
            if timing.missing or max(timing.rounds, default=0.0) > _LONG:
                continue
            with tempfile.TemporaryDirectory() as folder:
                seconds, results[name] = _once(command, pythons[name][0], {**jobs.given, "threads": threads}, Path(folder))
            timing.missing = results[name].get("error", "")
            timing.rounds.append(seconds)
    return timings, _judge(timings, results)


def _judge(timings: dict[str, Timing], results: dict[str, dict[str, Any]]) -> dict[str, str]:
    energies = {name: result["energy"] for name, result in results.items() if not timings[name].missing}
    lowest = min(energies.values(), default=0.0)
    notes = {}
    for name, energy in energies.items():
        said = results[name]
        notes[name] = f"{said['processor']:.3g} s of processors, {said['evaluations']} energies, {energy - lowest:.0e} above the lowest"
        if energy - lowest > ACCURACY:
            timings[name].missing = f"{notes[name]}, in {timings[name].median:.3g} s"
    return notes


def _once(command: Command, python: Path, given: dict[str, Any], folder: Path) -> tuple[float, dict[str, Any]]:
    """Seconds from start to end; energy, evaluations and processor time, or an error."""
    words = [str(python), "-W", "ignore"]
    if command.script:
        (folder / "problem.json").write_text(json.dumps(given), encoding="utf-8")
        words += [str(_SCRIPTS / command.script), "problem.json"]
    else:
        (folder / "benchmark.yaml").write_text(json.dumps(_config(given)), encoding="utf-8")
        words += ["-m", "qopt", "run", "benchmark.yaml"]
    environment = worker_environment(given["threads"], own=command.environment is None)
    if command.environment:
        environment["PYTHONPATH"] = str(_SCRIPTS.parent)
    began, processor = time.perf_counter(), _processor_seconds()
    try:
        ran = subprocess.run(  # noqa: S603 - the interpreter of an environment that the user named
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return _PATIENCE, {"error": f"no result within {_PATIENCE:g} s"}
    seconds, processor = time.perf_counter() - began, _processor_seconds() - processor
    if ran.returncode:
        return seconds, {"error": f"it failed: {(ran.stderr.strip() or ran.stdout.strip() or 'without a word').splitlines()[-1][:200]}"}
    result = json.loads(ran.stdout.splitlines()[-1]) if command.script else _result(folder / "runs" / "benchmark" / "result.json")
    return seconds, {**result, "processor": processor}


def _processor_seconds() -> float:
    """Of all processes that this one began and that have ended: what a busy machine hardly changes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _config(given: dict[str, Any]) -> dict[str, Any]:
    """The config of the same run, which as JSON is YAML too; H is minus the cut, edges are the terms with two variables."""
    problem = given["problem"]
    edges = [support for _, support in problem["terms"] if support]
    return {
        "problem": {"type": "maxcut", "graph": {"edges": edges}},
        "ansatz": {"type": "qaoa", "layers": problem["layers"]},
        "start": {"type": "values", "values": given["start"]},
        "objective": {"type": "exact"},
        "optimizer": {"type": "scipy", "method": "L-BFGS-B", "options": given["options"]},
        "execution": {"backend": "statevector"},
    }


def _result(path: Path) -> dict[str, Any]:
    result = json.loads(path.read_text(encoding="utf-8"))
    return {"energy": -result["value"], "evaluations": result["evaluations"]}
