"""The structure of QAOA: what a circuit is when it is not looked at gate by gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qopt.diagonal import Diagonal


@dataclass(frozen=True, eq=False)
class AlternatingLayers:
    """QAOA with the X mixer, `prod_l exp(-i beta_l sum X) exp(-i gamma_l C) |+>` with the cost C = -H.

    Points are gamma_1 .. gamma_p, beta_1 .. beta_p.

    Attributes:
        cost: The diagonal of H.
        layers: p.
    """

    cost: Diagonal
    layers: int
