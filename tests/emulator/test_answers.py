"""The platform's answers have what the service's have: recorded by `qopt check CONFIG --live`, and asked for again here.

IBM_ANSWERS names such a recording; without one the platform is held against a recording of its own, which shows that the comparison works.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.emulator.clients import needs_addresses

from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings
from qopt.execution import Waiting
from qopt.execution.ibm.account import Account
from qopt.execution.ibm.probing import Recorder, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_addresses
RECORDED = os.environ.get("IBM_ANSWERS")


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """What the platform answers to the same questions."""
    with Emulator.start(tmp_path_factory.mktemp("platform"), Settings(noise=False)) as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment.items():
            patch.setenv(name, value)
        account = Account(waiting=Waiting(submissions=0))
        account.recorder = recorder = Recorder()
        probe(account, "ibm_fez", "legacy")
        yield json.loads(recorder.to_json())["exchanges"]


def missing(there: Any, here: Any, place: str = "") -> list[str]:
    """What one answer has and the other lacks, or has of another kind; of lists the first items are compared."""
    if isinstance(there, dict) and isinstance(here, dict):
        lost = [f"{place}.{key}" for key in there if key not in here]
        return lost + [line for key in there if key in here for line in missing(there[key], here[key], f"{place}.{key}")]
    if isinstance(there, list) and isinstance(here, list):
        return missing(there[0], here[0], f"{place}[0]") if there and here else []
    numbers = isinstance(there, int | float) and isinstance(here, int | float)
    comparable = None in (there, here) or isinstance(here, type(there)) or numbers
    return [] if comparable else [f"{place}: {type(there).__name__} there, {type(here).__name__} here"]


def test_every_answer_has_what_the_service_s_has(emulated: list[dict[str, Any]]) -> None:
    """Keys and kinds of values, for every kind of request and status that was recorded."""
    recorded = json.loads(Path(RECORDED).read_text(encoding="utf-8"))["exchanges"] if RECORDED else emulated
    here = {(item["method"], item["path"], item["status"]): item["body"] for item in emulated}
    assert recorded
    lines = []
    for item in recorded:
        kind = item["method"], item["path"], item["status"]
        lines += [f"{kind}: never answered so"] if kind not in here else [f"{kind}{line}" for line in missing(item["body"], here[kind])]
    assert lines == []


def test_a_difference_is_found() -> None:
    """A key that is lacking, a value of another kind; not a number that is whole here and not there, nor something that is null."""
    there = {"id": "x", "jobs": [{"usage": {"seconds": 1.5}}], "tags": ["a"], "ended": None}
    assert missing(there, {"id": "y", "jobs": [{"usage": {"seconds": 2}}], "tags": [], "ended": "now"}) == []
    assert missing(there, {"id": 3, "jobs": [{"usage": {}}], "ended": None}) == [
        ".tags",
        ".id: str there, int here",
        ".jobs[0].usage.seconds",
    ]
