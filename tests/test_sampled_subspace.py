"""Sample-based diagonalization as the last step of a run: its result, its shots, and a run that is killed around it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import Project, Server, submitted_again

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.extra

H4 = {"type": "molecule", "molecule": "h4", "mapper": "parity"}
FCI = -2.1663874486347616  # Ha, PySCF
EXACT: dict[str, Any] = {
    "name": "run",
    "seed": 7,
    "problem": H4,
    "ansatz": {"type": "uccsd"},
    "objective": {"type": "exact"},
    "budget": {"evaluations": 4},
    "sqd": {"shots": 300, "batches": 2, "samples": 10, "iterations": 2},
}
SAMPLED = {
    **EXACT,
    "objective": {"type": "expectation", "shots": 20},
    "optimizer": {"type": "spsa", "iterations": 1},
    "execution": {"backend": "aer", "mode": "job"},
    "budget": {"evaluations": 25},
}


@pytest.fixture(scope="module", params=[EXACT, pytest.param(SAMPLED, marks=pytest.mark.nightly)], ids=["exact", "sampled"])
def whole(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run."""
    project = Project(server, tmp_path_factory.mktemp("whole"), request.param)
    project.run()
    return project


def result_of(project: Project) -> dict[str, Any]:
    """The result."""
    loaded: dict[str, Any] = json.loads((project.home / "result.json").read_text())
    return loaded


def test_the_energy_is_an_upper_bound_beside_that_of_chance(whole: Project) -> None:
    """With the dimensions of both subspaces, and how many samples had the right numbers of electrons."""
    result = result_of(whole)
    found = result["sqd"]
    assert FCI - 1e-9 <= found["energy"] < -2.0
    assert found["random_energy"] >= FCI - 1e-9
    assert found["right"] == pytest.approx(1.0)
    assert found["shots"] == 300
    assert result["shots"] >= 300


@pytest.mark.parametrize("failpoint", ["measured:1", "asked:last", "submitted:last", "answered:last", "stage frozen:1", "stage begun:1"])
def test_a_run_that_is_killed_around_it_ends_the_same(whole: Project, tmp_path: Path, failpoint: str) -> None:
    """Samples are drawn once, and diagonalised to the same number."""
    if failpoint.endswith("last"):
        failpoint = failpoint.replace("last", str(sum(type(record).__name__ == "Answered" for record in whole.contents().records)))
    project = Project(whole.server, tmp_path, whole.config)
    assert project.start(QOPT_FAILPOINT=failpoint).wait() == -signal.SIGKILL
    project.run()
    assert result_of(project) == result_of(whole)
    assert submitted_again(project.contents()) <= 1


@pytest.mark.parametrize("base", [EXACT, SAMPLED], ids=["exact", "sampled"])
@pytest.mark.parametrize("shots", [200, 301, 5_000, 30_000])
def test_its_samples_belong_to_the_budget_of_shots(server: Server, tmp_path: Path, base: dict[str, Any], shots: int) -> None:
    """What is too small for them is refused before anything is written."""
    project = Project(server, tmp_path, {**base, "budget": {"shots": shots, "evaluations": 25}})
    process = project.start()
    if process.wait() == 2:
        assert "budget.shots" in process.said()
        assert f"the budget is {shots} shots, expected" in process.said()
        assert not project.home.exists()
    else:
        assert result_of(project)["shots"] <= shots


def test_a_recording_is_refused(whole: Project, tmp_path: Path) -> None:
    """It would hold one circuit, and the samples are of another."""
    said = whole.copy(tmp_path / "copy").run("export", "run", "--recording", code=2)
    assert "asks about several circuits (sqd)" in said
