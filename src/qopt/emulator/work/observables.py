"""Observables of the Estimator: which bases they need, and their values from measured bits.

A term is a string of IXYZ as the client writes it, qubit 0 last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.emulator.work.job import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Terms = dict[str, float]
"""A term, and its real coefficient."""


@dataclass(frozen=True)
class Group:
    """Terms that one circuit measures: qubit by qubit they agree on the basis."""

    basis: str
    """IXYZ for each qubit, qubit 0 last."""
    terms: tuple[str, ...]


def parse(observables: object, width: int) -> NDArray[np.object_]:
    """The observables of a PUB as an array of terms.

    Args:
        observables: A mapping of terms to coefficients, or nested lists of such.
        width: The number of qubits of the PUB's circuit.

    Raises:
        WorkFailed: If they aren't observables of that many qubits.
    """
    shape = _shape(observables)
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        item: Any = observables
        for step in index:
            item = item[step]
        array[index] = _terms(item, width)
    return array


@lru_cache(maxsize=256)
def groups(terms: frozenset[str]) -> tuple[Group, ...]:
    """Distribute terms over circuits, the heaviest terms first, each to the first circuit that can measure it."""
    found: list[tuple[int, int, list[str]]] = []
    for term in sorted(terms, key=lambda term: (term.count("I"), term)):
        x, z = _masks(term)
        for place, (group_x, group_z, members) in enumerate(found):
            both = (x | z) & (group_x | group_z)
            if not ((x ^ group_x) | (z ^ group_z)) & both:
                members.append(term)
                found[place] = (group_x | x, group_z | z, members)
                break
        else:
            found.append((x, z, [term]))
    width = len(next(iter(terms), ""))
    return tuple(Group(_letters(x, z, width), tuple(members)) for x, z, members in found)


def term_values(group: Group, bits: NDArray[np.bool_], signs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value of each term of a group in each shot.

    Args:
        group: The terms.
        bits: (shots, qubits), measured in the group's basis, qubit 0 first.
        signs: (qubits, 2), what reading 0 and 1 on a qubit says of its Pauli: (1, -1), or else for a readout that errs.

    Returns:
        An array (shots, terms).
    """
    values = np.ones((len(bits), len(group.terms)))
    for qubit in range(bits.shape[1]):
        columns = [column for column, term in enumerate(group.terms) if term[-1 - qubit] != "I"]
        values[:, columns] *= signs[qubit][bits[:, qubit].astype(np.intp)][:, None]
    return values


def restrict(term: str, qubits: Iterable[int]) -> str:
    """The letters of a term on some qubits, numbered anew in the order given."""
    return "".join(term[-1 - qubit] for qubit in qubits)[::-1]


def support(terms: Iterable[str]) -> set[int]:
    """The qubits that some term acts on."""
    return {qubit for term in terms for qubit, letter in enumerate(reversed(term)) if letter != "I"}


def _shape(item: object) -> tuple[int, ...]:
    if not isinstance(item, list):
        return ()
    if not item:
        return (0,)
    shapes = {_shape(part) for part in item}
    if len(shapes) > 1:
        message = f"the observables of a PUB are a ragged array: {sorted(shapes)}"
        raise invalid(message)
    return (len(item), *shapes.pop())


def _terms(item: object, width: int) -> Terms:
    if isinstance(item, str):
        item = {item: 1.0}
    if not isinstance(item, dict) or not item:
        message = f"an observable is {type(item).__name__} where a mapping of Pauli strings to coefficients is expected"
        raise invalid(message)
    terms: Mapping[str, Any] = item
    for term, coefficient in terms.items():
        if len(term) != width or not set(term) <= set("IXYZ"):
            message = f"the term {term[:40]!r} of an observable doesn't fit the circuit: {width} letters of IXYZ are expected"
            raise invalid(message)
        if isinstance(coefficient, bool) or not isinstance(coefficient, int | float) or not np.isfinite(coefficient):
            message = f"the term {term[:40]!r} of an observable has the coefficient {coefficient!r}: a real number is expected"
            raise invalid(message)
    return {term: float(coefficient) for term, coefficient in terms.items()}


def _masks(term: str) -> tuple[int, int]:
    x = int("".join("1" if letter in "XY" else "0" for letter in term) or "0", 2)
    z = int("".join("1" if letter in "ZY" else "0" for letter in term) or "0", 2)
    return x, z


def _letters(x: int, z: int, width: int) -> str:
    table = {(0, 0): "I", (1, 0): "X", (0, 1): "Z", (1, 1): "Y"}
    return "".join(table[x >> place & 1, z >> place & 1] for place in reversed(range(width)))
