"""Layerwise growth of the hardware-efficient ansatz: each depth begins where the one before ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.ansatze import hardware_efficient
from qopt.legs import Ended

if TYPE_CHECKING:
    from qopt.ansatze.hardware_efficient import Entanglement
    from qopt.legs import Legs


@dataclass(frozen=True)
class Growth:
    """The hardware-efficient ansatz with one repetition, then with two, and so on.

    A new layer is put in front, with angles of 0: rotations by 0 and CX gates leave |0..0> what it is, so the state is the one that was
    found before, whatever the layers behind it are.

    Attributes:
        reps: The last number of repetitions.
        entanglement: Which pairs of qubits a layer couples.

    References:
        Skolik et al. 2021, arXiv:2006.14904 (layerwise learning, where layers are appended).
    """

    name: ClassVar[str] = "growth"
    version: ClassVar[int] = 1
    begins_at_saddles: ClassVar[bool] = True
    final: ClassVar[int | None] = None
    reps: int
    entanglement: Entanglement = "linear"

    def __call__(self, legs: Legs) -> Ended:
        """Run the legs."""
        leg = legs.minimise(legs.first, legs.spec.ansatz, legs.spec.start)
        qubits = legs.spec.ansatz.circuit.num_qubits
        begun = legs.spec.ansatz.layers or 1
        for reps in range(begun + 1, self.reps + 1):
            if leg.stopped:
                break
            ansatz = hardware_efficient(qubits, reps, self.entanglement)
            legs.say(f"growth: {reps} repetitions, {len(ansatz.parameters)} parameters")
            leg = legs.minimise(legs.stage(f"repetitions {reps}", ansatz), ansatz, np.concatenate([np.zeros(qubits), leg.point]))
        return Ended(leg, leg.status, leg.message, report={"course": self.name, "repetitions": leg.ansatz.layers})
