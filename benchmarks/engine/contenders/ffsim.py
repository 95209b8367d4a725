"""ffsim with its own UCCSD: one exponential of the sum of all excitations, restricted to singlets. It has no gradients.

That is another ansatz than a product of exponentials, with fewer parameters: the energies are compared where the two coincide, see
`coincident_points`. Amplitudes are those of the alpha electrons' excitations: t1[i, a] of a single, t2[i, j, a, b] of the double that takes
i alpha to a and j beta to b.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ffsim
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("ffsim",)


class Restricted:
    """A closed shell: as many electrons of spin alpha as of spin beta."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self._norb, (self._occupied, beta) = problem["norb"], problem["electrons"]
        self._electrons = self._occupied, beta
        hamiltonian = ffsim.MolecularHamiltonian(np.array(problem["one_body"]), np.array(problem["two_body"]), problem["constant"])
        self._hamiltonian = ffsim.linear_operator(hamiltonian, norb=self._norb, nelec=self._electrons)
        self._reference = ffsim.hartree_fock_state(self._norb, self._electrons)
        self._excitations = problem["excitations"]

    def energies(self, points: NDArray) -> list[float]:
        """One after the other."""
        return [self._energy(*self._amplitudes(point)) for point in points]

    def _energy(self, t1: NDArray, t2: NDArray) -> float:
        operator = ffsim.UCCSDOpRestrictedReal(t1=t1, t2=t2)
        state = ffsim.apply_unitary(self._reference, operator, norb=self._norb, nelec=self._electrons)
        return float(np.vdot(state, self._hamiltonian @ state).real)

    def _amplitudes(self, point: NDArray) -> tuple[NDArray, NDArray]:
        norb, occupied = self._norb, self._occupied
        t1 = np.zeros((occupied, norb - occupied))
        t2 = np.zeros((occupied, occupied, norb - occupied, norb - occupied))
        for angle, (created, annihilated) in zip(point, self._excitations, strict=True):
            if len(created) == 1 and created[0] < norb:
                t1[annihilated[0], created[0] - occupied] = angle
            elif len(created) == 2 and created[0] < norb <= created[1]:  # noqa: PLR2004 - a double of both spins
                t2[annihilated[0], annihilated[1] - norb, created[0] - occupied, created[1] - norb - occupied] = angle
        # Singlets: which of the two electrons is the alpha one doesn't matter.
        return t1, 0.5 * (t2 + t2.transpose(1, 0, 3, 2))


def prepare(problem: dict[str, Any], threads: int) -> Restricted:  # noqa: ARG001 - the worker's environment tells its libraries
    """The molecule."""
    return Restricted(problem)
