"""The Molecule: electrons in the field of nuclei as a problem for qubits, from integrals to the tapered Hamiltonian."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from qopt.ansatze.excitations import uccsd
from qopt.diagonal import simplified
from qopt.errors import InputError
from qopt.problems.active_space import Space, restrict
from qopt.problems.determinants import determinant_energy, determinants, lowest_determinant, sector_size
from qopt.problems.excitation_product import ExcitationProduct
from qopt.problems.mapping import (
    bravyi_kitaev,
    conserving,
    density_operators,
    diagonal_element,
    electronic_hamiltonian,
    jordan_wigner,
    number_operator,
    one_body_operator,
    parity_mapping,
    s_squared_operator,
    sz_operator,
    taper,
)
from qopt.problems.problem import Problem, Property
from qopt.references import SUBSPACE_STATES, ccsd_energy, lowest_in, lowest_levels
from qopt.types import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze import Ansatz
    from qopt.ansatze.excitations import Excitation
    from qopt.problems.mapping import Conserving, Mapping
    from qopt.problems.molecular_data import MolecularData

Mapper: TypeAlias = Literal["jordan-wigner", "parity", "bravyi-kitaev"]

_CCSD_ORBITALS = 24
"""So many take coupled cluster some seconds."""
_SAME = 1e-8
_SPIN_PENALTY = 1.0
"""Hartree for each unit of S^2 too much: states of higher spin are out of the way, however low they are."""


class Molecule(Problem):
    """The total energy of a molecule's electrons in their lowest state of a given spin, in hartree.

    Args:
        data: From `from_geometry`, `from_fcidump` or `shipped`.
        space: Which electrons and orbitals take part; None means all.
        mapper: How occupations are written into qubits; `parity` leaves out the two qubits that hold conserved parities. Tapered they are
            equally many, and `jordan-wigner` has the fewest groups to be measured.
        tapering: Whether a qubit is left out for each further symmetry; the sector is that of the lowest determinant.

    Attributes:
        data: As given.
        space: As given.
        integrals: Of the active space, with the energy of the core in their constant.
        determinant: With the lowest orbitals filled, bit j for spin orbital j: where ansatzes begin.
        mapping: From determinants to basis states of qubits.

    Raises:
        InputError: If the space or the mapper doesn't exist, or no qubit is left.
    """

    units = "Ha"

    def __init__(self, data: MolecularData, *, space: Space | None = None, mapper: Mapper = "jordan-wigner", tapering: bool = True) -> None:
        self.data = data
        self.space = space or Space()
        self._core, self._active = self.space.split(data.integrals, data.nuclei)
        self.integrals = restrict(data.integrals, self._core, self._active)
        self.determinant = lowest_determinant(self.integrals.norb, self.integrals.electrons)
        self.mapping = self._mapping(mapper, tapering=tapering)
        self._check_sector()

    def hamiltonian(self) -> SparsePauliOp:
        """The total energy, nuclear repulsion and frozen core included, on the qubits of `mapping`."""
        return self._hamiltonian

    def ansatz(self, layers: int | None = None) -> Ansatz:
        """UCCSD in one Trotter step, of the excitations that stay in the sector.

        Raises:
            InputError: If several layers are asked for, or no excitation is left.
        """
        if layers not in (None, 1):
            raise InputError(f"layers is {layers}, expected 1: UCCSD is one Trotter step")
        return self.excited(uccsd(self.integrals.norb, self.integrals.electrons), "uccsd")

    def excited(self, excitations: Sequence[Excitation], name: str) -> Ansatz:
        """The circuit of those of the excitations that stay in the sector, on the lowest determinant.

        Args:
            excitations: In the order in which they act.
            name: Of the ansatz.

        Raises:
            InputError: If none is left.
        """
        kept = conserving(excitations, self.mapping).excitations
        if not kept:
            raise InputError(f"the ansatz {name} has no excitation in the sector of the lowest determinant: choose a larger active space")
        return self.product(kept).ansatz(name)

    def product(self, excitations: Sequence[Excitation]) -> ExcitationProduct:
        """Excitations on the lowest determinant, with the integrals of this molecule."""
        return ExcitationProduct(self.integrals, tuple(excitations), self.mapping, self.determinant)

    @cached_property
    def uccsd(self) -> Conserving:
        """The excitations of UCCSD: those that stay in the sector, in their order, and why the others were dropped."""
        return conserving(uccsd(self.integrals.norb, self.integrals.electrons), self.mapping)

    @cached_property
    def hartree_fock(self) -> float:
        """The energy of the lowest determinant: Hartree-Fock's where the orbitals are canonical."""
        return determinant_energy(self.integrals, self.determinant)

    def properties(self) -> dict[str, Property]:
        """What tells whether a state is one of this molecule: electrons `N`, spin `Sz` and `S2`; and its density matrix.

        Elements of the one-body density matrix are those of the active orbitals, summed over spins. Where the dipole's integrals are known,
        `dipole x`, `y` and `z` are in atomic units, of electrons and nuclei together.
        """
        return self._properties

    @cached_property
    def _properties(self) -> dict[str, Property]:
        alpha, beta = self.integrals.electrons
        elements = {f"rdm {p} {q}": Property(operator, element=(p, q)) for (p, q), operator in density_operators(self.mapping).items()}
        return {
            "N": Property(number_operator(self.mapping), float(alpha + beta)),
            "Sz": Property(sz_operator(self.mapping), 0.5 * (alpha - beta)),
            "S2": Property(s_squared_operator(self.mapping), self.spin * (self.spin + 1)),
            **self._dipole(),
            **elements,
        }

    def _dipole(self) -> dict[str, Property]:
        """Nuclei and frozen core as constants, and the active electrons."""
        dipole = self.data.dipole
        if dipole is None:
            return {}
        core, active = np.array(self._core, dtype=np.int64), np.array(self._active, dtype=np.int64)
        found = {}
        for axis, name in enumerate("xyz"):
            matrix = dipole.electrons[axis]
            constant = float(dipole.nuclei[axis] - 2.0 * matrix[core, core].sum())
            moved = one_body_operator(-matrix[np.ix_(active, active)], self.mapping)
            identity = type(moved)("I" * self.mapping.qubits, constant)
            found[f"dipole {name}"] = Property(simplified(moved + identity), units="e a0")
        return found

    def reached(self) -> NDArray[np.int64]:
        """Basis states of the determinants with so many electrons of each spin, in the sector of the lowest one."""
        return self.mapping.encode(self._determinants[self.mapping.holds(self._determinants)])

    def levels(self, count: int) -> tuple[float, ...] | None:
        """Of any total spin, as far as it has states with this Sz."""
        if sector_size(self.integrals.norb, self.integrals.electrons) > SUBSPACE_STATES:
            return None
        return lowest_levels(self.hamiltonian(), self.reached(), count)

    def classical(self) -> dict[str, float]:
        """Hartree-Fock, and coupled cluster in the same space where it was shipped, or by PySCF up to `_CCSD_ORBITALS` orbitals."""
        ccsd = self.data.energies.get("ccsd") if self.whole else None
        if ccsd is None and self.integrals.norb <= _CCSD_ORBITALS and min(self.integrals.electrons) > 0:
            ccsd = ccsd_energy(self.integrals)
        return {"hf": self.hartree_fock} | ({} if ccsd is None else {"ccsd": ccsd})

    @property
    def spin(self) -> float:
        """Of the lowest determinant: half its unpaired electrons."""
        return 0.5 * abs(self.integrals.electrons[0] - self.integrals.electrons[1])

    def exact(self) -> Reference | None:
        """Full configuration interaction in the active space, for the lowest state of this spin, whatever its other symmetries.

        Up to `SUBSPACE_STATES` determinants it is computed, and beyond taken from the data where all electrons and orbitals take part.
        """
        kind = "full configuration interaction" if self.whole else "full configuration interaction in the active space"
        if sector_size(self.integrals.norb, self.integrals.electrons) <= SUBSPACE_STATES:
            return Reference(self._lowest(self._determinants), kind)
        known = self.data.energies.get("fci") if self.whole else None
        return None if known is None else Reference(known, f"{kind}, from {self.data.source}")

    @cached_property
    def sector_is_lowest(self) -> bool:
        """Whether the ground state has the symmetries of the lowest determinant, so that tapering keeps it.

        Raises:
            InputError: If there are more than `SUBSPACE_STATES` determinants.
        """
        inside = self._determinants[self.mapping.holds(self._determinants)]
        return len(inside) == len(self._determinants) or self._lowest(inside) < self._lowest(self._determinants) + _SAME

    @property
    def whole(self) -> bool:
        """Whether all electrons and orbitals take part."""
        return self.integrals.norb == self.data.integrals.norb

    @cached_property
    def _hamiltonian(self) -> SparsePauliOp:
        return electronic_hamiltonian(self.integrals, self.mapping)

    @cached_property
    def _determinants(self) -> NDArray[np.int64]:
        return determinants(self.integrals.norb, self.integrals.electrons)

    def _lowest(self, among: NDArray[np.int64]) -> float:
        """The lowest energy of this spin among determinants: where the spin is right, the penalty is 0."""
        mapping = jordan_wigner(self.integrals.norb)
        least = self.spin * (self.spin + 1)
        energy = electronic_hamiltonian(self.integrals, mapping) + _SPIN_PENALTY * s_squared_operator(mapping)
        return lowest_in(energy, among) - _SPIN_PENALTY * least

    def _mapping(self, mapper: Mapper, *, tapering: bool) -> Mapping:
        norb, electrons = self.integrals.norb, self.integrals.electrons
        match mapper:
            case "jordan-wigner":
                mapping = jordan_wigner(norb)
            case "parity":
                mapping = parity_mapping(norb, electrons)
            case "bravyi-kitaev":
                mapping = bravyi_kitaev(norb)
            case _:
                raise InputError(f"mapper is {mapper!r}, expected {' or '.join(get_args(Mapper))}")
        if tapering and mapping.qubits:
            mapping = taper(mapping, electronic_hamiltonian(self.integrals, mapping), self.determinant)
        if not mapping.qubits:
            raise InputError(
                f"no qubit is left of {norb} orbitals with {electrons} electrons of spin alpha and beta: the symmetries leave one "
                f"determinant, whose energy is {self.hartree_fock!r} Ha; choose a larger active space or tapering: false"
            )
        return mapping

    def _check_sector(self) -> None:
        """The determinant has its energy on the qubits that are left: only then is the sector its own."""
        state = int(self.mapping.encode(np.array([self.determinant], dtype=np.int64))[0])
        energy = diagonal_element(self.hamiltonian(), state)
        if abs(energy - self.hartree_fock) > _SAME * max(1.0, abs(energy)):
            raise InputError(
                f"the lowest determinant has the energy {energy!r} Ha on qubits, expected {self.hartree_fock!r} Ha as from the integrals: "
                "the symmetry sector is wrong, use tapering: false"
            )
