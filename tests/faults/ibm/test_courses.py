"""Runs of several circuits on the emulated device: killed and resumed, no job is executed twice, whatever circuit it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.course_runs import COURSES
from tests.faults.ibm.killing import BOUNDARIES, DEVICE, WAITING, assert_same
from tests.faults.test_kill import STAGES

if TYPE_CHECKING:
    from tests.faults.ibm.killing import Bench


def config(course: str, mode: str = "job") -> dict[str, Any]:
    """A small run of a course on the emulated device."""
    return {**COURSES[course], "execution": {"backend": DEVICE, "mode": mode, "primitives": "legacy", "waiting": WAITING}}


DAILY = {("adapt-sampled", "job", "accepted:1"), ("adapt-sampled", "job", "submitted:2"), ("vqd-sampled", "job", "accepted:4")}
EVERY = [
    (course, mode, f"{name}:{k}")
    for course in ("adapt-sampled", "vqd-sampled", "growth-sampled")
    for mode in ("job", "session")
    for name in (*BOUNDARIES, *STAGES)
    for k in ((1,) if name in STAGES else (1, 2, 4))
]


@pytest.mark.parametrize(
    ("course", "mode", "boundary"), [case if case in DAILY else pytest.param(*case, marks=pytest.mark.nightly) for case in EVERY]
)
def test_a_course_that_is_killed_executes_no_job_twice(bench: Bench, course: str, mode: str, boundary: str) -> None:
    """Neither the optimizer's, nor one that measures a pool's gradients or overlaps."""
    expected = bench.unkilled(config(course, mode))
    project = bench.project(config(course, mode))
    bench.kill_at(project, boundary)
    bench.run(project)
    assert_same(bench, project, expected)
