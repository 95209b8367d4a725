"""Which engine computes what: by the structure of the ansatz, and never by a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector

import qopt
from qopt.simulate import engine_for

COST = SparsePauliOp(["IIZZ", "IZIZ", "ZIIZ", "IIIZ", "ZZZI", "IIII"], [0.5, -0.7, 0.25, 0.3, 1.1, 2.0])


def computed(ansatz: qopt.Ansatz, hamiltonian: SparsePauliOp, point: np.ndarray) -> float:
    """The energy by Qiskit's own statevector."""
    bound = ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True)))
    return float(Statevector(bound).expectation_value(hamiltonian).real)


@given(st.lists(st.floats(-7, 7), min_size=4, max_size=4))
def test_the_engine_of_a_structure_computes_the_circuit(angles: list[float]) -> None:
    """Fields, couplings, a product of three and a constant, at any angles."""
    ansatz, point = qopt.qaoa(COST, 2), np.array(angles)
    engine = engine_for(ansatz.circuit, ansatz.parameters, COST, ansatz.structure)
    assert engine.name.startswith("qaoa")
    assert engine.energies(point[None, :])[0] == pytest.approx(computed(ansatz, COST, point), abs=1e-10)


@pytest.mark.parametrize("other", [COST + SparsePauliOp(["IIIZ"], [0.1]), SparsePauliOp(["IIXX", "ZIII"], [1.0, 0.5])])
def test_another_hamiltonian_is_computed_by_the_circuit(other: SparsePauliOp) -> None:
    """A structure says what the circuit does, not what is measured."""
    ansatz, point = qopt.qaoa(COST, 1), np.array([0.4, -0.8])
    engine = engine_for(ansatz.circuit, ansatz.parameters, other, ansatz.structure)
    assert engine.name.startswith("circuit")
    assert engine.energies(point[None, :])[0] == pytest.approx(computed(ansatz, other, point), abs=1e-10)
