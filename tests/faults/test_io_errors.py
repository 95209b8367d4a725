"""A full or broken disk stops a run with a refusal, loses nothing that was acknowledged, and the journal goes on when the disk does."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qopt.errors import StorageError
from qopt.journal import Event, Journal

if TYPE_CHECKING:
    from tests.faults.conftest import FailingWrites

DRIVER = Path(__file__).with_name("journal_under_failing_writes.py")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["disk-full", "io-error"])
def test_a_failure_of_any_write_is_a_refusal_and_loses_nothing(
    tmp_path: Path, failing_writes: FailingWrites, error: int, *, lasting: bool
) -> None:
    """For n = 1, 2, ...: the n-th write fails; the process ends with a refusal or succeeds; afterwards every acknowledged row is there."""
    environment = os.environ | failing_writes.kind(error, lasting=lasting)
    command = [sys.executable, DRIVER, tmp_path / "runs"]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    cases = [json.loads(line) for line in output.splitlines()]
    assert len(cases) > 40
    assert [case["code"] for case in cases if not case["failed"]] == [0]
    assert {case["code"] for case in cases} <= {0, StorageError.exit_code}
    assert sum(case["code"] == StorageError.exit_code for case in cases) > len(cases) / 2
    for case in cases:
        with Journal.open(Path(case["folder"])) as journal:
            numbers = [record.detail["number"] for record in journal.records if isinstance(record, Event)]
            assert numbers == list(range(len(numbers))), case
            assert case["acknowledged"] <= len(numbers) <= case["acknowledged"] + 1, case
            journal.append(Event("after", {}))


def test_after_a_failure_nothing_more_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that failed to sync may have dropped what it said it would write: the journal says so again instead of going on."""
    journal = Journal.open(tmp_path / "run")
    journal.append(Event("first", {}))
    with monkeypatch.context() as patch:
        patch.setattr("qopt.journal.head._sync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "broken")))
        with pytest.raises(StorageError, match="check the disk"):
            journal.append(Event("second", {}))
    with pytest.raises(StorageError, match="check the disk"):
        journal.append(Event("third", {}))
    journal.close()
    with Journal.open(tmp_path / "run") as again:
        assert [record.name for record in again.records if isinstance(record, Event)] == ["first", "second"]
