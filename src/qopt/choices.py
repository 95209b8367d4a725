"""What a run does where nothing was said: where it begins and by which optimizer, each with the reason in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt import starts
from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.optimizers import Scipy, choose
from qopt.problems.excitation_product import ExcitationProduct

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze import Ansatz
    from qopt.legs import Course
    from qopt.types import Minimizer, Point

_GENERALISED = ("kupccgsd", "givens")
"""Ansatzes whose generalised excitations do nothing to a determinant, so that they have no slope where all angles are 0."""
_SMALL_ANGLE = 0.1
_TIGHT = {"ftol": 1e-14, "gtol": 1e-7}
"""Of L-BFGS-B: at its usual tolerances a leg would end at the saddle that it begins at, where one angle alone is new."""


def choose_optimizer(
    parameters: int, course: Course | None, *, noisy: bool, good_start: bool, evaluations: int | None
) -> tuple[Minimizer, tuple[Minimizer, ...], str]:
    """The optimizer where none is named, what it may be under another budget, and why.

    How many parameters a course comes to isn't known beforehand: it begins with few.
    """
    count = parameters or (1 if course else 0)
    chosen = {limit: choose(noisy=noisy, parameters=count, good_start=good_start, evaluations=limit) for limit in (evaluations, 1, None)}
    optimizer, reason = chosen[evaluations]
    if course and course.begins_at_saddles and not noisy:
        return Scipy("L-BFGS-B", _TIGHT), (), f"{reason}; to its last digits, since every leg begins where the one before ended"
    return optimizer, (chosen[1][0], chosen[None][0]), reason


def choose_start(start: ArrayLike | None, ansatz: Ansatz, hamiltonian: SparsePauliOp, seed: int) -> tuple[Point, bool, str]:
    """Where to begin, whether it is known to be good, and why it was chosen; a start that is to be trained begins where none was given.

    Raises:
        InputError: If it is neither as many angles as the ansatz has parameters, nor `trained`.
    """
    if isinstance(start, str) and start != "trained":
        message = f"the start is {start!r}, expected 'trained' or the angles in radians"
        raise InputError(message, ("start",))
    if start is not None and not isinstance(start, str):
        point = _numbers(start)
        _check_start(point, ansatz)
        return point, True, ""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    point, good, reason = default_start(ansatz, hamiltonian, rng)
    return (point, good, reason) if start is None else (point, True, "start: trained on the exact engine")


def default_start(ansatz: Ansatz, hamiltonian: SparsePauliOp, rng: np.random.Generator) -> tuple[Point, bool, str]:
    """Where to begin when nothing was said: the point, whether it is known to be good, and why it was chosen."""
    if not ansatz.parameters:
        return np.zeros(0), True, ""
    if isinstance(ansatz.product, ExcitationProduct):
        return _amplitudes(ansatz.product, ansatz.name, rng)
    layers = ansatz.layers or 1
    if ansatz.name == "hva" and ansatz.scales is not None:
        return starts.annealing(ansatz.scales, layers), False, "start: terms switched on slowly, as in annealing"
    if ansatz.name != "qaoa":
        return starts.random_start(len(ansatz.parameters), rng), False, "start: random angles, since there is no formula for this ansatz"
    diagonal = Diagonal.from_operator(hamiltonian)
    if diagonal is not None and set(diagonal.supports.sum(axis=1).tolist()) - {0} == {2}:
        return starts.fixed_angles(hamiltonian, layers), True, "start: published fixed angles, rescaled to the graph"
    return starts.ramp(hamiltonian, layers), False, "start: a linear ramp, since the Hamiltonian is not one of couplings alone"


def _amplitudes(product: ExcitationProduct, name: str, rng: np.random.Generator) -> tuple[Point, bool, str]:
    """Perturbation theory's, and small random angles around them where these alone have no slope."""
    point = starts.mp2(product.integrals, product.excitations, product.parameters)
    if name not in _GENERALISED:
        return point, False, "start: amplitudes of second-order perturbation theory"
    said = "start: small random angles around amplitudes of second-order perturbation theory, which alone are a stationary point"
    return point + rng.normal(0.0, _SMALL_ANGLE, len(point)), False, said


def _numbers(start: ArrayLike) -> Point:
    """A start as an array.

    Raises:
        InputError: If it is not made of numbers.
    """
    try:
        return np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        message = f"the start is {start!r}, expected 'trained' or the angles in radians"
        raise InputError(message, ("start",)) from None


def _check_start(point: Point, ansatz: Ansatz) -> None:
    wanted = len(ansatz.parameters)
    if point.shape != (wanted,):
        message = f"the start has {point.size} values, expected {wanted}: {', '.join(ansatz.parameters)}"
        raise InputError(message, ("start", "values"))
    if not np.isfinite(point).all():
        message = f"the start is {point.tolist()}, expected finite numbers"
        raise InputError(message, ("start", "values"))
