"""How long a run of 20,000 evaluations takes to replay: `python benchmarks/replay.py [CALLS] [--profile]`.

SPSA asks for two points a call. Its answers are made up and written into the journal of a run that was begun, 10,000 calls in all; then the
run is asked to go on. Timed is from the call of `qopt.run` to the first question that the journal can't answer; imports are not part of it.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import qopt
from qopt.errors import Stop
from qopt.journal import Answered, Asked, Header, Journal, Submitted, read
from qopt.ledger import MAIN, Ledger
from qopt.programs import to_bytes

if TYPE_CHECKING:
    from qopt.durable import Progress
    from qopt.types import Points

MOLECULE = Path(__file__).parents[1] / "problems" / "molecules" / "h2_0.735_parity.json"
NAME = "replay"
SEED = 1


class Live(Stop):
    """The first answer that was not replayed is there."""


class Inventor:
    """Answers what is recorded as recorded, and anything else with made-up values that are recorded."""

    noisy = True

    def __init__(self, ledger: Ledger, frozen: list[str]) -> None:
        """Count calls from the first."""
        self.ledger = ledger
        self.frozen = frozen
        self.call = 0

    def __call__(self, points: Points) -> qopt.Estimate:
        """Two points, most of the time."""
        key = (MAIN, self.call)
        if key not in self.ledger.answered:
            values = np.cos(points).sum(axis=1)
            self.ledger.append(Asked(*key, "evaluate", points.tolist(), *self.frozen), sync=False)
            self.ledger.append(Submitted(*key, f"job-{self.call}", f"tag-{self.call}"), sync=False)
            raw = to_bytes([{"evs": np.stack((values, values**2), axis=1)}])
            self.ledger.append(Answered(*key, values.tolist(), [0.01] * len(points), 8192, None, 0.1 * self.call, raw), sync=False)
        self.call += 1
        answer = self.ledger.answered[key]
        return qopt.Estimate(np.array(answer.values), np.array(answer.stderrs), answer.shots)


def run(folder: Path, optimizer: qopt.SPSA, *, evaluations: int) -> int:
    """Go on with the run to its first live answer. How many answers were replayed."""
    replayed = 0

    def listen(progress: Progress) -> None:
        nonlocal replayed
        if not progress.replayed:
            raise Live
        replayed += 1

    with suppress(Live):
        qopt.run(
            qopt.Operator.from_file(MOLECULE),
            objective=qopt.Expectation(4096),
            optimizer=optimizer,
            seed=SEED,
            budget=qopt.Budget(evaluations=evaluations),
            name=NAME,
            folder=folder,
            listener=listen,
        )
    return replayed


def record(folder: Path, optimizer: qopt.SPSA) -> None:
    """The journal of a run that was begun, filled up with all that the optimizer asks for."""
    run(folder, optimizer, evaluations=100)
    with Journal.open(folder / NAME) as journal:
        header = next(record for record in journal.records if isinstance(record, Header))
        start = np.array(header.identity["start"])
        rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(0,)))
        optimizer(Inventor(Ledger(journal.records, journal), header.frozen), start, rng)


def main(calls: int, *, profiled: bool) -> None:
    """Record, replay, print."""
    optimizer = qopt.SPSA(iterations=calls - 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        record(folder, optimizer)
        print(f"recording  {time.perf_counter() - began:6.2f} s")
        began = time.perf_counter()
        records = len(read(folder / NAME).records)
        size = (folder / NAME / "run.sqlite").stat().st_size
        print(f"reading    {time.perf_counter() - began:6.2f} s  {records} records, {size / 1e6:.1f} MB; a part of what follows")
        with cProfile.Profile() as profile:
            if not profiled:
                profile.disable()
            began = time.perf_counter()
            replayed = run(folder, optimizer, evaluations=4 * calls)
            seconds = time.perf_counter() - began
        print(f"replaying  {seconds:6.2f} s  {replayed} calls, {1e6 * seconds / replayed:.0f} microseconds each")
        if profiled:
            pstats.Stats(profile).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    main(numbers[0] if numbers else 10_000, profiled="--profile" in sys.argv)
