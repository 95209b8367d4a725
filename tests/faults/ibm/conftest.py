"""The emulated platform that tests of a module share; each resets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.ibm import killing
from tests.faults.ibm.matrix import GENERATIONS, RUN, Rehearsal, rehearsing, undisturbed

from qopt.emulator.handle import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.ibm.killing import Bench
    from tests.faults.runs import Server


@pytest.fixture(scope="session")
def bench(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An emulated platform for runs that are killed."""
    opened = killing.opened(server, tmp_path_factory.mktemp("killing"))
    with opened.emulator:
        yield opened


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A platform for runs that have trouble with it, put back to its beginning before each."""
    with Emulator.start(tmp_path_factory.mktemp("emulator")) as started:
        yield started


@pytest.fixture(scope="session")
def expected(emulator: Emulator, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What a run with each generation of primitives comes to that nothing happens to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return {generation: undisturbed(emulator, server, folder / generation, primitives=generation) for generation in GENERATIONS}


@pytest.fixture
def rehearsal(emulator: Emulator, expected: dict[str, dict[str, Any]], server: Server, tmp_path: Path) -> Iterator[Rehearsal]:  # noqa: ARG001 - it resets the platform
    """A run on a platform where nothing has happened yet."""
    with rehearsing(emulator, server, tmp_path, RUN) as begun:
        yield begun
