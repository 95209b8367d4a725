"""What a device reports of its own errors and durations, folded over a circuit: an estimate by which circuits are compared, no promise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit
    from qiskit.transpiler import InstructionProperties, Target

_PAIR = 2
_NOTHING = ("barrier", "delay")
_SEED = "transpiler_seed"


@dataclass(frozen=True)
class Placement:
    """A circuit on a device, in the figures that choose between circuits.

    Attributes:
        seed: Of the transpiler's choices that made it; None where it was not recorded.
        fidelity: The product of 1 - reported error over all instructions, final measurements included; None where no errors are reported.
        two_qubit_gates: How many there are.
        depth: The longest chain of instructions.
        duration: Seconds from the first instruction to the end of the last, each as soon as its qubits are free; None where a duration is
            not reported.
    """

    seed: int | None
    fidelity: float | None
    two_qubit_gates: int
    depth: int
    duration: float | None

    @property
    def rank(self) -> tuple[float, int, int, int]:
        """Lower is better: fidelity first, then two-qubit gates, depth and seed."""
        return (-(self.fidelity or 0.0), self.two_qubit_gates, self.depth, self.seed or 0)

    def __str__(self) -> str:
        """As a sentence of the plan."""
        parts = [f"{self.two_qubit_gates} two-qubit gates", f"depth {self.depth}"]
        parts += [] if self.duration is None else [f"{self.duration * 1e6:.3g} us"]
        parts += [] if self.fidelity is None else [f"estimated fidelity {self.fidelity:.3g}"]
        return ", ".join(parts) + ("" if self.seed is None else f" (transpiler seed {self.seed})")


def reports_errors(target: Target | None) -> bool:
    """Whether a device says how wrong its two-qubit gates are; without that there is nothing to choose by."""
    if target is None:
        return False
    return any(
        properties is not None and properties.error
        for name in target.operation_names
        for qubits, properties in (target[name] or {}).items()
        if qubits is not None and len(qubits) == _PAIR
    )


def describe(circuit: QuantumCircuit, target: Target | None, *, qubits: Sequence[int], measured: Sequence[int]) -> Placement:
    """The figures of a transpiled circuit.

    Args:
        circuit: Of the target's gates; the seed is read from its metadata.
        target: The device; None reports nothing.
        qubits: `qubits[q]` is the device's number of the circuit's qubit q.
        measured: The circuit's qubits that are measured at the end, for circuits into which an Estimator puts the measurements.
    """
    errors = _Fold(target, qubits)
    pairs = 0
    for item in circuit.data:
        places = [circuit.find_bit(qubit).index for qubit in item.qubits]
        clbits = [circuit.find_bit(clbit).index for clbit in item.clbits]
        pairs += len(places) == _PAIR and item.operation.name not in _NOTHING
        errors.add(item.operation.name, places, clbits)
    if not any(item.operation.name == "measure" for item in circuit.data):
        for clbit, qubit in enumerate(measured):
            errors.add("measure", [qubit], [clbit])
    seed = (circuit.metadata or {}).get(_SEED)
    return Placement(seed, errors.fidelity if reports_errors(target) else None, pairs, circuit.depth(), errors.duration)


def record_seed(circuit: QuantumCircuit, seed: int) -> None:
    """Keep the transpiler's seed in the circuit's metadata, which is written to disk with it."""
    circuit.metadata = {**(circuit.metadata or {}), _SEED: seed}


class _Fold:
    """The sum of log(1 - error), and a clock on every wire."""

    def __init__(self, target: Target | None, qubits: Sequence[int]) -> None:
        self._target, self._qubits = target, qubits
        self._logs: list[float] = []
        self._clocks: dict[tuple[str, int], float] = {}
        self._timed = target is not None

    @property
    def fidelity(self) -> float:
        return math.exp(math.fsum(self._logs))

    @property
    def duration(self) -> float | None:
        return max(self._clocks.values(), default=0.0) if self._timed else None

    def add(self, name: str, places: list[int], clbits: list[int]) -> None:
        wires = [("q", place) for place in places] + [("c", clbit) for clbit in clbits]
        known = None if name in _NOTHING else self._properties(name, tuple(self._qubits[place] for place in places))
        lasts = 0.0
        if name != "barrier":
            self._timed = self._timed and known is not None and known.duration is not None
            lasts = 0.0 if known is None or known.duration is None else known.duration
        if known is not None and known.error is not None and not math.isnan(known.error):
            self._logs.append(math.log1p(-known.error) if known.error < 1.0 else -math.inf)
        ends = max((self._clocks.get(wire, 0.0) for wire in wires), default=0.0) + lasts
        self._clocks.update(dict.fromkeys(wires, ends))

    def _properties(self, name: str, qubits: tuple[int, ...]) -> InstructionProperties | None:
        if self._target is None or name not in self._target.operation_names:
            return None
        places = self._target[name]
        return None if places is None else places.get(qubits)
