"""The QPU time of a run: what its jobs are expected to cost, what they did cost, and whether the next one can be paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qopt.errors import BackendError
from qopt.ledger import FINAL, MAIN, Ledger
from qopt.planning.calibration import Wallet
from qopt.planning.cost import Timing, seconds_for

if TYPE_CHECKING:
    from collections.abc import Callable

_LAST = (FINAL, "samples", "drift")
"""Stages for which nothing is kept back: they are what is kept back for, or are looked at before."""
SHARE_OF_FINAL = 4
"""The final measurement takes at most one over this of the budget."""


@dataclass(frozen=True)
class Purse:
    """A budget of QPU seconds and the journal that tells what became of it.

    Attributes:
        limit: Seconds; None is no limit.
        ledger: The run's journal, folded.
        timing: Of one execution.
        executions: How many executions a number of points takes in a stage.
        usage: Seconds that the open Session has been billed so far, asked of the service.
        final: Points of the final measurement.
        measured: How many evaluations the final measurement of so many points costs.
        plan: Seconds that the account's plan had left when this part of the run began; None is no limit.
        before: Seconds that the run had been billed by then.
    """

    limit: float | None
    ledger: Ledger
    timing: Timing
    executions: Callable[[str, int], int]
    usage: Callable[[], float | None]
    final: int
    measured: Callable[[int], int]
    plan: float | None = None
    before: float = 0.0

    def predicted(self, points: int, stage: str = MAIN) -> float:
        """QPU seconds by the documented estimate; the final measurement takes each point twice, and more."""
        executed = self.executions(MAIN, self.measured(points)) if stage == FINAL else self.executions(stage, points)
        return seconds_for(executed, self.timing)

    @property
    def reserve(self) -> float:
        """Predicted for the final measurement."""
        return self.predicted(self.final, FINAL)

    def wallet(self, *, without: tuple[str, int] | None = None) -> Wallet:
        """What was spent and learned; jobs in flight count by the upper end of their estimate, but for one that is about to be sent."""
        bills = self.ledger.bills
        asked = {key: len(record.points) for key, record in self.ledger.asked.items() if key != without}
        jobs = [(self.predicted(points, key[0]), bills.of_calls.get(key)) for key, points in asked.items()]
        for key, _, seconds in bills.without_answer.values():
            if seconds is None:
                jobs.append((self.predicted(len(self.ledger.asked[key].points), key[0]), None))
        answered_nothing = sum(seconds or 0.0 for _, _, seconds in bills.without_answer.values())
        return Wallet.of(self.limit, jobs).charge(answered_nothing + self._idle())

    def affords(self, points: int, stage: str = MAIN) -> bool:
        """Whether a job of so many points can be sent and the final measurement still be paid."""
        return self.wallet().affordable(self.predicted(points, stage), reserve=self.reserve)

    def limit_of(self, stage: str, call: int, points: int) -> int | None:
        """Seconds after which the service itself is to end a job that is about to be sent; None without a budget.

        Raises:
            BackendError: If the job can't be paid, by the budget or by the account's plan: it is not sent.
        """
        wallet = self.wallet(without=(stage, call))
        needed = wallet.calibration.estimate(self.predicted(points, stage)).seconds
        if not self.ledger.answered:
            needed += wallet.calibration.estimate(self.reserve).seconds  # no run is begun that can't be finished
        if self.plan is not None:
            left = self.plan - (self.ledger.bills.seconds - self.before)
            if left < needed:
                message = (
                    f"the account's plan has {max(left, 0.0):.0f} s of QPU time left, what comes next may take {needed:.0f} s: "
                    "the same command goes on when there is more, or with another instance"
                )
                raise BackendError(message)
        if self.limit is None:
            return None
        left = wallet.cap(reserve=0.0 if stage in _LAST else self.reserve)
        if left < needed:
            message = (
                f"the budget has {max(left, 0.0):.1f} s of QPU time left, the next job may take {needed:.1f} s: raise budget.qpu, "
                "then the same command goes on"
            )
            raise BackendError(message)
        return max(1, int(left))

    def _idle(self) -> float:
        """Seconds that Sessions were billed beyond what their jobs used."""
        bills = self.ledger.bills
        charged = {
            opened.id: seconds for opened, seconds in bills.ended_sessions.values() if opened.mode == "session" and seconds is not None
        }
        opened = bills.session
        if opened is not None and opened.mode == "session" and self.limit is not None:
            charged[opened.id] = self.usage() or 0.0
        return sum(max(0.0, seconds - bills.busy(session)) for session, seconds in charged.items())
