"""Shots: bound circuits in, measured bits out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qiskit_aer import AerError

from qopt.emulator.work import alone, twin
from qopt.emulator.work.job import invalid
from qopt.emulator.work.parts import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit_aer import AerSimulator

    from qopt.emulator.work.parts import Part


WIDEST_MATRIX = 12
"""Qubits of a density matrix: one of 12 takes 256 MiB."""


@dataclass(frozen=True)
class Machine:
    """Where circuits are measured."""

    backend: str
    noise: bool
    """Whether it errs as the backend's twin."""


def measure(
    machine: Machine,
    circuits: Sequence[QuantumCircuit],
    binds: Sequence[tuple[Sequence[Parameter], NDArray[np.float64]]],
    *,
    shots: int,
    seed: int,
) -> list[NDArray[np.bool_]]:
    """Measure each circuit at each of its points.

    Args:
        machine: Where.
        circuits: On the backend's qubits, as many as they use.
        binds: For each circuit its parameters and their values (k, n).
        shots: How many for each point of each circuit.
        seed: Each point of each circuit gets samples of its own from it.

    Returns:
        For each circuit an array (k, shots, classical bits), bit 0 first.

    Raises:
        WorkFailed: If the simulator can't.
    """
    answers = [np.zeros((len(bind[1]), shots, circuit.num_clbits), dtype=np.bool_) for circuit, bind in zip(circuits, binds, strict=True)]
    together: dict[tuple[int, ...], list[tuple[int, Part]]] = {}
    for index, circuit in enumerate(circuits):
        for part in split(circuit):
            if alone.applies(part):
                rng = np.random.default_rng(spread(seed, index, *part.qubits))
                bits = alone.sample(machine.backend, part, binds[index], noise=machine.noise, rng=rng, shots=shots)
                answers[index][..., part.clbits] = bits
            else:
                together.setdefault(part.qubits, []).append((index, part))
    for qubits, members in together.items():
        gates = frozenset(item.operation.name for _, part in members for item in part.circuit.data)
        measured = _run(
            twin.simulator(machine.backend, qubits, gates, noise=machine.noise),
            [part.circuit for _, part in members],
            [binds[index] for index, _ in members],
            shots=shots,
            seed=spread(seed, *qubits),
        )
        for (index, part), bits in zip(members, measured, strict=True):
            answers[index][..., part.clbits] = bits
    return answers


def by_register(circuit: QuantumCircuit, bits: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """The measured bits (..., classical bits) of a circuit, for each register its own."""
    places = {bit: index for index, bit in enumerate(circuit.clbits)}
    return {register.name: bits[..., [places[bit] for bit in register]] for register in circuit.cregs}


def spread(seed: int, *path: int) -> int:
    """A seed of its own for a part of a job, unrelated to those of the other parts."""
    # A list of words would be the same with and without zeros at its end; a path of spawning is not.
    return int(np.random.SeedSequence(seed, spawn_key=path).generate_state(1)[0] >> 1)


def _run(
    simulator: AerSimulator,
    circuits: Sequence[QuantumCircuit],
    binds: Sequence[tuple[Sequence[Parameter], NDArray[np.float64]]],
    *,
    shots: int,
    seed: int,
) -> list[NDArray[np.bool_]]:
    """The same for circuits of one simulator."""
    jobs = [_repeated(circuit, *bind) for circuit, bind in zip(circuits, binds, strict=True)]
    flat = [circuit for repeated, _ in jobs for circuit in repeated]
    tables = [table for repeated, table in jobs for _ in repeated]
    if not flat:
        return [np.zeros((0, shots, circuit.num_clbits), dtype=np.bool_) for circuit in circuits]
    binding = tables if any(tables) else None
    method = _method(simulator, len(circuits[0].qubits), shots)
    try:
        result = simulator.run(flat, parameter_binds=binding, shots=shots, seed_simulator=seed, memory=True, method=method).result()
    except AerError as error:
        message = f"the circuit can't be simulated: {error}"
        raise invalid(message) from error
    if not result.success:
        message = f"the circuit can't be simulated: {result.status}"
        raise invalid(message)
    measured = iter(result.results)
    return [
        np.reshape([_bits(next(measured).data, shots, circuit.num_clbits) for _ in range(len(values))], (-1, shots, circuit.num_clbits))
        for circuit, (_, values) in zip(circuits, binds, strict=True)
    ]


def _method(simulator: AerSimulator, qubits: int, shots: int) -> str:
    """The faster way: a noisy density matrix of 4^n numbers once, or a noisy state of 2^n numbers for every shot.

    They take equally long at about 2^n / 4 shots; measured with 6 to 12 qubits. Aer's own choice takes up to four times as long.
    """
    matrix = simulator.options.noise_model is not None and qubits <= WIDEST_MATRIX and 4 * shots >= 2**qubits
    return "density_matrix" if matrix else "statevector"


def _repeated(
    circuit: QuantumCircuit, parameters: Sequence[Parameter], values: NDArray[np.float64]
) -> tuple[list[QuantumCircuit], dict[Parameter, list[float]]]:
    """The circuit with Aer's table of its points, or as often as it has points where Aer has nothing to bind.

    Parameters that went with the global phase are left out: Aer refuses to hear of them.
    """
    present = set(circuit.parameters)
    if not present:
        return [circuit] * len(values), {}
    table = {parameter: values[:, column].tolist() for column, parameter in enumerate(parameters) if parameter in present}
    return [circuit] if len(values) else [], table


def _bits(data: object, shots: int, width: int) -> NDArray[np.bool_]:
    """The hexadecimal words that a simulator measured, bit 0 last, as an array (shots, width), bit 0 first."""
    memory: list[str] | None = getattr(data, "memory", None)
    if not memory:
        return np.zeros((shots, width), dtype=np.bool_)
    size = -(-width // 8)
    words = np.frombuffer(b"".join(int(word, 16).to_bytes(size, "little") for word in memory), dtype=np.uint8)
    return np.unpackbits(words.reshape(shots, size), axis=1, count=width, bitorder="little").astype(np.bool_)
