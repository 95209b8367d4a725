"""Journals as real runs write them, without measuring anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qopt.journal import Answered, Asked, Event, Finished, Header, Journal, Submitted

IDENTITY = {
    "circuit": "d1e4b92faa387462681ab424",
    "observables": "a412b286f90060d2074f7485",
    "objective": {"name": "sampled", "version": 1, "shots": 1024, "cvar": 1.0},
    "optimizer": {"name": "scipy", "version": 1, "method": "COBYLA"},
    "start": [0.42, 0.3],
    "seed": 7,
    "backend": "aer",
    "primitives": "auto",
    "transpile": {"level": 3, "seed": 1, "initial_layout": None},
}

RESULT: dict[str, Any] = {
    "name": "maxcut",
    "value": 4.7213,
    "stderr": 0.0094,
    "mean": 4.7213,
    "mean_stderr": 0.0094,
    "best_seen": 4.7831,
    "point": [0.4648, 0.2878],
    "parameters": ["gamma_1", "beta_1"],
    "status": "The optimizer converged.",
    "converged": True,
    "evaluations": 3,
    "shots": 5120,
    "jobs": 4,
    "seed": 7,
    "sense": "maximise",
    "units": "",
    "reference": {"value": 5.0, "kind": "brute force", "worst": 0.0, "bound": None},
    "approximation_ratio": 0.94426,
    "approximation_ratio_stderr": 0.0019,
    "best": {"bits": "01101", "value": 5.0, "text": "0, 3 | 1, 2, 4"},
    "baseline": {"random": 3.0117, "random_best": 5.0, "greedy": 4.8216, "greedy_best": 5.0},
    "engine": "SamplerV2 on aer in a Session",
}

MAXCUT_CALLS = [("evaluate", [-4.1], 0.011), ("evaluate", [-4.7831], 0.0094), ("evaluate", [-4.7], 0.0095)]

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write a run folder: calls as (purpose, minimised values, one standard error), a result with `final` values before it, or none."""

    def make(
        name: str = "maxcut",
        calls: list[tuple[str, list[float], float]] = MAXCUT_CALLS,
        *,
        result: dict[str, Any] | None = RESULT,
        sense: str = "maximise",
        converged: bool = True,
        event: Event | None = None,
    ) -> Path:
        home = tmp_path / "runs" / name
        (home / "frozen").mkdir(parents=True)
        (home / "frozen" / "d65c.json").write_text(json.dumps({"parameters": ["gamma_1", "beta_1"]}), encoding="utf-8")
        with Journal.open(home) as journal:
            journal.append(Header("59400ee032a64bc1", {**IDENTITY, "sense": sense}, None, {"python": "3.11.7"}, ["4e0d", "d65c"]))
            if event is not None:
                journal.append(event)
            for call, (purpose, values, stderr) in enumerate(calls):
                points = [[0.1 * call + 0.01 * row, 1 / 3] for row in range(len(values))]
                shots = 1024 * len(values) if stderr else None
                journal.append(Asked("main", call, purpose, points, "4e0d", "d65c"))
                journal.append(Submitted("main", call, f"job-{call}", f"qopt-{call}"))
                journal.append(Answered("main", call, values, [stderr] * len(values), shots, None, 1.5 * call))
            if result is not None:
                number = len(calls)
                journal.append(Asked("final", number, "final", [[0.4648, 0.2878]], "4e0d", "d65c"))
                journal.append(Submitted("final", number, "job-final", "qopt-final"))
                journal.append(Answered("final", number, [-4.73, -4.7213], [0.0094, 0.0094], 2048, None, 9.0))
                journal.append(Finished(number, converged, {"evaluations": None, "shots": None, "wall": None}, result))
        return home

    return make


@pytest.fixture
def result() -> dict[str, Any]:
    """A result of a small MaxCut, to be changed freely."""
    return json.loads(json.dumps(RESULT))


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Compare text with `snapshots/<name>.txt`, which is edited by hand or by deleting and rewriting it, and then read."""

    def check(name: str, text: str) -> None:
        assert text == (Path(__file__).parent / "snapshots" / f"{name}.txt").read_text(encoding="utf-8")

    return check
