"""What bills teach: estimates that become right, upper bounds that hold, budgets that are never exceeded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.planning.calibration import ROUNDING, SAFETY, Bill, Calibration, Wallet
from qopt.planning.cost import Timing, seconds_for

TIMING = Timing(duration=20e-6)
NOISE = 0.04
SHOTS = 4096


@dataclass(frozen=True)
class Service:
    """Bills with an overhead and a bias that the planner doesn't know.

    Attributes:
        bias: What every bill is multiplied by.
        overhead: Seconds a job.
        noise: Of a bill, relative, uniform.
        whole: Whether whole seconds are billed.
        seed: Of the noise.
    """

    bias: float
    overhead: float
    noise: float
    whole: bool
    seed: int

    def bills(self, points: list[int]) -> list[Bill]:
        """Predictions and bills of jobs of so many points each."""
        rng = np.random.default_rng(self.seed)
        bills = []
        for count in points:
            predicted = seconds_for(count * SHOTS, TIMING)
            true = self.overhead + predicted - TIMING.overhead
            billed = self.bias * true * (1 + self.noise * rng.uniform(-1, 1))
            bills.append(Bill(predicted, float(math.ceil(billed) if self.whole else billed)))
        return bills


@st.composite
def services(draw: st.DrawFn, *, whole: bool = False) -> Service:
    """Biases from 0.4 to 2.4, overheads up to one and a half times the documented one where the first job stays within the safety."""
    bias = draw(st.floats(0.4, 2.4))
    overhead = draw(st.floats(0.0, min(3.0, 2.4 * TIMING.overhead / bias)))
    return Service(bias, overhead, NOISE, whole and draw(st.booleans()), draw(st.integers(0, 2**32 - 1)))


def sizes(least: int, most: int) -> st.SearchStrategy[list[int]]:
    """Points of the jobs of a run, of any mixture of sizes."""
    return st.lists(st.sampled_from((1, 2, 5, 9, 21, 40)), min_size=least, max_size=most)


@given(services(), sizes(12, 60))
def test_from_the_tenth_job_on_an_estimate_is_within_a_fifth_of_the_bill(service: Service, points: list[int]) -> None:
    """Whatever the bias and the overhead, for jobs no smaller and no larger than those billed before."""
    bills = service.bills(points)
    for index in range(9, len(bills)):
        before, job = bills[:index], bills[index]
        if min(bill.predicted for bill in before) <= job.predicted <= max(bill.predicted for bill in before):
            assert Calibration(tuple(before)).estimate(job.predicted).seconds == pytest.approx(job.billed, rel=0.2)


@given(services(whole=True), sizes(1, 60))
def test_no_bill_exceeds_its_upper_estimate(service: Service, points: list[int]) -> None:
    """From the first job on, also where a job is larger or smaller than all before it and where whole seconds are billed."""
    bills = service.bills(points)
    for index, job in enumerate(bills):
        assert job.billed <= Calibration(tuple(bills[:index])).estimate(job.predicted).upper


@given(services(whole=True), sizes(1, 60), st.floats(10.0, 2000.0), st.sampled_from((2, 16)))
def test_a_run_never_exceeds_its_budget(service: Service, points: list[int], limit: float, final: int) -> None:
    """It stops before the job that would, and has kept enough for the final measurement."""
    *bills, last = service.bills([*points, final])
    wallet = Wallet(limit)
    for job in bills:
        if not wallet.affordable(job.predicted, reserve=last.predicted):
            break
        wallet = wallet.pay(job.predicted, job.billed)
    if wallet.calibration.bills:
        wallet = wallet.pay(last.predicted, last.billed)
    assert wallet.spent <= limit


@given(services(), sizes(10, 40))
def test_one_odd_bill_does_not_bend_the_estimate(service: Service, points: list[int]) -> None:
    """A job that was billed fivefold changes the estimate by less than a fifth."""
    bills = service.bills([*points, *points])
    odd = Bill(bills[5].predicted, 5 * bills[5].billed)
    straight = Calibration(tuple(bills)).estimate(bills[0].predicted).seconds
    assert Calibration((*bills[:5], odd, *bills[6:])).estimate(bills[0].predicted).seconds == pytest.approx(straight, rel=0.2)


def test_before_the_first_bill_the_documented_estimate_holds() -> None:
    """With the safety factor as its upper bound."""
    forecast = Calibration().estimate(10.0)
    assert (forecast.seconds, forecast.upper) == (10.0, SAFETY * 10.0 + ROUNDING)


def test_a_job_that_cost_nothing_teaches_nothing() -> None:
    """The service does not bill its own failures."""
    assert Calibration().after(Bill(10.0, 0.0)).estimate(10.0) == Calibration().estimate(10.0)


def test_the_upper_estimate_comes_down_as_bills_agree() -> None:
    """A hundred equal bills leave a margin of a fifth and a second."""
    calibration = Calibration((Bill(10.0, 8.0),) * 100)
    assert calibration.estimate(10.0).seconds == pytest.approx(8.0)
    assert 8.0 < calibration.estimate(10.0).upper < 1.2 * 8.0 + 1.0


def test_a_job_in_flight_is_paid_for_already() -> None:
    """As long as its bill is not known its upper estimate is kept."""
    wallet = Wallet(100.0).pay(10.0, None)
    assert wallet.left == 100.0 - SAFETY * 10.0 - ROUNDING
    assert wallet.affordable(29.0)
    assert not wallet.affordable(29.0, reserve=1.0)


def test_idle_time_is_spent() -> None:
    """What a Session costs beside its jobs leaves less for them."""
    assert not Wallet(100.0).charge(80.0).affordable(10.0)


def test_a_wallet_is_the_fold_of_its_jobs() -> None:
    """Folding recorded jobs again gives the same wallet, so that a resumed run stops where the first would have."""
    jobs = [(3.0, 4.0), (3.0, None), (5.0, 6.5)]
    wallet = Wallet.of(60.0, jobs)
    assert wallet == Wallet(60.0).pay(3.0, 4.0).pay(3.0, None).pay(5.0, 6.5)
    assert wallet.spent == 10.5


def test_without_a_limit_everything_is_affordable() -> None:
    """And nothing needs a cap."""
    assert Wallet().affordable(1e9, reserve=1e9)
    assert Wallet().cap() == math.inf
