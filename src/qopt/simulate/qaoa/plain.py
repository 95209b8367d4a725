"""QAOA in numpy, for small states and where there is no numba. The whole state is held, without the symmetry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from qopt.simulate.qaoa.costs import tabulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal
    from qopt.types import Point, Points, Values

_SMALL = 1 << 18
_GROUP = 5
"""Qubits that one product of matrices mixes."""


def memory_needed(variables: int, *, gradient: bool) -> int:
    """Bytes that energies or gradients of n variables take: the costs, and at most so many states at a time."""
    return (8 + 16 * (6 if gradient else 4) << variables) + _SMALL


class Plain:
    """QAOA on whole states in numpy, one point after the other: what numpy makes of a batch in one array may differ in the last bits.

    Attributes:
        costs: `(2**n,)` costs.
    """

    name = "qaoa-numpy"
    symmetric = False

    def __init__(self, diagonal: Diagonal, layers: int) -> None:
        self._layers = layers
        self._qubits = diagonal.variables
        self.costs = tabulate(diagonal, self._qubits, levels=False)

    def compile_needed(self, *, gradient: bool) -> bool:  # noqa: ARG002 - as the kernels are asked
        """Never."""
        return False

    def energies(self, points: Points) -> Values:
        """`(k,)` energies."""
        return np.array([self._energy(self.state(point)) for point in points])

    def gradients(self, points: Points) -> tuple[Values, Points]:
        """`(k,)` energies and `(k, 2 p)` gradients."""
        values, gradients = np.empty(len(points)), np.empty(points.shape)
        for row, point in enumerate(points):
            values[row] = self._adjoint(point, gradients[row])
        return values, gradients

    def weights(self, point: Point) -> NDArray[np.float64]:
        """`(2**n,)` probabilities."""
        state = self.state(point)
        return state.real**2 + state.imag**2

    def state(self, point: Point) -> NDArray[np.complex128]:
        """`(2**n,)` amplitudes."""
        state = np.full(1 << self._qubits, 0.5 ** (0.5 * self._qubits), dtype=np.complex128)
        for gamma, beta in zip(*np.split(point, 2), strict=True):
            state *= self._phases(gamma)
            state = self._mixed(state, beta)
        return state

    def _energy(self, state: NDArray[np.complex128]) -> float:
        """<psi| H |psi>."""
        return float((state.real**2 + state.imag**2) @ self.costs.table)

    def _phases(self, gamma: float) -> NDArray[np.complex128]:
        """exp(-i gamma C) = exp(i gamma H)."""
        angles = gamma * self.costs.table
        out = np.empty(angles.shape, dtype=np.complex128)
        np.cos(angles, out=out.real)
        np.sin(angles, out=out.imag)
        return out

    def _groups(self, state: NDArray[np.complex128]) -> Iterator[tuple[int, tuple[int, int, int]]]:
        """For each group of qubits its size, and the shape in which the middle axis is the group."""
        for first in range(0, self._qubits, _GROUP):
            size = min(_GROUP, self._qubits - first)
            yield size, (len(state) >> (first + size), 1 << size, 1 << first)

    def _mixed(self, state: NDArray[np.complex128], beta: float) -> NDArray[np.complex128]:
        """exp(-i beta X) on all qubits: one element is cos(beta)^(m - d) (-i sin(beta))^d, with d differing bits of m."""
        for size, shape in self._groups(state):
            powers = np.arange(size + 1)
            elements = np.cos(beta) ** (size - powers) * (-1j * np.sin(beta)) ** powers
            state = _applied(elements[_distances(size)], state, shape)
        return state

    def _flipped(self, state: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """sum_q X_q on a state."""
        out = np.zeros_like(state)
        for size, shape in self._groups(state):
            out += _applied((_distances(size) == 1).astype(np.complex128), state, shape)
        return out

    def _adjoint(self, point: Point, gradient: Point) -> float:
        """The energy, and the gradient to `gradient`: psi and lambda = H psi, taken back through the layers, give both derivatives.

        d/d beta = 2 Im <lambda| sum X |psi>, and d/d gamma = -2 Im <lambda| H |psi>.
        """
        state = self.state(point)
        energy = self._energy(state)
        adjoint = state * self.costs.table
        for layer in reversed(range(self._layers)):
            gamma, beta = point[layer], point[self._layers + layer]
            gradient[self._layers + layer] = 2.0 * np.vdot(adjoint, self._flipped(state)).imag
            state, adjoint = self._mixed(state, -beta), self._mixed(adjoint, -beta)
            gradient[layer] = -2.0 * np.vdot(adjoint, state * self.costs.table).imag
            phases = self._phases(-gamma)
            state *= phases
            adjoint *= phases
        return energy


def _applied(matrix: NDArray[np.complex128], state: NDArray[np.complex128], shape: tuple[int, int, int]) -> NDArray[np.complex128]:
    """A symmetric matrix on the middle axis of a state."""
    split = state.reshape(shape)
    return (split[..., 0] @ matrix if shape[2] == 1 else matrix @ split).reshape(-1)


@cache
def _distances(size: int) -> NDArray[np.uint8]:
    """`(2**size, 2**size)` how many bits of row and column differ."""
    numbers = np.arange(1 << size)
    return np.asarray(np.bitwise_count(numbers[:, None] ^ numbers), dtype=np.uint8)
