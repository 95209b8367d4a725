"""A full or broken disk during a run: it stops with exit code 4, says what to do, and the same command ends with the same bits."""

from __future__ import annotations

import errno
import random
from itertools import chain, count
from typing import TYPE_CHECKING

import pytest
from tests.faults.runs import Project, Server, config, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.conftest import FailingWrites

BEGINNING = (*range(1, 11), *range(13, 50, 3))
"""Which of the first writes are tried: they freeze the run and begin its journal."""

BETWEEN, END = 8, 4
"""How many of the last writes are tried, and of those between."""

FIGURE = 2
"""So many writes of the figure are tried, which is drawn after the result was written."""


@pytest.fixture(scope="module")
def failing_server(failing_writes: FailingWrites) -> Iterator[Server]:
    """Its children's n-th write fails where their environment says so."""
    with Server({"LD_PRELOAD": str(failing_writes.library)}) as server:
        yield server


@pytest.fixture(scope="module")
def sound(failing_server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, object], int]:
    """A project to copy, what its run comes to, and about how many writes that takes."""
    project = Project(failing_server, tmp_path_factory.mktemp("sound") / "project", config("COBYLA", budget={"evaluations": 6}))
    run = project.copy(project.folder.with_name("run"))
    run.run()
    low, high = 1, 1024
    while high - low > 1:
        middle = (low + high) // 2
        trial = project.copy(project.folder.with_name(f"trial-{middle}"))
        trial.start(**failing(trial, middle, errno.EIO)).wait()
        low, high = (middle, high) if (trial.folder / "failed").exists() else (low, middle)
    return project, told(run), low


def failing(project: Project, at: int, error: int) -> dict[str, str]:
    """The environment of a run whose `at`-th write below runs/ fails."""
    where = {"FAIL_UNDER": str((project.folder / "runs").resolve()), "FAIL_AT": str(at), "FAIL_MARKER": str(project.folder / "failed")}
    return where | {"FAIL_ERRNO": str(error)}


@pytest.mark.parametrize(
    ("errors", "every"),
    [
        pytest.param((errno.ENOSPC, errno.EIO), False, id="in-turn"),
        pytest.param((errno.ENOSPC,), True, id="disk-full", marks=pytest.mark.nightly),
        pytest.param((errno.EIO,), True, id="io-error", marks=pytest.mark.nightly),
    ],
)
def test_a_run_stops_at_a_failing_write_and_goes_on_later(
    sound: tuple[Project, dict[str, object], int], tmp_path: Path, errors: tuple[int, ...], *, every: bool
) -> None:
    """For n = 1, 2, ...: the n-th write of the run fails."""
    original, expected, writes = sound
    assert writes > BEGINNING[-1] + BETWEEN + END
    rng = random.Random(1)  # noqa: S311 - which writes are tried
    numbers = range(1, writes + 1)
    some = [*BEGINNING, *sorted(rng.sample(numbers[BEGINNING[-1] : -END], BETWEEN)), *numbers[-END:]]
    figure = count(writes + 1) if every else range(writes + 1, writes + 1 + FIGURE)
    stopped = 0
    for at in chain(numbers if every else some, figure):
        project = original.copy(tmp_path / str(at))
        process = project.start(figure=at > writes, **failing(project, at, errors[at % len(errors)]))
        code, said = process.wait(), process.said()
        if code == 4:
            assert said.startswith("error: "), (at, said)
            assert "run the same command again" in said, (at, said)
            assert said.count("\n") == 1, (at, said)
            project.run()
            stopped += 1
        else:
            assert code == 0, (at, said)  # SQLite got around it
        assert told(project) == expected, at
        if at > writes and not (project.folder / "failed").exists():
            break
    assert stopped > (writes if every else len(some)) / 2
