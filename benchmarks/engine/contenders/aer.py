"""Qiskit Aer's EstimatorV2 with the method statevector and precision 0. It has no gradients.

`RZZ(t) = exp(-i t ZZ / 2)` and `exp(+i gamma c ZZ)` give t = -2 c gamma, and `RX(t) = exp(-i t X / 2)` gives t = 2 beta. Qiskit writes
qubit 0 as the last letter of a label. An excitation's strings commute, so `PauliEvolutionGate`, which is `exp(-i t sum c P)`, is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.primitives import EstimatorV2

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("qiskit-aer", "qiskit")


class Estimated:
    """One circuit and one observable."""

    def __init__(self, circuit: QuantumCircuit, observable: SparsePauliOp, threads: int) -> None:
        self._circuit, self._observable = circuit, observable
        self._estimator = EstimatorV2(options={"backend_options": {"method": "statevector", "max_parallel_threads": threads}})

    def energies(self, points: NDArray) -> list[float]:
        """One job with one PUB."""
        result = self._estimator.run([(self._circuit, self._observable, points)], precision=0.0).result()
        return result[0].data.evs.tolist()


def qaoa(problem: dict[str, Any]) -> tuple[QuantumCircuit, SparsePauliOp]:
    """The circuit and H of MaxCut; parameters are in the order of points."""
    variables, layers = problem["variables"], problem["layers"]
    angles, circuit = ParameterVector("t", 2 * layers), QuantumCircuit(variables)
    circuit.h(range(variables))
    for layer in range(layers):
        for coefficient, support in problem["terms"]:
            if support:
                circuit.rzz(-2.0 * coefficient * angles[layer], *support)
        circuit.rx(2.0 * angles[layers + layer], range(variables))
    terms = [("Z" * len(support), support, coefficient) for coefficient, support in problem["terms"]]
    return circuit, SparsePauliOp.from_sparse_list(terms, variables)


def uccsd(problem: dict[str, Any]) -> tuple[QuantumCircuit, SparsePauliOp]:
    """The circuit, in one- and two-qubit gates, and H of a molecule."""
    norb, qubits = problem["norb"], 2 * problem["norb"]
    angles, circuit = ParameterVector("t", len(problem["rotations"])), QuantumCircuit(qubits)
    circuit.x([spin * norb + orbital for spin, count in enumerate(problem["electrons"]) for orbital in range(count)])
    for angle, strings in zip(angles, problem["rotations"], strict=True):
        generator = SparsePauliOp.from_sparse_list([(letters, on, -c) for c, letters, on in strings], qubits)
        circuit.append(PauliEvolutionGate(generator, time=angle), range(qubits))
    circuit = transpile(circuit, basis_gates=["cx", "h", "rx", "rz", "s", "sdg", "sx", "x"], optimization_level=1)
    return circuit, SparsePauliOp.from_sparse_list([(letters, on, c) for c, letters, on in problem["hamiltonian"]], qubits)


def prepare(problem: dict[str, Any], threads: int) -> Estimated:
    """Circuit and observable; how to transpile is left to Aer for QAOA, whose gates it knows."""
    return Estimated(*(uccsd(problem) if problem["kind"] == "uccsd" else qaoa(problem)), threads)
