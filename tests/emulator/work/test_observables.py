"""Groups of terms, and their values from bits."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import Pauli

from qopt.emulator.work import observables

TERMS = st.frozensets(st.text("IXYZ", min_size=4, max_size=4), min_size=1, max_size=20)


@given(TERMS)
def test_each_term_is_in_one_group_that_measures_it(terms: frozenset[str]) -> None:
    """On every qubit a term has the letter of its group's basis, or none."""
    groups = observables.groups(terms)
    assert sorted(term for group in groups for term in group.terms) == sorted(terms)
    for group in groups:
        assert all(letter in ("I", basis) for term in group.terms for letter, basis in zip(term, group.basis, strict=True))


@given(TERMS)
def test_terms_of_one_basis_need_one_group(terms: frozenset[str]) -> None:
    """Terms that agree qubit by qubit are never spread over two circuits."""
    diagonal = frozenset(term.replace("X", "Z").replace("Y", "Z") for term in terms)
    assert len(observables.groups(diagonal)) == 1


@given(TERMS, st.lists(st.booleans(), min_size=4, max_size=4))
def test_values_are_the_eigenvalues_of_what_was_read(terms: frozenset[str], read: list[bool]) -> None:
    """Reading a bit string in a group's basis gives each of its terms the product of the signs on its support."""
    signs = np.array([[1.0, -1.0]] * 4)
    word = int("".join("1" if bit else "0" for bit in reversed(read)), 2)
    for group in observables.groups(terms):
        values = observables.term_values(group, np.array([read]), signs)[0]
        for term, value in zip(group.terms, values, strict=True):
            diagonal = Pauli(term.replace("X", "Z").replace("Y", "Z")).to_matrix()
            assert value == diagonal[word, word].real


@given(st.text("IXYZ", min_size=6, max_size=6), st.sets(st.integers(0, 5)))
def test_a_restricted_term_keeps_the_letters_of_its_qubits(term: str, qubits: set[int]) -> None:
    """Qubits are numbered anew in ascending order, qubit 0 last."""
    kept = sorted(qubits)
    short = observables.restrict(term, kept)
    assert [short[-1 - new] for new in range(len(kept))] == [term[-1 - old] for old in kept]
    assert observables.support([short]) == {new for new, old in enumerate(kept) if old in observables.support([term])}


def test_two_bases_need_two_groups() -> None:
    """All strings of Z and all strings of X on three qubits are measured by two circuits, the identity by either."""
    strings = ["".join(letters) for letters in itertools.product("I1", repeat=3)]
    terms = frozenset(string.replace("1", letter) for string in strings for letter in "XZ")
    assert len(terms) == 15
    assert {group.basis for group in observables.groups(terms)} == {"XXX", "ZZZ"}
