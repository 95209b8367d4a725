"""The electronic Hamiltonian in a sector: as a sparse matrix, or applied factor by factor where the matrix would be too large.

With `E_pq` of either spin it is `H = H_alpha x 1 + 1 x H_beta + sum (pq|rs) E_pq^alpha x E_rs^beta`, without the constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import sparse

from qopt.simulate.excitations.sector import transitions

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals
    from qopt.simulate.excitations.sector import Sector, Strings

    Lower: TypeAlias = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64]]

_DENSE = 128
"""Up to so many determinants SciPy takes longer to look at a sparse matrix than NumPy to multiply with all of it."""
_NOISE = 1e-14
"""Matrix elements below this share of the largest integral are rounding errors of integrals that vanish by symmetry."""


class Hamiltonian(Protocol):
    """H without its constant."""

    def apply(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """H times a `(dim,)` state."""
        ...

    @property
    def lower(self) -> Lower | None:
        """L with `H = L + L^T`, as pointers of rows, columns and elements; None where there is no matrix."""
        ...


@dataclass(frozen=True, eq=False)
class Moves:
    """What all `E_pq` do to the strings of one spin.

    A string is connected with itself, by `sum_p E_pp` over its orbitals, and with every string that a single excitation leads to, by one
    `E_pq`. Every string has equally many connections, c.

    Attributes:
        norb: Spatial orbitals.
        targets: `(n, c)` ranks of the strings connected with each of n strings, itself first.
        factors: `(n * c, norb**2)` sparse: how much of each `E_pq` a connection has.
    """

    norb: int
    targets: NDArray[np.int64]
    factors: sparse.csr_array

    @classmethod
    def of(cls, basis: Strings, norb: int) -> Moves:
        """The moves among all strings of one spin."""
        singles = [
            (np.full(len(signs), p * norb + q), sources, images, signs)
            for p, q in permutations(range(norb), 2)
            for sources, images, signs in (transitions(basis, ((p, True), (q, False))),)
        ]
        nothing = np.empty(0, dtype=np.int64)
        numbers, sources, images, signs = (np.concatenate([nothing, *(single[i] for single in singles)]) for i in range(4))
        order = np.lexsort((sources, images))
        strings = np.arange(len(basis))
        targets = np.concatenate([strings[:, None], sources[order].reshape(len(basis), -1)], axis=1)
        rows = np.arange(targets.size).reshape(targets.shape)
        occupied, orbitals = np.nonzero(basis[:, None] >> np.arange(norb) & 1)
        entries = np.concatenate([rows[occupied, 0], rows[:, 1:].reshape(-1)])
        numbers = np.concatenate([orbitals * (norb + 1), numbers[order]])
        values = np.concatenate([np.ones(len(occupied)), signs[order]])
        factors = sparse.csr_array((values, (entries, numbers)), shape=(targets.size, norb**2))
        return cls(norb, targets, factors)

    @property
    def strings(self) -> int:
        """How many strings there are, n."""
        return len(self.targets)

    def matrix(self, elements: NDArray[np.float64]) -> sparse.csr_array:
        """The `(n, n)` matrix with an element for each of `(n * c,)` connections; those of 0 are left out."""
        strings, connections = self.targets.shape
        pointers = np.arange(strings + 1) * connections
        # A copy, since SciPy takes zeros out in place.
        matrix = sparse.csr_array((elements, self.targets.reshape(-1), pointers), shape=(strings, strings), copy=True)
        matrix.eliminate_zeros()
        return matrix


def one_spin(integrals: Integrals, moves: Moves) -> sparse.csr_array:
    """`sum k_pq E_pq + 1/2 sum_pq E_pq sum_rs (pq|rs) E_rs` over one spin, with `k_pq = h_pq - 1/2 sum_r (pr|rq)`."""
    norb, strings = moves.norb, moves.strings
    pairs = integrals.two_body.reshape(norb**2, norb**2)
    k = integrals.one_body - 0.5 * np.einsum("prrq->pq", integrals.two_body)
    factors = moves.factors.tocoo()
    rows, numbers = factors.coords
    columns = moves.targets.reshape(-1)[rows]
    rows = rows // moves.targets.shape[1]
    side_by_side = sparse.csr_array((factors.data, (rows, numbers * strings + columns)), shape=(strings, norb**2 * strings))
    inner = moves.factors @ (0.5 * pairs)
    stacked = sparse.vstack([moves.matrix(_without_noise(column, integrals)) for column in inner.T], format="csr")
    return sparse.csr_array(moves.matrix(moves.factors @ k.reshape(-1)) + side_by_side @ stacked)


def sector_matrix(integrals: Integrals, sector: Sector) -> sparse.csr_array:
    """The `(dim, dim)` matrix of the Hamiltonian, without the constant and without elements that vanish by symmetry."""
    alpha, beta = Moves.of(sector.alpha, sector.norb), Moves.of(sector.beta, sector.norb)
    both = _both_spins(integrals, alpha, beta)
    alone = sparse.kron(one_spin(integrals, alpha), sparse.eye_array(beta.strings), format="csr")
    other = sparse.kron(sparse.eye_array(alpha.strings), one_spin(integrals, beta), format="csr")
    matrix = sparse.csr_array(alone + other + both)
    matrix.data = _without_noise(matrix.data, integrals)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


class MatrixHamiltonian:
    """The Hamiltonian as the sparse matrix of its sector.

    Args:
        integrals: Over real orbitals.
        sector: Where the states are.
    """

    def __init__(self, integrals: Integrals, sector: Sector) -> None:
        self.matrix = sector_matrix(integrals, sector)
        self._product = self.matrix.toarray() if sector.dim <= _DENSE else self.matrix

    def apply(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """H times a `(dim,)` state, without the constant."""
        return np.asarray(self._product @ state)

    @cached_property
    def lower(self) -> Lower | None:
        """The lower triangle with half of the diagonal: pointers of rows, columns, elements."""
        lower = sparse.csr_array(sparse.tril(self.matrix, format="csr"))
        rows = np.repeat(np.arange(len(lower.indptr) - 1), np.diff(lower.indptr))
        elements = np.where(lower.indices == rows, 0.5, 1.0) * lower.data
        return lower.indptr.astype(np.uint32), lower.indices.astype(np.uint32), elements


@dataclass(frozen=True, eq=False)
class Term:
    """A matrix on the alpha strings times a signed permutation of some beta strings.

    Attributes:
        matrix: `(n_alpha, n_alpha)`.
        sources: Ranks of beta strings.
        images: What they become, each once.
        signs: +1 or -1.
    """

    matrix: sparse.csr_array
    sources: NDArray[np.uint32]
    images: NDArray[np.uint32]
    signs: NDArray[np.float64]


def add_term(term: Term, state: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Add a term's product with an `(n_alpha, n_beta)` state to another one."""
    out[:, term.images] += term.matrix @ (state[:, term.sources] * term.signs)


class FactorisedHamiltonian:
    """The Hamiltonian as `H_alpha x 1 + 1 x H_beta + sum_{r <= s} G_rs x (E_rs + E_sr)`, with `G_rs = sum_pq (pq|rs) E_pq^alpha`.

    Each product costs as much arithmetic as one with the matrix of the sector, and next to no memory.

    Args:
        integrals: Over real orbitals.
        sector: Where the states are.
        add: What adds the product of a term.
    """

    def __init__(self, integrals: Integrals, sector: Sector, add: Callable[..., None] = add_term) -> None:
        alpha, beta = Moves.of(sector.alpha, sector.norb), Moves.of(sector.beta, sector.norb)
        self._shape = (alpha.strings, beta.strings)
        self._add = add
        self._alone = _alone(one_spin(integrals, alpha), beta.strings), _alone(one_spin(integrals, beta), alpha.strings)
        self._terms = []
        for r in range(sector.norb):
            for s in range(r, sector.norb):
                # A string that has r and lacks s can't be one that lacks r and has s, so each image occurs once.
                ladders = (((r, True), (s, False)), ((s, True), (r, False)))[: 1 if r == s else 2]
                moves = [transitions(sector.beta, ladder) for ladder in ladders]
                sources, images, signs = (np.concatenate(part) for part in zip(*moves, strict=True))
                matrix = alpha.matrix(_without_noise(alpha.factors @ integrals.two_body[:, :, r, s].reshape(-1), integrals))
                self._terms.append(Term(matrix, sources.astype(np.uint32), images.astype(np.uint32), signs))

    def apply(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """H times a `(dim,)` state, without the constant."""
        square = state.reshape(self._shape)
        transposed = np.ascontiguousarray(square.T)
        out, out_transposed = np.zeros_like(square), np.zeros_like(transposed)
        self._add(self._alone[0], square, out)
        self._add(self._alone[1], transposed, out_transposed)
        for term in self._terms:
            self._add(term, square, out)
        out += out_transposed.T
        return out.reshape(-1)

    @property
    def lower(self) -> Lower | None:
        """None: there is no matrix."""
        return None


def _alone(matrix: sparse.csr_array, strings: int) -> Term:
    """A term that leaves the strings of the other spin as they are."""
    ranks = np.arange(strings, dtype=np.uint32)
    return Term(matrix, ranks, ranks, np.ones(strings))


def _both_spins(integrals: Integrals, alpha: Moves, beta: Moves) -> sparse.csr_array:
    """`sum (pq|rs) E_pq^alpha x E_rs^beta`: each row has an element for every pair of connections of its two strings."""
    pairs = integrals.two_body.reshape(alpha.norb**2, alpha.norb**2)
    shape = *alpha.targets.shape, *beta.targets.shape
    elements = (alpha.factors @ (beta.factors @ pairs).T).reshape(shape).transpose(0, 2, 1, 3)
    columns = (alpha.targets * beta.strings)[:, None, :, None] + beta.targets[None, :, None, :]
    dim = alpha.strings * beta.strings
    pointers = np.arange(dim + 1) * (shape[1] * shape[3])
    matrix = sparse.csr_array((_without_noise(elements.reshape(-1), integrals), columns.reshape(-1), pointers), shape=(dim, dim))
    matrix.eliminate_zeros()
    return matrix


def _without_noise(elements: NDArray[np.float64], integrals: Integrals) -> NDArray[np.float64]:
    scale = max(np.abs(integrals.one_body).max(), np.abs(integrals.two_body).max())
    return np.where(np.abs(elements) > _NOISE * scale, elements, 0.0)
