"""Sums of Pauli strings as arrays of bit masks, for operators that are real matrices: products, sums, and the way to Qiskit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qiskit.quantum_info import PauliList, SparsePauliOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Masks = NDArray[np.int64]

SMALLEST = 1e-12
"""Coefficients up to this share of the largest one are what rounding leaves of zero."""


@dataclass(frozen=True, eq=False)
class RealPaulis:
    """`sum_k c_k X(x_k) Z(z_k)`: a Z on each qubit in `z_k`, then an X on each in `x_k`.

    Such a product is a real matrix, so a real operator has real coefficients. Since `Y = i X Z`, it is `(-i)^w` times a Pauli string with
    w letters Y: symmetric where w is even and antisymmetric where it is odd.

    Attributes:
        x: `(m,)` masks, bit q for qubit q.
        z: `(m,)` masks.
        coefficients: `(m,)` real numbers.
    """

    x: Masks
    z: Masks
    coefficients: NDArray[np.float64]

    @classmethod
    def of(cls, x: Sequence[int], z: Sequence[int], coefficients: Sequence[float]) -> RealPaulis:
        """From sequences of equal length."""
        return cls(np.array(x, dtype=np.int64), np.array(z, dtype=np.int64), np.array(coefficients, dtype=np.float64))

    @classmethod
    def constant(cls, value: float) -> RealPaulis:
        """A multiple of the identity."""
        return cls.of([0], [0], [value])

    @classmethod
    def total(cls, parts: Iterable[RealPaulis]) -> RealPaulis:
        """The sum, with equal strings not yet added up."""
        parts = tuple(parts)
        return cls(*(np.concatenate([getattr(part, name).reshape(-1) for part in parts]) for name in ("x", "z", "coefficients")))

    def scaled(self, factor: float | NDArray[np.float64]) -> RealPaulis:
        """Times a number, or string by string times an array of numbers."""
        return RealPaulis(self.x, self.z, self.coefficients * factor)

    def paired(self, other: RealPaulis) -> RealPaulis:
        """String by string the product with another sum, by NumPy's broadcasting.

        `X(x) Z(z) X(x') Z(z') = (-1)^|z & x'| X(x ^ x') Z(z ^ z')`.
        """
        signs = 1 - 2 * (np.bitwise_count(self.z & other.x) & 1).astype(np.int8)
        return RealPaulis(self.x ^ other.x, self.z ^ other.z, self.coefficients * other.coefficients * signs)

    def __matmul__(self, other: RealPaulis) -> RealPaulis:
        """The product of the operators, equal strings added up."""
        left = RealPaulis(self.x[:, None], self.z[:, None], self.coefficients[:, None])
        return RealPaulis.total([left.paired(other)]).collected()

    def __sub__(self, other: RealPaulis) -> RealPaulis:
        """The difference, equal strings added up."""
        return RealPaulis.total([self, other.scaled(-1.0)]).collected()

    def transpose(self) -> RealPaulis:
        """The transpose, which is the adjoint: `(X Z)^T = Z X`."""
        return self.scaled((1 - 2 * (self.ys & 1)).astype(np.float64))

    @property
    def ys(self) -> NDArray[np.int64]:
        """`(m,)`: how many letters Y each string has."""
        return np.asarray(np.bitwise_count(self.x & self.z), dtype=np.int64)

    def collected(self) -> RealPaulis:
        """Sorted by x and then z, each string once, without those that cancel."""
        if not len(self.x):
            return self
        order = np.lexsort((self.z, self.x))
        x, z = self.x[order], self.z[order]
        firsts = np.flatnonzero(np.concatenate([[True], (x[1:] != x[:-1]) | (z[1:] != z[:-1])]))
        coefficients = np.add.reduceat(self.coefficients[order], firsts)
        kept = np.abs(coefficients) > SMALLEST * np.abs(self.coefficients).max()
        return RealPaulis(x[firsts][kept], z[firsts][kept], coefficients[kept])

    def without(self, fixed: Sequence[tuple[int, int]], qubits: int) -> RealPaulis:
        """The operator where some of the qubits are in basis states that it doesn't change; the others are numbered anew, in order.

        Args:
            fixed: Qubit and bit of each.
            qubits: How many there are with them.
        """
        ones = sum(1 << qubit for qubit, bit in fixed if bit)
        kept = [qubit for qubit in range(qubits) if qubit not in dict(fixed)]
        signs = 1 - 2 * (np.bitwise_count(self.z & ones) & 1).astype(np.int8)
        return RealPaulis(gathered(self.x, kept), gathered(self.z, kept), self.coefficients * signs).collected()

    def operator(self, qubits: int) -> SparsePauliOp:
        """A symmetric operator H as it is, and of an antisymmetric A the Hermitian `i A`; 0 times the identity where nothing is left."""
        if not len(self.x):
            return SparsePauliOp("I" * qubits, [0.0])
        bits = np.arange(qubits)
        x, z = ((masks[:, None] >> bits & 1).astype(bool) for masks in (self.x, self.z))
        # (-i)^w of a symmetric string and i (-i)^w of an antisymmetric one: both are + - alternately.
        signs = 1 - 2 * (self.ys >> 1 & 1)
        return SparsePauliOp(PauliList.from_symplectic(z, x), self.coefficients * signs)


def gathered(masks: Masks, bits: Sequence[int]) -> Masks:
    """Masks of those bits alone, the first of them as bit 0."""
    out = np.zeros_like(masks)
    for new, old in enumerate(bits):
        out |= (masks >> old & 1) << new
    return out


def masks(operator: SparsePauliOp) -> tuple[Masks, Masks]:
    """`(m,)` masks of the X and of the Z of each term, bit q for qubit q."""
    weights = np.int64(1) << np.arange(operator.num_qubits)
    return operator.paulis.x @ weights, operator.paulis.z @ weights


def diagonal_element(operator: SparsePauliOp, state: int) -> float:
    """The expectation of an operator in a basis state, bit q for qubit q."""
    x, z = masks(operator)
    signs = 1 - 2 * (np.bitwise_count(z & state) & 1).astype(np.int8)
    return float(np.sum(operator.coeffs.real * signs, where=x == 0))
