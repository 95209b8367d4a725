"""Any sequence of faults, jumps of the clock, kills and restarts of qopt and of the platform: the run ends with the same bits."""

from __future__ import annotations

import signal
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, run_state_machine_as_test
from hypothesis.stateful import rule as step
from hypothesis.strategies import integers, sampled_from
from tests.faults.ibm.matrix import GENERATIONS, REQUESTS, RUN, Rehearsal, assert_same, rule
from tests.faults.runs import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.runs import Server

    from qopt.emulator.handle import Emulator

TROUBLE: dict[str, dict[str, Any]] = {
    "500": {"do": "status", "code": 500},
    "502-after": {"do": "status", "code": 502, "when": "after"},
    "520": {"do": "status", "code": 520},
    "429": {"do": "status", "code": 429, "retry_after": 0},
    "401": {"do": "status", "code": 401},
    "403": {"do": "status", "code": 403},
    "404": {"do": "status", "code": 404},
    "409": {"do": "status", "code": 409},
    "reset": {"do": "reset"},
    "reset-after": {"do": "reset", "when": "after"},
    "half": {"do": "reset", "sent": "half", "when": "after"},
    "truncated": {"do": "truncate"},
    "garbage": {"do": "garbage"},
    "wrong-type-after": {"do": "wrong_type", "when": "after"},
    "empty-after": {"do": "empty", "when": "after"},
    "login-void": {"do": "expire_tokens"},
    "sessions-over": {"do": "expire_sessions"},
}
FATES: dict[str, dict[str, Any]] = {
    "fails": {"do": "fail"},
    "is-cancelled": {"do": "cancel"},
    "takes-too-long": {"do": "too_long", "billed": 0},
    "stalls": {"do": "stall"},
}
KILLS = ("asked", "encoded", "accepted", "submitted", "ended", "fetched", "executed", "answered", "measured", "folded", "finished")
"""Where qopt is killed."""
JUMPS = (10.0, 100.0, 2000.0, 40000.0)
"""Seconds: less and more than what a Session may idle, than what it may stay unused, and than all that it may take."""
PARTS = 2
"""Commands that are disturbed, at most."""
MOST = 12
"""Commands that it may take to get through all troubles: each ends one of them, and none comes back."""
RESUMABLE = (0, 3, -signal.SIGKILL)


class Turbulence(RuleBasedStateMachine):
    """One run and its platform.

    Args:
        emulator: The platform.
        server: Starts command lines.
        folder: For the run; a new one for each.
        generation: Of the primitives.
        expected: What the run comes to.
    """

    def __init__(self, emulator: Emulator, server: Server, folder: Path, generation: str, expected: dict[str, Any]) -> None:
        super().__init__()
        emulator.control.reset()
        run = {**RUN, "execution": {**RUN["execution"], "primitives": generation}}
        self.rehearsal = Rehearsal(Project(server, folder, run), emulator)
        self.expected = expected
        self.parts = 0
        self.rehearsal.wait_for(job=3.0)

    @step(trouble=sampled_from(sorted(TROUBLE)), request_kind=sampled_from(sorted(REQUESTS)), nth=integers(1, 3))
    def something_will_go_wrong(self, trouble: str, request_kind: str, nth: int) -> None:
        """With one of the next requests of a kind."""
        self.rehearsal.emulator.control.faults([rule(request_kind, TROUBLE[trouble], nth=nth)])

    @step(fate=sampled_from(sorted(FATES)), nth=integers(1, 3))
    def a_job_will_not_come_through(self, fate: str, nth: int) -> None:
        """One of the next."""
        self.rehearsal.emulator.control.faults([{**FATES[fate], "nth": nth}])

    @step(seconds=sampled_from(JUMPS))
    def time_passes(self, seconds: float) -> None:
        """For the platform, while nobody works on the run."""
        self.rehearsal.emulator.control.advance(seconds)

    @step()
    def what_stalls_goes_on(self) -> None:
        """Somebody mends the queue."""
        self.rehearsal.emulator.control.release()

    @step()
    def the_platform_is_restarted(self) -> None:
        """While nobody works on the run."""
        self.rehearsal.emulator.restart()

    @precondition(lambda self: self.parts < PARTS)
    @step(failpoint=sampled_from(KILLS), times=integers(1, 3))
    def the_run_goes_on_until_it_is_killed(self, failpoint: str, times: int) -> None:
        """Or until it ends, where it does not come so far."""
        self._part(QOPT_FAILPOINT=f"{failpoint}:{times}")

    @precondition(lambda self: self.parts < PARTS)
    @step(jobs=integers(1, 3), seconds=sampled_from((0.0, *JUMPS)))
    def the_run_goes_on_while_the_platform_dies(self, jobs: int, seconds: float) -> None:
        """It is killed as soon as it has taken so many jobs, and comes back later."""
        self.parts += 1
        emulator = self.rehearsal.emulator
        with self.rehearsal.started() as process:
            end = time.monotonic() + 2.0
            while len(emulator.control.jobs()) < jobs and time.monotonic() < end:
                time.sleep(0.02)
            emulator.restart()
            emulator.control.advance(seconds)
            assert process.wait() in RESUMABLE, process.said()

    def _part(self, **environment: str) -> None:
        self.parts += 1
        with self.rehearsal.started(**environment) as process:
            assert process.wait() in RESUMABLE, process.said()

    def teardown(self) -> None:
        """The same command again and again: every trouble is over some time, and then nothing tells that there was any."""
        control = self.rehearsal.emulator.control
        self.rehearsal.wait_for(job=60.0)
        codes = []
        while not codes or codes[-1] != 0:
            assert len(codes) < MOST, codes
            control.release()
            with self.rehearsal.started() as process:
                codes.append(process.wait())
            assert codes[-1] in (0, 3), process.said()
        assert_same(self.rehearsal, self.expected)


def turbulent(examples: int) -> settings:
    """So many runs; what fails is not made smaller, for every try takes seconds."""
    return settings(
        settings.get_profile("everyday"),
        max_examples=examples,
        stateful_step_count=6,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("examples", [15, pytest.param(100, marks=pytest.mark.nightly)])
def test_whatever_happens_a_run_ends_with_the_same_bits(
    emulator: Emulator, server: Server, expected: dict[str, Any], tmp_path: Path, generation: str, examples: int
) -> None:
    """And every job is executed and billed once."""
    folders = count()
    run_state_machine_as_test(
        lambda: Turbulence(emulator, server, tmp_path / str(next(folders)), generation, expected[generation]), settings=turbulent(examples)
    )
