"""A cost that is diagonal in the computational basis, as arrays: what classical references, baselines and decoding share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.types import Bits, Values

_CHUNK_ELEMENTS = 1 << 22
_ROUNDING = 1e-12


def simplified(operator: SparsePauliOp) -> SparsePauliOp:
    """Equal terms merged and rounding errors dropped, relative to the largest coefficient.

    Qiskit's own tolerance is absolute, and would drop every term of a Hamiltonian in small units.
    """
    return operator.simplify(atol=_ROUNDING * float(np.abs(operator.coeffs).max(initial=0.0)), rtol=0.0)


@dataclass(frozen=True, eq=False)
class Diagonal:
    """The polynomial `sum_t c_t prod_{i in t} Z_i`, with Z_i = 1 - 2 bit_i.

    Attributes:
        coefficients: `(t,)` real coefficients.
        supports: `(t, n)`: whether variable i is in term t; the constant is a term without variables.
    """

    coefficients: NDArray[np.float64]
    supports: NDArray[np.bool_]

    @classmethod
    def from_operator(cls, operator: SparsePauliOp) -> Diagonal | None:
        """The polynomial of an operator of I and Z alone (equal terms merged); None where X or Y occurs.

        Raises:
            InputError: If a coefficient is complex or not finite: the operator is no Hamiltonian.
        """
        scale = float(np.abs(operator.coeffs).max(initial=0.0))
        if not np.isfinite(scale):
            message = "the Hamiltonian has a coefficient that is not finite, expected finite numbers"
            raise InputError(message)
        simple = simplified(operator)
        if np.abs(simple.coeffs.imag).max(initial=0.0) > _ROUNDING * scale:
            message = "the Hamiltonian has complex coefficients, so it isn't Hermitian: every Pauli string needs a real one"
            raise InputError(message)
        if simple.paulis.x.any():
            return None
        return cls(simple.coeffs.real.astype(np.float64), np.asarray(simple.paulis.z, dtype=np.bool_))

    @property
    def variables(self) -> int:
        """How many variables there are, n."""
        return int(self.supports.shape[1])

    def multiple_of(self, other: Diagonal) -> tuple[float, float] | None:
        """Factor and constant where this is `factor * other + constant`; else None. The constant of `other` counts as 0."""
        ours, theirs = self._terms(), other._terms()
        if ours.keys() != theirs.keys() or not ours:
            return None
        largest = max(theirs, key=lambda support: abs(theirs[support]))
        factor = ours[largest] / theirs[largest]
        if any(abs(ours[support] - factor * theirs[support]) > _ROUNDING * abs(ours[largest]) for support in ours):
            return None
        return factor, float(self.coefficients[~self.supports.any(axis=1)].sum())

    def _terms(self) -> dict[bytes, float]:
        """Coefficients by support, the constant left out."""
        held = self.supports.any(axis=1)
        return {support.tobytes(): value for support, value in zip(self.supports[held], self.coefficients[held].tolist(), strict=True)}

    def signs(self, bits: Bits) -> NDArray[np.float64]:
        """`(k, t)`: the value +1 or -1 of each term's product of Z on each `(k, n)` string."""
        odd = np.rint(bits.astype(np.float32) @ self.supports.T.astype(np.float32)).astype(np.int64) & 1
        return np.where(odd, -1.0, 1.0)

    def energies(self, bits: Bits) -> Values:
        """`(k,)` costs of `(k, n)` strings."""
        out = np.empty(len(bits))
        for part in self._parts(len(bits)):
            out[part] = self.signs(bits[part]) @ self.coefficients
        return out

    def flip_gains(self, bits: Bits) -> NDArray[np.float64]:
        """`(k, n)`: by how much the cost of each `(k, n)` string falls when variable i alone is flipped."""
        # A flip of variable i changes the sign of the terms that hold i, so the cost falls by twice their sum.
        holds = self.supports.astype(np.float64)
        out: NDArray[np.float64] = np.empty(bits.shape)
        for part in self._parts(len(bits)):
            out[part] = (self.signs(bits[part]) * (2.0 * self.coefficients)) @ holds
        return out

    def _parts(self, strings: int) -> Iterator[slice]:
        """Slices of so many strings that `(k, t)` arrays stay small."""
        rows = max(1, _CHUNK_ELEMENTS // max(1, len(self.coefficients)))
        return (slice(first, first + rows) for first in range(0, strings, rows))
