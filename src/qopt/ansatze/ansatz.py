"""The Ansatz: a circuit together with the order of its parameters. No Hamiltonian, no backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qopt.problems.excitation_product import ExcitationProduct, OverlapProduct


@dataclass(frozen=True)
class Ansatz:
    """A parametrised circuit without measurements that owns the order of its parameters.

    `QuantumCircuit.parameters` sorts by name (beta before gamma, `x[10]` before `x[2]` in some versions): nothing in qopt uses that order.

    Attributes:
        circuit: On as many qubits as the problem has variables; logical qubit i is variable i.
        parameters: Names in the order in which points are written; each is the name of one parameter of `circuit`.
        name: `qaoa`, `hardware-efficient`, or the name of a custom one.
        layers: How often the ansatz repeats, where it does; starts by formula need it.
        scales: How far each parameter moves where an angle of a rotation moves by about a radian; None is 1 for all. Built-in optimizers
            work in these units, so that their steps suit weights of 0.01 as well as of 1000.
        product: What the circuit was made from, where that is excitations on a determinant: the exact engine is quicker with that.
    """

    circuit: QuantumCircuit
    parameters: tuple[str, ...]
    name: str
    layers: int | None = None
    scales: tuple[float, ...] | None = None
    product: ExcitationProduct | OverlapProduct | None = None

    def __post_init__(self) -> None:
        """Check that the names are exactly those of the circuit's parameters."""
        names = sorted(parameter.name for parameter in self.circuit.parameters)
        if names != sorted(self.parameters):
            message = f"the circuit of ansatz {self.name!r} has the parameters {names}, but the order given is {list(self.parameters)}"
            raise ValueError(message)
