"""The pool of qubit-ADAPT-VQE: single Pauli strings instead of fermionic excitations. How one is chosen from it lives elsewhere."""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from operator import xor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.quantum_info import Pauli

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.mapping import Mapping


def qubit_pool(excitations: Sequence[Excitation], mapping: Mapping) -> tuple[Pauli, ...]:
    """The Pauli strings P of excitations without their strings of Z, for rotations `exp(-i theta P / 2)`; all have an odd number of Y.

    Under Jordan-Wigner a single gives `Y X` and `X Y` on its two qubits, and a double the 8 strings with an odd number of Y on its four,
    whatever lies in between. In any other mapping, tapered ones too, the pool is the same rotations of occupations, written into its
    qubits: so what ADAPT-VQE picks, and the energies, don't depend on the mapper, but the strings may have letters Z then. A string alone
    conserves the parity of the electrons of either spin, but not their number. Excitations that break a symmetry of the mapping, or do
    nothing in its sector, add nothing.

    `excite(circuit, SparsePauliOp(P, 0.5), theta)` appends the rotation, and half the commutator `i <[P, H]>` is its slope at 0.

    Args:
        excitations: Such as `uccsd` or `generalised`.
        mapping: Possibly tapered.

    Returns:
        Different strings, all with a plus sign: by excitation, and within one in the order of their Z masks under Jordan-Wigner.

    References:
        Tang et al. 2021, arXiv:1911.10205.
    """
    found: dict[str, Pauli] = {}
    for flipped in dict.fromkeys(_flipped(excitation) for excitation in excitations if mapping.breaks(excitation) is None):
        for signs in _odd_parts(flipped):
            string = mapping.string(flipped, signs)
            found.setdefault(string.to_label(), string)
    return tuple(found.values())


def _flipped(excitation: Excitation) -> int:
    """The spin orbitals whose occupation an excitation changes, as a mask."""
    return reduce(xor, (1 << orbital for orbital in excitation.created + excitation.annihilated))


def _odd_parts(mask: int) -> list[int]:
    """The masks of an odd number of its bits, ascending.

    Without its string of Z, an excitation is a product of `(X +- i Y) / 2`: less its adjoint it has all strings with odd numbers of Y.
    """
    bits = [1 << bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return sorted(sum(part) for count in range(1, len(bits) + 1, 2) for part in combinations(bits, count))
