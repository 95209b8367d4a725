"""Exact overlaps of two states of one ansatz of excitations, with gradients: what excited states are kept apart by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError
from qopt.simulate.checks import checked, limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from qopt.simulate.excitations.engine import ExcitationEngine
    from qopt.types import Points, Values


class OverlapEngine:
    """`|<psi(phi)|psi(theta)>|^2` at `(k, 2n)` points `[theta | phi]`.

    It is the energy of `psi(theta)` under the projector on `psi(phi)`, so the engine's own sweeps differentiate it.

    Args:
        engine: Of the ansatz.
        parameters: How many the ansatz has, n.
    """

    def __init__(self, engine: ExcitationEngine, parameters: int) -> None:
        self.name = engine.name
        self._engine = engine
        self._parameters = parameters
        self._projector = _Projector()
        self._projected = engine.under(self._projector)
        self._limits = limits(np.ones(2 * parameters))

    def energies(self, points: ArrayLike) -> Values:
        """`(k,)` overlaps."""
        states = [(self._engine.state(theta), self._engine.state(phi)) for theta, phi in self._halves(points)]
        return np.array([float(ket @ bra) ** 2 for ket, bra in states])

    def gradient(self, point: ArrayLike) -> tuple[float, NDArray[np.float64]]:
        """The overlap at one `(2n,)` point, and its derivatives there."""
        values, gradients = self.gradients(np.asarray(point, dtype=np.float64)[None, :])
        return float(values[0]), gradients[0]

    def gradients(self, points: ArrayLike) -> tuple[Values, NDArray[np.float64]]:
        """`(k,)` overlaps and `(k, 2n)` derivatives: it is symmetric in the two states."""
        values, gradients = [], []
        for theta, phi in self._halves(points):
            value, ket = self._slopes(theta, phi)
            _, bra = self._slopes(phi, theta)
            values.append(value)
            gradients.append(np.concatenate([ket, bra]))
        return np.array(values), np.array(gradients)

    def samples(self, points: ArrayLike, shots: int, rng: np.random.Generator) -> NDArray[np.int64]:  # noqa: ARG002 - the protocol's
        """None: an overlap is a number of two states, and no state of its own.

        Raises:
            InputError: Always.
        """
        raise InputError("overlaps of excitations are computed, not sampled: ask for their expectation")

    def _slopes(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        self._projector.bra = self._engine.state(phi)
        return self._projected.gradient(theta)

    def _halves(self, points: ArrayLike) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        rows: Points = checked(points, self._limits)
        return [(row[: self._parameters], row[self._parameters :]) for row in rows]


class _Projector:
    """The projector on one state, in place of a Hamiltonian."""

    lower = None

    def __init__(self) -> None:
        self.bra: NDArray[np.float64] = np.zeros(0)

    def apply(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """The state's part along it."""
        image: NDArray[np.float64] = self.bra * float(self.bra @ state)
        return image
