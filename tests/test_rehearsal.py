"""A rehearsal runs the very same job against an emulated platform, through kills and faults, and says what it would have cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.emulator.clients import needs_addresses
from tests.faults.runs import SAMPLED

from qopt import rehearsal as module
from qopt.errors import BackendError, InputError, StorageError
from qopt.rehearsal import Rehearsal, rehearse
from qopt.report.rehearsal import rehearsal_table

FAULTS = """\
- {do: status, code: 502, method: POST, path: /jobs$, when: after}
- {do: reset, method: GET, path: /results$}
- {do: fail, nth: 3, code: 9999, message: An internal error.}
"""
CONFIG = SAMPLED | {
    "optimizer": {"type": "spsa", "iterations": 4},
    "execution": {"backend": "ibm_fez", "mode": "session", "waiting": {"listing": 0.5, "submissions": 0}},
}


def rehearsed(changes: dict[str, Any] | None = None, **options: Any) -> Rehearsal:
    """A rehearsal of the config, in the working directory."""
    Path("config.yaml").write_text(json.dumps(CONFIG | (changes or {})))
    return rehearse(Path("config.yaml"), [], folder=Path("runs"), **options)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its own."""
    monkeypatch.chdir(tmp_path)


@needs_addresses
def test_kills_and_faults_change_neither_the_result_nor_the_bill() -> None:
    """The run that was killed twice and met three faults ends as the one that met none, and nothing was executed twice."""
    quiet = rehearsed()
    Path("faults.yaml").write_text(FAULTS)
    stormy = rehearsed(faults=Path("faults.yaml"), kills=2)
    assert quiet.result is not None
    assert stormy.result is not None
    same = ("value", "stderr", "point", "evaluations", "shots", "best_seen")
    assert [stormy.result[key] for key in same] == [quiet.result[key] for key in same]
    assert (stormy.kills, stormy.parts, stormy.repeated) == (2, 3, 0)
    assert [times for _, times in stormy.faults] == [1, 1, 1]
    assert stormy.billed == pytest.approx(quiet.billed)
    assert quiet.session_seconds > quiet.billed * 0.5
    table = rehearsal_table(stormy)
    for shown in ("would cost", "2 killed", "no question executed twice", "status, method POST"):
        assert shown in table


@needs_addresses
def test_the_open_plan_is_rehearsed_without_a_session() -> None:
    """Mode auto says why, and goes on without."""
    rehearsal = rehearsed({"execution": CONFIG["execution"] | {"mode": "auto"}}, plan="open")
    assert rehearsal.result is not None
    assert rehearsal.session_seconds == 0
    assert "open plan has no Session" in rehearsal.result["usage"]["reason"]


@needs_addresses
def test_what_can_t_work_ends_with_what_the_run_said() -> None:
    """A Session that the plan does not have, asked for by name: nothing is sent."""
    rehearsal = rehearsed(plan="open")
    assert (rehearsal.result, rehearsal.jobs, rehearsal.stops) == (None, 0, (2,))
    assert "the open plan has no Sessions" in rehearsal.said


@pytest.mark.parametrize(
    ("changes", "options", "says"),
    [
        ({"objective": {"type": "exact"}}, {}, "nothing to rehearse"),
        ({}, {"plan": "platinum"}, "plan is 'platinum'"),
        ({}, {"faults": Path("none.yaml")}, "none.yaml"),
    ],
)
def test_what_can_t_be_rehearsed_is_refused(changes: dict[str, Any], options: dict[str, Any], says: str) -> None:
    """Before anything is started."""
    with pytest.raises(InputError, match=says):
        rehearsed(changes, **options)


def test_a_client_that_can_t_be_told_where_the_platform_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the version that is needed: it would ask IBM Cloud itself for a token."""
    monkeypatch.setattr(module, "version", lambda _: "0.48.1")
    with pytest.raises(BackendError, match=r"needs qiskit-ibm-runtime 0\.49 or later, found 0\.48\.1"):
        rehearsed()


def test_a_folder_of_somebody_else_is_left_alone() -> None:
    """Only what a rehearsal made is replaced by the next one."""
    folder = Path("runs/rehearsals/run")
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("x")
    with pytest.raises(StorageError, match="was not made by a rehearsal"):
        rehearsed()
    assert (folder / "thesis.tex").exists()
