"""The one class that researchers subclass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from qopt.ansatze import Ansatz, hardware_efficient, qaoa
from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.references import lowest_levels
from qopt.types import Bits, Counts, Reference, Sense, Solution, Values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp


_REACHED_QUBITS = 12


@dataclass(frozen=True, eq=False)
class Property:
    """An observable that tells what kind of state was found.

    Attributes:
        operator: On the qubits of the Hamiltonian; identity terms need no measurement.
        expected: Its value in the state that is looked for, where that is known: the result says when it is another one.
        units: Of its values; empty where there are none.
        conserved: Whether it has that value in every state that may be found, also in excited ones.
        element: Row and column, where it is an element of the one-body density matrix.
    """

    operator: SparsePauliOp
    expected: float | None = None
    units: str = ""
    conserved: bool = False
    element: tuple[int, int] | None = None


class Problem(ABC):
    """Something to be minimised or maximised with a quantum computer.

    Only `hamiltonian` must be written. What `energy` is for: written from the problem's own words, it is checked against the Hamiltonian,
    through the circuit's layout, before the first job, so that a wrong bit order or sign can't go unnoticed.

    Attributes:
        sense: How results are told. Inside everything is minimised; a value in the problem's own sense is `sense.sign` times the energy.
        units: Units of the values, such as `Ha`; empty where there are none.
    """

    sense: Sense = Sense.MINIMISE
    units: str = ""

    @abstractmethod
    def hamiltonian(self) -> SparsePauliOp:
        """The operator to be minimised; Qiskit's qubit i is variable i."""

    def ansatz(self, layers: int | None = None) -> Ansatz:
        """The natural ansatz of the problem: QAOA (default 1 layer) where H is diagonal, else hardware-efficient (2 repetitions)."""
        if self.diagonal is not None:
            return qaoa(self.hamiltonian(), 1 if layers is None else layers)
        return hardware_efficient(self.qubits, 2 if layers is None else layers)

    def energy(self, bits: str) -> float:
        """The energy (minimised) of one string; `bits[i]` is variable i. Diagonal problems only."""
        return float(self.energies(np.array([[int(bit) for bit in bits]], dtype=np.uint8))[0])

    def energies(self, bits: Bits) -> Values:
        """`(k,)` energies (minimised) of `(k, n)` strings. Diagonal problems only.

        Raises:
            InputError: If the Hamiltonian has X or Y terms.
        """
        if self.diagonal is None:
            message = "a bit string has no energy here: the Hamiltonian has X or Y terms; use objective type expectation or exact"
            raise InputError(message)
        return self.diagonal.energies(bits)

    def exact(self) -> Reference | None:
        """The best known value and how it is known, or None to let qopt find it where it can."""
        return None

    def properties(self) -> Mapping[str, Property]:
        """What is measured together with the final energy, beside it, by name; nothing by default.

        Not measured where bit strings are sampled, since not every observable has a value in a string.
        """
        return {}

    def reached(self) -> NDArray[np.int64]:
        """`(m,)` basis states that states of interest are made of, bit q for qubit q; all that there are, but the first 4096 at most."""
        return np.arange(1 << min(self.qubits, _REACHED_QUBITS), dtype=np.int64)

    def levels(self, count: int) -> tuple[float, ...] | None:
        """The lowest exact energies (minimised) among states of interest, each as often as it occurs; None where there are too many."""
        if self.qubits > _REACHED_QUBITS:
            return None
        return lowest_levels(self.hamiltonian(), self.reached(), count)

    def classical(self) -> Mapping[str, float]:
        """Energies of classical methods to compare with, in the problem's own sense, such as `hf` and `ccsd`; none by default."""
        return {}

    def keep(self, folder: Path) -> None:  # noqa: B027 - a hook, and most problems have nothing to keep
        """Write into the run folder what could not be computed again to the last bit; nothing by default."""

    def interpret(self, counts: Counts) -> Solution:
        """The answer in the problem's own words: by default the measured string of lowest energy, the most frequent of equals."""
        strings = sorted(counts)
        energies = self.energies(np.array([[int(bit) for bit in string] for string in strings], dtype=np.uint8))
        best = min(range(len(strings)), key=lambda index: (energies[index], -counts[strings[index]], strings[index]))
        return Solution(strings[best], self.sense.sign * float(energies[best]))

    @cached_property
    def qubits(self) -> int:
        """How many qubits the Hamiltonian acts on."""
        return int(self.hamiltonian().num_qubits)

    @cached_property
    def diagonal(self) -> Diagonal | None:
        """The Hamiltonian as a polynomial in Z; None where it has X or Y terms."""
        return Diagonal.from_operator(self.hamiltonian())
