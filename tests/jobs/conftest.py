"""One emulated platform for all tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.jobs.users import User, user

from qopt.emulator import Emulator, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.runs import Server

OTHERS = 11
"""Jobs of others in every queue."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A running platform."""
    with Emulator.start(tmp_path_factory.mktemp("emulator"), Settings(real_time=True, queue_length=OTHERS)) as started:
        yield started


@pytest.fixture
def make_user(server: Server, platform: Emulator, tmp_path: Path) -> Callable[..., User]:
    """Makes users with a project of their own."""

    def make(name: str = "project", **choices: Any) -> User:
        return user(server, tmp_path / name, platform, **choices)

    return make
