"""The Jordan-Wigner mapping in pure Python: Pauli strings for those contenders that have no notion of electrons.

An operator is a dict from (x, z) to a coefficient and means `sum c X^x Z^z`, with x and z as bit masks of qubits.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Operator = dict[tuple[int, int], complex]
Strings = list[tuple[float, str, list[int]]]
"""`(coefficient, letters, qubits)`: letter k acts on qubit k of the list."""
_NEGLIGIBLE = 1e-14


def product(left: Operator, right: Operator) -> Operator:
    """The operator product; X^x moves through Z^z at the price of a sign for each qubit that both touch."""
    out: Operator = defaultdict(complex)
    for (x, z), c in left.items():
        for (u, v), d in right.items():
            out[x ^ u, z ^ v] += -c * d if (z & u).bit_count() % 2 else c * d
    return out


def ladder(orbital: int, *, creates: bool) -> Operator:
    """`a = |0><1| Z..Z` with Z on all orbitals below, or its adjoint; `|0><1|` is `(X - X Z) / 2`, since Y is `i X Z`."""
    bit = 1 << orbital
    return {(bit, bit - 1): 0.5, (bit, bit | (bit - 1)): 0.5 if creates else -0.5}


def excitation_strings(created: Sequence[int], annihilated: Sequence[int]) -> Strings:
    """The real c and the strings P of `T - T^dag = i sum c P`, for `T = a^dag_{created[0]} .. a_{annihilated[0]}`."""
    forward = _written(created, annihilated)
    backward = _written(annihilated, created)
    total: Operator = defaultdict(complex, forward)
    for key, c in backward.items():
        total[key] -= c
    return _strings({key: c / 1j for key, c in total.items()})


def hamiltonian_strings(constant: float, one_body: NDArray, two_body: NDArray) -> Strings:
    """`constant + sum h_pq E_pq + 1/2 sum (pq|rs) (E_pq E_rs - delta_qr E_ps)`, spin orbitals in blocks."""
    norb = range(len(one_body))
    moves = {(p, q): _move(p, q, len(one_body)) for p in norb for q in norb}
    total: Operator = defaultdict(complex, {(0, 0): constant})
    for (p, q), move in moves.items():
        weight = one_body[p, q] - 0.5 * sum(two_body[p, r, r, q] for r in norb)
        for key, c in move.items():
            total[key] += weight * c
    for pq, first in moves.items():
        for rs, second in moves.items():
            weight = 0.5 * two_body[pq + rs]
            if abs(weight) > _NEGLIGIBLE:
                for key, c in product(first, second).items():
                    total[key] += weight * c
    return _strings(total)


def _written(created: Sequence[int], annihilated: Sequence[int]) -> Operator:
    """`a^dag_{created[0]} a^dag_{created[1]} .. a_{annihilated[1]} a_{annihilated[0]}`."""
    out: Operator = {(0, 0): 1.0}
    for orbital in created:
        out = product(out, ladder(orbital, creates=True))
    for orbital in reversed(annihilated):
        out = product(out, ladder(orbital, creates=False))
    return out


def _move(p: int, q: int, norb: int) -> Operator:
    """`E_pq`, the sum of `a_p^dag a_q` over both spins."""
    total: Operator = defaultdict(complex)
    for shift in (0, norb):
        for key, c in product(ladder(p + shift, creates=True), ladder(q + shift, creates=False)).items():
            total[key] += c
    return total


def _strings(operator: Operator) -> Strings:
    """With Pauli letters in place of masks: X Z is -i Y."""
    strings = []
    for (x, z), c in sorted(operator.items()):
        coefficient = complex(c) * (-1j) ** (x & z).bit_count()
        if abs(coefficient) > _NEGLIGIBLE:
            qubits = [qubit for qubit in range((x | z).bit_length()) if (x | z) >> qubit & 1]
            letters = "".join("IZXY"[2 * (x >> qubit & 1) + (z >> qubit & 1)] for qubit in qubits)
            strings.append((float(coefficient.real), letters, qubits))
    return strings
