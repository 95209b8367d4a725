"""What holds for every test: one thread of linear algebra each, no window, no account; how many examples a property gets."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.runs import Server

# Workers share the cores already, and threads of their own would only get in each other's way. Set before NumPy is imported.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "Agg"
# No test may reach a real account through what the environment of its author happens to hold.
for _name in [name for name in os.environ if name.startswith(("QISKIT_IBM_", "QOPT_"))]:
    del os.environ[_name]

# No deadline: a slow machine is no bug. Derandomized, so that a commit passes or fails for everybody alike.
settings.register_profile(
    "everyday", deadline=None, derandomize=True, max_examples=50, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", settings.get_profile("everyday"), derandomize=False, max_examples=2000)
settings.load_profile("everyday")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Starts command lines of qopt in milliseconds; see tests/faults/runs.py."""
    from tests.faults.runs import Server  # noqa: PLC0415 - the variables above are to be set first

    with Server() as started:
        yield started


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How often runs were killed, all workers together."""
    kills: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, times in report.user_properties:
            if name.startswith("killed "):
                kills[name] += times
    for name, times in sorted(kills.items()):
        terminalreporter.write_line(f"runs {name}: {times} times")
