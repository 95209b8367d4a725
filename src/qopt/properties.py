"""Many observables of one state from the same shots, with standard errors: grouping, decoding, and occupation numbers. Pure: no backend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from qiskit.quantum_info import PauliList, SparsePauliOp

from qopt.diagonal import simplified
from qopt.errors import InputError
from qopt.objective import constant_of, without_identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from qopt.types import Values

    Square = NDArray[np.float64]
    """`(norb, norb)`: a matrix over spatial orbitals."""

_CLOSE = 3.0
"""Eigenvalues nearer to each other than so many standard errors are not told apart."""


@dataclass(frozen=True)
class Part:
    """What one operator has in one group.

    Attributes:
        name: Of the operator.
        operator: Its terms in the group.
    """

    name: str
    operator: SparsePauliOp


@dataclass(frozen=True)
class Grouping:
    """Operators taken apart into groups whose terms commute qubit by qubit, so that one basis measures all terms of a group.

    Attributes:
        constants: By the name of every operator its identity's coefficient, which needs no measurement.
        groups: The parts of the operators in each group.
    """

    constants: dict[str, float]
    groups: tuple[tuple[Part, ...], ...]

    def observables(self, shots: int | None) -> tuple[tuple[SparsePauliOp, ...], ...]:
        """What to lay out and measure: a PUB for each inner tuple.

        With shots they are `(O_1, O_1^2, O_2, O_2^2, ..)` for the parts of each group; the squares need no further circuit, since they have
        the same basis. The tuple of a group beside, into which no part was put, is empty and no PUB. Where exact, there is one tuple of all
        parts, without squares.
        """
        if shots is None:
            parts = tuple(part.operator for group in self.groups for part in group)
            return (parts,) if parts else ()
        return tuple(tuple(each for part in group for each in (part.operator, _squared(part.operator))) for group in self.groups)

    def decode(
        self, evs: Sequence[NDArray[np.float64]], shots: int | None, *, stds: Sequence[NDArray[np.float64]] | None = None
    ) -> dict[str, tuple[Values, Values]]:
        """Values and standard errors of every operator.

        The terms of an operator in one group share their shots, and groups do not: `sigma^2 = sum_g (<O_g^2> - <O_g>^2) / (shots - 1)`, as
        for the energy. Errors of two operators that were measured together are not independent.

        Args:
            evs: For each tuple of `observables(shots)` the expectations `(k, m_g)` at k points.
            shots: Of each group and point; None where exact.
            stds: The Estimator's own errors in the shape of `evs`, where error mitigation acts on the values, so that they are more than
                means over shots. They take the place of the moments, and are too large where an operator has several terms in a group.

        Returns:
            By name `(values (k,), stderrs (k,))`.

        Raises:
            InputError: If the shapes aren't those of `observables(shots)`.
        """
        sizes = [2 * len(group) for group in self.groups]
        if shots is None:
            sizes = [sum(sizes) // 2] if any(sizes) else []
        if [np.shape(each)[1:] for each in evs] != [(size,) for size in sizes]:
            raise InputError(f"the expectations have the shapes {[np.shape(each) for each in evs]}, expected (k, m) with m of {sizes}")
        points = len(evs[0]) if sizes else 1
        values = {name: np.full(points, constant) for name, constant in self.constants.items()}
        variances = {name: np.zeros(points) for name in self.constants}
        if shots is None:
            names = [part.name for group in self.groups for part in group]
            for column, name in enumerate(names):
                values[name] += evs[0][:, column]
        else:
            for index, (group, moments) in enumerate(zip(self.groups, evs, strict=True)):
                for column, part in enumerate(group):
                    mean, square = moments[:, 2 * column], moments[:, 2 * column + 1]
                    values[part.name] += mean
                    spread = np.maximum(square - mean**2, 0.0) / max(shots - 1, 1)
                    variances[part.name] += spread if stds is None else stds[index][:, 2 * column] ** 2
        return {name: (values[name], np.sqrt(variances[name])) for name in self.constants}


def grouped(operators: Mapping[str, SparsePauliOp], beside: Sequence[SparsePauliOp] = ()) -> Grouping:
    """Put all terms of all operators into groups that commute qubit by qubit, each distinct Pauli string into one group.

    All strings of Z alone are in one group, so a number that is a sum of Z has no scatter in a state that conserves it, and neither has
    the trace of the density matrix.

    Args:
        operators: Hermitian ones on the same qubits, by name. Such as are multiples of the identity are constants and not measured.
        beside: Groups that are measured anyway, such as the H_g of a Hamiltonian. They are the first groups, even where no part is put
            into them, and a string goes into one of them where it can; only what fits into none makes groups of its own.

    Returns:
        The same for the same operators in the same order.

    Raises:
        InputError: If operators have different numbers of qubits, or coefficients that aren't real.

    References:
        Verteletskyi, Yen, Izmaylov 2020, arXiv:1907.03358 (qubit-wise commuting groups).
    """
    _check(operators, beside)
    constants = {name: constant_of(operator) for name, operator in operators.items()}
    rests = {name: rest for name, operator in operators.items() if (rest := without_identity(operator)) is not None}
    if not rests:
        return Grouping(constants, ((),) * len(beside))
    strings = sorted({label for rest in rests.values() for label in rest.paulis.to_labels()})
    home = _homes(strings, beside)
    parts: list[list[Part]] = [[] for _ in range(max(max(home.values()) + 1, len(beside)))]
    for name, rest in rests.items():
        places = np.array([home[label] for label in rest.paulis.to_labels()])
        for place in np.unique(places).tolist():
            parts[place].append(Part(name, rest[places == place]))
    return Grouping(constants, tuple(tuple(group) for group in parts))


def rdm_matrix(elements: Mapping[tuple[int, int], float], norb: int) -> Square:
    """`(norb, norb)` symmetric matrix of the elements p <= q: of the values, or of their errors."""
    matrix = np.zeros((norb, norb))
    for (p, q), value in elements.items():
        matrix[p, q] = matrix[q, p] = value
    return matrix


def occupations(rdm: Square, stderrs: Square) -> tuple[Values, Values]:
    """The eigenvalues of a one-body reduced density matrix, descending, and their standard errors.

    To first order an eigenvalue with the eigenvector v moves by `v^T dD v`, so `sigma^2 = sum_p v_p^4 s_pp^2 + sum_p<q (2 v_p v_q s_pq)^2`
    for elements with independent errors s. Elements from the same shots are not quite independent; the trace, which a conserved number
    of electrons fixes, scatters less than these errors say.

    Where eigenvalues lie within 3 errors of each other, noise mixes their eigenvectors and drives the eigenvalues apart: the highest is too
    high and the lowest too low. There first order says nothing of each alone. No eigenvalue of a block moves by more than the norm of the
    block's error (Weyl), so each gets the root of the block's summed variance, which also covers that bias.

    Args:
        rdm: `(norb, norb)`, symmetric.
        stderrs: `(norb, norb)` standard errors of its elements, symmetric; 0 where exact.

    Returns:
        `(norb,)` occupation numbers from 0 to 2 up to noise, and their errors.

    References:
        Lowdin 1955, Physical Review 97, 1474 (natural orbitals); Stewart, Sun 1990, Matrix Perturbation Theory, chapter IV.
    """
    if rdm.shape != stderrs.shape or rdm.shape != (len(rdm), len(rdm)) or not np.allclose(rdm, rdm.T, rtol=0, atol=1e-8):
        raise InputError(f"got a matrix of shape {rdm.shape} with errors of shape {stderrs.shape}, expected two symmetric ones")
    values, vectors = (part[..., ::-1] for part in np.linalg.eigh(rdm))
    # The error of D has the elements v_i^T dD v_j = sum_p dD_pp v_pi v_pj + sum_p<q dD_pq (v_pi v_qj + v_qi v_pj) between eigenvectors.
    products = np.einsum("pi,qj->pqij", vectors, vectors)
    sums = products + products.transpose(1, 0, 2, 3)
    independent = np.triu(stderrs) / (1.0 + np.eye(len(rdm)))
    variances = np.einsum("pq,pqij->ij", independent**2, sums**2)
    first = np.sqrt(np.diagonal(variances))
    errors = np.empty_like(first)
    for block in _blocks(values, first):
        errors[block] = np.sqrt(variances[block, block].sum())
    return values, errors


def _blocks(values: Values, errors: Values) -> list[slice]:
    """Runs of `(n,)` descending values in which neighbours can't be told apart."""
    apart = -np.diff(values) > _CLOSE * np.hypot(errors[:-1], errors[1:])
    edges = [0, *(np.flatnonzero(apart) + 1).tolist(), len(values)]
    return [slice(first, last) for first, last in pairwise(edges)]


def _homes(strings: Sequence[str], beside: Sequence[SparsePauliOp]) -> dict[str, int]:
    """The number of the group of each Pauli string; all strings of Z alone have the same."""
    bases = [_Basis.of(group.paulis) for group in beside]
    diagonal = [label for label in strings if not set(label) & {"X", "Y"}]
    home: dict[str, int] = {}
    homeless: list[str] = []
    others = [[label] for label in strings if set(label) & {"X", "Y"}]
    for unit in [diagonal, *others] if diagonal else others:
        basis = _Basis.of(PauliList(unit))
        index = next((index for index, other in enumerate(bases) if other.fits(basis)), None)
        if index is not None:
            bases[index] = bases[index].joined(basis)
            home |= dict.fromkeys(unit, index)
        elif unit is diagonal:
            home |= dict.fromkeys(unit, len(bases))
            bases.append(basis)
        else:
            homeless += unit
    if homeless:
        groups = PauliList(homeless).group_commuting(qubit_wise=True)
        home |= {label: len(bases) + index for index, group in enumerate(groups) for label in group.to_labels()}
    return home


@dataclass(frozen=True)
class _Basis:
    """The letters in which a group measures each qubit.

    Attributes:
        x: `(n,)` whether the letter is X or Y.
        z: `(n,)` whether it is Z or Y; with neither the qubit is not measured yet.
    """

    x: NDArray[np.bool_]
    z: NDArray[np.bool_]

    @classmethod
    def of(cls, paulis: PauliList) -> _Basis:
        """The basis of strings that commute qubit by qubit."""
        return cls(paulis.x.any(axis=0), paulis.z.any(axis=0))

    def fits(self, other: _Basis) -> bool:
        """Whether both have equal letters where both have one."""
        both = (self.x | self.z) & (other.x | other.z)
        return not (both & ((self.x ^ other.x) | (self.z ^ other.z))).any()

    def joined(self, other: _Basis) -> _Basis:
        """The letters of both."""
        return replace(self, x=self.x | other.x, z=self.z | other.z)


def _squared(operator: SparsePauliOp) -> SparsePauliOp:
    """The square of terms that commute qubit by qubit: letters are equal or missing, so products have only plus signs.

    Strings are numbered by their distinct products, which are few: those of Z masks with the same basis.
    """
    support = operator.paulis.x | operator.paulis.z
    letters = support.any(axis=0)
    basis_x, basis_z = operator.paulis.x.any(axis=0), operator.paulis.z.any(axis=0)
    packed = np.packbits(support[:, letters], axis=1)
    products = packed[:, None, :] ^ packed[None, :, :]
    distinct, places = np.unique(products.reshape(-1, packed.shape[1]), axis=0, return_inverse=True)
    coefficients = np.bincount(places.reshape(-1), weights=np.outer(operator.coeffs.real, operator.coeffs.real).reshape(-1))
    held = np.zeros((len(distinct), len(letters)), dtype=np.bool_)
    held[:, letters] = np.unpackbits(distinct, axis=1, count=int(letters.sum())).astype(np.bool_)
    return simplified(SparsePauliOp(PauliList.from_symplectic(held & basis_z, held & basis_x), coefficients))


def _check(operators: Mapping[str, SparsePauliOp], beside: Sequence[SparsePauliOp]) -> None:
    qubits = {operator.num_qubits for operator in (*operators.values(), *beside)}
    if len(qubits) > 1:
        raise InputError(f"the operators act on {sorted(qubits)} qubits, expected the same number for all")
    for name, operator in operators.items():
        if np.abs(operator.coeffs.imag).max(initial=0.0) > 0.0:
            raise InputError(f"the operator {name!r} has complex coefficients, expected real ones: it isn't Hermitian")
