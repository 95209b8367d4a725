"""Schedules for QAOA angles of any depth: the linear ramp, and the way from a depth to a deeper one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qopt.diagonal import Diagonal
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.quantum_info import SparsePauliOp

    from qopt.types import Point

_GAMMA = 0.6
_BETA = 0.3
_FULLY = 0.5
"""Radians of a rotation, which are twice those of the term's own angle. Larger steps end higher on chains and lattices of spins."""


def ramp(hamiltonian: SparsePauliOp, layers: int) -> Point:
    """`(2 p,)` angles gamma_1 .. gamma_p, beta_1 .. beta_p of the linear ramp, right for about 5 layers or more.

    gamma_k = 0.6 k / p and beta_k = 0.3 (1 - (k - 1) / p), where gamma multiplies the Hamiltonian divided by its largest coefficient.
    A MaxCut Hamiltonian has the coefficients w / 2, so that unit weights make gamma_p = 1.2.

    Raises:
        InputError: If the Hamiltonian has X or Y terms, or is a constant.

    References:
        Montanez-Barrera, Michielsen 2024, arXiv:2405.09169 (LR-QAOA).
    """
    diagonal = diagonal_of(hamiltonian, "ramp")
    coefficients = diagonal.coefficients[diagonal.supports.any(axis=1)]
    if not coefficients.size:
        message = "the Hamiltonian is a constant, a ramp needs terms to scale by: use the start zeros"
        raise InputError(message)
    steps = np.arange(1, layers + 1) / layers
    return np.concatenate([_GAMMA * steps / np.abs(coefficients).max(), _BETA * steps[::-1]])


def annealing(scales: Sequence[float], layers: int) -> Point:
    """`(groups layers,)` angles of a Hamiltonian variational ansatz that follows a slow switch-on, layer by layer, group by group.

    The last group of each layer is the one whose ground state the circuit begins in: it acts fully all the time. The others are switched
    on, by `(l - 1/2) / layers` in layer l. Fully turns by half a radian for the mean term.

    Args:
        scales: `(groups layers,)` as in the ansatz: how far each parameter moves where a rotation moves by a radian.
        layers: How many.

    References:
        Sack, Serbyn 2021, arXiv:2101.05742 (Trotterised quantum annealing as a start).
    """
    full = _FULLY * np.asarray(scales, dtype=np.float64).reshape(layers, -1)
    share = (np.arange(layers) + 0.5) / layers
    full[:, :-1] *= share[:, None]
    return full.ravel()


def interp(point: Point, layers: int) -> Point:
    """Angles gamma_1 .. gamma_p, beta_1 .. beta_p carried to a greater depth by INTERP, one layer at a time.

    Args:
        point: `(2 p,)` angles of p layers.
        layers: The depth wanted, p or more.

    Raises:
        InputError: If the depth is less than that of `point`.

    References:
        Zhou, Wang, Choi, Pichler, Lukin 2020, arXiv:1812.01041, appendix B (INTERP).
    """
    known = len(point) // 2
    if layers < known:
        message = f"the angles are for {known} layers, they can't be carried to {layers}: INTERP only deepens"
        raise InputError(message, ("layers",))
    gammas, betas = np.split(np.asarray(point, dtype=np.float64), 2)
    for depth in range(known, layers):
        gammas, betas = _deepen(gammas, depth), _deepen(betas, depth)
    return np.concatenate([gammas, betas])


def _deepen(angles: Point, depth: int) -> Point:
    """[u]_i = (i - 1)/p u_{i-1} + (p - i + 1)/p u_i for i = 1 .. p + 1, with u_0 = u_{p+1} = 0."""
    before: Point = np.arange(depth + 1) / depth
    deeper: Point = before * np.append(0.0, angles) + (1 - before) * np.append(angles, 0.0)
    return deeper


def diagonal_of(hamiltonian: SparsePauliOp, start: str) -> Diagonal:
    """The Hamiltonian as a polynomial in Z.

    Raises:
        InputError: If it has X or Y terms.
    """
    diagonal = Diagonal.from_operator(hamiltonian)
    if diagonal is None:
        message = f"the Hamiltonian has X or Y terms, the start {start} is for QAOA's Hamiltonians of I and Z alone: use zeros or random"
        raise InputError(message)
    return diagonal
