"""The Mapping: how occupations of spin orbitals are written into qubits, and what ladder operators become. No integrals live here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate
from operator import matmul, xor
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError
from qopt.problems.mapping.gf2 import inverse, parity, transposed
from qopt.problems.mapping.paulis import RealPaulis, gathered

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qiskit.quantum_info import Pauli, SparsePauliOp

    from qopt.ansatze.excitations import Excitation

MAX_ORBITALS = 31
"""The occupations of so many orbitals of both spins fit into 64 bits."""
DOES_NOTHING = "it does nothing in this sector"
"""Why an excitation is left out that breaks no symmetry."""


def jordan_wigner(norb: int) -> Mapping:
    """Qubit j holds the occupation of spin orbital j.

    References:
        Jordan, Wigner 1928, Zeitschrift fuer Physik 47, 631.
    """
    return Mapping.of_bits("jordan-wigner", norb, lambda qubit: 1 << qubit)


def parity_mapping(norb: int, electrons: tuple[int, int] | None = None) -> Mapping:
    """Qubit j holds the parity of the spin orbitals up to j.

    Args:
        norb: Spatial orbitals.
        electrons: Of spin alpha and beta. Where they are given, the two qubits that hold the parity of all alpha and of all electrons are
            left out, since nothing that conserves both numbers changes them.

    References:
        Seeley, Richard, Love 2012, arXiv:1208.5986, section IV; Bravyi, Gambetta, Mezzacapo, Temme 2017, arXiv:1701.08213, section III.
    """
    mapping = Mapping.of_bits("parity", norb, lambda qubit: (2 << qubit) - 1)
    if electrons is None:
        return mapping
    return replace(mapping, fixed=((norb - 1, electrons[0] % 2), (2 * norb - 1, sum(electrons) % 2)))


def bravyi_kitaev(norb: int) -> Mapping:
    """Qubit j - 1 holds the parity of the last `2^k` spin orbitals up to it, with `2^k` the largest power of two that divides j.

    References:
        Bravyi, Kitaev 2002, arXiv:quant-ph/0003137; Seeley, Richard, Love 2012, arXiv:1208.5986, section V.
    """
    return Mapping.of_bits("bravyi-kitaev", norb, lambda qubit: (2 << qubit) - (1 << (qubit & qubit + 1)))


@dataclass(frozen=True, eq=False)
class Mapping:
    """The basis state `|B n>` of qubits for each occupation n of spin orbitals, with B an invertible matrix over the integers modulo 2.

    Spin orbitals are numbered blockwise: alpha from 0 to norb - 1, beta from norb to 2 norb - 1. With `x_j` the column j of B, `p_j` the
    row j of its inverse, and `z_j = p_0 ^ .. ^ p_{j-1}`, flipping `n_j` is `X(x_j)`, `(-1)^n_j` is `Z(p_j)`, the sign that electrons below
    j give is `Z(z_j)`, and so `a_j^dag = X(x_j) Z(z_j) (1 + Z(p_j)) / 2`; `a_j` has a minus there. All mappings are this one formula.

    A qubit that nothing changes, such as the parity of a conserved number, is fixed and left out of operators; the others keep their
    order. The same serves to taper qubits: a symmetry becomes a bit of its own, and is left out.

    Attributes:
        name: `jordan-wigner`, `parity` or `bravyi-kitaev`.
        norb: Spatial orbitals.
        rows: `(2 norb,)` rows of B as masks: bit j of row q says whether spin orbital j counts for qubit q.
        fixed: Qubits left out, ascending, and the bit that each holds.

    Raises:
        InputError: If there are more than `MAX_ORBITALS` orbitals, or the matrix has no inverse.

    References:
        Seeley, Richard, Love 2012, arXiv:1208.5986; Steudtner, Wehner 2018, arXiv:1712.07067 (encodings as matrices).
    """

    name: str
    norb: int
    rows: tuple[int, ...]
    fixed: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of_bits(cls, name: str, norb: int, row: Callable[[int], int]) -> Mapping:
        """The mapping whose qubit q holds the parity of the spin orbitals in the mask `row(q)`."""
        return cls(name, norb, tuple(row(qubit) for qubit in range(2 * norb)))

    def __post_init__(self) -> None:
        """Refuse what doesn't fit into 64 bits, and invert the matrix early."""
        if not 1 <= self.norb <= MAX_ORBITALS:
            raise InputError(f"there are {self.norb} orbitals to be mapped to qubits, expected 1 to {MAX_ORBITALS}: choose an active space")
        self._occupations  # noqa: B018 - raises where B has no inverse

    @property
    def qubits(self) -> int:
        """How many there are, without the fixed ones."""
        return 2 * self.norb - len(self.fixed)

    @property
    def kept(self) -> tuple[int, ...]:
        """The rows of B that are qubits, in their order."""
        return tuple(qubit for qubit in range(2 * self.norb) if qubit not in dict(self.fixed))

    def encode(self, determinants: NDArray[np.int64]) -> NDArray[np.int64]:
        """`(k,)` basis states, bit q for qubit q, of `(k,)` determinants, bit j for spin orbital j.

        Raises:
            InputError: If a determinant has other bits in the fixed qubits than it should.
        """
        full = self._full(determinants)
        for qubit, bit in self.fixed:
            if (wrong := (full >> qubit & 1) != bit).any():
                raise InputError(
                    f"the determinant {int(determinants[wrong][0]):#b} lies outside of the sector: the parity of its spin orbitals "
                    f"{_listed(self.rows[qubit])} is {1 - bit}, expected {bit}"
                )
        return gathered(full, self.kept)

    def holds(self, determinants: NDArray[np.int64]) -> NDArray[np.bool_]:
        """`(k,)`: whether each determinant has the bits of the fixed qubits."""
        full = self._full(determinants)
        inside = np.ones(len(determinants), dtype=np.bool_)
        for qubit, bit in self.fixed:
            inside &= (full >> qubit & 1) == bit
        return inside

    def decode(self, states: NDArray[np.int64]) -> NDArray[np.int64]:
        """`(k,)` determinants of `(k,)` basis states: what `encode` turns into them."""
        full = np.full_like(states, sum(1 << qubit for qubit, bit in self.fixed if bit))
        for position, qubit in enumerate(self.kept):
            full |= (states >> position & 1) << qubit
        out = np.zeros_like(states)
        for orbital, mask in enumerate(self._occupations):
            out |= (np.bitwise_count(full & mask) & 1).astype(np.int64) << orbital
        return out

    def ladder(self, orbital: int, *, created: bool) -> RealPaulis:
        """`a_j^dag` or `a_j`, on all qubits with the fixed ones."""
        x, z, occupation = self._flips[orbital], self._signs[orbital], self._occupations[orbital]
        return RealPaulis.of([x, x], [z, z ^ occupation], [0.5, 0.5 if created else -0.5])

    def hops(self, spin: int) -> RealPaulis:
        """`(norb, norb)` strings `i gamma_p gamma'_q` of one spin, on all qubits, with `a_p = (gamma_p + i gamma'_p) / 2`.

        In terms of `E_pq`, the sum of `a_p^dag a_q` over spins: `E_pq + E_qp = 2 delta_pq + (M_pq + M_qp) / 2` with M the sum over spins
        of these strings. Here `gamma_p = X(x_p) Z(z_p)` and `gamma'_q = i X(x_q) Z(z_q ^ p_q)`.
        """
        block = slice(spin * self.norb, (spin + 1) * self.norb)
        x, z, occupation = (np.array(masks[block], dtype=np.int64) for masks in (self._flips, self._signs, self._occupations))
        left, right = RealPaulis(x, z, np.ones(self.norb)), RealPaulis(x, z ^ occupation, np.full(self.norb, -1.0))
        return RealPaulis(left.x[:, None], left.z[:, None], left.coefficients[:, None]).paired(right)

    def breaks(self, excitation: Excitation) -> str | None:
        """Why an excitation does not exist on these qubits, or None where it does."""
        orbitals = excitation.created + excitation.annihilated
        if max(orbitals) >= 2 * self.norb:
            return f"there is no spin orbital {max(orbitals)}, only 0 to {2 * self.norb - 1}"
        flipped = reduce(xor, (1 << orbital for orbital in orbitals))
        for qubit, _ in self.fixed:
            if parity(self.rows[qubit] & flipped):
                return f"it changes the parity of the spin orbitals {_listed(self.rows[qubit])}, which is conserved"
        return None if len(self._generator(excitation).x) else DOES_NOTHING

    def generator(self, excitation: Excitation) -> SparsePauliOp:
        """The Hermitian `G = i (T - T^dag)`: the excitation by an angle is `exp(angle (T - T^dag)) = exp(-i angle G)`.

        Its strings commute, and the coefficient of the excitation is not in it.

        Raises:
            InputError: If the excitation breaks a symmetry whose qubit was left out, or does nothing.
        """
        if reason := self.breaks(excitation):
            raise InputError(f"the excitation from {excitation.annihilated} to {excitation.created} can't be mapped: {reason}")
        return self._generator(excitation).operator(self.qubits)

    def string(self, flipped: int, signs: int) -> Pauli:
        """The Pauli string, its sign +, that Jordan-Wigner has with X or Y on the orbitals in one mask, and Y or Z on those in the other.

        Raises:
            InputError: If it changes a fixed qubit.
        """
        x = reduce(xor, (mask for orbital, mask in enumerate(self._flips) if flipped >> orbital & 1), 0)
        z = reduce(xor, (mask for orbital, mask in enumerate(self._occupations) if signs >> orbital & 1), 0)
        return self.operator(RealPaulis.of([x], [z], [1.0])).paulis[0]

    def operator(self, terms: RealPaulis) -> SparsePauliOp:
        """What acts on the qubits of an operator on all of them, fixed ones included.

        Raises:
            InputError: If the operator changes a fixed qubit.
        """
        mask = sum(1 << qubit for qubit, _ in self.fixed)
        if (terms.x & mask).any():
            names = ", ".join(_listed(self.rows[qubit]) for qubit, _ in self.fixed if (terms.x >> qubit & 1).any())
            raise InputError(f"the operator changes the parity of the spin orbitals {names}, expected one that conserves it")
        return terms.without(self.fixed, 2 * self.norb).operator(self.qubits)

    def conserved(self, terms: RealPaulis) -> RealPaulis:
        """Those terms of an operator on all qubits that change no fixed one."""
        kept = terms.x & sum(1 << qubit for qubit, _ in self.fixed) == 0
        return RealPaulis(terms.x[kept], terms.z[kept], terms.coefficients[kept])

    def _full(self, determinants: NDArray[np.int64]) -> NDArray[np.int64]:
        """`B n` of `(k,)` determinants, fixed qubits included."""
        full = np.zeros_like(determinants)
        for qubit, row in enumerate(self.rows):
            full |= (np.bitwise_count(determinants & row) & 1).astype(np.int64) << qubit
        return full

    def _generator(self, excitation: Excitation) -> RealPaulis:
        factors = [self.ladder(orbital, created=True) for orbital in excitation.created]
        factors += [self.ladder(orbital, created=False) for orbital in reversed(excitation.annihilated)]
        t = reduce(matmul, factors)
        return (t - t.transpose()).without(self.fixed, 2 * self.norb)

    @cached_property
    def _flips(self) -> tuple[int, ...]:
        return transposed(self.rows, 2 * self.norb)

    @cached_property
    def _occupations(self) -> tuple[int, ...]:
        return inverse(self.rows)

    @cached_property
    def _signs(self) -> tuple[int, ...]:
        return tuple(accumulate(self._occupations[:-1], xor, initial=0))


def _listed(mask: int) -> str:
    return str([bit for bit in range(mask.bit_length()) if mask >> bit & 1])
