"""A plan against the bill of the emulated platform, which works it out by code of its own from what the client sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.execution.kinds import KINDS
from tests.faults.runs import SAMPLED, Project, Server

from qopt.config import read_config
from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings
from qopt.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPSA: dict[str, Any] = SAMPLED | {
    "objective": {"type": "sampled", "shots": 1000},
    "optimizer": {"type": "spsa", "iterations": 3},
    "execution": {"backend": "ibm_fez", "mode": "batch", "waiting": {"listing": 0.2, "submissions": 0}},
    "transpile": {"seeds": 1},
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Exact answers: only the bills count."""
    with Emulator.start(tmp_path_factory.mktemp("platform"), Settings(noise=False)) as started:
        yield started


ENERGY: dict[str, Any] = {"objective": {"type": "expectation", "shots": 1000}, "optimizer": {"type": "none"}}
CASES: dict[str, dict[str, Any]] = {
    "sampled": {},
    "sampled, light": {"mitigation": {"preset": "light"}},
    "sampled, short delay": {"mitigation": {"rep_delay": 0.0001}},
    "expectation": ENERGY,
    "expectation, light": ENERGY | {"mitigation": {"preset": "light"}},
    "expectation, full": ENERGY | {"mitigation": {"preset": "full"}},
}


BORDER: dict[str, Any] = {"execution": SPSA["execution"] | {"mode": "auto"}}
"""The mode hangs on how many jobs are foreseen."""


@pytest.mark.parametrize(
    "optimizer",
    [{"type": "spsa", "iterations": 3}, {"type": "response-surface"}, {"type": "scipy", "method": "COBYLA"}, {"type": "none"}],
    ids=lambda optimizer: optimizer.get("method", optimizer["type"]),
)
def test_a_run_takes_the_mode_of_its_plan(server: Server, emulator: Emulator, tmp_path: Path, optimizer: dict[str, Any]) -> None:
    """For the same reason, in which the number of jobs is told."""
    emulator.control.reset()
    project = Project(server, tmp_path, SPSA | BORDER | {"optimizer": optimizer, "budget": {"evaluations": 30}})
    foretold = plan(read_config(project.folder / "config.yaml"), project.folder)
    project.run(**emulator.environment)
    usage = json.loads((project.home / "result.json").read_text())["usage"]
    assert (usage["mode"], usage["reason"]) == (foretold.decision.mode, foretold.decision.reason)


@pytest.mark.parametrize(
    ("case", "primitives"),
    # Without noise the client's extrapolation has no errors to weigh its points by, and so no answer.
    [
        *((case, "legacy") for case in CASES),
        *((case, "client") for case in ("sampled", "expectation", "expectation, light") if "client" in KINDS),
    ],
)
def test_the_bill_is_what_was_planned(server: Server, emulator: Emulator, tmp_path: Path, case: str, primitives: str) -> None:
    """Within a tenth, whatever is measured, mitigated and by which primitives; jobs and shots exactly."""
    emulator.control.reset()
    project = Project(server, tmp_path, SPSA | CASES[case] | {"execution": SPSA["execution"] | {"primitives": primitives}})
    foretold = plan(read_config(project.folder / "config.yaml"), project.folder)
    project.run(**emulator.environment)
    result = json.loads((project.home / "result.json").read_text())
    assert (foretold.jobs, foretold.shots) == (result["jobs"], result["shots"])
    assert foretold.seconds == pytest.approx(result["usage"]["qpu_seconds"], rel=0.1)
