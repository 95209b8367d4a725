"""A canary for a token at IBM Quantum: whatever the service refuses or says, it is in no message and no file of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.faults.ibm.matrix import RUN, Rehearsal, rehearsing, rule

from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.runs import Server

TOKEN = "zC4nary-of-the-environment_0123456789abcdefX"  # noqa: S105 - a canary
"""Of the account, as long as a token of IBM is."""
OTHER = "zC4nary-that-opens-nothing_0123456789abcdefX"
"""In the environment by mistake."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A platform whose one account has the canary as its token."""
    with Emulator.start(tmp_path_factory.mktemp("platform"), Settings(token=TOKEN)) as started:
        yield started


@pytest.fixture
def rehearsal(platform: Emulator, server: Server, tmp_path: Path) -> Iterator[Rehearsal]:
    """A run of three jobs that waits for nothing long."""
    with rehearsing(platform, server, tmp_path / "project", RUN) as made:
        made.wait_for(service=2.0)
        yield made


def assert_silent(rehearsal: Rehearsal) -> None:
    """Neither a token nor the name of the account is in what was said, or in any file of the run."""
    folder = rehearsal.project.folder
    for path in [*folder.glob("output-*.txt"), *(item for item in folder.rglob("runs/**/*") if item.is_file())]:
        content = path.read_bytes()
        assert not [word for word in (TOKEN, OTHER, "crn:v1", "eyJ") if word.encode() in content], path


@pytest.mark.parametrize("code", [400, 401, 403, 503])
@pytest.mark.parametrize("kind", ["token", "instances", "devices", "session", "submission", "job", "results"])
def test_in_what_the_service_refuses(rehearsal: Rehearsal, kind: str, code: int) -> None:
    """Each kind of request, refused for good, also after the client has put its credentials into it."""
    rehearsal.emulator.control.faults([rule(kind, {"do": "status", "code": code, "count": None})])
    rehearsal.run(None)
    assert [item["fired"] > 0 for item in rehearsal.emulator.control.rules()] == [True]
    assert_silent(rehearsal)


def test_in_a_token_that_opens_nothing(rehearsal: Rehearsal) -> None:
    """It is said that the service refuses the account, and not by which token."""
    rehearsal.run(3, QISKIT_IBM_TOKEN=OTHER)
    assert_silent(rehearsal)


def test_in_the_service_s_own_words(rehearsal: Rehearsal) -> None:
    """Whatever a failed job's reason quotes, in the message and in the journal."""
    words = f"GET /x?apikey={TOKEN} for crn:v1:bluemix:public:quantum-computing:us-east:a/0c0ffee0:5e5e-11::"
    rehearsal.emulator.control.faults([{"do": "fail", "message": words, "tag": "-main-1$", "count": 3}])
    assert "***" in rehearsal.run(3)
    assert_silent(rehearsal)


def test_in_a_run_that_nothing_happens_to(rehearsal: Rehearsal) -> None:
    """Its folder, the result and the recording that is made of it."""
    rehearsal.run()
    rehearsal.project.run("export", "run", "--recording", "runs/run.recording", QISKIT_IBM_TOKEN=TOKEN)
    assert_silent(rehearsal)
