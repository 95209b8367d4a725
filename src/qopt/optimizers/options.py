"""Checks of optimizers' options that several of them share."""

from __future__ import annotations

import math
from typing import TypeGuard

from qopt.errors import InputError


def positive(name: str, value: object) -> None:
    """Refuse a number that isn't finite and above 0.

    Raises:
        InputError: At the option's key.
    """
    if not is_number(value) or not value > 0:
        message = f"{name} is {value!r}, expected a number above 0"
        raise InputError(message, (name,))


def fraction(name: str, value: object) -> None:
    """Refuse a number that isn't within 0 .. 1.

    Raises:
        InputError: At the option's key.
    """
    if not is_number(value) or not 0 <= value <= 1:
        message = f"{name} is {value!r}, expected a number from 0 to 1"
        raise InputError(message, (name,))


def count(name: str, value: object, *, least: int = 1) -> None:
    """Refuse anything but a whole number of at least `least`.

    Raises:
        InputError: At the option's key.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{name} is {value!r}, expected a whole number of {least} or more"
        raise InputError(message, (name,))


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; a bool is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
