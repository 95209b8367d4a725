"""Any sequence of faults, jumps of the clock, kills and restarts of qopt and of the platform: the run ends with the same bits."""

from __future__ import annotations

import signal
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, run_state_machine_as_test
from hypothesis.stateful import rule as step
from hypothesis.strategies import integers, lists, sampled_from, tuples
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
EXAMPLES, EVERYDAY, NIGHTLY = 5, 6, 40
"""Sequences in a test, tests for every day, and as many more as make 200 for the night."""
KILLS = (
    "accepted",
    "accepted",
    "accepted",
    "asked",
    "encoded",
    "submitted",
    "ended",
    "fetched",
    "executed",
    "answered",
    "measured",
    "folded",
    "finished",
)
"""Where qopt is killed; most often where a job is there and nothing says so."""
JUMPS = (10.0, 100.0, 2000.0, 40000.0)
"""Seconds: less and more than what a Session may idle, than what it may stay unused, and than all that it may take."""
OFTEN = ("session", "submission", "listing", "job", "results", "closing")
"""Requests that are disturbed more often than others: those that jobs are sent, found and paid by."""
TROUBLES = tuples(sampled_from([*sorted(TROUBLE), *sorted(FATES)]), sampled_from([*OFTEN, *sorted(REQUESTS)]), integers(1, 3))
SEVERAL = lists(TROUBLES, min_size=1, max_size=4)
PARTS = 2
"""Commands that are disturbed, at most."""
LONGEST_LOOK = 3.0
"""Seconds to wait for jobs that may never come, since something went wrong before."""
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

    @initialize(troubles=SEVERAL, failpoint=sampled_from(KILLS), times=integers(1, 3))
    def the_run_is_begun_and_killed(self, troubles: list[tuple[str, str, int]], failpoint: str, times: int) -> None:
        """Or it ends, where it does not come so far."""
        self._go_on(troubles, failpoint, times)

    @precondition(lambda self: self.parts < PARTS)
    @step(troubles=SEVERAL, failpoint=sampled_from(KILLS), times=integers(1, 3))
    def the_run_goes_on_until_it_is_killed(self, troubles: list[tuple[str, str, int]], failpoint: str, times: int) -> None:
        """Or until it ends, where it does not come so far."""
        self._go_on(troubles, failpoint, times)

    @precondition(lambda self: self.parts < PARTS)
    @step(troubles=SEVERAL, jobs=integers(1, 3), seconds=sampled_from((0.0, *JUMPS)))
    def the_run_goes_on_while_the_platform_dies(self, troubles: list[tuple[str, str, int]], jobs: int, seconds: float) -> None:
        """It is killed as soon as it has taken so many more jobs, and comes back at a later time."""
        self._await(troubles)
        emulator = self.rehearsal.emulator
        before = len(emulator.control.jobs())
        with self.rehearsal.started() as process:
            end = time.monotonic() + LONGEST_LOOK
            while len(emulator.control.jobs()) < before + jobs and time.monotonic() < end:
                time.sleep(0.02)
            emulator.restart()
            emulator.control.advance(seconds)
            assert process.wait() in RESUMABLE, process.said()

    def _go_on(self, troubles: list[tuple[str, str, int]], failpoint: str, times: int) -> None:
        self._await(troubles)
        with self.rehearsal.started(QOPT_FAILPOINT=f"{failpoint}:{times}") as process:
            assert process.wait() in RESUMABLE, process.said()

    def _await(self, troubles: list[tuple[str, str, int]]) -> None:
        """Let the platform have them ready: for the n-th request of a kind, or for the n-th job."""
        self.parts += 1
        rules = [{**FATES[name], "nth": nth} if name in FATES else rule(kind, TROUBLE[name], nth=nth) for name, kind, nth in troubles]
        self.rehearsal.emulator.control.faults(rules)

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
        # A platform that refuses to tell the last bill is not asked until it does: the result says that it is missing.
        assert_same(self.rehearsal, self.expected, billed=False)


def turbulence(number: int) -> object:
    """One share of the sequences, for every day or for the night."""
    return pytest.param(number, marks=() if number < EVERYDAY else pytest.mark.nightly)


@pytest.mark.parametrize("number", [turbulence(number) for number in range(EVERYDAY + NIGHTLY)])
def test_whatever_happens_a_run_ends_with_the_same_bits(
    emulator: Emulator, server: Server, expected: dict[str, Any], tmp_path: Path, number: int
) -> None:
    """And every job is executed and billed once. What fails is not made smaller, for every try takes seconds."""
    folders = count()
    generation = GENERATIONS[number % len(GENERATIONS)]

    @seed(number)
    def begun() -> Turbulence:
        return Turbulence(emulator, server, tmp_path / str(next(folders)), generation, expected[generation])

    often = settings(
        max_examples=EXAMPLES,
        stateful_step_count=5,
        derandomize=False,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(begun, settings=often)
