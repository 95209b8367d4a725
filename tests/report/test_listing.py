"""The list of runs, and one run shown from its journal."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from qopt.errors import InputError
from qopt.journal import Event, Journal
from qopt.journal.lock import OWNER
from qopt.report.history import history
from qopt.report.layout import plain
from qopt.report.listing import listing, listing_lines, show

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeRun: TypeAlias = Callable[..., Path]


def rows_of(folder: Path, width: int = 100) -> list[str]:
    """The table's lines an hour after everything happened, the head first."""
    now = time.time() + 3600
    return [plain(line) for line in listing_lines(folder, now, width)]


def test_a_finished_run_is_told_in_a_row(make_run: MakeRun) -> None:
    """State, evaluations, value with error, reference, ratio and age."""
    home = make_run()
    assert re.split(r"\s{2,}", rows_of(home.parent)[1]) == [
        *("maxcut", "finished", "3", "4.7213 ± 0.0094", "5", "0.9443 ± 0.0019", "1 h"),
    ]


@pytest.mark.parametrize(("converged", "state"), [(True, "finished"), (False, "stopped at budget")])
def test_the_state_tells_why_a_run_ended(make_run: MakeRun, state: str, *, converged: bool) -> None:
    """By itself, or because its budget was used up."""
    assert history(make_run(converged=converged)).state == state


def test_a_run_without_a_result_is_interrupted_and_shows_what_it_saw(make_run: MakeRun) -> None:
    """Its best value is marked as seen, since it is no result."""
    home = make_run(result=None)
    assert re.split(r"\s{2,}", rows_of(home.parent)[1])[1:4] == ["interrupted", "3", "4.7831 seen"]


def test_a_run_that_is_at_work_is_running_and_its_lock_stays(make_run: MakeRun) -> None:
    """Whoever holds the folder is seen without being disturbed."""
    home = make_run(result=None)
    with Journal.open(home) as journal:
        assert history(home).state == "running"
        journal.append(Event("still here", {}))
    assert history(home).state == "interrupted"


def test_a_killed_run_is_not_running(make_run: MakeRun) -> None:
    """The name that a killed process left behind is not believed."""
    home = make_run(result=None)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (home / OWNER).write_text(json.dumps({"pid": gone.pid, "host": socket.gethostname()}), encoding="utf-8")
    assert history(home).state == "interrupted"


def test_a_run_of_another_host_is_said_to_be_there(make_run: MakeRun) -> None:
    """Nobody here can know more."""
    home = make_run(result=None)
    (home / OWNER).write_text(json.dumps({"pid": os.getpid(), "host": "node7.invalid"}), encoding="utf-8")
    assert history(home).state == "running on node7.invalid"


def test_damaged_and_foreign_folders_are_rows_with_their_reason(make_run: MakeRun) -> None:
    """One bad folder does not hide the others."""
    home = make_run()
    database = make_run("broken") / "run.sqlite"
    database.write_bytes(database.read_bytes()[:5000])
    (home.parent / "photos").mkdir()
    rows = rows_of(home.parent)
    assert [re.split(r"\s{2,}", row)[:2] for row in rows[1:4]] == [["broken", "damaged"], ["maxcut", "finished"], ["photos", "not a run"]]
    reasons = " ".join(rows[4:])
    assert "broken: the journal in" in reasons
    assert "photos: there is no journal in" in reasons


@pytest.mark.parametrize("width", [100, 80, 60, 40])
def test_the_list_fits_the_terminal(make_run: MakeRun, width: int) -> None:
    """Columns go one after the other, the value never."""
    home = make_run()
    make_run("a-run-with-quite-a-long-name", result=None)
    rows = rows_of(home.parent, width)
    assert max(map(len, rows)) <= width
    assert any("4.7213 ± 0.0094" in row for row in rows)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    """A sentence, not an empty table."""
    assert listing(tmp_path, stream=io.StringIO()).startswith("There are no runs in")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(InputError, match="--runs"):
        listing(tmp_path / "nowhere")


def test_show_tells_result_identity_environment_and_events(make_run: MakeRun) -> None:
    """Everything of a run on one page."""
    text = show(make_run(event=Event("session opened", {"mode": "session"})), stream=io.StringIO())
    assert "4.7213 ± 0.0094" in text
    assert "sampled, version 1, shots 1024, cvar 1" in text
    assert "python 3.11.7" in text
    assert "session opened (mode session)" in text


def test_show_calls_unfinished_values_biased(make_run: MakeRun) -> None:
    """A run without a result shows what it saw, and what that is worth."""
    text = show(make_run(result=None), stream=io.StringIO())
    assert "interrupted" in text
    assert "4.7831 ± 0.0094 (biased by selection" in text


def test_show_json_is_the_stored_result(make_run: MakeRun, result: dict[str, Any]) -> None:
    """Nothing added, nothing rounded."""
    assert json.loads(show(make_run(), json=True)) == result


def test_show_json_without_a_result_is_refused(make_run: MakeRun) -> None:
    """With what to do about it."""
    with pytest.raises(InputError, match="qopt finish"):
        show(make_run(result=None), json=True)


def test_list_and_show_import_nothing_heavy(make_run: MakeRun) -> None:
    """Neither qiskit nor NumPy, and rich only for terminals."""
    home = make_run()
    code = (
        "import sys; from pathlib import Path; from qopt.report.listing import listing, show;"
        f"listing(Path({str(home.parent)!r})); show(Path({str(home)!r}));"
        "print(sorted({'numpy', 'qiskit', 'scipy', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
