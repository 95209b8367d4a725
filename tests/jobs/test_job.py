"""`qopt job`: any job of the account by its id, and what came of it."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from tests.emulator.clients import teach
from tests.execution.kinds import KINDS
from tests.faults.runs import EXACT
from tests.jobs.users import RUN

from qopt.execution.ibm.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.users import User


@pytest.fixture
def waiting(make_user: Callable[..., User]) -> tuple[User, str]:
    """A user who left a job in the queue, and its id."""
    found = make_user()
    found.hold()
    return found, found.leave()


def decoded(user: User, job: str) -> list[dict[str, object]]:
    """A job's result as the client itself decodes it."""
    teach()
    with mock.patch.dict(os.environ, user.platform.environment):
        return [dict(pub.data.items()) for pub in Account().job(job).result(timeout=30)]


def test_a_job_is_described(waiting: tuple[User, str]) -> None:
    """Its state, device, tags and Session; while it waits it was billed nothing."""
    user, job = waiting
    said = user.json("job", job)
    assert (said["id"], said["state"], said["backend"], said["program"]) == (job, "queued", "ibm_fez", "sampler")
    assert (said["session"], said["seconds"]) == (None, None)
    assert any(tag.startswith("qopt-") and tag.endswith("-main-0") for tag in said["tags"])
    assert "result" not in said


def test_a_result_is_waited_for_and_has_the_client_s_counts(waiting: tuple[User, str]) -> None:
    """For every parameter set all that was measured, the most frequent string first."""
    user, job = waiting
    process = user.start("job", job, "--result", "--json")
    user.release()
    assert process.wait() == 0
    said = user.json("job", job, "--result")
    assert said["seconds"] > 0
    (data,) = decoded(user, job)
    assert len(said["result"]) == math.prod(data["bits"].shape)  # type: ignore[attr-defined]  # a BitArray
    for part in said["result"]:
        assert part["counts"] == data["bits"].get_counts(tuple(part["index"]))  # type: ignore[attr-defined]  # as above
        assert sum(part["counts"].values()) == part["shots"] == 256
        assert sorted(part["counts"].values(), reverse=True) == list(part["counts"].values())
    shown = user.run("job", job, "--result")
    assert "PUB 0, register bits" in shown
    assert "more (--json has all)" in shown


def test_a_result_that_does_not_come_in_time_is_left_there(waiting: tuple[User, str]) -> None:
    """Exit code 75, as of everything that is to be tried again later."""
    user, job = waiting
    said = user.run("job", job, "--result", "--wait", "0", code=75)
    assert f"job {job} is queued" in said
    assert user.at_service(job) == "Queued"


def test_a_cancelled_job_has_no_result(waiting: tuple[User, str]) -> None:
    """Cancelled by its id, asked for in vain, and cancelled again without harm."""
    user, job = waiting
    assert user.run("job", job, "--cancel") == f"Cancelled job {job}.\n"
    assert user.at_service(job) == "Cancelled"
    assert "was cancelled" in user.run("job", job, "--result", code=3)
    assert "had ended before (cancelled)" in user.run("job", job, "--cancel")


def test_a_job_that_failed_says_why(make_user: Callable[..., User]) -> None:
    """In what it is described with, in the run's standing, and instead of a result."""
    user = make_user()
    user.hold()
    user.platform.control.faults([{"do": "fail", "message": "the cryostat is warm", "code": 6073}])
    job = user.leave()
    user.release()
    user.until(lambda: user.at_service(job) == "Failed", why="the job fails")
    assert "the cryostat is warm" in user.json("job", job)["error"]
    assert "the cryostat is warm" in user.run("status", "run", COLUMNS="100")
    assert "the cryostat is warm" in user.run("job", job, "--result", code=3)


@pytest.mark.parametrize("primitives", [kind for kind in KINDS if kind != "aer"])
def test_expectation_values_come_with_their_errors(make_user: Callable[..., User], primitives: str) -> None:
    """Of both kinds of Estimator, value by value what the client decodes."""
    objective = {"type": "expectation", "shots": 256}
    user = make_user(**{**EXACT, "objective": objective, "optimizer": {"type": "none"}})
    user.project.configure(execution={**user.project.config["execution"], "primitives": primitives})
    user.run(*RUN)
    job = user.jobs()[-1]
    said = user.json("job", job, "--result")["result"]
    data = decoded(user, job)
    assert {part["pub"] for part in said} == set(range(len(data)))
    for part in said:
        index = tuple(part["index"])
        assert part["value"] == data[part["pub"]]["evs"][index]  # type: ignore[index]  # an array
        assert part["stderr"] == data[part["pub"]]["stds"][index]  # type: ignore[index]  # as above


@pytest.mark.parametrize("job", ["d0000000000000000000", "no/job", "", "../sessions"])
def test_an_id_that_is_none_is_one_clear_error(make_user: Callable[..., User], job: str) -> None:
    """Exit code 2 and what to do."""
    user = make_user()
    for option in ("--cancel", "--result"):
        said = user.run("job", job, option, code=2)
        assert repr(job) in said
        assert said.count("\n") == 1


def test_a_result_is_not_waited_for_and_cancelled_at_once(waiting: tuple[User, str]) -> None:
    """The two exclude each other, and nothing is done."""
    user, job = waiting
    assert "--result or --cancel" in user.run("job", job, "--result", "--cancel", code=2)
    assert user.at_service(job) == "Queued"
