"""QAOA as it is defined, gate by gate on a complex vector: slow, and plain to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal


def costs(diagonal: Diagonal) -> NDArray[np.float64]:
    """`(2**n,)` values of H; bit i of a state's number is qubit i, and Z is 1 - 2 bit."""
    states = np.arange(2**diagonal.variables)
    out = np.zeros(len(states))
    for coefficient, support in zip(diagonal.coefficients, diagonal.supports, strict=True):
        product = np.ones(len(states))
        for qubit in np.flatnonzero(support):
            product *= 1 - 2 * (states >> qubit & 1)
        out += coefficient * product
    return out


def state(diagonal: Diagonal, point: NDArray[np.float64]) -> NDArray[np.complex128]:
    """prod_l exp(-i beta_l sum X) exp(-i gamma_l C) |+> with C = -H; the point is gamma_1 .. gamma_p, beta_1 .. beta_p."""
    n = diagonal.variables
    gammas, betas = np.split(point, 2)
    cost = -costs(diagonal)
    psi = np.full(2**n, 2 ** (-n / 2), dtype=complex)
    for gamma, beta in zip(gammas, betas, strict=True):
        psi = np.exp(-1j * gamma * cost) * psi
        for qubit in range(n):
            psi = np.cos(beta) * psi - 1j * np.sin(beta) * psi[np.arange(2**n) ^ 1 << qubit]
    return psi


def energy(diagonal: Diagonal, point: NDArray[np.float64]) -> float:
    """<psi| H |psi>."""
    return float(np.abs(state(diagonal, point)) ** 2 @ costs(diagonal))


def tail_mean(diagonal: Diagonal, point: NDArray[np.float64], alpha: float) -> float:
    """The mean of the lowest fraction of the distribution, state by state."""
    left, total = alpha, 0.0
    probabilities = np.abs(state(diagonal, point)) ** 2
    for cost, probability in sorted(zip(costs(diagonal), probabilities, strict=True)):
        part = min(left, probability)
        total += part * cost
        left -= part
    return total / (alpha - left)
