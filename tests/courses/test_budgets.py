"""Where a budget ends a course, what is reported belongs together, is written as JSON, and goes on with more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import qopt
from qopt import simulate
from qopt.assemble import physics
from qopt.config import molecules as models
from qopt.courses import Adapt, Deflation, Growth, Restarts
from qopt.journal import Answered, read
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from qopt.types import Result

HYDROGEN = Molecule(shipped("h2"), mapper="parity", tapering=False)
SHALLOW = qopt.hardware_efficient(2, reps=1)
SHOTS = 400


def once(evaluate: Callable[[Any], object], start: NDArray[Any], rng: object) -> NDArray[Any]:  # noqa: ARG001 - the protocol's
    """Ask for a point near the start alone: one evaluation for each leg."""
    evaluate(start[None, :] + 0.1)
    return start + 0.1


def adapt(**options: Any) -> dict[str, Any]:
    """A circuit that grows operator by operator."""
    config = models.AdaptAnsatz(type="adapt", pool="qubit", gradient=1e-6, **options)
    return {"ansatz": physics.ansatz_of(config, HYDROGEN), "course": physics.adapt_of(config, HYDROGEN)}


COURSES: dict[str, Callable[[], dict[str, Any]]] = {
    "adapt": lambda: adapt(operators=3),
    "growth": lambda: {"ansatz": SHALLOW, "course": Growth(3)},
    "restarts": lambda: {"ansatz": SHALLOW, "course": Restarts(3)},
    "vqd": lambda: {"ansatz": SHALLOW, "course": Deflation(3, tries=2)},
}


def run(folder: Path, course: dict[str, Any], **more: Any) -> Result:
    """With exact energies, unless others are asked for; what is written is valid JSON."""
    given = {"objective": qopt.Exact(), "optimizer": once, "seed": 3, "name": "run"} | course | more
    result = qopt.run(HYDROGEN, folder=folder, **given)

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    text = (folder / "run" / "result.json").read_text(encoding="utf-8")
    assert qopt.Result.from_json(json.loads(text, parse_constant=refuse)) == result
    return result


@pytest.mark.parametrize("course", ["adapt", "growth", "restarts"])
def test_a_budget_that_ends_at_the_first_question_of_a_leg_reports_the_leg_before(tmp_path: Path, course: str) -> None:
    """As if it had been the last: its circuit, its point and its energy."""
    for legs in (1, 2):
        result = run(tmp_path, COURSES[course](), budget=qopt.Budget(evaluations=legs))
        assert "budget" in result.status
        assert not result.converged
        assert result.evaluations == legs
        assert len(result.point) == len(result.parameters)
        assert result.course is not None
        told = {
            "adapt": lambda report: [len(report["operators"]), len(report["energies"])],
            "growth": lambda report: [report["repetitions"]],
            "restarts": lambda report: [len(report["energies"])],
        }
        assert set(told[course](result.course)) == {legs}
        if course != "restarts":
            assert len(result.parameters) == {"adapt": legs, "growth": 2 * (legs + 1)}[course]


@pytest.mark.parametrize("course", COURSES)
def test_a_budget_that_ends_before_anything_reports_the_start(tmp_path: Path, course: str) -> None:
    """Seconds that are over at once."""
    result = run(tmp_path, COURSES[course](), budget=qopt.Budget(wall=1e-9))
    assert "budget" in result.status
    assert result.evaluations == 0
    assert len(result.point) == len(result.parameters)
    assert np.isfinite(result.value)


def test_a_level_whose_first_start_is_complete_is_kept(tmp_path: Path) -> None:
    """Though the budget ends in the second; the next level is not begun."""
    result = run(tmp_path, COURSES["vqd"](), budget=qopt.Budget(evaluations=2))
    assert "budget" in result.status
    assert "2 of 3 levels" in result.status
    assert len(result.levels) == 2
    assert result.course is not None
    assert [len(row) for row in result.course["overlaps"]] == [1]
    more = run(tmp_path, COURSES["vqd"]())
    assert len(more.levels) == 3
    assert more.levels[0].value == result.levels[0].value


def assert_together(result: Result, course: Adapt) -> None:
    """Circuit, operators, point and energy are of one leg."""
    assert result.course is not None
    operators = result.course["operators"]
    assert len(operators) == len(result.parameters) == len(result.point)
    ansatz = course.pool.ansatz([course.elements.index(name) for name in operators])
    (exact,) = simulate.expectations(ansatz.circuit, np.array([result.point]), [HYDROGEN.hamiltonian()])[0]
    assert abs(result.value - exact) < 6 * result.stderr + 1e-9


def raised(folder: Path, course: dict[str, Any], budget: int, step: int) -> list[tuple[Result, str]]:
    """A run whose budget of shots is raised a little at a time until it ends by itself; each result, and what was answered before it."""
    found: list[tuple[Result, str]] = []
    while not found or "budget" in found[-1][0].status:
        result = run(folder, course, objective=qopt.Expectation(SHOTS), budget=qopt.Budget(shots=budget))
        answered = [record.stage for record in read(folder / "run").records if isinstance(record, Answered)]
        assert result.shots <= budget
        found.append((result, ["", *(stage for stage in answered if stage != "final")][-1]))
        budget += step
        assert len(found) < 400
    return found


def test_noisy_growth_that_is_stopped_at_a_pool_or_after_it_reports_what_belongs_together(tmp_path: Path) -> None:
    """Also where a little more of the budget measures the pool alone."""
    course = adapt(operators=2)
    found = raised(tmp_path, course, 8 * SHOTS, 2 * SHOTS)
    for result, _ in found:
        assert_together(result, course["course"])
    assert {"pool", "main"} <= {stage for _, stage in found}


def test_noisy_levels_that_are_stopped_before_an_overlap_or_after_it_are_as_many_as_are_told(tmp_path: Path) -> None:
    """What is measured at last rests on overlaps, too."""
    found = raised(tmp_path, {"ansatz": SHALLOW, "course": Deflation(2, tries=1)}, 12 * SHOTS, SHOTS)
    for result, _ in found:
        assert result.course is not None
        assert len(result.levels) == 1 + len(result.course["overlaps"])
    assert {(len(result.levels), stage) for result, stage in found} == {(1, "main"), (2, "overlap")}
