"""Numbers and times as people read them. No layout, no terminal."""

from __future__ import annotations

import math

NBSP = "\u00a0"
"""Holds together what must not be broken over two lines; `layout` turns it into a blank."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_DECIMALS = 12
_LARGE = 1e9


def number(value: float, digits: int = 10) -> str:
    """A number without an error, to so many significant digits."""
    return f"{value + 0.0:.{digits}g}"


def measured(value: float, stderr: float, units: str = "", *, sampled: bool = False) -> str:
    """A value with its standard error, rounded to two significant digits of the error.

    An exact value has none; a sampled one whose shots were all alike has one of 0, which is shown.
    """
    unit = f"{NBSP}{units}" if units else ""
    if stderr == 0.0:
        return f"{number(value)}{f'{NBSP}±{NBSP}0' if sampled else ''}{unit}"
    if not (math.isfinite(value) and math.isfinite(stderr)):
        return f"{number(value, 6)}{NBSP}±{NBSP}{number(stderr, 2)}{unit}"
    decimals = 1 - int(f"{abs(stderr):.1e}".partition("e")[2])
    if decimals > _DECIMALS or abs(value) >= _LARGE or abs(stderr) >= _LARGE:
        return f"{number(value)}{NBSP}±{NBSP}{abs(stderr):.1e}{unit}"
    shown = max(decimals, 0)
    rounded = round(value, decimals) + 0.0
    return f"{rounded:.{shown}f}{NBSP}±{NBSP}{round(abs(stderr), decimals):.{shown}f}{unit}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """An amount with its noun: `1 job`, `1,024 shots`."""
    return f"{amount:,}{NBSP}{noun if amount == 1 else plural or f'{noun}s'}"


def question(stage: str, call: int) -> str:
    """A question of a run, by the part that asked and its number there: `question 1 of the optimizer`."""
    if stage == "final":
        return "the final measurement"
    return f"question{NBSP}{call + 1:,} of {'the optimizer' if stage == 'main' else printable(stage)}"


def duration(seconds: float) -> str:
    """A time span in its two largest units, below a minute in seconds: `4.1 s`, `2 h 05 min`."""
    if seconds < 10:  # noqa: PLR2004 - below, tenths are worth reading
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def age(seconds: float) -> str:
    """How long ago, in its largest unit: `now`, `5 min`, `3 h`, `12 d`."""
    if seconds < _MINUTE:
        return "now"
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def ago(seconds: float) -> str:
    """How long ago, as an adverb: `just now`, `5 min ago`."""
    told = age(seconds)
    return "just now" if told == "now" else f"{told} ago"


def printable(text: str) -> str:
    """Text from elsewhere without control characters, which could move the cursor or hide what is there."""
    return "".join(character if character.isprintable() or character == NBSP else "\N{REPLACEMENT CHARACTER}" for character in text)
