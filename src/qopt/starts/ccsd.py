"""Amplitudes of coupled cluster: where UCCSD begins when PySCF is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.coupled_cluster import coupled_cluster
from qopt.errors import InputError
from qopt.starts.amplitudes import angles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.ansatze.excitations import Excitation
    from qopt.coupled_cluster import CoupledCluster
    from qopt.problems.integrals import Integrals
    from qopt.types import Point

_PAIR = 2


def ccsd(integrals: Integrals, excitations: Sequence[Excitation], parameters: int) -> Point:
    """`(n,)` angles: the amplitudes `t_ia` of singles and `t_ijab` of doubles of CCSD, which is solved for the integrals by PySCF.

    What amplitudes of triples and of excitations between other orbitals, and shared or repeated ones get, is said at `angles`. For open
    shells the amplitudes are unrestricted ones on the orbitals as they are.

    Args:
        integrals: Of which the lowest orbitals are occupied, canonical or not.
        excitations: The ansatz.
        parameters: How many entries a point has, n.

    Raises:
        InputError: If PySCF isn't installed, the equations aren't solved, or an excitation doesn't fit.

    References:
        Purvis, Bartlett 1982, J. Chem. Phys. 76, 1910; as a start for UCC: Romero et al. 2018, arXiv:1701.02691.
    """
    solution = coupled_cluster(integrals)
    if not solution.converged:
        raise InputError(
            "the equations of CCSD have no solution that iterations find, as for bonds that are nearly broken: start with mp2 or zeros"
        )
    return angles(integrals, excitations, parameters, lambda excitation: _amplitude(integrals, solution, excitation))


def _amplitude(integrals: Integrals, solution: CoupledCluster, excitation: Excitation) -> float:
    """`t_ijab` for `T = a^dag_a a^dag_b a_j a_i`, with i and a or j and b swapped until alpha comes before beta, each with a sign."""
    norb, occupied = integrals.norb, integrals.electrons
    created, annihilated = sorted(excitation.created), sorted(excitation.annihilated)
    spins, spins_from = ([orbital // norb for orbital in side] for side in (created, annihilated))
    if spins != spins_from or len(spins) > _PAIR:
        return 0.0
    empty = [orbital % norb - occupied[spin] for orbital, spin in zip(created, spins, strict=True)]
    filled = [orbital % norb for orbital in annihilated]
    sign = -1.0 if (created == list(excitation.created)) != (annihilated == list(excitation.annihilated)) else 1.0
    amplitudes = solution.singles[spins[0]] if len(spins) == 1 else solution.doubles[sum(spins)]
    return sign * float(amplitudes[(*filled, *empty)])
