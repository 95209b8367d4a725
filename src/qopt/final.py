"""The final policy: the best candidates are measured afresh, twice; the first half chooses, the second is reported.

The lowest value that an optimizer saw is biased low by two to four standard errors; picking among fresh values still selects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.objective import Energies, Exact, Objective, Sampled
from qopt.programs import Frozen, Program, Pub, PubData, to_counts
from qopt.types import Counts, Estimate, Point, Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
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
        if self.objective.shots is None:
            beside = tuple(Pub(frozen, points, group, None) for group in frozen.beside)
            return Program((*pubs, *beside, *((Pub(frozen, points, (), STRINGS),) if self.strings else ())), seed)
        own, others = frozen.beside[: len(pubs)], frozen.beside[len(pubs) :]
        again = tuple(replace(pub, observables=(*pub.observables, *more)) for pub, more in zip(pubs, own, strict=True)) if own else pubs
        return Program((*pubs, *again, *(Pub(frozen, points, group, self.objective.shots) for group in others)), seed)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:
        """`(2k,)`: the first halves of all points, then the second halves."""
        first, second = self._halves(frozen, data)
        one = self.objective.decode(frozen, first, energies)
        two = self.objective.decode(frozen, second, energies)
        others = max(0, len(frozen.beside) - len(frozen.groups)) * len(one.values) * (self.objective.shots or 0)
        shots = None if one.shots is None or two.shots is None else one.shots + two.shots + others
        return Estimate(np.concatenate((one.values, two.values)), np.concatenate((one.stderrs, two.stderrs)), shots)

    def mean(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:
        """`(k,)` expectations of the Hamiltonian from the second halves; alpha = 1 where the objective is a CVaR."""
        objective = Sampled(self.objective.shots or 0, 1.0) if self.objective.sampled else self.objective
        return objective.decode(frozen, self._halves(frozen, data)[1], energies)

    def beside(self, frozen: Frozen, data: Sequence[PubData]) -> dict[str, list[NDArray[np.float64]]]:
        """What was measured beside the energies: for each tuple of `frozen.beside` its `evs` `(k, m)`, and `stds` where there are any."""
        if self.objective.shots is None:
            return {"evs": [np.asarray(answer["evs"], dtype=np.float64) for answer in data[1 : 1 + len(frozen.beside)]]}
        widths = [len(group) for group in frozen.groups] + [0] * (len(frozen.beside) - len(frozen.groups))
        parts = list(zip(data[len(frozen.groups) :], widths, strict=True)) if frozen.beside else []
        return {
            name: [np.asarray(answer[name], dtype=np.float64)[:, width:] for answer, width in parts]
            for name in ("evs", "stds")
            if all(name in answer for answer, _ in parts)
        }

    def counts(self, frozen: Frozen, data: Sequence[PubData], row: int) -> Counts | None:
        """The strings measured at one point in its second half; None where none were."""
        last = data[-1]
        return to_counts(np.asarray(last["samples"], dtype=np.uint8)[row], len(frozen.layout)) if "samples" in last else None

    def _halves(self, frozen: Frozen, data: Sequence[PubData]) -> tuple[Sequence[PubData], Sequence[PubData]]:
        """The energies' own data of both measurements."""
        if isinstance(self.objective, Exact):
            return data[:1], data[:1]
        half = len(frozen.groups) or len(data) // 2
        again = data[half : 2 * half]
        return data[:half], [_first(answer, group) for answer, group in zip(again, frozen.groups, strict=True)] if frozen.beside else again


def evaluations(frozen: Frozen, points: int) -> int:
    """How many evaluations cost as much as the final measurement of so many points: two of each, and what has bases of its own."""
    others = max(0, len(frozen.beside) - len(frozen.groups)) if frozen.groups else 0
    return 2 * points + -(-points * others // max(1, len(frozen.groups)))


def _first(answer: PubData, group: Sequence[object]) -> PubData:
    """The answers to the first observables of a PUB, as many as a group has."""
    return {name: array[:, : len(group)] for name, array in answer.items()}


def candidates(ledger: Ledger, stage: str, ends: tuple[Point, ...], count: int, calls: range | None = None) -> Points:
    """`(m, n)`: where the optimizer ended and where it began, and the points of the lowest recorded values; each distinct point once.

    Args:
        ledger: The run's journal, folded.
        stage: Whose recorded values are looked at.
        ends: Where the optimizer ended and began.
        count: How many points at most, m.
        calls: Those that were asked of the same circuit; None means all.
    """
    points = ledger.points(stage, calls)
    chosen = {point.tobytes(): point for point in ends[:count]}
    if len(points):
        values, _ = ledger.values(stage, calls)
        for row in np.argsort(values, kind="stable").tolist():
            if len(chosen) >= count:
                break
            chosen.setdefault(points[row].tobytes(), points[row])
    return np.array(list(chosen.values()))
