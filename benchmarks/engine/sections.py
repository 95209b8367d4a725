"""What is measured: one function a section, which yields its records group by group."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import commands
import environments
import instances
from agreement import Checks
from harness import Contender, Field, Pace, Timing, Worker, load, race, worker_environment
from records import Record, of_timing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

QOPT = Contender("qopt", "contenders.engine")
METATRON = Contender("metatron-qso", "contenders.metatron", "metatron")
LIGHTNING = Contender("PennyLane lightning", "contenders.lightning", "pennylane")
AER = Contender("Aer EstimatorV2", "contenders.aer", "qiskit")
MINDQUANTUM = Contender("MindQuantum", "contenders.mindquantum", "mindquantum")
FFSIM = Contender("ffsim", "contenders.ffsim", "ffsim", own_ansatz=True)
FFSIM_FACTORS = Contender("ffsim, factor by factor", "contenders.ffsim_factors", "ffsim")
ON_CUTS = (QOPT, METATRON, MINDQUANTUM, LIGHTNING, AER)
ON_MOLECULES = (QOPT, FFSIM, FFSIM_FACTORS, MINDQUANTUM, METATRON, LIGHTNING, AER)
TURNS = 4
"""Points that timed calls take in turn."""
BATCH = 32
"""Points of a batch."""
_FCIDUMP = Path(__file__).parents[2] / "tests" / "data" / "fcidump"


@dataclass
class Setting:
    """How the sections run.

    Attributes:
        environments: The folder of the contenders' environments; None leaves all but qopt out.
        threads: To measure with, one after the other.
        quick: Small problems and few rounds, to see that everything works.
        versions: Filled as contenders tell them.
    """

    environments: Path | None
    threads: Sequence[int]
    quick: bool = False
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def pace(self) -> Pace:
        """Of the rounds."""
        return Pace(rounds=3, repeats=20, budget=0.05, slow=1.0, patience=60.0) if self.quick else Pace()

    def python(self, environment: str | None) -> tuple[Path, str]:
        """An environment's interpreter, and why there is none."""
        if environment is None:
            return Path(sys.executable), ""
        if self.environments is None:
            return Path(), "no folder of environments was given, see --environments"
        python = environments.python(self.environments, environment)
        return python, "" if python.exists() else f"there is no environment {environment}: environments.py makes it"

    def note_versions(self, environment: str | None, packages: Sequence[str]) -> None:
        """Remember the versions of packages that no contender names."""
        python, reason = self.python(environment)
        if not reason:
            code = f"from importlib.metadata import version\nfor name in {[*packages]!r}: print(name, version(name))"
            command = [str(python), "-c", code]
            told = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - the user's environment
            self.versions |= dict(line.split() for line in told.splitlines())

    @contextmanager
    def field(self, contenders: Sequence[Contender], threads: int) -> Iterator[Field]:
        """Start the contenders' processes, and end them at last."""
        workers: dict[str, Worker] = {}
        missing: dict[str, str] = {}
        try:
            for contender in contenders:
                python, reason = self.python(contender.environment)
                if not reason:
                    worker = workers[contender.name] = Worker(contender, python, threads)
                    answer = worker.ask({"do": "versions"}, self.pace.patience)
                    self.versions |= answer.get("versions", {})
                    reason = answer.get("error", "")
                if reason:
                    missing[contender.name] = reason
                    if contender.name in workers:
                        workers.pop(contender.name).close()
            yield Field(workers, missing)
        finally:
            for worker in workers.values():
                worker.close()


def qaoa(setting: Setting) -> Iterator[list[Record]]:
    """QAOA on MaxCut of random 3-regular graphs: one energy, one gradient."""
    sizes, depths = ((12, 14), (1, 4)) if setting.quick else ((12, 16, 20, 22), (1, 4, 8))
    for threads in setting.threads:
        limits = _bounds(sizes, depths, threads)
        with setting.field(ON_CUTS, threads) as contenders:
            for n in sizes:
                for p in depths:
                    points = instances.qaoa_points(n, p, 1 + TURNS)
                    starters = contenders.prepare(instances.maxcut(n, p), setting.pace.patience)
                    for quantity in ("energy", "gradient"):
                        timings = starters.measure(quantity, Checks(points[:1]), points[1:], setting.pace)
                        seconds, note = limits[n, p, quantity]
                        records = _records("qaoa", {"n": n, "p": p}, threads, quantity, timings)
                        bound = Record("qaoa", {"n": n, "p": p}, threads, quantity, "physical bound", note=note, load=load())
                        yield [*records, of_timing(bound, Timing([seconds]))]


def batch(setting: Setting) -> Iterator[list[Record]]:
    """Energies of a batch of points."""
    n = 12
    for threads in setting.threads:
        with setting.field(ON_CUTS, threads) as contenders:
            for p in (1,) if setting.quick else (1, 4, 8):
                points = instances.qaoa_points(n, p, BATCH)
                starters = contenders.prepare(instances.maxcut(n, p), setting.pace.patience)
                timings = starters.measure("batch", Checks(points), points, setting.pace)
                yield _records("batch", {"n": n, "p": p, "points": BATCH}, threads, "energies", timings)


def costs(setting: Setting) -> Iterator[list[Record]]:
    """What other costs than an unweighted cut cost; qopt alone."""
    for threads in setting.threads:
        for n in (12,) if setting.quick else (12, 16, 20):
            p = 4
            problems = {
                "qopt": instances.maxcut(n, p),
                "weighted": instances.weighted(n, p),
                "weighted, with fields": instances.weighted(n, p, fields=True),
                "terms of order 4": instances.higher_order(n, p, 4),
                "terms of order 3": instances.higher_order(n, p, 3),
            }
            same = [Contender(name, QOPT.module) for name in problems]
            with setting.field(same, threads) as contenders:
                for name, worker in contenders.workers.items():
                    worker.ask({"do": "prepare", "problem": problems[name]}, setting.pace.patience)
                for quantity in ("energy", "gradient"):
                    request = {"quantity": quantity, "points": instances.qaoa_points(n, p, TURNS)}
                    timings = {name: Timing(missing=reason) for name, reason in contenders.missing.items()}
                    for worker in contenders.workers.values():
                        worker.ask({"do": "answer", **request}, setting.pace.patience)
                    timings |= race(contenders.workers, {"do": "time", **request}, setting.pace)
                    yield _records("costs", {"n": n, "p": p}, threads, quantity, timings)


def scaling(setting: Setting) -> Iterator[list[Record]]:
    """More sizes and depths, for the figure; qopt alone."""
    grid = [(n, 4) for n in range(6, 15 if setting.quick else 25, 2)] + [(12 if setting.quick else 20, p) for p in (1, 2, 8, 16)]
    for threads in setting.threads:
        with setting.field((QOPT,), threads) as contenders:
            for n, p in grid:
                points = instances.qaoa_points(n, p, TURNS)
                starters = contenders.prepare(instances.maxcut(n, p), setting.pace.patience)
                for quantity in ("energy", "gradient"):
                    timings = starters.measure(quantity, Checks(points[:1]), points, setting.pace)
                    yield _records("scaling", {"n": n, "p": p}, threads, quantity, timings)


def uccsd(setting: Setting) -> Iterator[list[Record]]:
    """UCCSD of small molecules: one energy, one gradient, and how long qopt takes to set its tables up."""
    for threads in setting.threads:
        with setting.field(ON_MOLECULES, threads) as contenders:
            for name in ("H2", "LiH") if setting.quick else instances.MOLECULES:
                problem = instances.uccsd(_FCIDUMP / f"{instances.MOLECULES[name]}.fcidump")
                about = {"molecule": name, "qubits": 2 * problem["norb"], "parameters": len(problem["excitations"])}
                points = instances.uccsd_points(problem, 2 + TURNS)
                checks = Checks(points[:2], instances.coincident_points(problem))
                starters = contenders.prepare(problem, setting.pace.patience)
                for quantity in ("energy", "gradient"):
                    timings = starters.measure(quantity, checks, points[2:], setting.pace)
                    yield _records("uccsd", about, threads, quantity, timings)
                qopt = {"qopt": contenders.workers["qopt"]} if "qopt" in starters.workers else {}
                timings = race(qopt, {"do": "prepare", "problem": problem}, setting.pace)
                yield _records("uccsd", about, threads, "set-up", timings)


def memory(setting: Setting) -> Iterator[list[Record]]:
    """The most memory of a process that computes one energy and one gradient of a large problem."""
    n, p = (18 if setting.quick else 26), 2
    for threads in setting.threads:
        with setting.field((QOPT,), threads) as contenders:
            patience = 600.0
            starters = contenders.prepare(instances.maxcut(n, p), patience)
            records = []
            for quantity in ("energy", "gradient"):
                request = {"do": "time", "quantity": quantity, "points": instances.qaoa_points(n, p, 1)}
                for worker in starters.workers.values():
                    answer = worker.ask({**request, "repeats": 1, "budget": 0.0}, patience)
                    timing = Timing(answer.get("seconds", []), answer.get("error", ""))
                    records += _records("memory", {"n": n, "p": p}, threads, quantity, {"qopt": timing})
                    most = worker.ask({"do": "peak"}, patience).get("bytes")
                    record = Record("memory", {"n": n, "p": p}, threads, f"peak after the {quantity}", "qopt", unit="bytes", load=load())
                    records.append(of_timing(record, Timing([most] if most else [], "" if most else "no answer")))
            yield records


def whole_commands(setting: Setting) -> Iterator[list[Record]]:
    """Commands from start to result, imports and compilation included."""
    for threads in setting.threads:
        for title, jobs in commands.jobs(quick=setting.quick, fcidump=_FCIDUMP / "lih.fcidump").items():
            timings, notes = commands.run(jobs, setting, threads)
            record = Record("commands", {"what": title}, threads, "to the result", "", load=load())
            yield [of_timing(_named(record, name, notes.get(name, "")), timing) for name, timing in timings.items()]


def _bounds(sizes: Sequence[int], depths: Sequence[int], threads: int) -> dict[tuple[int, int, str], tuple[float, str]]:
    """What `bound.py` measures: the least seconds of each (n, p, quantity), and on what they rest.

    By the adjoint method with two vectors a gradient is a sweep forward and one back over both: three times an energy.
    """
    options = {"--threads": [threads], "--variables": sizes, "--layers": depths}
    words = [str(word) for option, values in options.items() for word in (option, *values)]
    command = [sys.executable, str(Path(__file__).with_name("bound.py")), "--json", *words]
    told = subprocess.run(command, env=worker_environment(threads, own=True), check=True, capture_output=True, text=True).stdout  # noqa: S603
    out = {}
    for row in map(json.loads, told.splitlines()):
        seconds = 1e-3 * max(row["memory"], row["arithmetic"])
        rests = "memory" if row["memory"] > row["arithmetic"] else "arithmetic"
        note = f"{rests}; {row['GB/s']:.0f} GB/s, {row['Gfma/s']:.0f} G multiply-adds/s"
        out |= {(row["n"], row["p"], "energy"): (seconds, note), (row["n"], row["p"], "gradient"): (3.0 * seconds, note)}
    return out


SECTIONS = {
    "qaoa": qaoa,
    "batch": batch,
    "costs": costs,
    "uccsd": uccsd,
    "memory": memory,
    "commands": whole_commands,
    "scaling": scaling,
}


def _records(section: str, about: dict[str, Any], threads: int, quantity: str, timings: Mapping[str, Timing]) -> list[Record]:
    """Those with numbers come first."""
    now, ordered = load(), sorted(timings.items(), key=lambda pair: bool(pair[1].missing))
    return [of_timing(Record(section, about, threads, quantity, name, load=now), timing) for name, timing in ordered]


def _named(record: Record, name: str, note: str) -> Record:
    return Record(record.section, record.about, record.threads, record.quantity, name, note=note, load=record.load)
