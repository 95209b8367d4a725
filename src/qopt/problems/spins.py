"""Spin models on graphs: the transverse-field Ising model and the Heisenberg model, and the chains, rings and lattices they live on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from qiskit.quantum_info import PauliList, SparsePauliOp

from qopt.ansatze.hva import hamiltonian_variational
from qopt.errors import InputError
from qopt.problems.graph import Graph
from qopt.problems.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.ansatze import Ansatz

_RING = 3


def chain(sites: int) -> Graph:
    """Sites 0 to n - 1, each a neighbour of the next.

    Raises:
        InputError: If there are less than two.
    """
    return lattice(1, sites)


def ring(sites: int) -> Graph:
    """A chain whose ends are neighbours.

    Raises:
        InputError: If there are less than three sites.
    """
    if sites < _RING:
        raise InputError(f"a ring of {sites} sites doesn't exist, expected {_RING} or more: two sites are a chain")
    return Graph.from_networkx(nx.cycle_graph(sites), f"ring of {sites}")


def lattice(rows: int, columns: int, *, periodic: bool = False) -> Graph:
    """A square lattice; site `row * columns + column`.

    Args:
        rows: How many.
        columns: How many.
        periodic: Whether it is a torus; then there are three rows and columns or more.

    Raises:
        InputError: If there is no such lattice.
    """
    least = _RING if periodic else 1
    if min(rows, columns) < least or rows * columns == 1:
        raise InputError(f"a lattice of {rows} x {columns} sites doesn't exist, expected at least {least} each way and two sites in all")
    graph = nx.grid_2d_graph(rows, columns, periodic=periodic)
    numbered = nx.relabel_nodes(graph, {(row, column): row * columns + column for row, column in graph})
    return Graph.from_networkx(numbered, f"torus of {rows} x {columns}" if periodic else f"lattice of {rows} x {columns}")


class TransverseFieldIsing(Problem):
    """`H = -J sum_uv w_uv Z_u Z_v - h sum_u X_u`, a ferromagnet for positive J.

    Args:
        graph: Sites, bonds and their weights.
        coupling: J.
        field: h.

    Raises:
        InputError: If J or h isn't finite.

    References:
        Pfeuty 1970, Annals of Physics 57, 79 (the chain's exact solution).
    """

    def __init__(self, graph: Graph, *, coupling: float = 1.0, field: float = 1.0) -> None:
        _check_finite({"coupling": coupling, "field": field})
        self.graph = graph
        self.coupling = coupling
        self.field = field

    def hamiltonian(self) -> SparsePauliOp:
        """Bonds first, then the field."""
        return self._hamiltonian

    def ansatz(self, layers: int | None = None) -> Ansatz:
        """The Hamiltonian variational ansatz from the field's ground state: bonds, then field; half as many layers as sites by default.

        On a ring of an even number of sites so many reach the ground state.

        References:
            Ho, Hsieh 2019, arXiv:1803.00026.
        """
        # Where h is negative the field's lowest state is |->.
        return hamiltonian_variational(
            [self._bonds, self._fields],
            max(1, len(self.graph.nodes) // 2) if layers is None else layers,
            plus=range(len(self.graph.nodes)),
            flipped=range(len(self.graph.nodes)) if self.field < 0 else (),
        )

    @cached_property
    def _hamiltonian(self) -> SparsePauliOp:
        return (self._bonds + self._fields).simplify() if self.field else self._bonds

    @property
    def _bonds(self) -> SparsePauliOp:
        return _on(self.graph.edges, "Z", len(self.graph.nodes), -self.coupling * self.graph.weights)

    @property
    def _fields(self) -> SparsePauliOp:
        sites = len(self.graph.nodes)
        return _on(np.arange(sites)[:, None], "X", sites, np.full(sites, -self.field))


class Heisenberg(Problem):
    """`H = sum_uv w_uv (J_x X_u X_v + J_y Y_u Y_v + J_z Z_u Z_v) - h sum_u Z_u`, an antiferromagnet for positive J.

    In Pauli matrices: with spins `S = sigma / 2` energies are a quarter of these.

    Args:
        graph: Sites, bonds and their weights.
        couplings: J_x, J_y, J_z; an XXZ chain has the first two equal.
        field: h.

    Raises:
        InputError: If a number isn't finite.

    References:
        Heisenberg 1928, Zeitschrift fuer Physik 49, 619.
    """

    def __init__(self, graph: Graph, *, couplings: tuple[float, float, float] = (1.0, 1.0, 1.0), field: float = 0.0) -> None:
        _check_finite({"J_x": couplings[0], "J_y": couplings[1], "J_z": couplings[2], "field": field})
        self.graph = graph
        self.couplings = couplings
        self.field = field

    def hamiltonian(self) -> SparsePauliOp:
        """Bond by bond, and the field."""
        return self._hamiltonian

    def ansatz(self, layers: int | None = None) -> Ansatz:
        """The Hamiltonian variational ansatz from singlets on bonds that don't touch; half as many layers as sites by default.

        Bonds are coloured so that those of one colour don't touch, and each colour is a group; bonds of the first colour hold the singlets,
        and act last in each layer, since the start is an eigenstate of theirs.

        References:
            Wiersema et al. 2020, arXiv:2008.02941; Ho, Hsieh 2019, arXiv:1803.00026.
        """
        sites = len(self.graph.nodes)
        colours = matchings(self.graph)
        groups = [self._bonds(bonds) for bonds in (*colours[1:], colours[0])]
        fields = [_on(np.arange(sites)[:, None], "Z", sites, np.full(sites, -self.field))] if self.field else []
        singlets = [(int(u), int(v)) for u, v in self.graph.edges[colours[0]]]
        return hamiltonian_variational(groups + fields, max(1, sites // 2) if layers is None else layers, singlets=singlets)

    @cached_property
    def _hamiltonian(self) -> SparsePauliOp:
        sites = len(self.graph.nodes)
        total = self._bonds(range(len(self.graph.edges)))
        if self.field:
            total += _on(np.arange(sites)[:, None], "Z", sites, np.full(sites, -self.field))
        return total.simplify()

    def _bonds(self, bonds: Sequence[int]) -> SparsePauliOp:
        chosen = list(bonds)
        edges, weights = self.graph.edges[chosen], self.graph.weights[chosen]
        parts = [
            _on(edges, letter, len(self.graph.nodes), coupling * weights)
            for letter, coupling in zip("XYZ", self.couplings, strict=True)
            if coupling
        ]
        return SparsePauliOp.sum(parts) if parts else _on(edges[:1], "Z", len(self.graph.nodes), np.zeros(1))


def matchings(graph: Graph) -> list[list[int]]:
    """Edges in as few groups as a greedy search finds, so that no two in a group touch; the largest group first."""
    groups: list[tuple[set[int], list[int]]] = []
    for index, (u, v) in enumerate(graph.edges.tolist()):
        for sites, edges in groups:
            if u not in sites and v not in sites:
                sites.update((u, v))
                edges.append(index)
                break
        else:
            groups.append(({u, v}, [index]))
    return sorted((edges for _, edges in groups), key=len, reverse=True)


def _on(places: NDArray[np.int64], letter: str, sites: int, coefficients: NDArray[np.float64]) -> SparsePauliOp:
    """For each row of sites the string with that letter on all of them."""
    bits = np.zeros((len(places), sites), dtype=np.bool_)
    bits[np.arange(len(places))[:, None], places] = True
    nothing = np.zeros_like(bits)
    return SparsePauliOp(PauliList.from_symplectic(bits if letter in "YZ" else nothing, bits if letter in "XY" else nothing), coefficients)


def _check_finite(numbers: dict[str, float]) -> None:
    for name, number in numbers.items():
        if not np.isfinite(number):
            raise InputError(f"{name} is {number}, expected a finite number")
