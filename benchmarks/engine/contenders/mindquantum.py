"""MindQuantum with the simulator `mqvector` in double precision and its adjoint gradient.

`Rzz(t) = exp(-i t ZZ / 2)`, `RX(t) = exp(-i t X / 2)` and `RotPauliString(t) = exp(-i t P / 2)` give t = -2 c gamma, 2 beta and -2 c theta.
A circuit sorts its parameters by their first use, which is not their order in a point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mindquantum
import numpy as np
from mindquantum.core.circuit import Circuit
from mindquantum.core.gates import RX, H, RotPauliString, Rzz, X
from mindquantum.core.operators import Hamiltonian, QubitOperator
from mindquantum.simulator import Simulator

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("mindquantum",)


class Simulated:
    """A circuit whose parameters are named by their place in a point, and an observable."""

    def __init__(self, circuit: Circuit, observable: QubitOperator, qubits: int) -> None:
        self._simulator = Simulator("mqvector", qubits, dtype=mindquantum.complex128)
        self._hamiltonian = Hamiltonian(observable).astype(mindquantum.complex128)
        self._circuit, self._names = circuit, circuit.params_name
        self._places = np.array([int(name) for name in self._names])
        self._gradient = self._simulator.get_expectation_with_grad(self._hamiltonian, circuit)

    def energies(self, points: NDArray) -> list[float]:
        """One after the other."""
        return [self._energy(point) for point in points]

    def gradient(self, point: NDArray) -> tuple[float, NDArray]:
        """The energy is a by-product of the gradient."""
        self._simulator.reset()
        energy, slopes = self._gradient(point[self._places])
        out = np.empty(len(point))
        out[self._places] = slopes[0, 0].real
        return float(energy[0, 0].real), out

    def _energy(self, point: NDArray) -> float:
        self._simulator.reset()
        self._simulator.apply_circuit(self._circuit, dict(zip(self._names, point[self._places], strict=True)))
        return float(self._simulator.get_expectation(self._hamiltonian).real)


def operator(strings: list[tuple[float, str, list[int]]]) -> QubitOperator:
    """A sum of Pauli strings."""
    total = QubitOperator()
    for c, letters, qubits in strings:
        total += QubitOperator(" ".join(f"{letter}{qubit}" for letter, qubit in zip(letters, qubits, strict=True)), c)
    return total


def qaoa(problem: dict[str, Any]) -> Simulated:
    """MaxCut."""
    variables, layers, circuit = problem["variables"], problem["layers"], Circuit()
    for qubit in range(variables):
        circuit += H.on(qubit)
    for layer in range(layers):
        for coefficient, support in problem["terms"]:
            if support:
                circuit += Rzz({f"{layer}": -2.0 * coefficient}).on(support)
        for qubit in range(variables):
            circuit += RX({f"{layers + layer}": 2.0}).on(qubit)
    return Simulated(circuit, operator([(c, "Z" * len(support), support) for c, support in problem["terms"]]), variables)


def uccsd(problem: dict[str, Any]) -> Simulated:
    """A molecule."""
    norb, circuit = problem["norb"], Circuit()
    for spin, count in enumerate(problem["electrons"]):
        for orbital in range(count):
            circuit += X.on(spin * norb + orbital)
    for parameter, strings in enumerate(problem["rotations"]):
        for c, letters, qubits in strings:
            circuit += RotPauliString(letters, {f"{parameter}": -2.0 * c}).on(qubits)
    return Simulated(circuit, operator(problem["hamiltonian"]), 2 * norb)


def prepare(problem: dict[str, Any], threads: int) -> Simulated:  # noqa: ARG001 - the worker's environment tells OpenMP
    """The circuit of a problem."""
    return uccsd(problem) if problem["kind"] == "uccsd" else qaoa(problem)
