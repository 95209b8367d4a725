"""Pools of operators that a circuit can grow by: what each adds to the circuit, and its generator. No energies, no choices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from qiskit.circuit import Parameter
from qiskit.quantum_info import Pauli, SparsePauliOp

from qopt.ansatze import Ansatz
from qopt.ansatze.hva import rotate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.excitation_product import ExcitationProduct


class Pool(Protocol):
    """Operators in a fixed order, each a factor `exp(-i angle G)` with an angle of its own."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the operators are called, for people and for the run's identity."""
        ...

    @property
    def supports(self) -> tuple[frozenset[int], ...]:
        """What each operator acts on: two operators with nothing in common can act at the same time."""
        ...

    def ansatz(self, chosen: Sequence[int]) -> Ansatz:
        """The circuit with these operators in the order in which they act; parameter k belongs to the k-th of them."""
        ...

    def generator(self, index: int) -> SparsePauliOp:
        """G of an operator, on the circuit's qubits."""
        ...


@dataclass(frozen=True, eq=False)
class ExcitationPool:
    """Fermionic excitations on a determinant.

    Attributes:
        start: The determinant, with no excitations yet.
        excitations: Those that stay in the sector.
    """

    start: ExcitationProduct
    excitations: tuple[Excitation, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """As `Excitation.name` tells them."""
        return tuple(one.name for one in self.excitations)

    @property
    def supports(self) -> tuple[frozenset[int], ...]:
        """Spin orbitals."""
        return tuple(frozenset(one.annihilated + one.created) for one in self.excitations)

    def ansatz(self, chosen: Sequence[int]) -> Ansatz:
        """As the protocol says."""
        excitations = tuple(replace(self.excitations[index], parameter=place) for place, index in enumerate(chosen))
        return replace(self.start, excitations=excitations).ansatz("adapt")

    def generator(self, index: int) -> SparsePauliOp:
        """As the protocol says."""
        return self.start.mapping.generator(self.excitations[index])


@dataclass(frozen=True, eq=False)
class PauliPool:
    """Rotations about single Pauli strings, on any circuit without parameters.

    Attributes:
        start: The circuit that they follow.
        labels: In Qiskit's order: the rightmost letter is qubit 0.
    """

    start: QuantumCircuit
    labels: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The strings."""
        return self.labels

    @property
    def supports(self) -> tuple[frozenset[int], ...]:
        """Qubits."""
        return tuple(frozenset(place for place, letter in enumerate(reversed(label)) if letter != "I") for label in self.labels)

    def ansatz(self, chosen: Sequence[int]) -> Ansatz:
        """As the protocol says; an angle theta is a rotation `exp(-i theta P / 2)`."""
        circuit = self.start.copy()
        parameters = [Parameter(f"theta_{place}") for place in range(len(chosen))]
        for parameter, index in zip(parameters, chosen, strict=True):
            rotate(circuit, Pauli(self.labels[index]), parameter)
        return Ansatz(circuit, tuple(parameter.name for parameter in parameters), "adapt")

    def generator(self, index: int) -> SparsePauliOp:
        """P / 2."""
        return SparsePauliOp(self.labels[index], 0.5)
