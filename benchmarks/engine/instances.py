"""The problems that all contenders get, as plain JSON: costs by their terms, molecules by their integrals and by Pauli strings.

A QAOA problem is `H = sum_t c_t prod_{i in t} Z_i`, to be minimised, with the layers `exp(-i beta sum X) exp(+i gamma H)` and points
gamma_1 .. gamma_p, beta_1 .. beta_p. A UCCSD problem is `prod_k exp(theta_k (T_k - T_k^dag)) |Hartree-Fock>`, the first factor first, with
the Jordan-Wigner mapping on spin orbitals in blocks, alpha first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from jordan_wigner import excitation_strings, hamiltonian_strings

if TYPE_CHECKING:
    from pathlib import Path

Problem = dict[str, Any]
MOLECULES = {"H2": "h2", "LiH": "lih", "BeH2": "beh2", "H2O": "h2o"}
"""Names of molecules and of their files in tests/data/fcidump/."""


def maxcut(variables: int, layers: int) -> Problem:
    """MaxCut of a random 3-regular graph: H is minus the cut."""
    edges = _edges(variables)
    return _qaoa(variables, layers, [(0.5, edge) for edge in edges] + [(-0.5 * len(edges), ())])


def weighted(variables: int, layers: int, *, fields: bool = False) -> Problem:
    """The same graph with real weights, so that hardly two costs are equal; with fields a flip of all spins changes the cost as well."""
    rng = np.random.default_rng(variables)
    terms = [(rng.uniform(0.2, 0.8), edge) for edge in _edges(variables)]
    if fields:
        terms += [(rng.uniform(-0.5, 0.5), (variable,)) for variable in range(variables)]
    return _qaoa(variables, layers, terms)


def higher_order(variables: int, layers: int, order: int) -> Problem:
    """As many terms as the graph has edges, of `order` variables each, with the coefficients +0.5 and -0.5."""
    rng = np.random.default_rng(variables)
    supports = [tuple(int(i) for i in sorted(rng.choice(variables, order, replace=False))) for _ in range(3 * variables // 2)]
    return _qaoa(variables, layers, [(float(rng.choice([-0.5, 0.5])), support) for support in supports])


def qaoa_points(variables: int, layers: int, count: int) -> list[list[float]]:
    """`count` points, gamma in 0.1 .. 1 and beta in 0.1 .. 0.7."""
    rng = np.random.default_rng([variables, layers])
    return np.concatenate([rng.uniform(0.1, 1.0, (count, layers)), rng.uniform(0.1, 0.7, (count, layers))], axis=1).tolist()


def uccsd(file: Path) -> Problem:
    """UCCSD of the molecule in an FCIDUMP file.

    `excitations` are `[created, annihilated]` in the order in which they act; `rotations` are the same as lists of `[c, letters, qubits]`
    with `T - T^dag = i sum c P`, whose strings commute; `hamiltonian` is `sum c P`.
    """
    from qopt.ansatze.excitations import uccsd as excitations_of  # noqa: PLC0415 - the other rows do without
    from qopt.problems.fcidump import read_fcidump  # noqa: PLC0415 - as above

    integrals = read_fcidump(file)
    excitations = [(excitation.created, excitation.annihilated) for excitation in excitations_of(integrals.norb, integrals.electrons)]
    return {
        "kind": "uccsd",
        "norb": integrals.norb,
        "electrons": list(integrals.electrons),
        "constant": integrals.constant,
        "one_body": integrals.one_body.tolist(),
        "two_body": integrals.two_body.tolist(),
        "excitations": excitations,
        "rotations": [excitation_strings(created, annihilated) for created, annihilated in excitations],
        "hamiltonian": hamiltonian_strings(integrals.constant, integrals.one_body, integrals.two_body),
    }


def uccsd_points(problem: Problem, count: int) -> list[list[float]]:
    """`count` points of small angles, as they are near a minimum."""
    return np.random.default_rng(7).normal(0.0, 0.05, (count, len(problem["excitations"]))).tolist()


def coincident_points(problem: Problem) -> list[list[float]]:
    """Two points at which the product of exponentials equals the exponential of the sum, since all excitations that act commute.

    At the first whole pairs move from orbitals to others, each to one of its own; at the second single electrons do, both spins alike.
    """
    norb, (alpha, _) = problem["norb"], problem["electrons"]
    moves = [(i, alpha + i) for i in range(min(alpha, norb - alpha))]
    acting = [
        {((a, a + norb), (i, i + norb)): 0.3 + 0.1 * i for i, a in moves},
        {((a + shift,), (i + shift,)): 0.3 + 0.1 * i for i, a in moves for shift in (0, norb)},
    ]
    keys = [(tuple(created), tuple(annihilated)) for created, annihilated in problem["excitations"]]
    return [[angles.get(key, 0.0) for key in keys] for angles in acting]


def _edges(variables: int) -> list[tuple[int, int]]:
    graph = nx.random_regular_graph(3, variables, seed=variables)
    return sorted((min(edge), max(edge)) for edge in graph.edges)


def _qaoa(variables: int, layers: int, terms: list[tuple[float, tuple[int, ...]]]) -> Problem:
    return {"kind": "qaoa", "variables": variables, "layers": layers, "terms": [[c, list(support)] for c, support in terms]}
