"""Which classical reference a problem gets: its own, or the strongest one that is affordable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.references import BRUTE_FORCE_VARIABLES, DIAGONALISE_QUBITS, brute_force, diagonalise
from qopt.types import Reference

if TYPE_CHECKING:
    from qopt.problems.problem import Problem


def reference_of(problem: Problem) -> Reference | None:
    """The best known value of a problem and how it is known, or None where nothing affordable knows it.

    That is `problem.exact()` where the problem has one, else brute force up to 24 variables where H is diagonal, else exact
    diagonalisation up to 14 qubits.
    """
    own = problem.exact()
    if own is not None:
        return own
    sign = problem.sense.sign
    if problem.diagonal is not None and problem.qubits <= BRUTE_FORCE_VARIABLES:
        lowest, highest, _ = brute_force(problem.diagonal)
        return Reference(sign * lowest + 0.0, "brute force", worst=sign * highest + 0.0)
    if problem.diagonal is None and problem.qubits <= DIAGONALISE_QUBITS:
        lowest, highest = diagonalise(problem.hamiltonian())
        return Reference(sign * lowest + 0.0, "exact diagonalisation", worst=sign * highest + 0.0)
    return None
