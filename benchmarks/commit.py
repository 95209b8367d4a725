"""How long the journal takes: p50 and p99 of an append, synced and not, and the time to open and verify 40,000 records.

python benchmarks/commit.py [folder on the disk to be measured]
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING

from qopt.journal import Answered, Asked, Journal, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qopt.journal import Record

PARAMETERS = 20
SYNCED, UNSYNCED, LONG = 1_000, 10_000, 40_000


def records(count: int) -> Iterator[Record]:
    """Questions with 20 parameters and their answers in turn."""
    rng = random.Random(1)  # noqa: S311 - only filler
    for call in range(count // 2):
        yield Asked("main", call, "evaluate", [[rng.uniform(-3, 3) for _ in range(PARAMETERS)]], "circuit", "observables")
        yield Answered("main", call, [rng.random()], [0.01], 4096, 2.5, float(call), raw=rng.randbytes(4096) if count == SYNCED else None)


def append(folder: Path, count: int, *, sync: bool) -> None:
    """Append, and print what each took."""
    times = []
    with Journal.open(folder) as journal:
        for record in records(count):
            start = perf_counter()
            journal.append(record, sync=sync)
            times.append(1e3 * (perf_counter() - start))
    cuts = quantiles(times, n=100)
    print(f"{'synced' if sync else 'unsynced':>9} {count:>7} appends: p50 {cuts[49]:8.3f} ms   p99 {cuts[98]:8.3f} ms")


def main(where: str | None = None) -> None:
    """Measure in a fresh folder below `where`."""
    with tempfile.TemporaryDirectory(dir=where) as temporary:
        folder = Path(temporary)
        append(folder / "synced", SYNCED, sync=True)
        append(folder / "unsynced", UNSYNCED, sync=False)
        append(folder / "long", LONG, sync=False)
        start = perf_counter()
        read(folder / "long")
        middle = perf_counter()
        Journal.open(folder / "long").close()
        print(f"{LONG} records: read {middle - start:.2f} s, open and close {perf_counter() - middle:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
