"""Rules of what goes wrong and when, read from YAML or from the controls; every mistake in them is named with its place."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

WIRE = ("status", "reset", "hang", "drip", "delay", "duplicate", "truncate", "spoil", "garbage", "wrong_type", "empty")
"""What can happen to the answer of a request."""

JOBS = ("fail", "cancel", "too_long", "corrupt", "stall")
"""What can happen to a job; which jobs it happens to is decided when they are submitted."""

EVENTS = ("expire_sessions", "expire_tokens", "recalibrate")
"""What can happen to the platform when a request comes in."""

ONLY_AFTER = ("drip", "truncate", "spoil", "duplicate")
"""What needs a request that was processed."""

OWN_KEYS: dict[str, tuple[str, ...]] = {
    "status": ("code", "retry_after", "body"),
    "reset": ("sent",),
    "hang": ("seconds",),
    "drip": ("seconds",),
    "delay": ("seconds",),
    "fail": ("code", "message"),
    "too_long": ("billed",),
    "spoil": ("how",),
    "corrupt": ("how",),
}
"""The keys that only some kinds of fault have."""

REQUEST_KEYS = ("method", "path", "when")
JOB_KEYS = ("program", "tag", "mode")
CHOICES: dict[str, tuple[str, ...]] = {
    "do": WIRE + JOBS + EVENTS,
    "when": ("before", "after"),
    "method": ("GET", "POST", "PUT", "PATCH", "DELETE"),
    "body": ("json", "html"),
    "sent": ("nothing", "half"),
    "how": ("missing_pub", "non_finite", "wrong_shape", "not_json"),
    "mode": ("job", "batch", "dedicated"),
    "program": ("estimator", "sampler", "executor"),
}
PATTERNS = ("path", "tag")
TEXTS = (*PATTERNS, "message")
NUMBERS = ("nth", "count", "after_jobs", "code", "retry_after")
SECONDS = ("seconds", "billed")
FIRST_STATUS, LAST_STATUS = 200, 599


class FaultsError(ValueError):
    """A rule that makes no sense, with the place where it stands."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that goes wrong.

    Attributes:
        do: What happens, one of `WIRE`, `JOBS` and `EVENTS`.
        method: Of the requests that it happens to; None for any.
        path: A regular expression that is searched for in their path without `/api/v1`; None for any.
        when: Whether it happens before the request is processed, and instead of that, or after.
        program: Of the jobs that it happens to; None for any.
        tag: A regular expression that is searched for in the tags of those jobs; None for any.
        mode: Of those jobs: `job`, `batch` or `dedicated`; None for any.
        nth: The first of the matching requests or jobs that it happens to, counted from 1.
        count: To how many of them it happens; None for all.
        after_jobs: How many jobs must have been taken before matching requests or jobs are counted.
        code: The status of HTTP, or the reason code of a failed job.
        retry_after: Seconds, for the header of that name.
        body: Whether a status comes with JSON or with a page of HTML.
        sent: What is sent before the connection is reset.
        seconds: How long a silence, a delay or a slow answer lasts, in real time.
        message: Why a job failed.
        how: In which way results are corrupt.
        billed: QPU seconds of a job that took too long; None for as long as it was allowed to take.
    """

    do: str
    method: str | None = None
    path: str | None = None
    when: str = "before"
    program: str | None = None
    tag: str | None = None
    mode: str | None = None
    nth: int = 1
    count: int | None = 1
    after_jobs: int = 0
    code: int | None = None
    retry_after: int | None = None
    body: str = "json"
    sent: str = "nothing"
    seconds: float = 1.0
    message: str = "The job failed."
    how: str = "missing_pub"
    billed: float | None = None

    def document(self) -> dict[str, Any]:
        """The rule as it would be written, without what it leaves at its default."""
        return {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name) != field.default}


def load(path: Path) -> list[Rule]:
    """The rules in a YAML file: a list of them, or a mapping with the one key `faults`.

    Raises:
        FaultsError: If it can't be read, with file and line or with file and key.
    """
    # Only rehearsals have such a file, and reading YAML takes longer to import than the rest of the server.
    import yaml  # noqa: PLC0415

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FaultsError(f"{path}: can't be read as YAML: {error}") from None
    if isinstance(document, dict) and list(document) == ["faults"]:
        document = document["faults"]
    return parse(document, str(path))


def parse(document: object, where: str) -> list[Rule]:
    """Rules out of plain lists and mappings.

    Args:
        document: A list of mappings.
        where: Where it came from, for messages.

    Raises:
        FaultsError: With the place, what was got and what was expected.
    """
    if not isinstance(document, list):
        raise FaultsError(f"{where}: got {type(document).__name__}, expected a list of rules, each with the key do")
    return [_rule(item, f"{where}: rule {number}") for number, item in enumerate(document, 1)]


def _rule(item: object, where: str) -> Rule:
    if not isinstance(item, dict) or "do" not in item:
        raise FaultsError(f"{where}: got {item!r}, expected a mapping with the key do, one of {', '.join(CHOICES['do'])}")
    do = item["do"]
    _check(f"{where}: do", "do", do)
    known = ("do", "nth", "count", "after_jobs", *(JOB_KEYS if do in JOBS else REQUEST_KEYS), *OWN_KEYS.get(do, ()))
    for key, value in item.items():
        if key not in known:
            raise FaultsError(f"{where}: there is no key {key} for {do}, expected one of {', '.join(known)}{_near(key, known)}")
        if not (value is None and key == "count"):
            _check(f"{where}: {key}", key, value)
    _agree(item, where)
    return Rule(**(item | {"when": "after"} if do in ONLY_AFTER else item))


def _agree(item: dict[str, Any], where: str) -> None:
    """Refuse values that are possible one by one and not together."""
    do, when = item["do"], item.get("when")
    if do in ONLY_AFTER and when == "before":
        raise FaultsError(f"{where}: when is before, but {do} happens to a request that was processed: expected after")
    if do == "status" and not FIRST_STATUS <= item.get("code", 0) <= LAST_STATUS:
        raise FaultsError(f"{where}: code is {item.get('code')}, expected a status of HTTP from {FIRST_STATUS} to {LAST_STATUS}")
    if item.get("sent") == "half" and when != "after":
        raise FaultsError(f"{where}: sent is half, but there is an answer to send half of only with when: after")


def _check(where: str, key: str, value: object) -> None:
    if key in CHOICES:
        if value not in CHOICES[key]:
            raise FaultsError(f"{where} is {value!r}, expected one of {', '.join(CHOICES[key])}{_near(value, CHOICES[key])}")
    elif key in TEXTS:
        if not isinstance(value, str):
            raise FaultsError(f"{where} is {value!r}, expected a text")
        try:
            re.compile(value if key in PATTERNS else "")
        except re.error as error:
            raise FaultsError(f"{where} is {value!r}, which is no regular expression: {error}") from None
    elif key in NUMBERS:
        lowest = 1 if key in ("nth", "count") else 0
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            raise FaultsError(f"{where} is {value!r}, expected a whole number from {lowest} on")
    elif key in SECONDS and (not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf")):
        raise FaultsError(f"{where} is {value!r}, expected a number of seconds that is not negative")


def _near(got: object, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(got), known, 1)
    return f"; did you mean {near[0]}?" if near else ""
