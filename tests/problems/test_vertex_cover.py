"""The custom problem that is shown to users, used as they would."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from qopt.problems import reference_of

if TYPE_CHECKING:
    from qopt.problems import Problem

PROBLEMS = Path(__file__).parents[2] / "problems"


@pytest.fixture
def problem() -> Problem:
    """The vertex cover of the Florentine families."""
    spec = importlib.util.spec_from_file_location("vertex_cover", PROBLEMS / "vertex_cover.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.VertexCover(PROBLEMS / "graphs" / "florentine.edges")


def test_its_two_definitions_agree(problem: Problem) -> None:
    """The energy from the definition is the Hamiltonian's on random strings."""
    bits = np.random.default_rng(5).integers(2, size=(200, problem.qubits), dtype=np.uint8)
    assert problem.energies(bits) == pytest.approx([problem.energy("".join(map(str, row))) for row in bits.tolist()])


def test_its_minimum_is_a_cover(problem: Problem) -> None:
    """Eight families touch all 20 marriages, as many as are not in the largest independent set."""
    reference = reference_of(problem)
    assert reference is not None
    assert (reference.value, reference.kind) == (8.0, "brute force")


def test_it_names_the_cover_and_what_is_missing(problem: Problem) -> None:
    """The answer is told in families, with the edges that a bad cover leaves out."""
    only = "1" + "0" * (problem.qubits - 1)
    assert problem.interpret({only: 4}).text == "Acciaiuoli (19 edges uncovered)"
