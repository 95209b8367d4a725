"""What is sent to a primitive and what comes back, without saying which primitive or where. Qiskit's reversed bit order ends here."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    from qopt.problems.excitation_product import ExcitationProduct, OverlapProduct
    from qopt.types import Bits, Counts, Points

PubData: TypeAlias = Mapping[str, NDArray[np.generic]]
"""The answer to one PUB: `samples` `(k, shots, bytes)` from sampling, or `evs` `(k, m)` for m observables, with `gradients`
`(k, n)` where they were asked for."""

REGISTER = "bits"
"""The classical register that sampling circuits measure into: clbit i is variable i."""


@dataclass(frozen=True)
class Frozen:
    """What is run for a stage: transpiled and laid out once, kept in the run folder by digest.

    Attributes:
        circuit: The ISA circuit, reduced to the qubits that it uses; measured into `REGISTER` where it is to be sampled.
        parameters: Names in the order in which points are written.
        layout: `layout[i]` is the circuit's qubit that holds logical qubit i at the end.
        device_qubits: `device_qubits[q]` is the device's number of the circuit's qubit q.
        groups: Laid-out observables; each inner tuple is measured together. Empty where sampled.
        constant: The identity's coefficient, which needs no measurement.
        device: The name of the device that it was laid out for, where an account had to be asked for it.
        cost: The Hamiltonian on logical qubits where strings are sampled: it gives them their energies without the problem at hand.
        readout: For each logical qubit the probabilities of reading 1 where 0 was prepared and 0 where 1 was, as the device reported them
            when the circuit was frozen; None where it reports none.
        beside: Laid-out observables of the final state, to be measured beside each group at last, and then in bases of their own; where
            expectations are computed they are one tuple.
        product: What the ansatz was made from, where that is excitations; it is not kept in the run folder, and the exact engine looks
            whether it is true.
    """

    circuit: QuantumCircuit
    parameters: tuple[str, ...]
    layout: tuple[int, ...]
    device_qubits: tuple[int, ...]
    groups: tuple[tuple[SparsePauliOp, ...], ...]
    constant: float
    device: str = ""
    cost: SparsePauliOp | None = None
    readout: tuple[tuple[float, float], ...] | None = None
    beside: tuple[tuple[SparsePauliOp, ...], ...] = ()
    product: ExcitationProduct | OverlapProduct | None = None


@dataclass(frozen=True)
class Pub:
    """One circuit with many points.

    Attributes:
        frozen: Holds the circuit and the order of its parameters.
        points: `(k, n)`.
        observables: Laid out; empty asks for samples.
        shots: For each point; None asks for the exact expectation.
        gradient: Whether the exact expectation's gradient is asked for as well.
    """

    frozen: Frozen
    points: Points
    observables: tuple[SparsePauliOp, ...]
    shots: int | None
    gradient: bool = False

    @property
    def values(self) -> Points:
        """`(k, n)` points with columns in the order of `circuit.parameters`, which is by name."""
        columns = {name: column for column, name in enumerate(self.frozen.parameters)}
        return self.points[:, [columns[parameter.name] for parameter in self.frozen.circuit.parameters]]


@dataclass(frozen=True)
class Program:
    """The PUBs of one job.

    Attributes:
        pubs: All sampled, or all with observables.
        seed: 1 .. 2**63 - 1; what a simulator's noise is a function of.
    """

    pubs: tuple[Pub, ...]
    seed: int

    def differentiated(self) -> Program:
        """The same, and the gradients of its exact expectations."""
        return replace(self, pubs=tuple(replace(pub, gradient=True) for pub in self.pubs))


def unpack(samples: NDArray[np.uint8], variables: int) -> Bits:
    """`(..., bytes)` packed samples as `(..., n)` bits; column i is variable i."""
    return np.unpackbits(samples, axis=-1, count=variables, bitorder="little")


def pack(bits: Bits) -> NDArray[np.uint8]:
    """`(..., n)` bits as `(..., bytes)`: variable i is bit i % 8 of byte i // 8."""
    return np.packbits(bits, axis=-1, bitorder="little")


def from_bit_array(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Qiskit's `BitArray.array` `(..., bytes)`, whose last byte holds the first eight bits, as packed samples."""
    return np.ascontiguousarray(array[..., ::-1])


def distinct(samples: NDArray[np.uint8], variables: int) -> tuple[Bits, NDArray[np.int64]]:
    """The distinct strings among `(shots, bytes)` samples as `(u, n)` bits, and how often each occurs `(u,)`."""
    strings, counts = np.unique(samples, axis=0, return_counts=True)
    return unpack(strings, variables), counts.astype(np.int64)


def to_counts(samples: NDArray[np.uint8], variables: int) -> Counts:
    """How often each string occurs among `(shots, bytes)` samples; `bits[i]` is variable i."""
    bits, counts = distinct(samples, variables)
    return {"".join(map(str, row)): int(count) for row, count in zip(bits.tolist(), counts, strict=True)}


def to_bytes(data: Sequence[PubData]) -> bytes:
    """A program's answer as bytes, for the journal to compress and keep."""
    buffer = io.BytesIO()
    arrays = {f"{index}.{name}": array for index, answer in enumerate(data) for name, array in answer.items()}
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def from_bytes(raw: bytes) -> list[PubData]:
    """What `to_bytes` was made from."""
    answers: dict[int, dict[str, NDArray[np.generic]]] = {}
    with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
        for key in archive.files:
            index, name = key.split(".", 1)
            answers.setdefault(int(index), {})[name] = archive[key]
    return [answers[index] for index in sorted(answers)]
