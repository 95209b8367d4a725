"""The final policy: the best candidates are measured afresh, twice; the first half chooses, the second is reported.

The lowest value that an optimizer saw is biased low by two to four standard errors; picking among fresh values still selects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.objective import Energies, Exact, Objective, Sampled
from qopt.programs import Frozen, Program, Pub, PubData, to_counts
from qopt.types import Counts, Estimate, Point, Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.quantum_info import SparsePauliOp

    from qopt.ledger import Ledger

CANDIDATES = 8
"""How many points are measured again."""

STRINGS = 4096
"""How many strings are drawn from an exact state, to have bits to show."""


@dataclass(frozen=True)
class Twice:
    """Measures every point twice, independently; an exact objective once, with strings where the Hamiltonian is diagonal.

    Attributes:
        objective: What is measured.
        strings: Whether to draw strings beside an exact value.
    """

    name: ClassVar[str] = "final"
    objective: Objective
    strings: bool

    @property
    def shots(self) -> int | None:
        """Of one measurement."""
        return self.objective.shots

    @property
    def sampled(self) -> bool:
        """As the objective."""
        return self.objective.sampled

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:
        """As the objective's."""
        return self.objective.observables(hamiltonian)

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """The objective's PUBs twice over, or an exact one's and one that samples."""
        pubs = self.objective.encode(frozen, points, seed).pubs
        if self.objective.shots is not None:
            return Program((*pubs, *pubs), seed)
        return Program((*pubs, Pub(frozen, points, (), STRINGS)) if self.strings else pubs, seed)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:
        """`(2k,)`: the first halves of all points, then the second halves."""
        first, second = self._halves(data)
        one = self.objective.decode(frozen, first, energies)
        two = self.objective.decode(frozen, second, energies)
        shots = None if one.shots is None or two.shots is None else one.shots + two.shots
        return Estimate(np.concatenate((one.values, two.values)), np.concatenate((one.stderrs, two.stderrs)), shots)

    def mean(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:
        """`(k,)` expectations of the Hamiltonian from the second halves; alpha = 1 where the objective is a CVaR."""
        objective = Sampled(self.objective.shots or 0, 1.0) if self.objective.sampled else self.objective
        return objective.decode(frozen, self._halves(data)[1], energies)

    def counts(self, frozen: Frozen, data: Sequence[PubData], row: int) -> Counts | None:
        """The strings measured at one point in its second half; None where none were."""
        last = data[-1]
        return to_counts(np.asarray(last["samples"], dtype=np.uint8)[row], len(frozen.layout)) if "samples" in last else None

    def _halves(self, data: Sequence[PubData]) -> tuple[Sequence[PubData], Sequence[PubData]]:
        if isinstance(self.objective, Exact):
            evs = [answer for answer in data if "evs" in answer]
            return evs, evs
        half = len(data) // 2
        return data[:half], data[half:]


def candidates(ledger: Ledger, stage: str, ends: tuple[Point, ...], count: int, since: int = 0) -> Points:
    """`(m, n)`: where the optimizer ended and where it began, and the points of the lowest recorded values; each distinct point once.

    Args:
        ledger: The run's journal, folded.
        stage: Whose recorded values are looked at.
        ends: Where the optimizer ended and began.
        count: How many points at most, m.
        since: The number of the first call that was asked of the same circuit.
    """
    points = ledger.points(stage, since)
    chosen = {point.tobytes(): point for point in ends[:count]}
    if len(points):
        values, _ = ledger.values(stage, since)
        for row in np.argsort(values, kind="stable").tolist():
            if len(chosen) >= count:
                break
            chosen.setdefault(points[row].tobytes(), points[row])
    return np.array(list(chosen.values()))
