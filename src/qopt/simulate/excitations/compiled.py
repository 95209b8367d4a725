"""The sweeps over amplitudes by numba. Importing this module imports numba, and compiles the kernels the first time ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.simulate.excitations import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.simulate.excitations.hamiltonian import Hamiltonian, Term
    from qopt.simulate.excitations.rotations import Rotations
    from qopt.types import Point, Points, Values


def add_term(term: Term, state: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Add a term's product with an `(n_alpha, n_beta)` state to another one."""
    matrix = term.matrix
    rows = matrix.indptr.astype(np.uint32), matrix.indices.astype(np.uint32), matrix.data
    kernels.add_term(rows, (term.sources, term.images, term.signs), state, out)


class CompiledSweeps:
    """What the engine asks; see `PlainSweeps`.

    Where the Hamiltonian is a matrix a batch of points is one call of a kernel. Where it isn't, kernels do the sweeps alone.
    """

    name = "excitations-numba"
    add_term = staticmethod(add_term)

    def __init__(self, rotations: Rotations, hamiltonian: Hamiltonian, start: int, shape: tuple[int, int]) -> None:
        self._hamiltonian = hamiltonian
        self._shape = shape
        self._ansatz = (rotations.parameters, rotations.factors, start, shape)
        self._tables = rotations.tables
        self._lower = hamiltonian.lower

    def state(self, point: Point) -> NDArray[np.float64]:
        """The `(dim,)` state at a point."""
        return self._state(*self._turns(point)).reshape(-1)

    def image(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """H times a state."""
        if self._lower is None:
            return self._hamiltonian.apply(state)
        image = np.empty_like(state)
        kernels.product(state, self._lower, image)
        return image

    def slopes(self, state: NDArray[np.float64], image: NDArray[np.float64], pool: Rotations) -> NDArray[np.float64]:
        """`(m,)`: `2 <image| T - T^dag |state>` of each of m excitations, times its factor."""
        slopes = np.empty(len(pool.factors))
        still = np.ones(len(slopes)), np.zeros(len(slopes))
        kernels.backward(state.reshape(self._shape), image.reshape(self._shape), *still, pool.tables, slopes)
        return pool.factors * slopes

    def energies(self, points: Points) -> Values:
        """`(k,)` energies."""
        values = np.empty(len(points))
        if self._lower is not None:
            kernels.energies(points, self._ansatz, self._tables, self._lower, values)
            return values
        for row, point in enumerate(points):
            state = self.state(point)
            values[row] = state @ self.image(state)
        return values

    def gradients(self, points: Points) -> tuple[Values, NDArray[np.float64]]:
        """`(k,)` energies and `(k, n)` gradients, by one sweep forward and one back."""
        values, gradients = np.empty(len(points)), np.zeros(points.shape)
        if self._lower is not None:
            kernels.gradients(points, self._ansatz, self._tables, self._lower, values, gradients)
            return values, gradients
        parameters, factors, *_ = self._ansatz
        for row, point in enumerate(points):
            turns = self._turns(point)
            state = self._state(*turns)
            image = self.image(state.reshape(-1)).reshape(self._shape)
            values[row] = np.vdot(state, image)
            slopes = np.empty(len(factors))
            kernels.backward(state, image, *turns, self._tables, slopes)
            np.add.at(gradients[row], parameters, factors * slopes)
        return values, gradients

    def _turns(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        parameters, factors, *_ = self._ansatz
        angles = factors * point[parameters]
        return np.cos(angles), np.sin(angles)

    def _state(self, cosines: NDArray[np.float64], sines: NDArray[np.float64]) -> NDArray[np.float64]:
        state = np.zeros(self._shape)
        state.reshape(-1)[self._ansatz[2]] = 1.0
        kernels.forward(state, cosines, sines, self._tables)
        return state
