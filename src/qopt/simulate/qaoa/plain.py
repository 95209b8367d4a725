"""QAOA in numpy, for small states and where there is no numba. The whole state is held, for all points of a batch side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.simulate.qaoa.costs import tabulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal
    from qopt.types import Point, Points, Values

_GROUP = 5
"""Qubits that one product of matrices mixes."""
_BATCH = 1 << 13
"""Amplitudes of the points that are computed together."""


class Plain:
    """QAOA on whole states in numpy.

    Attributes:
        costs: `(2**n,)` costs.
    """

    name = "qaoa-numpy"
    symmetric = False

    def __init__(self, diagonal: Diagonal, layers: int) -> None:
        self._layers = layers
        self._qubits = diagonal.variables
        self.costs = tabulate(diagonal, self._qubits, levels=False)
        self._groups = [min(_GROUP, self._qubits - first) for first in range(0, self._qubits, _GROUP)]

    def compile_needed(self, *, gradient: bool) -> bool:  # noqa: ARG002 - as the kernels are asked
        """Never."""
        return False

    def energies(self, points: Points) -> Values:
        """`(k,)` energies."""
        out = np.empty(len(points))
        for part in self._parts(len(points)):
            out[part] = self._energies(self._states(points[part]))
        return out

    def gradients(self, points: Points) -> tuple[Values, Points]:
        """`(k,)` energies and `(k, 2 p)` gradients."""
        values, gradients = np.empty(len(points)), np.empty(points.shape)
        for part in self._parts(len(points)):
            values[part], gradients[part] = self._adjoint(points[part])
        return values, gradients

    def weights(self, point: Point) -> NDArray[np.float64]:
        """`(2**n,)` probabilities."""
        state = self.state(point)
        return state.real**2 + state.imag**2

    def state(self, point: Point) -> NDArray[np.complex128]:
        """`(2**n,)` amplitudes."""
        states = self._states(point[None])
        return states.reshape(-1)

    def _parts(self, points: int) -> Iterator[slice]:
        """Slices of so many points that their states stay small."""
        many = max(1, _BATCH >> self._qubits)
        return (slice(first, first + many) for first in range(0, points, many))

    def _energies(self, states: NDArray[np.complex128]) -> Values:
        """One sum for each row, so that a point's bits don't depend on the others of its batch."""
        return np.array([(state.real**2 + state.imag**2) @ self.costs.table for state in states])

    def _states(self, points: Points) -> NDArray[np.complex128]:
        """`(k, 2**n)` states."""
        states = np.full((len(points), 1 << self._qubits), 0.5 ** (0.5 * self._qubits), dtype=np.complex128)
        for layer in range(self._layers):
            states *= self._phases(points[:, layer])
            states = self._mixed(states, points[:, self._layers + layer])
        return states

    def _phases(self, gammas: NDArray[np.float64]) -> NDArray[np.complex128]:
        """exp(-i gamma C) = exp(i gamma H)."""
        angles = gammas[:, None] * self.costs.table
        out = np.empty(angles.shape, dtype=np.complex128)
        np.cos(angles, out=out.real)
        np.sin(angles, out=out.imag)
        return out

    def _grouped(self, states: NDArray[np.complex128]) -> Iterator[tuple[int, NDArray[np.complex128]]]:
        """For each group of qubits its size and the states as `(k, high, 2**size, low)`."""
        first = 0
        for size in self._groups:
            yield size, states.reshape(len(states), -1, 1 << size, 1 << first)
            first += size

    def _mixed(self, states: NDArray[np.complex128], betas: NDArray[np.float64]) -> NDArray[np.complex128]:
        """exp(-i beta X) on all qubits: one element is cos(beta)^(m - d) (-i sin(beta))^d, with d differing bits of m."""
        cosine, sine = np.cos(betas)[:, None], -1j * np.sin(betas)[:, None]
        first = 0
        for size in self._groups:
            powers = np.arange(size + 1)
            matrices = (cosine ** (size - powers) * sine**powers)[:, _distances(size)]
            split = states.reshape(len(states), -1, 1 << size, 1 << first)
            states = (split[..., 0] @ matrices if first == 0 else matrices[:, None] @ split).reshape(states.shape)
            first += size
        return states

    def _sum_of_flips(self, states: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """sum_q X_q on each state."""
        out = np.zeros_like(states)
        for size, split in self._grouped(states):
            out += ((_distances(size) == 1).astype(np.float64) @ split).reshape(states.shape)
        return out

    def _adjoint(self, points: Points) -> tuple[Values, Points]:
        """Energies and gradients: a layer's state psi and H psi, taken back through the same layers, give both derivatives.

        d/d beta = 2 Im <lambda| sum X |psi>, and d/d gamma = -2 Im <lambda| H |psi>.
        """
        states = self._states(points)
        energies = self._energies(states)
        adjoints = states * self.costs.table
        gradients = np.empty(points.shape)
        for layer in reversed(range(self._layers)):
            gradients[:, self._layers + layer] = 2.0 * _overlaps(adjoints, self._sum_of_flips(states)).imag
            betas, phases = -points[:, self._layers + layer], self._phases(-points[:, layer])
            states, adjoints = self._mixed(states, betas), self._mixed(adjoints, betas)
            gradients[:, layer] = -2.0 * _overlaps(adjoints, states * self.costs.table).imag
            states *= phases
            adjoints *= phases
        return energies, gradients


def _overlaps(bras: NDArray[np.complex128], kets: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """`(k,)` inner products of rows."""
    return np.array([np.vdot(bra, ket) for bra, ket in zip(bras, kets, strict=True)])


def _distances(size: int) -> NDArray[np.uint8]:
    """`(2**size, 2**size)` how many bits of row and column differ."""
    numbers = np.arange(1 << size)
    return np.asarray(np.bitwise_count(numbers[:, None] ^ numbers), dtype=np.uint8)
