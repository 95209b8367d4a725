"""A cost that is diagonal in the computational basis, as arrays: what classical references, baselines and decoding share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.types import Bits, Values

_CHUNK = 1 << 16


@dataclass(frozen=True)
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
        """The polynomial of an operator of I and Z alone (equal terms merged); None where X or Y occurs."""
        simple = operator.simplify()
        if simple.paulis.x.any():
            return None
        return cls(np.real(simple.coeffs).astype(np.float64), np.asarray(simple.paulis.z, dtype=np.bool_))

    @property
    def variables(self) -> int:
        """How many variables there are, n."""
        return int(self.supports.shape[1])

    def signs(self, bits: Bits) -> NDArray[np.float64]:
        """`(k, t)`: the value +1 or -1 of each term's product of Z on each `(k, n)` string."""
        odd = np.rint(bits.astype(np.float32) @ self.supports.T.astype(np.float32)).astype(np.int64) & 1
        return 1.0 - 2.0 * odd

    def energies(self, bits: Bits) -> Values:
        """`(k,)` costs of `(k, n)` strings."""
        out = np.empty(len(bits))
        for first in range(0, len(bits), _CHUNK):
            part = slice(first, first + _CHUNK)
            out[part] = self.signs(bits[part]) @ self.coefficients
        return out
