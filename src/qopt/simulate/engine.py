"""What every exact engine answers, whatever it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Engine(Protocol):
    """One circuit and one Hamiltonian, simulated without noise: k points of n parameters, in radians, in one call."""

    @property
    def name(self) -> str:
        """What computes, for the result: `circuit-aer`."""
        ...

    def energies(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k,)` expectation values of the Hamiltonian at `(k, n)` points."""
        ...

    def gradient(self, point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The energy at one `(n,)` point, and its `(n,)` derivatives there."""
        ...

    def gradients(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(k,)` energies and `(k, n)` derivatives at `(k, n)` points."""
        ...

    def samples(self, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`(k, shots)` basis states drawn at `(k, n)` points; bit i of a basis state is qubit i."""
        ...
