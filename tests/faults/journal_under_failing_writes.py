"""Runs one small life of a journal for n = 1, 2, ... until no write fails, each in a forked child whose n-th write does.

    python journal_under_failing_writes.py FOLDER

Prints for each n a line of JSON: the folder, the exit code (0, or that of the refusal), the rows acknowledged, and whether a write failed.
The library of `failing_writes` must be preloaded and FAIL_ERRNO set.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import count
from pathlib import Path

from qopt.errors import DamagedError, StorageError
from qopt.journal import Event, Journal

ROWS_PER_OPENING = 3


def life(folder: Path, acknowledgements: int) -> int:
    """Open, append and close twice; one byte to `acknowledgements` for each row. The exit code."""
    try:
        for _ in range(2):
            with Journal.open(folder) as journal:
                known = len(journal.records)
                for number in range(known, known + ROWS_PER_OPENING):
                    journal.append(Event("row", {"number": number, "filler": "x" * 3000}), sync=number % 3 != 1)
                    os.write(acknowledgements, b".")
    except DamagedError:
        return 40
    except StorageError as error:
        return error.exit_code
    return 0


def main(folder: Path) -> None:
    """All n."""
    for at in count(1):
        place, marker = folder / str(at), folder.with_name(f"{folder.name}-failed-{at}")
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.environ |= {"FAIL_UNDER": str(folder), "FAIL_AT": str(at), "FAIL_MARKER": str(marker)}
            os._exit(life(place, writer))
        os.close(writer)
        with os.fdopen(reader, "rb") as acknowledgements:
            acknowledged = len(acknowledgements.read())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        failed = marker.exists()
        print(json.dumps({"folder": str(place), "code": code, "acknowledged": acknowledged, "failed": failed}), flush=True)  # noqa: T201
        if not failed:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
