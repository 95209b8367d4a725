"""The QPU time of a run: what its jobs are expected to cost, what they did cost, and whether the next one can be paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qopt.ledger import FINAL, Ledger
from qopt.planning.calibration import Wallet
from qopt.planning.cost import Timing, seconds_for

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE_OF_FINAL = 4
"""The final measurement takes at most one over this of the budget."""


@dataclass(frozen=True)
class Purse:
    """A budget of QPU seconds and the journal that tells what became of it.

    Attributes:
        limit: Seconds; None is no limit.
        ledger: The run's journal, folded.
        timing: Of one execution.
        executions: How many executions a number of points takes.
        usage: Seconds that the open Session has been billed so far, asked of the service.
        final: Points of the final measurement, each of which is measured twice.
    """

    limit: float | None
    ledger: Ledger
    timing: Timing
    executions: Callable[[int], int]
    usage: Callable[[], float | None]
    final: int

    def predicted(self, points: int) -> float:
        """QPU seconds by the documented estimate."""
        return seconds_for(self.executions(points), self.timing)

    @property
    def reserve(self) -> float:
        """Predicted for the final measurement."""
        return self.predicted(2 * self.final)

    def wallet(self, *, without: tuple[str, int] | None = None) -> Wallet:
        """What was spent and learned; jobs in flight count by the upper end of their estimate, but for one that is about to be sent."""
        bills = self.ledger.bills
        asked = {key: len(record.points) for key, record in self.ledger.asked.items() if key != without}
        jobs = [(self.predicted(_points(key[0], points)), bills.get(key)) for key, points in asked.items()]
        return Wallet.of(self.limit, jobs).charge(self._idle() + sum(seconds for _, seconds in self.ledger.vain))

    def affords(self, points: int) -> bool:
        """Whether a job of so many points can be sent and the final measurement still be paid."""
        return self.wallet().affordable(self.predicted(points), reserve=self.reserve)

    def cap(self, stage: str, call: int) -> int | None:
        """Seconds after which the service itself is to end a job; None without a limit."""
        if self.limit is None:
            return None
        return max(1, int(self.wallet(without=(stage, call)).cap(reserve=0.0 if stage == FINAL else self.reserve)))

    def _idle(self) -> float:
        """Seconds that Sessions were billed beyond what their jobs used."""
        busy: dict[str, float] = {}
        for key, answered in self.ledger.answered.items():
            if answered.session is not None:
                busy[answered.session] = busy.get(answered.session, 0.0) + self.ledger.bills.get(key, 0.0)
        for session, seconds in self.ledger.vain:
            if session is not None:
                busy[session] = busy.get(session, 0.0) + seconds
        ended = {str(item["id"]): float(item["seconds"]) for item in self.ledger.sessions if item["mode"] == "session" and item["seconds"]}
        idle = sum(max(0.0, seconds - busy.get(session, 0.0)) for session, seconds in ended.items())
        opened = self.ledger.session
        if opened is None or opened.mode != "session" or self.limit is None:
            return idle
        return idle + max(0.0, (self.usage() or 0.0) - busy.get(opened.id, 0.0))


def _points(stage: str, asked: int) -> int:
    """How many points are measured for those that were asked: the final measurement takes each twice."""
    return 2 * asked if stage == FINAL else asked
