"""Spin models: their matrices, exact energies of the literature, and what the Hamiltonian variational ansatz reaches."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit.quantum_info import Statevector
from scipy.optimize import minimize

from qopt.errors import InputError
from qopt.problems.spins import Heisenberg, TransverseFieldIsing, chain, lattice, matchings, ring
from qopt.references import diagonalise
from qopt.simulate.choice import choose

if TYPE_CHECKING:
    from qopt.problems.graph import Graph
    from qopt.problems.problem import Problem

LETTERS = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}


def product(sites: int, letters: dict[int, str]) -> np.ndarray:
    """Kronecker product with site 0 as the last factor."""
    return reduce(np.kron, [LETTERS[letters[site]] if site in letters else np.eye(2) for site in reversed(range(sites))])


def free_fermions(sites: int, coupling: float, field: float) -> float:
    """The ground state of an even ring: `-sum_k sqrt(J^2 + h^2 - 2 J h cos k)` over odd multiples k of pi / n. Pfeuty 1970."""
    k = np.pi * (2 * np.arange(sites) + 1) / sites
    return float(-np.sqrt(coupling**2 + field**2 - 2 * coupling * field * np.cos(k)).sum())


def lowest(problem: Problem, layers: int | None = None, starts: int = 2) -> float:
    """The best of a few minimisations from random points, by exact gradients."""
    ansatz = problem.ansatz(layers)
    engine = choose(ansatz.circuit, ansatz.parameters, problem.hamiltonian()).engine()
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 0.5, size=(starts, len(ansatz.parameters)))
    return min(minimize(engine.gradient, point, jac=True, method="BFGS", options={"gtol": 1e-9}).fun for point in points)


@pytest.mark.parametrize("graph", [chain(4), ring(5), lattice(2, 3)], ids=lambda graph: graph.name)
def test_hamiltonians_are_their_formulas(graph: Graph) -> None:
    """Term by term as matrices, with signs and weights."""
    sites = len(graph.nodes)
    edges = graph.edges.tolist()
    ising = TransverseFieldIsing(graph, coupling=0.7, field=-0.3).hamiltonian()
    expected = -0.7 * sum(product(sites, {u: "Z", v: "Z"}) for u, v in edges) + 0.3 * sum(product(sites, {u: "X"}) for u in range(sites))
    np.testing.assert_allclose(ising.to_matrix(), expected, rtol=0, atol=1e-12)
    heisenberg = Heisenberg(graph, couplings=(0.5, -1.0, 2.0), field=0.25).hamiltonian()
    expected = sum(
        factor * product(sites, {u: letter, v: letter}) for u, v in edges for letter, factor in (("X", 0.5), ("Y", -1.0), ("Z", 2.0))
    ) - 0.25 * sum(product(sites, {u: "Z"}) for u in range(sites))
    np.testing.assert_allclose(heisenberg.to_matrix(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("field", [0.5, 1.0, 1.7])
def test_rings_have_the_energy_of_free_fermions(field: float) -> None:
    """In both phases and at the critical point."""
    problem = TransverseFieldIsing(ring(8), coupling=1.0, field=field)
    assert diagonalise(problem.hamiltonian())[0] == pytest.approx(free_fermions(8, 1.0, field), abs=1e-9)


def test_heisenberg_rings_have_known_energies() -> None:
    """Four spins: -8 in Pauli matrices, that is -2 J in spins, an elementary sum of two spins of 1."""
    assert diagonalise(Heisenberg(ring(4)).hamiltonian())[0] == pytest.approx(-8.0, abs=1e-9)
    assert diagonalise(Heisenberg(chain(2)).hamiltonian())[0] == pytest.approx(-3.0, abs=1e-12)


@pytest.mark.parametrize(("sites", "field"), [(4, 1.0), (4, 0.6), (6, 1.0)])
def test_half_as_many_layers_as_sites_reach_the_ground_state_of_a_ring(sites: int, field: float) -> None:
    """Ho and Hsieh 2019, arXiv:1803.00026; one layer less does not."""
    problem = TransverseFieldIsing(ring(sites), field=field)
    exact = free_fermions(sites, 1.0, field)
    assert lowest(problem) == pytest.approx(exact, abs=1e-8)
    assert lowest(problem, sites // 2 - 1) > exact + 1e-3


def test_a_negative_field_begins_in_its_own_ground_state() -> None:
    """With all angles 0 the energy is that of the field alone, whatever its sign."""
    for field in (0.8, -0.8):
        problem = TransverseFieldIsing(ring(4), field=field)
        state = Statevector(problem.ansatz(1).circuit.assign_parameters([0.0, 0.0]))
        assert state.expectation_value(problem.hamiltonian()).real == pytest.approx(-3.2, abs=1e-12)


def test_heisenberg_chains_begin_in_singlets_and_end_in_the_ground_state() -> None:
    """-3 for each of two singlets, and the exact energy after two layers."""
    problem = Heisenberg(chain(4))
    ansatz = problem.ansatz()
    state = Statevector(ansatz.circuit.assign_parameters(np.zeros(len(ansatz.parameters))))
    assert state.expectation_value(problem.hamiltonian()).real == pytest.approx(-6.0, abs=1e-12)
    assert lowest(problem) == pytest.approx(diagonalise(problem.hamiltonian())[0], abs=1e-8)


@pytest.mark.parametrize("graph", [chain(7), ring(6), lattice(3, 3), lattice(3, 4, periodic=True)], ids=lambda graph: graph.name)
def test_matchings_are_groups_of_bonds_that_do_not_touch(graph: Graph) -> None:
    """Every bond is in one of them, and the first is no smaller than the others."""
    groups = matchings(graph)
    assert sorted(index for group in groups for index in group) == list(range(len(graph.edges)))
    for group in groups:
        sites = graph.edges[group].reshape(-1)
        assert len(set(sites.tolist())) == len(sites)
        assert len(group) <= len(groups[0])


def test_lattices_have_their_bonds() -> None:
    """Sites are numbered row by row."""
    assert sorted(map(sorted, lattice(2, 3).edges.tolist())) == [[0, 1], [0, 3], [1, 2], [1, 4], [2, 5], [3, 4], [4, 5]]
    assert lattice(2, 3).nodes == ("0", "1", "2", "3", "4", "5")
    assert len(lattice(3, 3, periodic=True).edges) == 18
    assert len(ring(5).edges) == 5
    assert len(chain(5).edges) == 4


REFUSALS = {
    "a ring of 2 sites doesn't exist, expected 3 or more": lambda: ring(2),
    "a lattice of 1 x 1 sites doesn't exist": lambda: chain(1),
    "a lattice of 2 x 4 sites doesn't exist, expected at least 3 each way": lambda: lattice(2, 4, periodic=True),
    "field is nan, expected a finite number": lambda: TransverseFieldIsing(ring(3), field=float("nan")),
    "J_y is inf, expected a finite number": lambda: Heisenberg(ring(3), couplings=(1.0, float("inf"), 1.0)),
    "got 0 layers of 2 groups, expected 1 or more": lambda: TransverseFieldIsing(ring(3)).ansatz(0),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_does_not_exist_is_refused(message: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=message):
        REFUSALS[message]()
