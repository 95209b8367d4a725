"""A process for tests to kill: opens the journal, appends rows, and says each one when it is recorded.

    python journal_writer.py FOLDER ROWS CYCLES [network] [quiet]

Starts at the first line on stdin and keeps the journal open until the next (or the end of stdin). With `network` it works as on a network
file system; with `quiet` it says only that it is open, and never waits again. Even rows are questions, odd ones answers with raw bytes;
every third is appended without a sync.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from qopt.errors import StorageError
from qopt.journal import Answered, Asked, Journal, Record, store


def record(number: int) -> Record:
    """Row `number`, always the same."""
    rng = random.Random(number)  # noqa: S311
    if number % 2 == 0:
        return Asked("main", number // 2, "evaluate", [[rng.gauss() for _ in range(12)]], "circuit", "observables")
    return Answered("main", number // 2, [rng.gauss()], [0.01], 1024, None, float(number), raw=rng.randbytes(rng.choice((10, 6000))))


def main(folder: Path, rows: int, cycles: int, *flags: str) -> None:
    """Append `rows` rows and close, `cycles` times."""
    if "network" in flags:
        store.on_network = lambda _: True  # type: ignore[assignment]
    sys.stdin.readline()
    for cycle in range(cycles):
        with Journal.open(folder) as journal:
            if cycle == 0 or "quiet" not in flags:
                print("open", os.getpid(), flush=True)  # noqa: T201
            known = len(journal.records)
            for number in range(known, known + rows):
                journal.append(record(number), sync=number % 3 != 2)
                if "quiet" not in flags:
                    print(number, flush=True)  # noqa: T201
            if "quiet" not in flags:
                sys.stdin.readline()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
    except StorageError as error:
        print("refused:", error, flush=True)  # noqa: T201
        sys.exit(error.exit_code)
