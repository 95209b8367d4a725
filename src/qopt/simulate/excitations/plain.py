"""The sweeps over amplitudes in NumPy: for small sectors, where nothing is worth compiling, and where numba is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.simulate.excitations.hamiltonian import add_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from qopt.simulate.excitations.hamiltonian import Hamiltonian
    from qopt.simulate.excitations.rotations import Rotations
    from qopt.types import Point, Points, Values

KEPT_PAIRS = 1 << 22
"""Pairs of indices that are written out once and kept: 64 MiB."""


class PlainSweeps:
    """What the engine asks of a state, an excitation and a point at a time.

    Args:
        rotations: The ansatz.
        hamiltonian: H, without its constant.
        start: The entry that all amplitude is in at first.
        shape: How many strings of spin alpha and beta there are.
    """

    name = "excitations-numpy"
    add_term = staticmethod(add_term)

    def __init__(self, rotations: Rotations, hamiltonian: Hamiltonian, start: int, shape: tuple[int, int]) -> None:
        self._rotations = rotations
        self._hamiltonian = hamiltonian
        self._start = start
        self._shape = shape
        self._pairs = _pairs(rotations, shape[1])

    def state(self, point: Point) -> NDArray[np.float64]:
        """The `(dim,)` state at a point."""
        state = np.zeros(self._shape[0] * self._shape[1])
        state[self._start] = 1.0
        for pairs, turn in zip(self._pairs(), self._turns(point), strict=True):
            state[pairs] = turn @ state[pairs]
        return state

    def image(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """H times a state."""
        return self._hamiltonian.apply(state)

    def slopes(self, state: NDArray[np.float64], image: NDArray[np.float64], pool: Rotations) -> NDArray[np.float64]:
        """`(m,)`: `2 <image| T - T^dag |state>` of each of m excitations, times its factor."""
        return pool.factors * [_slope(state[pairs], image[pairs]) for pairs in _pairs(pool, self._shape[1])()]

    def energies(self, points: Points) -> Values:
        """`(k,)` energies."""
        states = (self.state(point) for point in points)
        return np.array([state @ self.image(state) for state in states])

    def gradients(self, points: Points) -> tuple[Values, NDArray[np.float64]]:
        """`(k,)` energies and `(k, n)` gradients, by one sweep forward and one back."""
        values, gradients = np.empty(len(points)), np.zeros(points.shape)
        parameters, factors = self._rotations.parameters, self._rotations.factors
        slopes = np.empty(len(factors))
        for row, point in enumerate(points):
            state = self.state(point)
            image = self.image(state)
            values[row] = state @ image
            backwards = zip(reversed(range(len(factors))), self._pairs(backwards=True), self._turns(point)[::-1], strict=True)
            for k, pairs, turn in backwards:
                left, right = state[pairs], image[pairs]
                slopes[k] = _slope(left, right)
                state[pairs], image[pairs] = turn.T @ left, turn.T @ right
            np.add.at(gradients[row], parameters, factors * slopes)
        return values, gradients

    def _turns(self, point: Point) -> NDArray[np.float64]:
        """`(k, 2, 2)` rotations of the pairs of each excitation."""
        angles = self._rotations.factors * point[self._rotations.parameters]
        turns = np.empty((len(angles), 2, 2))
        turns[:, 0, 0] = turns[:, 1, 1] = np.cos(angles)
        turns[:, 1, 0] = np.sin(angles)
        turns[:, 0, 1] = -turns[:, 1, 0]
        return turns


def _pairs(rotations: Rotations, columns: int) -> Callable[..., Iterator[NDArray[np.int64]]]:
    """A function that goes through the `(2, m)` pairs of each excitation, from the last one to the first if asked to."""
    spans = rotations.spans.astype(np.int64)
    total = ((spans[:, 1] - spans[:, 0]) * (spans[:, 3] - spans[:, 2])).sum()
    kept = [rotations.pairs(k, columns) for k in range(len(spans))] if total <= KEPT_PAIRS else None

    def through(*, backwards: bool = False) -> Iterator[NDArray[np.int64]]:
        if kept is not None:
            return reversed(kept) if backwards else iter(kept)
        order = range(len(spans))
        return (rotations.pairs(k, columns) for k in (reversed(order) if backwards else order))

    return through


def _slope(state: NDArray[np.float64], image: NDArray[np.float64]) -> float:
    """`2 <image| T - T^dag |state>` from the `(2, m)` amplitudes of both, sources first."""
    return 2.0 * float(image[1] @ state[0] - image[0] @ state[1])
