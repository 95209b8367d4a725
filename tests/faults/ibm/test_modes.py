"""A VQE and a QAOA run end with the same result by Session, Batch and job, on the twin of a device of 156 qubits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import EXACT, SAMPLED, Project, Server, trajectory

from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAITING = {"listing": 0.2, "submissions": 0}
VQE = EXACT | {
    "objective": {"type": "expectation", "shots": 500},
    "optimizer": {"type": "spsa", "iterations": 40},
    "start": {"type": "zeros"},
    "budget": {},
}
QAOA = SAMPLED | {"optimizer": {"type": "response-surface"}, "start": {"type": "fixed-angles"}}
MODES = ("session", "batch", "job")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One platform for all runs."""
    with Emulator.start(tmp_path_factory.mktemp("platform"), Settings(backends=("ibm_fez",))) as started:
        yield started


@pytest.mark.parametrize(("name", "config", "kind"), [("vqe", VQE, "legacy"), ("qaoa", QAOA, "legacy"), ("qaoa", QAOA, "client")])
def test_every_mode_ends_with_the_same_result(
    server: Server, emulator: Emulator, tmp_path: Path, name: str, config: dict[str, Any], kind: str
) -> None:
    """The same questions get the same answers, whatever groups them; the platform saw what was said."""
    results, paths = [], []
    for mode in MODES:
        emulator.control.reset()
        execution = {"backend": "ibm_fez", "mode": mode, "primitives": kind, "waiting": WAITING}
        project = Project(server, tmp_path / mode, config | {"execution": execution})
        project.run(**emulator.environment)
        results.append(json.loads((project.home / "result.json").read_text()))
        paths.append([line.partition("session=")[0] for line in trajectory(project.contents())])
        sessions = emulator.control.sessions()
        assert [session["mode"] for session in sessions] == {"session": ["dedicated"], "batch": ["batch"], "job": []}[mode]
        assert all(session["state"] == "closed" for session in sessions)
        assert {job["session"] for job in emulator.control.jobs()} == {session["id"] for session in sessions} or mode == "job"
    assert paths[0] == paths[1] == paths[2]
    assert len(paths[0]) >= {"vqe": 40, "qaoa": 1}[name]
    for result, mode in zip(results, MODES, strict=True):
        assert result.keys() == results[0].keys()
        assert result["usage"].keys() == results[0]["usage"].keys()
        assert result["usage"]["mode"] == mode
        assert (result["usage"]["session_seconds"] is None) == (mode != "session")
        assert (result["value"], result["stderr"], result["point"]) == (results[0]["value"], results[0]["stderr"], results[0]["point"])
