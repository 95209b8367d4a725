"""The overlap circuit: its probability of zeros is the overlap, in the order of parameters that it says."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import Statevector

from qopt.ansatze import Ansatz, hardware_efficient
from qopt.ansatze.overlap import overlap_circuit
from qopt.errors import InputError
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule


def state(ansatz: Ansatz, point: np.ndarray) -> Statevector:
    """The state at a point."""
    return Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True))))


@pytest.mark.parametrize("ansatz", [hardware_efficient(3, 2), Molecule(shipped("h4")).ansatz()], ids=["hardware-efficient", "uccsd"])
def test_zeros_have_the_probability_of_the_overlap(ansatz: Ansatz) -> None:
    """At random points, theta first; 1 where both states are the same."""
    rng = np.random.default_rng(4)
    theta, phi = rng.normal(size=(2, len(ansatz.parameters)))
    overlap = overlap_circuit(ansatz)
    expected = abs(state(ansatz, phi).inner(state(ansatz, theta))) ** 2
    assert state(overlap, np.concatenate((theta, phi))).probabilities()[0] == pytest.approx(expected, abs=1e-12)
    assert state(overlap, np.concatenate((theta, theta))).probabilities()[0] == pytest.approx(1.0, abs=1e-12)


def test_names_never_clash() -> None:
    """Also where the ansatz has a parameter that is called phi_ and another one, or an element of a vector."""
    circuit = QuantumCircuit(1)
    vector = ParameterVector("a", 2)
    circuit.rx(Parameter("a") + vector[0], 0)
    circuit.ry(Parameter("phi_a") * vector[1], 0)
    ansatz = Ansatz(circuit, ("a", "phi_a", "a[1]", "a[0]"), "own", 3, scales=(1.0, 2.0, 3.0, 4.0))
    overlap = overlap_circuit(ansatz)
    assert overlap.parameters[:4] == ansatz.parameters
    assert len(set(overlap.parameters)) == 8
    assert overlap.layers is None
    assert overlap.scales == (1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0)


def test_a_gate_without_an_inverse_is_refused() -> None:
    """A reset is no gate."""
    circuit = QuantumCircuit(1, name="own")
    circuit.reset(0)
    circuit.rx(Parameter("a"), 0)
    with pytest.raises(InputError, match=r"ansatz 'own' has no inverse \(.*\), expected unitary gates alone"):
        overlap_circuit(Ansatz(circuit, ("a",), "own"))
