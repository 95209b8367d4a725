"""A run on a device of IBM Quantum, recorded: it runs again without an account, and tells nothing of the account."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import SAMPLED, Project, Server, trajectory

import qopt
from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings
from qopt.journal import Event, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = SAMPLED | {
    "ansatz": {"type": "qaoa", "layers": 1},
    "start": {"type": "ramp"},
    "optimizer": {"type": "spsa", "iterations": 12},
    "execution": {"backend": "ibm_fez", "mode": "session", "waiting": {"listing": 0.2, "submissions": 0}},
}


@pytest.fixture(scope="module", params=[{"evaluations": 24}, {"qpu": 20}], ids=["evaluations", "qpu"])
def recorded(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Project, Emulator]]:
    """A finished run in a Session, with its recording beside it, stopped by a budget of evaluations or of QPU time."""
    folder = tmp_path_factory.mktemp("recorded")
    project = Project(server, folder / "project", CONFIG | {"budget": request.param})
    with Emulator.start(folder / "platform", Settings()) as emulator:
        project.run(**emulator.environment)
        project.run("export", "run", "--recording")
        yield project, emulator


def test_it_runs_again_without_an_account(recorded: tuple[Project, Emulator], tmp_path: Path) -> None:
    """To the same bits, stopped where it was stopped, with as many candidates measured afresh as were affordable then."""
    first, _ = recorded
    execution: dict[str, Any] = {**CONFIG["execution"], "backend": f"recording:{first.folder / 'run.recording'}"}
    second = Project(first.server, tmp_path, first.config | {"execution": execution})
    second.run()
    for stage in ("main", "final"):
        assert trajectory(second.contents(), stage) == _uncircumstanced(first, stage)
    results = [json.loads((project.home / "result.json").read_text()) for project in (first, second)]
    assert results[0]["status"].startswith("The budget was reached")
    differing = {key for key, value in results[0].items() if results[1][key] != value}
    assert differing == {"engine", "usage"}
    assert results[1]["engine"] == f"a recording of {results[0]['engine']}"
    assert results[1]["usage"] is None


def _uncircumstanced(project: Project, stage: str) -> list[str]:
    """The trajectory, without the id of a Session that was that run's alone."""
    session = next(record.detail["id"] for record in project.contents().records if isinstance(record, Event) and record.name == "session")
    return [row.replace(f"session='{session}'", "session=None") for row in trajectory(project.contents(), stage)]


def test_it_tells_nothing_of_the_account(recorded: tuple[Project, Emulator]) -> None:
    """No token, no instance, no Session; what each job cost is there."""
    project, emulator = recorded
    sessions = [record.detail["id"] for record in project.contents().records if isinstance(record, Event) and record.name == "session"]
    secret = [emulator.environment["QISKIT_IBM_TOKEN"], "crn:", str(emulator.port), str(project.folder), *sessions]
    with zipfile.ZipFile(project.folder / "run.recording") as archive:
        content = b"".join(map(archive.read, archive.namelist()))
    assert not [word for word in secret if word.encode() in content]
    recording = qopt.read_recording(project.folder / "run.recording")
    bills = {
        record.detail["job"]: record.detail["seconds"]
        for record in read(project.home).records
        if isinstance(record, Event) and record.name == "billed"
    }
    assert {call.job: call.qpu_seconds for call in recording.calls.values()} == bills


def test_both_reported_readout_errors_are_kept(recorded: tuple[Project, Emulator]) -> None:
    """Of the qubits that were measured, as the device's properties tell them."""
    from qiskit_ibm_runtime.fake_provider import FakeFez  # noqa: PLC0415 - takes a second

    recording = qopt.read_recording(recorded[0].folder / "run.recording")
    frozen, properties = recording.frozen, FakeFez().properties()
    for (one, zero), qubit in zip(frozen.readout or (), frozen.layout, strict=True):
        told = properties.qubit_property(frozen.device_qubits[qubit])
        assert (one, zero) == (told["prob_meas1_prep0"][0], told["prob_meas0_prep1"][0])
