"""What fault tests share: writers that can be killed, and a disk whose n-th write fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent


@dataclass(frozen=True)
class FailingWrites:
    """The compiled shim. Put `environment` into a process's environment and the n-th write under a folder fails there.

    To try every n: count up from 1, give each its own marker, and stop at the first whose marker was not created.
    """

    library: Path

    def environment(self, under: Path, at: int, marker: Path, *, error: int, lasting: bool = False) -> dict[str, str]:
        """The variables for a process whose `at`-th write below `under` fails with the errno `error`, and all later ones if `lasting`."""
        where = {"FAIL_UNDER": str(under.resolve()), "FAIL_AT": str(at), "FAIL_MARKER": str(marker)}
        return where | self.kind(error, lasting=lasting)

    def kind(self, error: int, *, lasting: bool = False) -> dict[str, str]:
        """Only how writes fail, for a process that sets the rest itself."""
        return {"LD_PRELOAD": str(self.library), "FAIL_ERRNO": str(error)} | ({"FAIL_LASTING": "1"} if lasting else {})


@pytest.fixture(scope="session")
def failing_writes(tmp_path_factory: pytest.TempPathFactory) -> FailingWrites:
    """A disk whose n-th write fails; needs Linux and a C compiler."""
    if sys.platform != "linux":
        pytest.skip("writes are made to fail by the Linux loader's LD_PRELOAD, which other systems lack; CI runs on Linux")
    compiler = shutil.which("cc")
    assert compiler is not None, "there is no C compiler to build the shim that makes writes fail: install gcc"
    library = tmp_path_factory.mktemp("shim") / "failing_writes.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, HERE / "failing_writes.c", "-ldl"], check=True)
    return FailingWrites(library)


@dataclass(frozen=True)
class Writer:
    """A running `journal_writer.py`."""

    process: subprocess.Popen[str]

    def go(self) -> None:
        """Let it go on to where it waits next."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def says(self) -> str:
        """Its next line; empty when it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def kill(self) -> list[str]:
        """SIGKILL; what it had said and nobody had read."""
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        return self.process.stdout.read().splitlines()  # not communicate(), which misses what readline() has buffered


@pytest.fixture
def writers() -> Iterator[Callable[..., Writer]]:
    """Start a process that appends to a journal when told to `go`: `writers(folder, rows, cycles, *flags, **environment)`."""
    with ExitStack() as started:

        def start(folder: Path, rows: int = 0, cycles: int = 1, *flags: str, **environment: str) -> Writer:
            command = [sys.executable, HERE / "journal_writer.py", folder, str(rows), str(cycles), *flags]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
            started.enter_context(process)
            started.callback(process.kill)
            return Writer(process)

        yield start


@pytest.fixture
def killed_folder(tmp_path: Path, writers: Callable[..., Writer]) -> Path:
    """A journal of 42 rows: 21 in the database, 21 in the log because their writer was killed, the last one above the head."""
    writer = writers(tmp_path / "killed", 21, 2)
    writer.go()
    writer.go()
    while writer.says() != "41":
        assert writer.process.poll() is None
    writer.kill()
    return tmp_path / "killed"
