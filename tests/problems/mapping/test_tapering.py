"""Tapering: fewer qubits, the same energies of the sector, and excitations that leave it told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import excitations as slow
from tests.problems.mapping.mappings import MAPPINGS
from tests.simulate.excitations.cases import random_integrals

from qopt.ansatze.excitations import Excitation, gate_fabric, kupccgsd, uccsd
from qopt.errors import InputError
from qopt.problems.active_space import Space, restrict
from qopt.problems.fcidump import read_fcidump
from qopt.problems.integrals import Integrals
from qopt.problems.mapping import (
    conserving,
    diagonal_element,
    electronic_hamiltonian,
    jordan_wigner,
    one_body_operator,
    parity_mapping,
    taper,
    z2_symmetries,
)
from qopt.problems.molecular_data import shipped
from qopt.references import diagonalise

DATA = Path(__file__).parents[2] / "data" / "fcidump"
LABELS = pytest.mark.parametrize("label", MAPPINGS)
IRREPS = np.array([0, 1, 1, 0])


def with_a_mirror(integrals: Integrals) -> Integrals:
    """Integrals of which only those are left that a mirror plane allows, with orbitals 1 and 2 odd under it."""
    odd = IRREPS[: integrals.norb]
    one, two = np.add.outer(odd, odd), np.add.outer(np.add.outer(odd, odd), np.add.outer(odd, odd))
    return Integrals(
        integrals.constant, np.where(one % 2, 0, integrals.one_body), np.where(two % 2, 0, integrals.two_body), integrals.electrons
    )


def parities(determinants: np.ndarray, norb: int) -> np.ndarray:
    """`(k, 3)`: electrons of spin alpha, of spin beta, and in odd orbitals, modulo 2."""
    bits = determinants[:, None] >> np.arange(2 * norb) & 1
    odd = np.tile(IRREPS[:norb], 2)
    return np.stack([bits[:, :norb].sum(axis=1), bits[:, norb:].sum(axis=1), bits @ odd], axis=1) % 2


@LABELS
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), determinant=st.integers(0, 63))
def test_the_spectrum_is_that_of_all_determinants_of_equal_parities(label: str, seed: int, determinant: int) -> None:
    """Three qubits less than occupations: numbers of alpha, of beta, and of electrons in odd orbitals."""
    norb = 3
    electrons = ((determinant & 7).bit_count(), (determinant >> 3).bit_count())
    integrals = with_a_mirror(random_integrals(norb, electrons, np.random.default_rng(seed)))
    full = MAPPINGS[label](norb, electrons)
    mapping = taper(full, electronic_hamiltonian(integrals, full), determinant)
    hamiltonian = electronic_hamiltonian(integrals, mapping)
    every = np.arange(64)
    inside = every[(parities(every, norb) == parities(every[[determinant]], norb)).all(axis=1)]
    expected = slow.hamiltonian(integrals)[np.ix_(inside, inside)]
    assert mapping.qubits == 3
    np.testing.assert_allclose(np.linalg.eigvalsh(hamiltonian.to_matrix()), np.linalg.eigvalsh(expected), rtol=0, atol=1e-10)
    states = mapping.encode(inside)
    np.testing.assert_allclose([diagonal_element(hamiltonian, int(state)) for state in states], np.diag(expected), rtol=0, atol=1e-10)
    np.testing.assert_array_equal(mapping.decode(states), inside)


# Qubits, terms and parameters of UCCSD, and the energy: qiskit-nature's TaperedQubitMapper and PySCF's full configuration interaction.
TAPERED = {
    "h2": (1, 3, 1, -1.1373060357533995),
    "h4": (5, 132, 14, -2.1663874486347616),
    "lih": (8, 558, 34, -7.882401932290214),
    "beh2": (9, 596, 38, -15.595176868923177),
    "h2o": (10, 1035, 48, -75.0126289449297),
}


@LABELS
@pytest.mark.parametrize("name", TAPERED)
def test_molecules_taper_to_the_known_sizes(name: str, label: str) -> None:
    """Independent of the mapping that they were tapered in; and the ground state is in the sector of the Hartree-Fock determinant."""
    qubits, terms, parameters, energy = TAPERED[name]
    integrals = read_fcidump(DATA / f"{name}.fcidump")
    (alpha, beta), norb = integrals.electrons, integrals.norb
    full = MAPPINGS[label](norb, integrals.electrons)
    mapping = taper(full, electronic_hamiltonian(integrals, full), (1 << alpha) - 1 | ((1 << beta) - 1) << norb)
    hamiltonian = electronic_hamiltonian(integrals, mapping)
    assert (hamiltonian.num_qubits, len(hamiltonian)) == (qubits, terms)
    assert len(conserving(uccsd(norb, integrals.electrons), mapping).excitations) == parameters
    if label == "jordan-wigner":
        assert diagonalise(hamiltonian)[0] == pytest.approx(energy, abs=1e-9)


def test_nothing_is_left_to_taper_after_tapering() -> None:
    """All symmetries are found the first time."""
    integrals = read_fcidump(DATA / "lih.fcidump")
    full = parity_mapping(6, (2, 2))
    mapping = taper(full, electronic_hamiltonian(integrals, full), 0b000011000011)
    assert z2_symmetries(electronic_hamiltonian(integrals, mapping)) == {}


def test_dropped_excitations_say_why_and_parameters_are_counted_anew() -> None:
    """Of H2's three excitations the singles change the parity of both orbitals."""
    integrals = read_fcidump(DATA / "h2.fcidump")
    full = jordan_wigner(2)
    mapping = taper(full, electronic_hamiltonian(integrals, full), 0b0101)
    left = conserving(uccsd(2, (1, 1)), mapping)
    assert left.excitations == (Excitation((1, 3), (0, 2), 0),)
    assert left.parameters == (2,)
    assert [excitation.created for excitation, _ in left.dropped] == [(1,), (3,)]
    assert all("it changes the parity of the spin orbitals" in reason for _, reason in left.dropped)


def test_shared_parameters_stay_shared() -> None:
    """Alpha and beta singles of k-UpCCGSD have one parameter each, also once others are gone."""
    integrals = read_fcidump(DATA / "h4.fcidump")
    full = jordan_wigner(4)
    mapping = taper(full, electronic_hamiltonian(integrals, full), 0b00110011)
    before = kupccgsd(4)
    left = conserving(before, mapping)
    singles = [excitation for excitation in left.excitations if len(excitation.created) == 1]
    assert len(singles) == 2 * len({excitation.parameter for excitation in singles}) == 4
    assert {excitation.parameter for excitation in left.excitations} == set(range(len(left.parameters)))
    assert len(left.excitations) + len(left.dropped) == len(before)


def test_a_parameter_is_dropped_with_what_breaks_a_symmetry() -> None:
    """Of two excitations with one parameter, the one that alone would stay goes too: half of a generator is another ansatz."""
    integrals = read_fcidump(DATA / "h2.fcidump")
    full = jordan_wigner(2)
    mapping = taper(full, electronic_hamiltonian(integrals, full), 0b0101)
    shared = (Excitation((1, 3), (0, 2), 0), Excitation((1,), (0,), 0), Excitation((1, 3), (0, 2), 1))
    left = conserving(shared, mapping)
    assert left.excitations == (Excitation((1, 3), (0, 2), 0),)
    assert left.parameters == (1,)
    assert [excitation.parameter for excitation, _ in left.dropped] == [0, 0]
    assert left.dropped[0][1].startswith("its parameter also has the excitation from (0,) to (1,), and it changes the parity of")


def test_what_does_nothing_is_dropped_alone() -> None:
    """Two orbitals with two alpha electrons and one beta electron: only beta can move, and the state is that of both factors."""
    mapping = parity_mapping(2, (2, 1))
    both = (Excitation((1,), (0,), 0), Excitation((3,), (2,), 0))
    left = conserving(both, mapping)
    assert left.excitations == both[1:]
    assert left.dropped == ((both[0], "it does nothing in this sector"),)
    amplitudes = slow.state(both, np.array([0.3]), 2, 0b0111)
    np.testing.assert_allclose(amplitudes, slow.state(left.excitations, np.array([0.3]), 2, 0b0111), rtol=0, atol=1e-12)


@LABELS
@pytest.mark.parametrize("name", [*TAPERED, "n2"])
def test_rotations_of_orbitals_lose_both_spins_or_none(name: str, label: str) -> None:
    """The symmetries of a molecule treat spins alike, so no parameter of a spin-summed list is dropped for one of them alone."""
    if name == "n2":
        data = shipped("n2")
        integrals = restrict(data.integrals, *Space(electrons=6, orbitals=6).split(data.integrals))
    else:
        integrals = read_fcidump(DATA / f"{name}.fcidump")
    (alpha, beta), norb = integrals.electrons, integrals.norb
    full = MAPPINGS[label](norb, integrals.electrons)
    mapping = taper(full, electronic_hamiltonian(integrals, full), (1 << alpha) - 1 | ((1 << beta) - 1) << norb)
    for excitations in (kupccgsd(norb), gate_fabric(norb, 1)):
        assert all("its parameter" not in reason for _, reason in conserving(excitations, mapping).dropped)


def test_one_body_operators_lose_what_leaves_the_sector() -> None:
    """H2's coordinate along the bond connects orbitals of unlike parity: its expectation is that of its diagonal, whatever the state."""
    integrals = read_fcidump(DATA / "h2.fcidump")
    full = jordan_wigner(2)
    mapping = taper(full, electronic_hamiltonian(integrals, full), 0b0101)
    operator = one_body_operator(np.array([[0.7, 0.9], [0.9, 0.7]]), mapping)
    np.testing.assert_allclose(operator.to_matrix(), 1.4 * np.eye(2), rtol=0, atol=1e-12)


def test_a_determinant_outside_of_the_sector_is_refused() -> None:
    """Two alpha electrons are not the odd number that the reduced mapping was made for."""
    integrals = read_fcidump(DATA / "h2.fcidump")
    full = parity_mapping(2, (1, 1))
    with pytest.raises(InputError, match=r"the determinant 0b11 lies outside of the sector"):
        taper(full, electronic_hamiltonian(integrals, full), 0b0011)
