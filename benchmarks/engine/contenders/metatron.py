"""metatron-qso: `MaxCutQaoa` is specialised to MaxCut as qopt's engine is to diagonal costs.

It maximises the cut C = -H, and its layers are `exp(-i beta sum X) exp(-i gamma C)`: angles are the same, energies have the other sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import metatron_qso

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("metatron-qso",)


class Cut:
    """MaxCut of an unweighted graph."""

    def __init__(self, variables: int, layers: int, edges: list[list[int]]) -> None:
        graph = metatron_qso.Graph(variables)
        for edge in edges:
            graph.add_edge(*edge)
        self._qaoa = metatron_qso.MaxCutQaoa(graph, layers)

    def energies(self, points: NDArray) -> list[float]:
        """One after the other: the package has no batch of MaxCut points."""
        return [-self._qaoa.expectation(point) for point in points.tolist()]

    def gradient(self, point: NDArray) -> tuple[float, list[float]]:
        """By its adjoint method."""
        cut, slopes = self._qaoa.expectation_and_gradient(point.tolist())
        return -cut, [-slope for slope in slopes]


def prepare(problem: dict[str, Any], threads: int) -> Cut:  # noqa: ARG001 - the worker's environment tells Rayon
    """The package's MaxCut."""
    return Cut(problem["variables"], problem["layers"], [support for _, support in problem["terms"] if support])
