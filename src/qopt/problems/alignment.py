"""Orbitals that stay themselves along a curve: order and signs, which a chemistry program chooses anew at every geometry."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from qopt.errors import InputError
from qopt.problems.determinants import determinant_energy, lowest_determinant
from qopt.problems.distances import LongBonds
from qopt.problems.geometry import Geometry, from_geometry, shipped_of
from qopt.problems.molecular_data import Orbitals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from qopt.problems.molecular_data import MolecularData

_DEGENERATE = 1e-5
"""Hartree: Hartree-Fock leaves orbitals of equal energy equal to about 1e-7."""


def along(geometries: Sequence[Geometry]) -> tuple[MolecularData, ...]:
    """The molecule at each point of a curve, in its order, with orbitals that are the same from one end to the other.

    The point with the lowest Hartree-Fock energy keeps its orbitals, and from there each is aligned to its neighbour. So orbitals, and an
    active space of them, are numbered everywhere as near the equilibrium, also where their energies cross, and no energy jumps there.

    Where every point is shipped, as along the H2 curve, PySCF isn't needed; else it computes all of them, so that all can be aligned.

    Raises:
        InputError: As `from_geometry` does.

    Warns:
        LongBonds: If at every point the bonds are so long that the coordinates look like Bohr: one of them is to be expected of a curve.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shipped = [shipped_of(geometry) for geometry in geometries]
        points = [data for data in shipped if data is not None]
        if len(points) < len(geometries):
            caught.clear()
            points = [from_geometry(geometry, orbitals=True) for geometry in geometries]
    _warn(caught, len(geometries))
    if not points:
        return ()
    energies = [determinant_energy(data.integrals, lowest_determinant(data.integrals.norb, data.integrals.electrons)) for data in points]
    anchor = int(np.argmin(energies))
    for index in range(anchor + 1, len(points)):
        points[index] = aligned(points[index], points[index - 1])
    for index in reversed(range(anchor)):
        points[index] = aligned(points[index], points[index + 1])
    return tuple(points)


def _warn(caught: Sequence[warnings.WarningMessage], points: int) -> None:
    """Say again what was said while the points were computed, but of long bonds only once, and only if all points have them."""
    long = [warning for warning in caught if issubclass(warning.category, LongBonds)]
    others = [warning for warning in caught if not issubclass(warning.category, LongBonds)]
    for warning in [*others, *(long[:1] if len(long) == points else [])]:
        warnings.warn(warning.message, warning.category, stacklevel=3)


def aligned(data: MolecularData, previous: MolecularData) -> MolecularData:
    """The same molecule over orbitals reordered, with signs changed, to be as close as can be to those of a neighbouring geometry.

    Of all orthogonal matrices that keep occupied orbitals occupied and canonical orbitals canonical it is the one that makes the overlap
    of the two sets nearest to the identity: orbitals are matched so that the squares of their overlaps are largest in sum, and within
    each group of equal energy, often one orbital alone, turned by the polar factor of their overlap, which for one orbital is its sign.
    Overlaps are those over Lowdin's orthogonalised atomic orbitals, which move with the atoms: so they don't fade with the step.

    Args:
        data: What is to be aligned. Returned as it is where its orbitals aren't known.
        previous: The neighbour. Where its orbitals aren't known, nothing is done.

    Raises:
        InputError: If the two are not the same electrons in as many orbitals.

    References:
        Schonemann 1966, Psychometrika 31, 1 (the orthogonal Procrustes problem); Galil 1986, ACM Computing Surveys 18, 23 (matching).
    """
    if data.orbitals is None or previous.orbitals is None:
        return data
    before, after = previous.orbitals.coefficients, data.orbitals.coefficients
    if before.shape != after.shape or data.integrals.electrons != previous.integrals.electrons:
        raise InputError(
            f"{data.name} has {after.shape[1]} orbitals and {data.integrals.electrons} electrons, expected {before.shape[1]} and "
            f"{previous.integrals.electrons} as of the neighbour: along a curve only coordinates may change"
        )
    rotation = _rotation(before.T @ after, data.orbitals.energies, data.integrals.electrons)
    orbitals = Orbitals(after @ rotation, np.abs(rotation.T) ** 2 @ data.orbitals.energies)
    dipole = data.dipole
    if dipole is not None:
        dipole = replace(dipole, electrons=np.einsum("rp,xrs,sq->xpq", rotation, dipole.electrons, rotation))
    return replace(data, integrals=data.integrals.turned(rotation), orbitals=orbitals, dipole=dipole)


def _rotation(overlap: NDArray[np.float64], energies: NDArray[np.float64], electrons: tuple[int, int]) -> NDArray[np.float64]:
    """`(norb, norb)`: column p is the new orbital p in terms of the old ones. Rows of the overlap are those of the neighbour."""
    rotation = np.zeros_like(overlap)
    bounds = (0, min(electrons), max(electrons), len(overlap))
    for first, last in pairwise(bounds):
        places = _matched(overlap[first:last, first:last]) + first
        for group in _degenerate(energies, first, last):
            left, _, right = np.linalg.svd(overlap[np.ix_(np.sort(places[group - first]), group)])
            rotation[np.ix_(group, np.sort(places[group - first]))] = (left @ right).T
    return rotation


def _matched(overlap: NDArray[np.float64]) -> NDArray[np.int64]:
    """`(k,)` for each column the row that is matched to it, with the largest sum of squares; of equal ones the one on the diagonal."""
    count = len(overlap)
    graph: nx.Graph[int] = nx.Graph()
    for row in range(count):
        for column in range(count):
            graph.add_edge(row, count + column, weight=float(overlap[row, column] ** 2) + (1e-9 if row == column else 0.0))
    rows = np.zeros(count, dtype=np.int64)
    for pair in nx.max_weight_matching(graph, maxcardinality=True):
        rows[max(pair) - count] = min(pair)
    return rows


def _degenerate(energies: NDArray[np.float64], first: int, last: int) -> Iterator[NDArray[np.int64]]:
    """The orbitals from `first` to `last - 1`, in groups of equal energy."""
    order = first + np.argsort(energies[first:last], kind="stable")
    gaps = np.flatnonzero(np.diff(energies[order]) > _DEGENERATE) + 1
    return (np.asarray(group) for group in np.split(order, gaps) if len(group))
