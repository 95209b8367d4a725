"""Emulators for tests: with real jobs, or with jobs that need no quantum computer and start at once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.emulator.raw import Raw

from qopt.emulator import Emulator, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENGINE = "tests.emulator.engine"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator of all tests that want no settings of their own."""
    with Emulator.start(tmp_path_factory.mktemp("shared") / "emulator", Settings(engine=ENGINE)) as started:
        yield started


@pytest.fixture
def raw(shared: Emulator) -> Raw:
    """A user of an emulator whose jobs need no quantum computer, and that has forgotten the test before."""
    shared.control.reset()
    return Raw(shared)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Raw]]:
    """Starts emulators with settings of their own, whose jobs need no quantum computer; they are killed when the test ends."""
    with contextlib.ExitStack() as stack:

        def started(**settings: Any) -> Raw:
            folder = tmp_path / f"emulator {len(list(tmp_path.iterdir()))}"
            return Raw(stack.enter_context(Emulator.start(folder, Settings(engine=ENGINE, **settings))))

        yield started
