"""A budget of QPU time holds whatever the service bills, and bills teach what the next job will cost."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import SAMPLED, Project, Server

from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings
from qopt.journal import Answered, Asked, Event, read
from qopt.planning.calibration import Bill, Calibration
from qopt.planning.cost import Timing, seconds_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qopt.journal import Record

CONFIGS = 50
WITHIN = 0.2
FROM_JOB = 10
MINE = '''"""An optimizer that asks for another number of points each time."""

def search(evaluate, start, rng, calls=20, most=6):
    for _ in range(calls):
        evaluate(start + 0.2 * rng.normal(size=(int(rng.integers(1, most + 1)), len(start))))
    return start
'''


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One platform for all configs of a worker; the noise of its devices costs nothing here and teaches nothing."""
    with Emulator.start(tmp_path_factory.mktemp("platform"), Settings(noise=False)) as started:
        yield started


def a_config(rng: random.Random) -> dict[str, Any]:
    """A small run with a budget of QPU time that is mostly too small for it."""
    nodes = rng.randint(3, 5)
    optimizer = rng.choice(
        [
            {"type": "spsa", "iterations": rng.randint(12, 20)},
            {"type": "scipy", "method": "COBYLA"},
            {"type": "mine.py:search", "calls": rng.randint(12, 25), "most": rng.randint(1, 8)},
        ]
    )
    return SAMPLED | {
        "problem": {"type": "maxcut", "graph": {"edges": [[node, (node + 1) % nodes] for node in range(nodes)]}},
        "ansatz": {"type": "qaoa", "layers": 1},
        "start": {"type": "ramp"},
        "objective": {"type": "sampled", "shots": rng.choice([100, 500, 2000, 4000])},
        "optimizer": optimizer,
        "execution": {
            "backend": "ibm_fez",
            "mode": rng.choice(["session", "batch", "job"]),
            "waiting": {"listing": 0.2, "submissions": 0},
        },
        "budget": {"evaluations": 60, "qpu": rng.randint(80, 200)},
    }


def forecasts(records: tuple[Record, ...], shots: int) -> list[tuple[float, float]]:
    """What each job was estimated to cost when it was sent, and its bill, in the order in which they were answered."""
    (timing,) = [Timing(**record.detail) for record in records if isinstance(record, Event) and record.name == "timing"]
    points = {
        (record.stage, record.call): len(record.points) * (2 if record.stage == "final" else 1)
        for record in records
        if isinstance(record, Asked)
    }
    bills = {
        (record.detail["stage"], record.detail["call"]): record.detail["seconds"]
        for record in records
        if isinstance(record, Event) and record.name == "billed"
    }
    calibration, found = Calibration(), []
    for record in records:
        if isinstance(record, Answered):
            key = record.stage, record.call
            predicted = seconds_for(points[key] * shots, timing)
            found.append((calibration.estimate(predicted).seconds, bills[key]))
            calibration = calibration.after(Bill(predicted, bills[key]))
    return found


@pytest.mark.parametrize("number", range(CONFIGS))
def test_no_run_exceeds_its_budget_and_estimates_become_right(server: Server, emulator: Emulator, tmp_path: Path, number: int) -> None:
    """Jobs and idle Sessions together; from the tenth job on every estimate is within 20% of the bill."""
    rng = random.Random(number)  # noqa: S311 - no secret
    emulator.control.reset()
    emulator.control.configure(bias=rng.uniform(0.5, 2.0))
    project = Project(server, tmp_path, a_config(rng))
    (project.folder / "mine.py").write_text(MINE)
    project.run(**emulator.environment)
    usage = json.loads((project.home / "result.json").read_text())["usage"]
    billed = sum(job["billed"] for job in emulator.control.jobs())
    sessions = sum(session["elapsed_time"] for session in emulator.control.sessions() if session["mode"] == "dedicated")
    assert max(billed, sessions) <= project.config["budget"]["qpu"]
    assert usage["qpu_seconds"] == pytest.approx(billed)
    assert usage["unsettled"] == 0
    late = forecasts(read(project.home).records, project.config["objective"]["shots"])[FROM_JOB - 1 :]
    assert [pair for pair in late if abs(pair[0] - pair[1]) > WITHIN * pair[1]] == []


def test_budgets_of_these_sizes_do_stop_runs(server: Server, emulator: Emulator, tmp_path: Path) -> None:
    """So that the test above is about budgets: what stops is said to be stopped by one, and a larger one goes on from there."""
    emulator.control.reset()
    config = a_config(random.Random(0)) | {"optimizer": {"type": "spsa", "iterations": 20}, "budget": {"qpu": 75}}  # noqa: S311 - no secret
    project = Project(server, tmp_path, config)
    assert "The budget was reached" in project.run(**emulator.environment)
    jobs = len(emulator.control.jobs())
    project.configure(budget={"qpu": 400})
    assert "The budget was reached" not in project.run(**emulator.environment)
    assert len(emulator.control.jobs()) > jobs
