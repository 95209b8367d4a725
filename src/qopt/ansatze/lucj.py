"""The local unitary cluster Jastrow ansatz: plain gates with angles from coupled cluster. It needs the extras `chem` and `lucj`."""

from __future__ import annotations

from cmath import phase, polar
from itertools import combinations
from math import atan2, pi
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate

from qopt.ansatze.ansatz import Ansatz
from qopt.coupled_cluster import coupled_cluster, pyscf_is_installed
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals

Interactions: TypeAlias = Literal["all", "square", "heavy-hex"]
_SMALLEST = 1e-10
"""Radians: smaller phases are left out."""
_HEAVY_HEX = 4
"""Where two lines of qubits run side by side on a heavy hexagonal lattice, there is a bridge at every fourth qubit."""


def lucj(integrals: Integrals, *, layers: int = 1, interactions: Interactions = "all") -> Ansatz:
    """`V prod_l U_l exp(i J_l) U_l^dag |HF>` without free parameters, on the qubits of Jordan-Wigner without tapering. Closed shells only.

    The rotations U of orbitals and the real symmetric matrices J, with `J = 1/2 sum J_pq n_p n_q` over spin orbitals, are the largest terms
    of a factorisation of the amplitudes of doubles of CCSD, and V comes from those of singles. Nothing is optimised: what is left out by
    few layers and by `interactions` is lost. Qubits 0 to norb - 1 are the alpha orbitals, norb to 2 norb - 1 the beta orbitals. The state
    is exact up to a global phase.

    Rotations that meet are one: `U_{l+1}^dag U_l` between two layers, and the first one makes a determinant, which takes `k (norb - k)`
    gates for k electrons. All act on neighbours.

    Args:
        integrals: Of which the lowest orbitals are doubly occupied.
        layers: L, the terms of the factorisation that are kept; beyond the last one they do nothing.
        interactions: Which `J_pq` are kept: `all`; `square` those of neighbours of equal spin and of the two spins in one orbital, as a
            square lattice connects; `heavy-hex` of the latter only every fourth orbital.

    Raises:
        InputError: If ffsim or PySCF isn't installed, electrons are unpaired, there is nothing to excite, no layer, no such choice of
            interactions, or the equations of CCSD aren't solved.

    References:
        Motta, Sung, Whaley, Head-Gordon, Shee 2023, Chem. Sci. 14, 11213; orbital rotations: Clements et al. 2016, arXiv:1603.08788;
        determinants: Jiang et al. 2018, arXiv:1711.05395.
    """
    ffsim = _ffsim()
    norb, (alpha, beta) = integrals.norb, integrals.electrons
    if interactions not in get_args(Interactions):
        raise InputError(f"interactions is {interactions!r}, expected {' or '.join(get_args(Interactions))}")
    if layers < 1:
        raise InputError(f"layers is {layers}, expected 1 or more")
    if alpha != beta or not 0 < alpha < norb:
        raise InputError(
            f"LUCJ is for closed shells with something to excite, got {alpha} alpha and {beta} beta electrons in {norb} orbitals: "
            "use kupccgsd"
        )
    solution = coupled_cluster(integrals)
    if not solution.converged:
        raise InputError("the equations of CCSD have no solution that iterations find, so LUCJ has no angles: use kupccgsd")
    operator = ffsim.UCJOpSpinBalanced.from_t_amplitudes(
        solution.doubles[1], t1=solution.singles[0], n_reps=layers, interaction_pairs=_pairs(norb, interactions)
    )
    return Ansatz(_circuit(operator, norb, alpha, ffsim.linalg), (), "lucj", layers)


def _ffsim() -> Any:  # noqa: ANN401 - typed only where it is installed
    try:
        import ffsim  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        missing = "ffsim"
    else:
        if pyscf_is_installed():
            return ffsim
        missing = "PySCF"
    raise InputError(f"LUCJ needs PySCF and ffsim, and {missing} is not installed: pip install 'qopt-vqa[chem,lucj]', or use kupccgsd")


def _pairs(norb: int, interactions: Interactions) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
    """Which orbitals of equal and of unlike spin interact; None for all."""
    if interactions == "all":
        return None
    step = _HEAVY_HEX if interactions == "heavy-hex" else 1
    return [(p, p + 1) for p in range(norb - 1)], [(p, p) for p in range(0, norb, step)]


def _circuit(operator: Any, norb: int, electrons: int, linalg: Any) -> QuantumCircuit:  # noqa: ANN401 - ffsim's
    """Both spins side by side: the determinant, and then in turn phases and the rotation to the next layer's orbitals."""
    circuit = QuantumCircuit(2 * norb, name="lucj")
    rotations = list(operator.orbital_rotations)
    last = np.eye(norb) if operator.final_orbital_rotation is None else operator.final_orbital_rotation
    # Orbital p becomes column p of a rotation, and the first one is the adjoint of U_1: its columns are the rows of U_1, conjugated.
    occupied = rotations[0].conj()[:electrons].astype(complex)
    for first in (0, norb):
        circuit.x(range(first, first + electrons))
        _givens(circuit, linalg.givens_decomposition_slater(occupied), first)
    for layer, (same, unlike) in enumerate(operator.diag_coulomb_mats):
        _phases(circuit, same, unlike)
        following = rotations[layer + 1].conj().T if layer + 1 < len(rotations) else last
        turns, angles = linalg.givens_decomposition(following @ rotations[layer])
        for first in (0, norb):
            _givens(circuit, turns, first)
            for p, factor in enumerate(angles):
                if abs(phase(factor)) > _SMALLEST:
                    circuit.p(phase(factor), first + p)
    return circuit


def _givens(circuit: QuantumCircuit, turns: Iterable[tuple[float, complex, int, int]], first: int) -> None:
    """Rotations of neighbouring orbitals, `(c, s; -s*, c)` in ffsim's convention, on the qubits from the first one on."""
    for c, s, i, j in turns:
        size, direction = polar(s)
        if size > _SMALLEST:
            circuit.append(XXPlusYYGate(2 * atan2(size, c), direction - pi / 2), (first + i, first + j))


def _phases(circuit: QuantumCircuit, same: NDArray[np.float64], unlike: NDArray[np.float64]) -> None:
    """`exp(i J)` for `J = 1/2 sum_pq same_pq (n_pa n_qa + n_pb n_qb) + sum_pq unlike_pq n_pa n_qb`; since `n n = n`, p = q are phases."""
    norb = len(same)
    for p in range(norb):
        for first in (0, norb):
            if abs(same[p, p]) > _SMALLEST:
                circuit.p(same[p, p] / 2, first + p)
    controlled = [(same[p, q], first + p, first + q) for first in (0, norb) for p, q in combinations(range(norb), 2)]
    controlled += [(unlike[p, q], p, norb + q) for p in range(norb) for q in range(norb)]
    for angle, one, other in controlled:
        if abs(angle) > _SMALLEST:
            circuit.cp(angle, one, other)
