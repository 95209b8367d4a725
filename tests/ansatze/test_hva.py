"""The Hamiltonian variational ansatz: products of exponentials of matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Pauli, SparsePauliOp, Statevector
from scipy.linalg import expm

from qopt.ansatze.hva import hamiltonian_variational, rotate
from qopt.errors import InputError


@given(label=st.text("XYZI", min_size=1, max_size=4).filter(lambda label: set(label) != {"I"}), angle=st.floats(-7, 7))
def test_rotations_are_exponentials_of_pauli_strings(label: str, angle: float) -> None:
    """`exp(-i angle P / 2)`, global phase included."""
    circuit = QuantumCircuit(len(label))
    rotate(circuit, Pauli(label), angle)
    np.testing.assert_allclose(Operator(circuit).data, expm(-0.5j * angle * Pauli(label).to_matrix()), rtol=0, atol=1e-12)


def test_groups_act_in_their_order_on_the_start() -> None:
    """Two layers of two groups, on a singlet and a qubit in |->, against exponentials of the groups."""
    groups = [SparsePauliOp(["IZZ", "XII"], [0.3, -1.2]), SparsePauliOp(["IXX", "ZII", "III"], [0.8, 0.5, 2.0])]
    ansatz = hamiltonian_variational(groups, 2, plus=[2], flipped=[2], singlets=[(0, 1)])
    point = np.array([0.3, -0.7, 1.1, 0.4])
    expected = np.kron([1, -1], [0, -1, 1, 0]) / 2
    for index, angle in enumerate(point):
        group = groups[index % 2]
        expected = expm(-1j * angle * (group.to_matrix() - 2.0 * (index % 2) * np.eye(8))) @ expected
    got = Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point, strict=True))))
    assert abs(np.vdot(expected, got.data)) == pytest.approx(1.0, abs=1e-12)
    assert (ansatz.parameters, ansatz.layers) == (("theta_0", "theta_1", "theta_2", "theta_3"), 2)
    assert ansatz.scales == pytest.approx((1 / 1.5, 1 / 1.3) * 2)


REFUSALS = {
    "got 1 layers of 0 groups": ([], 1),
    "a group of terms is a constant or empty": ([SparsePauliOp("II")], 1),
    "a group has terms that don't commute": ([SparsePauliOp(["XI", "ZI"])], 1),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_is_no_ansatz_is_refused(message: str) -> None:
    """Each refusal says what was got."""
    with pytest.raises(InputError, match=message):
        hamiltonian_variational(*REFUSALS[message])
