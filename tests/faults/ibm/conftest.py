"""The emulated platform that tests of a module share; each resets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.faults.ibm import killing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.ibm.killing import Bench
    from tests.faults.runs import Server


@pytest.fixture(scope="session")
def bench(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An emulated platform for runs that are killed."""
    opened = killing.opened(server, tmp_path_factory.mktemp("killing"))
    with opened.emulator:
        yield opened
