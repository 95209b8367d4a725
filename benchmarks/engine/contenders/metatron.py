"""metatron-qso: `MaxCutQaoa` is specialised to MaxCut as qopt's engine is to diagonal costs; molecules go through its circuits.

It maximises the cut C = -H, and its layers are `exp(-i beta sum X) exp(-i gamma C)`: angles are the same, energies have the other sign.
`pauli_rotation(P, t)` is `exp(-i t P / 2)`, so that `exp(+i theta c P)` gives t = -2 c theta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import metatron_qso

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGES = ("metatron-qso",)


class Cut:
    """MaxCut of an unweighted graph."""

    def __init__(self, problem: dict[str, Any]) -> None:
        graph = metatron_qso.Graph(problem["variables"])
        for _, support in problem["terms"]:
            if support:
                graph.add_edge(*support)
        self._qaoa = metatron_qso.MaxCutQaoa(graph, problem["layers"])

    def energies(self, points: NDArray) -> list[float]:
        """One after the other: the package has batches of circuits only, which take longer."""
        return [-self._qaoa.expectation(point) for point in points.tolist()]

    def gradient(self, point: NDArray) -> tuple[float, list[float]]:
        """By its adjoint method."""
        cut, slopes = self._qaoa.expectation_and_gradient(point.tolist())
        return -cut, [-slope for slope in slopes]


class Molecule:
    """A circuit of Pauli rotations."""

    def __init__(self, problem: dict[str, Any]) -> None:
        norb = problem["norb"]
        self._circuit = metatron_qso.Circuit(2 * norb)
        for spin, count in enumerate(problem["electrons"]):
            for orbital in range(count):
                self._circuit.x(spin * norb + orbital)
        angles = self._circuit.new_parameters(len(problem["rotations"]))
        for angle, strings in zip(angles, problem["rotations"], strict=True):
            for c, letters, qubits in strings:
                self._circuit.pauli_rotation(_word(letters, qubits), -2.0 * c * angle)
        terms = [(c, _word(letters, qubits) or "I") for c, letters, qubits in problem["hamiltonian"]]
        self._observable = metatron_qso.PauliSum.from_terms(terms)

    def energies(self, points: NDArray) -> list[float]:
        """By its batches."""
        return metatron_qso.expectation_batch(self._circuit, self._observable, points.tolist())

    def gradient(self, point: NDArray) -> tuple[float, list[float]]:
        """By its adjoint method."""
        return metatron_qso.expectation_and_gradient(self._circuit, self._observable, point.tolist())


def _word(letters: str, qubits: list[int]) -> str:
    return " ".join(f"{letter}{qubit}" for letter, qubit in zip(letters, qubits, strict=True))


def prepare(problem: dict[str, Any], threads: int) -> Cut | Molecule:  # noqa: ARG001 - the worker's environment tells Rayon
    """What the package has for a problem."""
    return Molecule(problem) if problem["kind"] == "uccsd" else Cut(problem)
