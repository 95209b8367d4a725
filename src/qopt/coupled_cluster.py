"""Coupled cluster with singles and doubles on given integrals, by PySCF, which the extra `chem` brings: the energy and the amplitudes.

What is made of the amplitudes lives elsewhere: starts in `starts.ccsd`, circuits in `ansatze.lucj`.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals

    Array = NDArray[np.float64]

_ENERGY, _AMPLITUDES, _CYCLES = 1e-10, 1e-8, 300
"""Where the iterations end: changes of the energy in hartree and of the norm of the amplitudes, or so many of them."""
_DECIMALS = 10
"""Of amplitudes. Threads add up in any order: without rounding, the last digits of a circuit or a start would differ from run to run."""


@dataclass(frozen=True, eq=False)
class CoupledCluster:
    """The amplitudes of `exp(T1 + T2)` on the determinant with the lowest orbitals filled, and its energy.

    `T1 = sum t_ia a^dag_a a_i` and `T2 = 1/4 sum t_ijab a^dag_a a^dag_b a_j a_i` over occupied spin orbitals i, j and empty ones a, b. Both
    are counted by spin, i and j from the lowest orbital and a and b from the lowest empty one.

    Attributes:
        energy: In hartree, with the constant of the integrals. It is no expectation, and may lie below the exact energy.
        converged: Whether the iterations ended before there were too many.
        singles: `(occupied, empty)` of spin alpha and of spin beta.
        doubles: `(occupied, occupied, empty, empty)` of two alpha electrons, of an alpha and a beta electron in this order, and of two beta
            electrons.
    """

    energy: float
    converged: bool
    singles: tuple[Array, Array]
    doubles: tuple[Array, Array, Array]


def pyscf_is_installed() -> bool:
    """Whether `coupled_cluster` can do its work."""
    return importlib.util.find_spec("pyscf") is not None


def coupled_cluster(integrals: Integrals) -> CoupledCluster:
    """Solve the equations of CCSD: restricted ones where all electrons are paired, and else unrestricted ones on the same orbitals.

    The orbitals need not be canonical: slopes of singles are taken into account.

    Raises:
        InputError: If PySCF isn't installed.

    References:
        Purvis, Bartlett 1982, J. Chem. Phys. 76, 1910; Watts, Gauss, Bartlett 1993, J. Chem. Phys. 98, 8718 (open shells on restricted
        orbitals); Sun et al. 2020, arXiv:2002.12531 (PySCF).
    """
    try:
        from pyscf import cc  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        raise InputError(
            "CCSD needs PySCF, which is not installed: pip install 'qopt-vqa[chem]', or do without its amplitudes, such as with start mp2"
        ) from None
    if not sum(integrals.electrons):
        return _vacuum(integrals)
    field = _mean_field(integrals)
    paired = integrals.electrons[0] == integrals.electrons[1]
    solver = (cc.CCSD if paired else cc.UCCSD)(field)
    solver.conv_tol, solver.conv_tol_normt, solver.max_cycle = _ENERGY, _AMPLITUDES, _CYCLES
    correlation, t1, t2 = solver.kernel()
    if paired:
        t1, t2 = (t1, t1), (t2 - t2.transpose(0, 1, 3, 2), t2, t2 - t2.transpose(0, 1, 3, 2))
    alpha, beta = (np.round(amplitudes, _DECIMALS) + 0.0 for amplitudes in t1)
    both_alpha, mixed, both_beta = (np.round(amplitudes, _DECIMALS) + 0.0 for amplitudes in t2)
    return CoupledCluster(
        float(field.e_tot + correlation),
        converged=bool(solver.converged and np.isfinite(correlation)),
        singles=(alpha, beta),
        doubles=(both_alpha, mixed, both_beta),
    )


def _mean_field(integrals: Integrals) -> Any:  # noqa: ANN401 - PySCF has no types
    """What PySCF takes for the result of Hartree-Fock: the orbitals of the integrals, the lowest of them filled."""
    from pyscf import ao2mo, gto, scf  # noqa: PLC0415 - an extra

    norb, (alpha, beta) = integrals.norb, integrals.electrons
    molecule = gto.M(verbose=0)
    molecule.nelectron, molecule.spin, molecule.incore_anyway = alpha + beta, alpha - beta, True
    field = (scf.RHF if alpha == beta else scf.UHF)(molecule)
    field.get_hcore = lambda *_: integrals.one_body
    field.get_ovlp = lambda *_: np.eye(norb)
    field.energy_nuc = lambda *_: integrals.constant
    field._eri = ao2mo.restore(8, integrals.two_body, norb)  # noqa: SLF001 - PySCF's documented way to give integrals
    occupations = np.array([np.arange(norb) < count for count in (alpha, beta)], dtype=float)
    orbitals = np.array([np.eye(norb), np.eye(norb)])
    field.mo_occ, field.mo_coeff = (occupations.sum(axis=0), orbitals[0]) if alpha == beta else (occupations, orbitals)
    field.mo_energy = np.diagonal(field.get_fock(dm=field.make_rdm1()), axis1=-2, axis2=-1)
    field.converged, field.e_tot = True, field.energy_tot()
    return field


def _vacuum(integrals: Integrals) -> CoupledCluster:
    """Without electrons there is nothing to excite, and PySCF refuses."""
    singles, doubles = np.zeros((0, integrals.norb)), np.zeros((0, 0, integrals.norb, integrals.norb))
    return CoupledCluster(integrals.constant, converged=True, singles=(singles,) * 2, doubles=(doubles,) * 3)
