"""MaxCut as a mixed-integer linear program, solved to a proven optimum or to a time limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GAP = 1e-6


@dataclass(frozen=True)
class Cut:
    """A cut and what is proven of it.

    Attributes:
        value: Total weight of the edges that it cuts.
        bound: No cut is larger.
        bits: The side of each node; `bits[i]` is node i.
        proven: Whether `value` is the maximum.
    """

    value: float
    bound: float
    bits: str
    proven: bool


def maxcut_milp(edges: NDArray[np.int64], weights: NDArray[np.float64], nodes: int, time_limit: float) -> Cut:
    """The largest cut that HiGHS finds within the time limit, improved by single flips, with the bound that it proves.

    One binary x_v per node and one y_e in [0, 1] per edge: maximise sum w_e y_e with y_e <= x_u + x_v and y_e <= 2 - x_u - x_v where
    w_e > 0, and y_e >= |x_u - x_v| where w_e < 0; the objective pulls y_e to the other side, so that it is |x_u - x_v| at the optimum.

    Args:
        edges: `(m, 2)` node indices.
        weights: `(m,)` weights of either sign.
        nodes: How many nodes.
        time_limit: Seconds.

    References:
        Barahona, Mahjoub 1986, On the cut polytope, Mathematical Programming 36, 157-173.
    """
    scale = float(np.abs(weights).max(initial=0.0)) or 1.0  # The tolerances of HiGHS are absolute.
    degrees = np.bincount(edges.ravel(), minlength=nodes)
    upper = np.ones(nodes + len(edges))
    upper[int(degrees.argmax())] = 0.0  # A cut and its complement are the same: hold one node still.
    integrality = np.r_[np.ones(nodes), np.zeros(len(edges))]
    answer = milp(
        c=np.r_[np.zeros(nodes), -weights / scale],
        constraints=_cut_inequalities(edges, weights, nodes),
        bounds=Bounds(np.zeros(nodes + len(edges)), upper),
        integrality=integrality,
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    found = np.zeros(nodes) if answer.x is None else np.rint(answer.x[:nodes])
    sides = _descend(1.0 - 2.0 * found, edges, weights)
    value = float(weights[sides[edges[:, 0]] != sides[edges[:, 1]]].sum())
    trivial = float(weights[weights > 0].sum())
    dual = answer.mip_dual_bound
    bound = trivial if dual is None or not np.isfinite(dual) else min(trivial, -scale * float(dual))
    if np.array_equal(weights, np.rint(weights)):
        bound = float(np.floor(bound + _GAP))  # Every cut is an integer, so the bound is one too.
    proven = bound - value <= 2 * _GAP * max(scale, abs(value))
    return Cut(value, value if proven else bound, "".join("0" if side > 0 else "1" for side in sides), proven)


def _cut_inequalities(edges: NDArray[np.int64], weights: NDArray[np.float64], nodes: int) -> LinearConstraint:
    """Two rows per edge, in the form `row @ (x, y) <= limit`."""
    edge = np.arange(len(edges))
    positive = weights >= 0
    # Rows y - x_u - x_v <= 0 and y + x_u + x_v <= 2 for gains; x_u - x_v - y <= 0 and x_v - x_u - y <= 0 for losses.
    along = np.where(positive, 1.0, -1.0)
    first = np.where(positive, -1.0, 1.0)
    second = -np.ones(len(edges))
    rows = np.concatenate([edge, edge, edge, len(edges) + edge, len(edges) + edge, len(edges) + edge])
    columns = np.concatenate([nodes + edge, edges[:, 0], edges[:, 1], nodes + edge, edges[:, 0], edges[:, 1]])
    values = np.concatenate([along, first, second, along, -first, -second])
    limits = np.r_[np.zeros(len(edges)), np.where(positive, 2.0, 0.0)]
    matrix = coo_array((values, (rows, columns)), shape=(2 * len(edges), nodes + len(edges)))
    return LinearConstraint(csr_array(matrix), -np.inf, limits)


def _descend(sides: NDArray[np.float64], edges: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flip the node that gains most, until none gains: what a time limit interrupted may still be improved."""
    pair = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    adjacency = csr_array(coo_array((np.r_[weights, weights], pair), shape=(len(sides), len(sides))))
    sides = sides.copy()
    gains = sides * (adjacency @ sides)
    slack = _GAP * float(np.abs(weights).max(initial=0.0))
    while gains[node := int(gains.argmax())] > slack:
        sides[node] = -sides[node]
        gains = sides * (adjacency @ sides)
    return sides
