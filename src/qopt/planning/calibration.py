"""What bills teach: estimates of QPU time corrected by what finished jobs were billed, and a wallet that is never overdrawn. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qopt.planning.cost import OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SAFETY = 2.5
"""Before the first bill, a job is believed to cost at most so many times what the documented estimate says."""

RECENT = 32
"""Bills that count: older ones are of another day's calibration."""

LEAST_MARGIN = 0.15
"""By this fraction a bill may exceed its estimate even where all bills so far agree."""

FIRST_MARGIN = 0.2
"""What is added to the margin after one bill; after n bills it is the n-th part."""

ROUNDING = 1.0
"""Seconds. A service may bill whole ones."""

_RIDGE = 0.01
"""Keeps the line flat until jobs of different sizes were billed: (noise of a ratio / spread expected of the slope)^2 = (0.05 / 0.5)^2."""

_ITERATIONS = 8
_HUBER = 1.5
_TO_SIGMA = 1.4826
_SMALLEST = 1e-9


@dataclass(frozen=True)
class Bill:
    """What a job was expected to cost, and what it did.

    Attributes:
        predicted: Seconds by `cost.job_seconds`.
        billed: Seconds.
    """

    predicted: float
    billed: float


@dataclass(frozen=True)
class Forecast:
    """What a job will be billed.

    Attributes:
        seconds: The best estimate.
        upper: What a budget has to keep free for it.
    """

    seconds: float
    upper: float


@dataclass(frozen=True)
class Calibration:
    """Learns how a service bills.

    A prediction is a known overhead and a time of work, and both may be wrong by a factor of their own. So the ratio of bill to prediction
    is a straight line in the overhead's share of the prediction; it is fitted with Huber's weights, which a few odd bills don't bend.

    Attributes:
        bills: Of finished jobs, in their order. A job that was billed nothing (the service's own failures are free) teaches nothing.
    """

    bills: tuple[Bill, ...] = ()

    def after(self, bill: Bill) -> Calibration:
        """With one more bill."""
        return Calibration((*self.bills, bill))

    def estimate(self, predicted: float) -> Forecast:
        """What a job of a predicted cost will be billed.

        Beyond the sizes that were billed, the share of the overhead is not known: `upper` then takes the worst division between overhead
        and work that the bills allow. A larger job costs at most in proportion to its work, a smaller one at most what the larger did.
        """
        known = [bill for bill in self.bills if bill.billed > 0.0 and bill.predicted > 0.0][-RECENT:]
        if not known:
            return Forecast(predicted, SAFETY * predicted + ROUNDING)
        predictions = np.array([bill.predicted for bill in known])
        ratios = np.array([bill.billed for bill in known]) / predictions
        level, slope = _line(_share(predictions), ratios)
        fitted = level + slope * _share(predictions)

        def ratio(cost: float) -> float:
            return max(level + slope * float(_share(np.array(cost))), float(ratios.min()) / 2)

        seconds = predicted * ratio(predicted)
        misfits = ratios / np.maximum(fitted, _SMALLEST) - 1.0
        # What was billed once beyond its estimate may be again: the largest misfit counts, however odd.
        scatter = _TO_SIGMA * float(np.median(np.abs(misfits)))
        margin = LEAST_MARGIN + max(3 * scatter, float(misfits.max())) + FIRST_MARGIN / len(known)
        within = min(max(predicted, float(predictions.min())), float(predictions.max()))
        ceiling = within * ratio(within)
        if predicted > within:
            growth = _work(predicted) / max(_work(within), _SMALLEST)
            ceiling = min(ceiling * growth, predicted * max(SAFETY, float(ratios.max())))
        return Forecast(seconds, (1.0 + margin) * max(seconds, ceiling) + ROUNDING)


@dataclass(frozen=True)
class Wallet:
    """A budget of QPU time and what became of it. Folding the same bills gives the same wallet.

    Attributes:
        limit: Seconds; None is no limit.
        calibration: What bills taught.
        spent: Seconds that were billed.
        unbilled: Predictions for jobs whose bill is not known, such as those in flight; they count by their upper estimate.
    """

    limit: float | None = None
    calibration: Calibration = Calibration()
    spent: float = 0.0
    unbilled: tuple[float, ...] = ()

    @classmethod
    def of(cls, limit: float | None, jobs: Iterable[tuple[float, float | None]]) -> Wallet:
        """The wallet after jobs of which prediction and bill (None where it is not known) are recorded."""
        wallet = cls(limit)
        for predicted, billed in jobs:
            wallet = wallet.pay(predicted, billed)
        return wallet

    def pay(self, predicted: float, billed: float | None) -> Wallet:
        """After one more job."""
        if billed is None:
            return replace(self, unbilled=(*self.unbilled, predicted))
        return replace(self, spent=self.spent + billed, calibration=self.calibration.after(Bill(predicted, billed)))

    def charge(self, seconds: float) -> Wallet:
        """After time was billed that no job used, such as that of an idle Session."""
        return replace(self, spent=self.spent + seconds)

    @property
    def left(self) -> float:
        """Seconds that are neither spent nor promised; infinite without a limit."""
        if self.limit is None:
            return math.inf
        return self.limit - self.spent - sum(self.calibration.estimate(predicted).upper for predicted in self.unbilled)

    def affordable(self, predicted: float, *, reserve: float = 0.0) -> bool:
        """Whether a job can be sent and leave enough for another one.

        Args:
            predicted: For the job.
            reserve: Predicted for the final measurement; 0 where the job is the final measurement itself.
        """
        return self.cap(reserve=reserve) >= self.calibration.estimate(predicted).upper

    def cap(self, *, reserve: float = 0.0) -> float:
        """Seconds that a job may take: sent along as its maximum execution time, the service itself holds the budget."""
        return self.left - (self.calibration.estimate(reserve).upper if reserve > 0.0 else 0.0)


def _share(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The overhead's share of predictions, 0 to 1."""
    return OVERHEAD / np.maximum(predictions, OVERHEAD)


def _work(predicted: float) -> float:
    """Seconds of a prediction that are not the overhead."""
    return max(predicted - OVERHEAD, 0.0)


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Level and slope of a line through points, with Huber's weights (Huber 1964, Ann. Math. Statist. 35, 73)."""
    weights = np.ones_like(x)
    level, slope = float(y.mean()), 0.0
    for _ in range(_ITERATIONS):
        centre_x, centre_y = float(weights @ x / weights.sum()), float(weights @ y / weights.sum())
        slope = float(weights @ ((x - centre_x) * (y - centre_y))) / (float(weights @ (x - centre_x) ** 2) + _RIDGE)
        level = centre_y - slope * centre_x
        misfits = np.abs(y - level - slope * x)
        tolerated = _HUBER * max(_TO_SIGMA * float(np.median(misfits)), _SMALLEST)
        weights = np.minimum(1.0, tolerated / np.maximum(misfits, _SMALLEST))
    return level, slope
