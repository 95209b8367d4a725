"""Tapering: qubits that hold nothing but a conserved parity are found and left out, and so are excitations that would change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qopt.problems.mapping.gf2 import kernel, parity
from qopt.problems.mapping.mapping import DOES_NOTHING
from qopt.problems.mapping.paulis import masks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.mapping.mapping import Mapping


@dataclass(frozen=True)
class Conserving:
    """What is left of an ansatz in a sector.

    Attributes:
        excitations: Those that conserve what the mapping fixes, in their order, with parameters counted anew.
        parameters: The number that each of their parameters had before.
        dropped: The others, and why each was dropped.
    """

    excitations: tuple[Excitation, ...]
    parameters: tuple[int, ...]
    dropped: tuple[tuple[Excitation, str], ...]


def z2_symmetries(hamiltonian: SparsePauliOp) -> dict[int, int]:
    """The independent `Z(s)` that commute with every term, as masks s, by a qubit that is in no other of them.

    `Z(s)` commutes with `X(x) Z(z)` where s and x share an even number of qubits, so these are the kernel over the integers modulo 2 of
    the X masks. Symmetries with letters X or Y are not looked for: in molecules all known ones, of spin, electron numbers and point groups
    without degenerate orbitals, are parities of occupations, and those are strings of Z in every mapping.

    References:
        Bravyi, Gambetta, Mezzacapo, Temme 2017, arXiv:1701.08213, section IV; Setia et al. 2020, arXiv:1910.14644.
    """
    x, _ = masks(hamiltonian)
    return kernel((int(mask) for mask in np.unique(x)), int(hamiltonian.num_qubits))


def taper(mapping: Mapping, hamiltonian: SparsePauliOp, determinant: int) -> Mapping:
    """The mapping with a qubit less for each symmetry, in the sector of a determinant.

    The textbook's Clifford gates `(X_q + Z(s)) / sqrt(2)` make X_q of each symmetry, which then is a number. What they do to the rest is
    done here by making the parity s the bit of qubit q instead of what it was: X masks lose the qubit, and Z masks that hold it take over
    the rest of s. So a tapered mapping is a mapping like any other, and excitations and observables follow by the same formula.

    Args:
        mapping: Possibly with fixed qubits already.
        hamiltonian: In that mapping.
        determinant: Bit j for spin orbital j; its parities are the sector.

    Raises:
        InputError: If the determinant lies outside of the mapping's own sector.

    References:
        Bravyi, Gambetta, Mezzacapo, Temme 2017, arXiv:1701.08213, section IV.
    """
    mapping.encode(np.array([determinant], dtype=np.int64))
    rows, fixed = list(mapping.rows), dict(mapping.fixed)
    for position, symmetry in z2_symmetries(hamiltonian).items():
        row = 0
        for other, qubit in enumerate(mapping.kept):
            if symmetry >> other & 1:
                row ^= mapping.rows[qubit]
        rows[mapping.kept[position]] = row
        fixed[mapping.kept[position]] = parity(row & determinant)
    return replace(mapping, rows=tuple(rows), fixed=tuple(sorted(fixed.items())))


def conserving(excitations: Sequence[Excitation], mapping: Mapping) -> Conserving:
    """Drop the excitations that a mapping can't hold, and count the parameters that are left anew.

    An excitation that changes a conserved parity leads out of the sector, where the Hamiltonian has no matrix elements with what is in it.
    All that share its parameter go with it: a rotation of orbitals without one of its spins would be another ansatz, which doesn't conserve
    the total spin. One that does nothing in the sector is left out alone, which changes no state.
    """
    reasons = [mapping.breaks(excitation) for excitation in excitations]
    broken = {
        excitation.parameter: f"its parameter also has the excitation from {excitation.annihilated} to {excitation.created}, and {reason}"
        for excitation, reason in zip(excitations, reasons, strict=True)
        if reason not in (None, DOES_NOTHING)
    }
    reasons = [reason or broken.get(excitation.parameter) for excitation, reason in zip(excitations, reasons, strict=True)]
    kept = [excitation for excitation, reason in zip(excitations, reasons, strict=True) if reason is None]
    parameters = tuple(sorted({excitation.parameter for excitation in kept}))
    return Conserving(
        tuple(replace(excitation, parameter=parameters.index(excitation.parameter)) for excitation in kept),
        parameters,
        tuple((excitation, reason) for excitation, reason in zip(excitations, reasons, strict=True) if reason is not None),
    )
