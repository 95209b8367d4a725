"""ffsim made to compute the very ansatz of the others: each factor of the product by two products with its generator.

With A = T - T^dag and A^3 = -A, `exp(theta A) = 1 + sin(theta) A + (1 - cos(theta)) A^2`. ffsim numbers orbitals for each spin and lets
alpha operators stand before beta ones, as blockwise Jordan-Wigner does. It has no gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ffsim
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("ffsim",)


class Factors:
    """A product of exponentials of excitations."""

    def __init__(self, problem: dict[str, Any]) -> None:
        norb, electrons = problem["norb"], tuple(problem["electrons"])
        hamiltonian = ffsim.MolecularHamiltonian(np.array(problem["one_body"]), np.array(problem["two_body"]), problem["constant"])
        self._hamiltonian = ffsim.linear_operator(hamiltonian, norb=norb, nelec=electrons)
        self._reference = ffsim.hartree_fock_state(norb, electrons)
        self._generators = [
            ffsim.linear_operator(_generator(created, annihilated, norb), norb=norb, nelec=electrons)
            for created, annihilated in problem["excitations"]
        ]

    def energies(self, points: NDArray) -> list[float]:
        """One after the other."""
        return [self._energy(point) for point in points]

    def _energy(self, point: NDArray) -> float:
        state = self._reference
        for angle, generator in zip(point, self._generators, strict=True):
            image = generator @ state
            state = state + np.sin(angle) * image + (1.0 - np.cos(angle)) * (generator @ image)
        return float(np.vdot(state, self._hamiltonian @ state).real)


def _generator(created: list[int], annihilated: list[int], norb: int) -> ffsim.FermionOperator:
    def operators(plus: list[int], minus: list[int]) -> tuple[tuple[bool, bool, int], ...]:
        written = [(True, orbital) for orbital in plus] + [(False, orbital) for orbital in reversed(minus)]
        return tuple((creates, orbital >= norb, orbital % norb) for creates, orbital in written)

    return ffsim.FermionOperator({operators(created, annihilated): 1.0, operators(annihilated, created): -1.0})


def prepare(problem: dict[str, Any], threads: int) -> Factors:  # noqa: ARG001 - the worker's environment tells its libraries
    """The molecule."""
    return Factors(problem)
