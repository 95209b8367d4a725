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


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Raw]]:
    """Starts emulators whose jobs need no quantum computer; they are killed when the test ends."""
    with contextlib.ExitStack() as stack:

        def started(**settings: Any) -> Raw:
            folder = tmp_path / f"emulator {len(list(tmp_path.iterdir()))}"
            return Raw(stack.enter_context(Emulator.start(folder, Settings(engine=ENGINE, **settings))))

        yield started
