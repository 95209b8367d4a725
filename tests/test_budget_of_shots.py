"""A budget of shots holds whatever they are for: the optimizer's points, a pool's gradients, overlaps, and what is measured at last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qopt
from qopt.assemble import physics
from qopt.config import molecules as models
from qopt.courses import Deflation, Growth
from qopt.errors import InputError
from qopt.optimizers import SPSA
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

HYDROGEN = Molecule(shipped("h2"), mapper="parity", tapering=False)
SHALLOW = qopt.hardware_efficient(2, reps=1)


def once(evaluate: Callable[[Any], object], start: NDArray[Any], rng: object) -> NDArray[Any]:  # noqa: ARG001 - the protocol's
    """Ask for the start alone, so that little is left over for what comes at last."""
    evaluate(start[None, :])
    return start


def adapt() -> dict[str, Any]:
    """A growing circuit, whose pool is measured in bases of its own."""
    config = models.AdaptAnsatz(type="adapt", pool="qubit", operators=3)
    return {"ansatz": physics.ansatz_of(config, HYDROGEN), "course": physics.adapt_of(config, HYDROGEN)}


COURSES: dict[str, Callable[[], dict[str, Any]]] = {
    "adapt": adapt,
    "growth": lambda: {"ansatz": SHALLOW, "course": Growth(3)},
    "vqd": lambda: {"ansatz": SHALLOW, "course": Deflation(4, tries=1)},
}


@pytest.mark.parametrize("optimizer", [once, SPSA(iterations=1)], ids=["once", "spsa"])
@pytest.mark.parametrize("course", COURSES)
@settings(max_examples=4)
@given(budget=st.integers(2_300, 12_000))
def test_a_course_stays_within_its_budget_of_shots(
    tmp_path_factory: pytest.TempPathFactory, course: str, optimizer: Any, budget: int
) -> None:
    """All shots of all stages together, the final measurement's included; nothing is left out."""
    given = {"objective": qopt.Expectation(100), "optimizer": optimizer, "budget": qopt.Budget(shots=budget), "seed": 3}
    folder = tmp_path_factory.mktemp("runs")
    result = qopt.run(HYDROGEN, folder=folder, name="run", **given, **COURSES[course]())
    assert result.shots <= budget
    assert result.shots == sum(answer.shots or 0 for answer in answers(folder / "run"))


def answers(home: Path) -> list[Any]:
    """All answers of a run."""
    return [record for record in qopt.journal.read(home).records if isinstance(record, qopt.journal.Answered)]


def test_a_budget_that_holds_fewer_levels_than_are_asked_for_is_refused(tmp_path: Path) -> None:
    """Before anything is written: all levels are measured at last."""
    with pytest.raises(InputError, match=r"budget is 2000 shots, expected .* each of 4 points"):
        qopt.run(
            HYDROGEN,
            ansatz=SHALLOW,
            course=Deflation(4),
            objective=qopt.Expectation(100),
            budget=qopt.Budget(shots=2_000),
            folder=tmp_path,
        )
    assert not list(tmp_path.iterdir())
