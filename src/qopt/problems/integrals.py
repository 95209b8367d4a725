"""The electronic structure Hamiltonian as numbers: one- and two-body integrals over spatial orbitals. How they are read lives elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ORBITALS = 48
"""Spatial orbitals that integrals may have: 42 MB in full."""
_ASYMMETRY = 1e-8
_NOISE = 1e-12
"""Hartree."""
_TWO_BODY_SWAPS = {"(pq|rs) = (qp|rs)": (1, 0, 2, 3), "(pq|rs) = (pq|sr)": (0, 1, 3, 2), "(pq|rs) = (rs|pq)": (2, 3, 0, 1)}


@dataclass(frozen=True, eq=False)
class Integrals:
    """`H = constant + sum h_pq E_pq + 1/2 sum (pq|rs) (E_pq E_rs - delta_qr E_ps)`, with `E_pq` the sum of `a_p^dag a_q` over both spins.

    Arrays are copied, made exactly symmetric and read-only.

    Attributes:
        constant: The energy without electrons, nuclear repulsion and frozen core included.
        one_body: `(norb, norb)` integrals h_pq over real, orthonormal orbitals.
        two_body: `(norb, norb, norb, norb)` integrals (pq|rs) in chemist's notation, with their eightfold symmetry.
        electrons: How many of spin alpha and of spin beta.

    Raises:
        InputError: If a shape doesn't fit, a number isn't finite, a symmetry is violated by more than 1e-8 of the largest integral, or
            there are more than `MAX_ORBITALS` orbitals or more electrons of one spin than orbitals.

    References:
        Helgaker, Jorgensen, Olsen 2000, Molecular Electronic-Structure Theory, section 2.2.
    """

    constant: float
    one_body: NDArray[np.float64]
    two_body: NDArray[np.float64]
    electrons: tuple[int, int]

    def __post_init__(self) -> None:
        """Copy the arrays and check everything."""
        one_body, two_body = _real(self.one_body, "one_body"), _real(self.two_body, "two_body")
        norb = one_body.shape[0] if one_body.ndim else 0
        if one_body.shape != (norb, norb) or norb == 0:
            raise InputError(f"one_body has the shape {one_body.shape}, expected (norb, norb) with one orbital or more")
        if norb > MAX_ORBITALS:
            raise InputError(f"there are {norb} orbitals, expected at most {MAX_ORBITALS}: choose an active space")
        if two_body.shape != (norb,) * 4:
            raise InputError(f"two_body has the shape {two_body.shape}, expected {(norb,) * 4} to fit one_body")
        for name, numbers in (("constant", np.asarray(self.constant)), ("one_body", one_body), ("two_body", two_body)):
            if not np.isfinite(numbers).all():
                raise InputError(f"{name} holds a number that is not finite, expected finite integrals")
        electrons = tuple(map(int, self.electrons))
        if len(electrons) != 2 or not all(0 <= count <= norb for count in electrons):  # noqa: PLR2004 - two spins
            raise InputError(f"electrons is {self.electrons}, expected (n_alpha, n_beta) with 0 to {norb} electrons each")
        one_body = _symmetric(one_body, (1, 0), "one_body lacks the symmetry h_pq = h_qp")
        for symmetry, axes in _TWO_BODY_SWAPS.items():
            two_body = _symmetric(two_body, axes, f"two_body lacks the symmetry {symmetry} of real orbitals in chemist's notation")
        one_body.flags.writeable = two_body.flags.writeable = False
        object.__setattr__(self, "constant", float(self.constant))
        object.__setattr__(self, "one_body", one_body)
        object.__setattr__(self, "two_body", two_body)
        object.__setattr__(self, "electrons", electrons)

    def __repr__(self) -> str:
        """The size, not the numbers."""
        return f"Integrals({self.norb} orbitals, {self.electrons} electrons)"

    @property
    def norb(self) -> int:
        """How many spatial orbitals there are; there are twice as many qubits before tapering."""
        return len(self.one_body)

    def turned(self, turn: NDArray[np.float64]) -> Integrals:
        """Over other orbitals: those in the columns of an orthogonal `(norb, norb)` matrix, in terms of these.

        Numbers below 1e-12 hartree are what rounding leaves of zeros, and become zeros. Where orbitals only change places and signs, no
        number is rounded.
        """
        one_body = turn.T @ self.one_body @ turn
        two_body = self.two_body
        for _ in range(4):  # Each turn takes the first index, and puts it last.
            two_body = np.tensordot(two_body, turn, axes=(0, 0))
        one_body, two_body = (np.where(np.abs(numbers) < _NOISE, 0.0, numbers) for numbers in (one_body, two_body))
        return Integrals(self.constant, one_body, two_body, self.electrons)


def _real(numbers: object, name: str) -> NDArray[np.float64]:
    array = np.asarray(numbers)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} has entries of type {array.dtype}, expected real numbers: complex orbitals are not supported")
    return array.astype(np.float64)


def _symmetric(numbers: NDArray[np.float64], axes: tuple[int, ...], complaint: str) -> NDArray[np.float64]:
    """The mean of the array and its transpose, where the two hardly differ."""
    other = numbers.transpose(axes)
    difference = np.abs(numbers - other)
    if difference.max() > _ASYMMETRY * np.abs(numbers).max():
        worst = tuple(int(index) for index in np.unravel_index(int(difference.argmax()), difference.shape))
        raise InputError(f"{complaint}: at {worst} the two differ by {difference.max():.1e}")
    return 0.5 * (numbers + other)
