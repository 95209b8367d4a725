"""`GET /jobs`: every filter that the client sends, pages, and jobs that take a while to appear."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qopt.emulator.clock import moment_of
from qopt.emulator.refusals import Refused

if TYPE_CHECKING:
    from qopt.emulator.messages import Request
    from qopt.emulator.platform import Platform
    from qopt.emulator.store import Job

PAGE = 20
"""Jobs that are listed where no limit is given."""

SAME = {"backend": "backend", "program": "program", "session_id": "session"}


def jobs(platform: Platform, request: Request) -> tuple[list[Job], int, int, int]:
    """The page of jobs that a request asks for.

    Returns:
        The jobs, how many there are on all pages, the longest page, how many come before it.

    Raises:
        Refused: If a filter has a value that it can't have.
    """
    conditions = ["NOT deleted", "arrived <= ?"]
    values: list[object] = [time.time() - platform.settings.listing_lag]
    for name, column in SAME.items():
        if (wanted := request.value(name)) is not None:
            conditions.append(f"{column} = ?")
            values.append(wanted)
    if (pending := request.value("pending")) is not None:
        _one_of("pending", pending, ("true", "false"))
        conditions.append(f"status {'' if pending == 'true' else 'NOT '}IN ('Queued', 'Running')")
    for name, comparison in (("created_after", ">="), ("created_before", "<=")):
        if (wanted := request.value(name)) is not None:
            conditions.append(f"created {comparison} ?")
            values.append(_moment(name, wanted))
    for tag in request.query.get("tags", []):
        conditions.append("EXISTS (SELECT 1 FROM json_each(jobs.tags) WHERE json_each.value = ?)")
        values.append(tag)
    sort = request.value("sort") or "DESC"
    _one_of("sort", sort, ("ASC", "DESC"))
    limit, offset = _number(request, "limit", PAGE), _number(request, "offset", 0)
    with platform.lock:
        platform.settle()
        where = " AND ".join(conditions)
        page = platform.store.jobs(where, values, order=f"seq {sort} LIMIT {limit} OFFSET {offset}")
        return page, platform.store.count(where, values), limit, offset


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise Refused(400, 1002, f"{name} is {value!r}, expected {' or '.join(choices)}")


def _moment(name: str, value: str) -> float:
    try:
        return moment_of(value)
    except ValueError:
        raise Refused(400, 1002, f"{name} is {value!r}, expected a date and time by ISO 8601") from None


def _number(request: Request, name: str, default: int) -> int:
    value = request.value(name)
    if value is None:
        return default
    if not value.isdecimal():
        raise Refused(400, 1002, f"{name} is {value!r}, expected a number that is not negative")
    return int(value)
