"""Published QAOA angles for regular graphs, carried to any graph by its mean degree and mean weight."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError
from qopt.starts.ramps import diagonal_of, interp

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from qopt.types import Point

_PAIR = 2


def fixed_angles(hamiltonian: SparsePauliOp, layers: int) -> Point:
    """`(2 p,)` angles gamma_1 .. gamma_p, beta_1 .. beta_p that are near the best for MaxCut, without measuring anything.

    The graph is that of the ZZ terms: an edge's weight w is twice its coefficient; fields (Z alone) are not considered. For an unweighted
    d-regular graph these are the published angles. Elsewhere they are those of the rounded mean degree, within the table's 3 .. 11, with
    gamma * arctan(1/sqrt(mean degree - 1)) / arctan(1/sqrt(d - 1)) / mean|w| and beta as it is. The table goes to 11 layers for degree 3,
    to 5 for 4, 4 for 5, 3 for 6 .. 10 and 2 for 11; INTERP carries its deepest angles to greater depths.

    Raises:
        InputError: If the Hamiltonian has X or Y terms, no ZZ terms, or products of more than two Z.

    References:
        Wurtz, Lykov 2021, arXiv:2107.00677 (the table, for degree 3 with Wurtz, Love 2020, arXiv:2010.11209);
        Shaydulin, Lotshaw, Larson, Ostrowski, Humble 2022, arXiv:2201.11785 and Sureshbabu et al. 2023, arXiv:2305.15201 (other graphs).
    """
    diagonal = diagonal_of(hamiltonian, "fixed-angles")
    orders = diagonal.supports.sum(axis=1)
    pairs = orders == _PAIR
    if not pairs.any() or (orders > _PAIR).any():
        found = f"products of {orders.max()} Z" if (orders > _PAIR).any() else "no ZZ terms"
        message = f"the Hamiltonian has {found}, fixed angles are for couplings of pairs: use the start ramp"
        raise InputError(message)
    weights = 2 * np.abs(diagonal.coefficients[pairs])
    degree = 2 * len(weights) / int(diagonal.supports[pairs].any(axis=0).sum())
    table = _table()
    donor = min(max(round(degree), min(table)), max(table))
    gammas, betas = np.split(interp(table[donor][min(layers, len(table[donor])) - 1], layers), 2)
    return np.concatenate([gammas * (_triangle_free(degree) / _triangle_free(donor) / weights.mean()), betas])


def _triangle_free(degree: float) -> float:
    """The best gamma of one layer on a triangle-free regular graph, arctan(1/sqrt(d - 1)); pi/2 for single edges."""
    return float(np.arctan2(1.0, np.sqrt(degree - 1)))


@cache
def _table() -> dict[int, list[Point]]:
    """Angles by degree and number of layers, from 1 on."""
    text = resources.files("qopt.starts").joinpath("fixed_angles.json").read_text(encoding="utf-8")
    entries: dict[str, list[dict[str, list[float]]]] = json.loads(text)["degrees"]
    return {int(degree): [np.array(entry["gamma"] + entry["beta"]) for entry in row] for degree, row in entries.items()}
