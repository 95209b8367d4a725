"""The energy of coupled cluster with singles and doubles: what a classical computer finds in polynomial time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.coupled_cluster import coupled_cluster, pyscf_is_installed

if TYPE_CHECKING:
    from qopt.problems.integrals import Integrals


def ccsd_energy(integrals: Integrals) -> float | None:
    """In hartree, with the constant of the integrals; it isn't variational, so it may lie below the exact energy.

    It is computed on the determinant with the lowest orbitals filled, restricted for closed shells, and for open ones unrestricted on the
    orbitals as they are.

    Returns:
        None where PySCF, the extra `chem`, isn't installed, or the equations have no solution that iterations find, as for bonds that are
        nearly broken.

    References:
        Purvis, Bartlett 1982, J. Chem. Phys. 76, 1910.
    """
    if not pyscf_is_installed():
        return None
    solution = coupled_cluster(integrals)
    return solution.energy if solution.converged else None
