"""Circuits of excitations: their states are those of the excitation engine, amplitude by amplitude, in every mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from tests.problems.mapping.mappings import MAPPINGS
from tests.simulate.excitations.cases import Case, cases

from qopt.ansatze.excitations import Excitation, kupccgsd, uccsd
from qopt.ansatze.uccsd import excitation_circuit, excite
from qopt.errors import InputError
from qopt.problems.fcidump import read_fcidump
from qopt.problems.mapping import conserving, electronic_hamiltonian, jordan_wigner, taper
from qopt.simulate.excitations import ExcitationEngine

if TYPE_CHECKING:
    from qopt.ansatze import Ansatz

DATA = Path(__file__).parents[1] / "data" / "fcidump"
LABELS = pytest.mark.parametrize("label", MAPPINGS)


def state(ansatz: Ansatz, point: np.ndarray) -> np.ndarray:
    """Amplitudes of the circuit, with values assigned by name."""
    return Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point, strict=True)))).data


@LABELS
@settings(max_examples=15)
@given(case=cases())
def test_states_are_those_of_the_engine(label: str, case: Case) -> None:
    """Excitations of any kind that share parameters and have coefficients, from any determinant."""
    norb, electrons = case.integrals.norb, case.integrals.electrons
    mapping = MAPPINGS[label](norb, electrons)
    left = conserving(case.excitations, mapping)
    if not left.excitations:
        return
    point = case.point[list(left.parameters)]
    engine = ExcitationEngine(case.integrals, left.excitations, len(point), reference=case.reference, compiled=False)
    expected = np.zeros(2**mapping.qubits)
    expected[mapping.encode(engine.strings)] = engine.state(point)
    got = state(excitation_circuit(left.excitations, mapping, case.reference), point)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-10)


@LABELS
@pytest.mark.parametrize("kind", ["uccsd", "kupccgsd"])
def test_tapered_states_are_those_of_the_engine(label: str, kind: str) -> None:
    """H4 on 5 qubits: the engine in the full sector, the circuit in the tapered one, and one energy."""
    integrals = read_fcidump(DATA / "h4.fcidump")
    full, determinant = MAPPINGS[label](4, (2, 2)), 0b00110011
    mapping = taper(full, electronic_hamiltonian(integrals, full), determinant)
    left = conserving(uccsd(4, (2, 2)) if kind == "uccsd" else kupccgsd(4), mapping)
    point = np.random.default_rng(1).normal(size=len(left.parameters))
    engine = ExcitationEngine(integrals, left.excitations, len(point))
    ansatz = excitation_circuit(left.excitations, mapping, determinant, name=kind)
    psi, inside = state(ansatz, point), mapping.holds(engine.strings)
    assert (ansatz.circuit.num_qubits, ansatz.name) == (5, kind)
    np.testing.assert_allclose(psi[mapping.encode(engine.strings[inside])], engine.state(point)[inside], rtol=0, atol=1e-10)
    assert not engine.state(point)[~inside].any()
    energy = Statevector(psi).expectation_value(electronic_hamiltonian(integrals, mapping)).real
    assert energy == pytest.approx(engine.energies(point[None])[0], abs=1e-10)


def test_parameters_keep_their_order_beyond_ten() -> None:
    """theta_2 comes before theta_10, whatever the alphabet says."""
    ansatz = excitation_circuit(uccsd(4, (2, 2)), jordan_wigner(4), 0b00110011)
    assert ansatz.parameters == tuple(f"theta_{index}" for index in range(26))


def test_no_excitations_are_the_determinant() -> None:
    """From it a growing ansatz begins."""
    ansatz = excitation_circuit((), jordan_wigner(2), 0b0101)
    assert (ansatz.parameters, dict(ansatz.circuit.count_ops())) == ((), {"x": 2})


REFUSALS = {
    r"the excitations have the parameters \[1\], expected them counted from 0 without gaps": (Excitation((1,), (0,), 1),),
    r"the excitation from \(0,\) to \(4,\) can't be mapped": (Excitation((4,), (0,), 0),),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_makes_no_circuit_is_refused(message: str) -> None:
    """Each refusal says what was got."""
    with pytest.raises(InputError, match=message):
        excitation_circuit(REFUSALS[message], jordan_wigner(2), 0b0101)


@pytest.mark.parametrize("label", ["XX", "ZZ", "II"])
def test_what_is_no_generator_is_refused(label: str) -> None:
    """Strings without a letter Y are symmetric, and T - T^dag is antisymmetric."""
    with pytest.raises(InputError, match="the operator is not i"):
        excite(QuantumCircuit(2), SparsePauliOp(label), 0.5)


def test_strings_that_flip_unlike_qubits_are_refused() -> None:
    """The generators of two excitations are two generators."""
    with pytest.raises(InputError, match="expected strings that flip the same qubits"):
        excite(QuantumCircuit(2), SparsePauliOp(["IY", "YI"]), 0.5)


@pytest.mark.parametrize(
    ("created", "annihilated", "expected"), [((2, 5), (1, 4), 14), ((1,), (0,), 4), ((3,), (0,), 8), ((2, 3, 6), (0, 1, 4), 44)]
)
def test_double_excitations_take_fourteen_gates_and_two_for_each_sign(
    created: tuple[int, ...], annihilated: tuple[int, ...], expected: int
) -> None:
    """Under Jordan-Wigner: singles take 4, and a triple with orbital 5 in between takes its 32, 10 and 2."""
    generator = jordan_wigner(4).generator(Excitation(created, annihilated, 0))
    circuit = QuantumCircuit(8)
    excite(circuit, generator, 0.5)
    assert circuit.count_ops()["cx"] == expected
    assert circuit.count_ops()["ry"] == len(generator)
