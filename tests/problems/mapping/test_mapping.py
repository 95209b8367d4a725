"""Mappings and what operators become in them, against matrices on all 2**n basis states."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import encodings, excitations
from tests.problems.mapping.mappings import MAPPINGS, slow
from tests.simulate.excitations.cases import Case, cases, random_integrals

from qopt.ansatze.excitations import Excitation
from qopt.errors import InputError
from qopt.problems.fcidump import read_fcidump
from qopt.problems.mapping import (
    Mapping,
    bravyi_kitaev,
    electronic_hamiltonian,
    jordan_wigner,
    number_operator,
    one_body_operator,
    parity_mapping,
    s_squared_operator,
    sz_operator,
)

DATA = Path(__file__).parents[2] / "data" / "fcidump"
LABELS = pytest.mark.parametrize("label", MAPPINGS)


@LABELS
@settings(max_examples=50)
@given(norb=st.integers(2, 3), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_hamiltonians_of_random_integrals_equal_their_matrices(label: str, norb: int, seed: int, data: st.DataObject) -> None:
    """Element by element, on the qubits that are left."""
    electrons = data.draw(st.tuples(st.integers(0, norb), st.integers(0, norb)))
    integrals = random_integrals(norb, electrons, np.random.default_rng(seed))
    expected = encodings.mapped(excitations.hamiltonian(integrals), *slow(label, norb, electrons))
    got = electronic_hamiltonian(integrals, MAPPINGS[label](norb, electrons))
    np.testing.assert_allclose(got.to_matrix(), expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    assert not np.iscomplex(got.coeffs).any()


@LABELS
@settings(max_examples=25)
@given(case=cases())
def test_generators_of_excitations_equal_their_matrices(label: str, case: Case) -> None:
    """Singles to triples with their signs, as `i (T - T^dag)`, of strings that commute."""
    integrals = case.integrals
    mapping = MAPPINGS[label](integrals.norb, integrals.electrons)
    rows, fixed = slow(label, integrals.norb, integrals.electrons)
    for excitation in case.excitations:
        antisymmetric = encodings.mapped(excitations.generator(excitation, integrals.norb), rows, fixed)
        if not antisymmetric.any():
            assert mapping.breaks(excitation) == "it does nothing in this sector"
            continue
        generator = mapping.generator(excitation)
        np.testing.assert_allclose(generator.to_matrix(), 1j * antisymmetric / excitation.coefficient, rtol=0, atol=1e-12)
        assert all(len(group) == len(generator) for group in generator.group_commuting())


@LABELS
def test_conserved_numbers_are_those_of_occupations(label: str) -> None:
    """N, S_z, and S^2 as the sum of the squares of the three components of the spin."""
    norb, electrons = 3, (2, 1)
    a = excitations.annihilators(2 * norb)
    numbers = [ladder.T @ ladder for ladder in a]
    alpha, beta = sum(numbers[:norb]), sum(numbers[norb:])
    raising = sum(a[p].T @ a[p + norb] for p in range(norb))
    x, iy, z = (raising + raising.T) / 2, (raising - raising.T) / 2, (alpha - beta) / 2
    mapping = MAPPINGS[label](norb, electrons)
    rows, fixed = slow(label, norb, electrons)
    for got, expected in (
        (number_operator(mapping), alpha + beta),
        (sz_operator(mapping), z),
        (s_squared_operator(mapping), x @ x - iy @ iy + z @ z),
    ):
        np.testing.assert_allclose(got.to_matrix(), encodings.mapped(expected, rows, fixed), rtol=0, atol=1e-12)


@LABELS
@given(seed=st.integers(0, 2**32 - 1))
def test_one_body_operators_equal_their_matrices(label: str, seed: int) -> None:
    """Any symmetric matrix over spatial orbitals, spins summed over."""
    norb, electrons = 3, (2, 1)
    matrix = np.random.default_rng(seed).normal(size=(norb, norb))
    matrix = matrix + matrix.T
    a = excitations.annihilators(2 * norb)
    expected = sum(matrix[p, q] * (a[p + s].T @ a[q + s]) for p, q in product(range(norb), repeat=2) for s in (0, norb))
    got = one_body_operator(matrix, MAPPINGS[label](norb, electrons))
    np.testing.assert_allclose(got.to_matrix(), encodings.mapped(expected, *slow(label, norb, electrons)), rtol=0, atol=1e-12)


@LABELS
def test_determinants_survive_the_way_to_qubits_and_back(label: str) -> None:
    """Basis states are B n, and decoded they are n again."""
    norb, electrons = 3, (2, 1)
    mapping = MAPPINGS[label](norb, electrons)
    rows, fixed = slow(label, norb, electrons)
    determinants = np.array([a | b << norb for a, b in product(range(8), repeat=2) if (a.bit_count(), b.bit_count()) == electrons])
    states = mapping.encode(determinants)
    np.testing.assert_array_equal(mapping.decode(states), determinants)
    columns = encodings.isometry(rows, fixed).toarray()
    assert all(columns[determinant, state] == 1 for determinant, state in zip(determinants, states, strict=True))


COUNTS = {"h2": (4, 15, 5), "h4": (8, 185, 165), "lih": (12, 631, 631), "beh2": (14, 666, 666), "h2o": (14, 1086, 1086)}


@pytest.mark.parametrize("name", COUNTS)
def test_molecules_have_the_known_numbers_of_qubits_and_terms(name: str) -> None:
    """As qiskit-nature's mappers give them for orbitals of PySCF, terms above 1e-10 Ha."""
    integrals = read_fcidump(DATA / f"{name}.fcidump")
    qubits, terms, reduced = COUNTS[name]
    for label, make in MAPPINGS.items():
        operator = electronic_hamiltonian(integrals, make(integrals.norb, integrals.electrons))
        less = label == "parity, reduced"
        assert (operator.num_qubits, len(operator)) == (qubits - 2 * less, reduced if less else terms)


def test_excitations_of_more_electrons_than_two_have_their_strings() -> None:
    """A quadruple excitation is 128 strings of length 8 and more under Jordan-Wigner."""
    generator = jordan_wigner(4).generator(Excitation((2, 3, 6, 7), (0, 1, 4, 5), 0))
    assert len(generator) == 128
    np.testing.assert_array_equal(np.abs(generator.coeffs), 1 / 128)


REFUSALS = {
    "the mapping is for 3 orbitals, expected 2": lambda: electronic_hamiltonian(
        random_integrals(2, (1, 1), np.random.default_rng(0)), jordan_wigner(3)
    ),
    r"got a matrix of shape \(2, 2\), expected a symmetric one over 3 orbitals": lambda: one_body_operator(np.eye(2), jordan_wigner(3)),
    r"got a matrix of shape \(2, 2\), expected a symmetric one over 2": lambda: one_body_operator(np.tri(2), jordan_wigner(2)),
    "there are 32 orbitals to be mapped to qubits, expected 1 to 31: choose an active space": lambda: bravyi_kitaev(32),
    "the matrix over the integers modulo 2 has no inverse": lambda: Mapping("own", 1, (1, 1)),
    r"the excitation from \(0,\) to \(3,\) can't be mapped: it changes the parity of the spin orbitals \[0, 1\], which is conserved": (
        lambda: parity_mapping(2, (1, 1)).generator(Excitation((3,), (0,), 0))
    ),
    r"the excitation from \(0,\) to \(4,\) can't be mapped: there is no spin orbital 4, only 0 to 3": lambda: jordan_wigner(2).generator(
        Excitation((4,), (0,), 0)
    ),
    r"the determinant 0b11 lies outside of the sector: the parity of its spin orbitals \[0, 1\] is 0, expected 1": lambda: parity_mapping(
        2, (1, 1)
    ).encode(np.array([0b11])),
    r"the operator changes the parity of the spin orbitals \[0, 1\], \[0, 1, 2, 3\], expected one that conserves it": lambda: (
        parity_mapping(2, (1, 1)).operator(parity_mapping(2).ladder(1, created=True))
    ),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_can_not_be_mapped_is_refused(message: str) -> None:
    """Each refusal says what was got."""
    with pytest.raises(InputError, match=message):
        REFUSALS[message]()
