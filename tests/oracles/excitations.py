"""Fermionic excitations the slow way: Jordan-Wigner matrices on all 2**n basis states, and exponentials of matrices."""

from __future__ import annotations

from functools import cache, reduce
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.integrals import Integrals


@cache
def annihilators(modes: int) -> tuple[sparse.csr_array, ...]:
    """`a_i = 1 x .. x sigma^- x Z x .. x Z` with Z on the qubits below i; bit i of a basis state's index is qubit i."""
    lower, z, one = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0]), np.eye(2)
    out = []
    for i in range(modes):
        from_the_highest = [one] * (modes - 1 - i) + [lower] + [z] * i
        out.append(sparse.csr_array(reduce(sparse.kron, from_the_highest, sparse.eye_array(1))))
    return tuple(out)


@cache
def products(norb: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    """`sum a_p^dag a_q` and `1/2 sum a_p^dag a_r^dag a_s a_q` over spins, flattened to a column for each p, q and each p, q, r, s."""
    a = annihilators(2 * norb)
    spins, orbitals = (0, norb), range(norb)
    one = [sum(a[p + i].T @ a[q + i] for i in spins) for p, q in product(orbitals, repeat=2)]
    two = [
        sum(0.5 * (a[p + i].T @ a[r + j].T @ a[s + j] @ a[q + i]) for i, j in product(spins, repeat=2))
        for p, q, r, s in product(orbitals, repeat=4)
    ]
    one_columns, two_columns = (
        sparse.hstack([operator.reshape(-1, 1) for operator in operators], format="csr") for operators in (one, two)
    )
    return one_columns, two_columns


def hamiltonian(integrals: Integrals) -> NDArray[np.float64]:
    """`constant + sum h_pq a_p^dag a_q + 1/2 sum (pq|rs) a_p^dag a_r^dag a_s a_q`, with spins summed over."""
    one, two = products(integrals.norb)
    electronic = one @ integrals.one_body.reshape(-1) + two @ integrals.two_body.reshape(-1)
    dim = 4**integrals.norb
    return integrals.constant * np.eye(dim) + electronic.reshape(dim, dim)


def generator(excitation: Excitation, norb: int) -> sparse.csr_array:
    """`coefficient (T - T^dag)`."""
    a = annihilators(2 * norb)
    factors = [a[i].T for i in excitation.created] + [a[i] for i in reversed(excitation.annihilated)]
    t = reduce(lambda left, right: left @ right, factors)
    return sparse.csr_array(excitation.coefficient * (t - t.T))


def state(excitations: Sequence[Excitation], point: NDArray[np.float64], norb: int, reference: int) -> NDArray[np.float64]:
    """`.. exp(angle_1 (T_1 - T_1^dag)) exp(angle_0 (T_0 - T_0^dag)) |reference>`."""
    out = np.zeros(4**norb)
    out[reference] = 1.0
    for excitation in excitations:
        out = expm_multiply(point[excitation.parameter] * generator(excitation, norb), out, traceA=0.0)
    return out


def gradient(excitations: Sequence[Excitation], point: NDArray[np.float64], integrals: Integrals, reference: int) -> NDArray[np.float64]:
    """The product rule: `2 <psi| H .. (T_k - T_k^dag) .. |reference>` for each excitation, added up by parameter."""
    out = np.zeros(len(point))
    bra = hamiltonian(integrals) @ state(excitations, point, integrals.norb, reference)
    for k, excitation in enumerate(excitations):
        ket = generator(excitation, integrals.norb) @ state(excitations[: k + 1], point, integrals.norb, reference)
        for later in excitations[k + 1 :]:
            ket = expm_multiply(point[later.parameter] * generator(later, integrals.norb), ket, traceA=0.0)
        out[excitation.parameter] += 2.0 * bra @ ket
    return out


def pool_gradients(pool: Sequence[Excitation], psi: NDArray[np.float64], integrals: Integrals) -> NDArray[np.float64]:
    """`<psi| [H, T - T^dag] |psi>` of each candidate."""
    h = hamiltonian(integrals)
    generators = [generator(excitation, integrals.norb) for excitation in pool]
    return np.array([psi @ (h @ (k @ psi)) - psi @ (k @ (h @ psi)) for k in generators])
