"""PennyLane with `lightning.qubit` and the adjoint method.

`IsingZZ(t) = exp(-i t ZZ / 2)` gives t = -2 c gamma, and RX(t) gives t = 2 beta. Excitations are PennyLane's `PauliRot(t) =
exp(-i t P / 2)`: `exp(+i theta c P)` gives t = -2 c theta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pennylane as qml
from pennylane import numpy as pnp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PACKAGES = ("pennylane", "pennylane-lightning")
_LETTERS = {"X": qml.X, "Y": qml.Y, "Z": qml.Z}


class Node:
    """A QNode and what its energies lack of H, the constant."""

    def __init__(self, node: Callable[[Any], Any], constant: float) -> None:
        self._node, self._constant = node, constant
        self._gradient = qml.grad(node)

    def energies(self, points: NDArray) -> list[float]:
        """One after the other: the device has no batches of its own."""
        return [float(self._node(pnp.array(point, requires_grad=False))) + self._constant for point in points]

    def gradient(self, point: NDArray) -> tuple[float, NDArray]:
        """The energy is a by-product of the gradient."""
        slopes = self._gradient(pnp.array(point, requires_grad=True))
        return float(self._gradient.forward) + self._constant, slopes


def hamiltonian(strings: list[tuple[float, str, list[int]]]) -> tuple[qml.Hamiltonian, float]:
    """H without its constant, and the constant."""
    held = [string for string in strings if string[2]]
    words = [qml.prod(*[_LETTERS[letter](wire) for letter, wire in zip(letters, wires, strict=True)]) for _, letters, wires in held]
    return qml.Hamiltonian([c for c, _, _ in held], words), sum(c for c, _, wires in strings if not wires)


def qaoa(problem: dict[str, Any]) -> Node:
    """MaxCut."""
    variables, layers = problem["variables"], problem["layers"]
    observable, constant = hamiltonian([(c, "Z" * len(support), support) for c, support in problem["terms"]])

    @qml.qnode(qml.device("lightning.qubit", wires=variables), diff_method="adjoint")
    def node(angles: Any) -> Any:  # noqa: ANN401 - PennyLane's tensors and measurements
        for wire in range(variables):
            qml.Hadamard(wire)
        for layer in range(layers):
            for coefficient, support in problem["terms"]:
                if support:
                    qml.IsingZZ(-2.0 * coefficient * angles[layer], wires=support)
            for wire in range(variables):
                qml.RX(2.0 * angles[layers + layer], wires=wire)
        return qml.expval(observable)

    return Node(node, constant)


def uccsd(problem: dict[str, Any]) -> Node:
    """A molecule."""
    norb = problem["norb"]
    observable, constant = hamiltonian(problem["hamiltonian"])
    occupied = [spin * norb + orbital for spin, count in enumerate(problem["electrons"]) for orbital in range(count)]

    @qml.qnode(qml.device("lightning.qubit", wires=2 * norb), diff_method="adjoint")
    def node(angles: Any) -> Any:  # noqa: ANN401 - as above
        for wire in occupied:
            qml.X(wire)
        for parameter, strings in enumerate(problem["rotations"]):
            for c, letters, wires in strings:
                qml.PauliRot(-2.0 * c * angles[parameter], letters, wires=wires)
        return qml.expval(observable)

    return Node(node, constant)


def prepare(problem: dict[str, Any], threads: int) -> Node:  # noqa: ARG001 - the worker's environment tells OpenMP
    """The QNode of a problem."""
    return uccsd(problem) if problem["kind"] == "uccsd" else qaoa(problem)
