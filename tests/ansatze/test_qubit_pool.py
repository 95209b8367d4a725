"""The pool of qubit-ADAPT-VQE: the known strings, the same rotations in every mapping, and slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector
from scipy.linalg import expm
from tests.problems.mapping.mappings import MAPPINGS

from qopt.ansatze.excitations import Excitation, generalised, uccsd
from qopt.ansatze.qubit_pool import qubit_pool
from qopt.ansatze.uccsd import excite
from qopt.problems.mapping import jordan_wigner, parity_mapping
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule

if TYPE_CHECKING:
    from qiskit.quantum_info import Pauli

LABELS = pytest.mark.parametrize("label", MAPPINGS)


def labels(*excitations: Excitation, norb: int) -> list[str]:
    """Under Jordan-Wigner."""
    return [string.to_label() for string in qubit_pool(excitations, jordan_wigner(norb))]


def test_singles_and_doubles_give_the_known_strings() -> None:
    """Tang et al. 2021, arXiv:1911.10205: X Y for a single, and for a double all 8 with one or three Y; no Z in between."""
    assert labels(Excitation((2,), (0,), 0), norb=3) == ["IIIXIY", "IIIYIX"]
    double = labels(Excitation((1, 3), (0, 2), 0), norb=2)
    assert sorted(double) == ["XXXY", "XXYX", "XYXX", "XYYY", "YXXX", "YXYY", "YYXY", "YYYX"]


def test_strings_come_once() -> None:
    """Two doubles on the same four orbitals have the same strings, and one that shares an orbital those of a single."""
    one, other, single = Excitation((1, 3), (0, 2), 0), Excitation((1, 2), (0, 3), 1), Excitation((1, 2), (0, 2), 2)
    assert labels(one, other, norb=2) == labels(one, norb=2)
    assert labels(single, norb=2) == labels(Excitation((1,), (0,), 0), norb=2)


def signless(string: Pauli, order: np.ndarray) -> bytes:
    """The imaginary matrix between some basis states, as whole numbers, the first of which is positive."""
    matrix = string.to_matrix()[np.ix_(order, order)].imag.round().astype(np.int8)
    return bytes((matrix * matrix[matrix.nonzero()][0]).ravel())


@LABELS
def test_rotations_of_occupations_are_the_same_in_every_mapping(label: str) -> None:
    """The matrices of the strings, written back into determinants of the sector, are those of Jordan-Wigner up to a sign."""
    norb = 3
    mapping = MAPPINGS[label](norb, (1, 2))
    every = np.arange(4**norb)
    inside = every[mapping.holds(every)]
    fits = [excitation for excitation in generalised(norb) if mapping.breaks(excitation) is None]
    expected = {signless(string, inside) for string in qubit_pool(fits, jordan_wigner(norb))}
    got = [signless(string, mapping.encode(inside)) for string in qubit_pool(generalised(norb), mapping)]
    assert set(got) == expected
    assert len(set(got)) == len(got) > 50


@LABELS
@pytest.mark.parametrize("tapering", [False, True])
def test_strings_turn_real_states_and_are_circuits(label: str, *, tapering: bool) -> None:
    """Odd numbers of Y, no signs; `excite` with half the string is the rotation by theta."""
    mapper = label.split(",", maxsplit=1)[0]
    mapping = Molecule(shipped("h4"), mapper=mapper, tapering=tapering).mapping
    pool = qubit_pool(uccsd(4, (2, 2)), mapping)
    assert all(string.to_label().count("Y") % 2 and string.to_label()[0] != "-" for string in pool)
    assert all(string.num_qubits == mapping.qubits for string in pool)
    string = pool[len(pool) // 2]
    circuit = QuantumCircuit(mapping.qubits)
    excite(circuit, SparsePauliOp(string, 0.5), 0.7)
    np.testing.assert_allclose(Operator(circuit).data, expm(-0.35j * string.to_matrix()), rtol=0, atol=1e-10)


def test_slopes_are_the_same_in_every_mapping() -> None:
    """Half the commutators i [P, H] in the determinant of H4: the sets of their sizes agree, and so does what ADAPT would pick."""
    steepest = []
    for mapper, tapering in (("jordan-wigner", False), ("jordan-wigner", True), ("parity", False), ("bravyi-kitaev", True)):
        molecule = Molecule(shipped("h4"), mapper=mapper, tapering=tapering)
        image = int(molecule.mapping.encode(np.array([molecule.determinant]))[0])
        state = Statevector.from_int(image, 2**molecule.qubits)
        slopes = []
        for string in qubit_pool(uccsd(4, (2, 2)), molecule.mapping):
            p, h = SparsePauliOp(string), molecule.hamiltonian()
            slopes.append(abs((0.5j * state.expectation_value((p @ h - h @ p).simplify())).real))
        steepest.append(sorted({round(slope, 9) for slope in slopes})[-3:])
    for other in steepest[1:]:
        np.testing.assert_allclose(other, steepest[0], rtol=0, atol=1e-8)
    assert steepest[0][-1] > 0.05


def test_what_leaves_the_sector_adds_nothing() -> None:
    """H2 tapered to one qubit has one string, and an excitation of full orbitals has none."""
    assert [string.to_label() for string in qubit_pool(uccsd(2, (1, 1)), Molecule(shipped("h2")).mapping)] == ["Y"]
    assert qubit_pool((Excitation((1,), (0,), 0),), parity_mapping(2, (2, 1))) == ()
