"""The platform's own time, which can run ahead of the real one: eight hours of it pass when a test says so."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class Clock:
    """Seconds since the epoch that never go back.

    Attributes:
        rate: Virtual seconds in a real one.
        real: When the two were last compared, in real time.
        virtual: What it was then in virtual time.
    """

    rate: float
    real: float
    virtual: float

    @classmethod
    def started(cls, rate: float) -> Clock:
        """A clock that agrees with the real time now."""
        now = time.time()
        return cls(rate, now, now)

    def now(self) -> float:
        """The virtual time, in whole microseconds: what is compared later is what was written."""
        return round(self.virtual + max(0.0, time.time() - self.real) * self.rate, 6)

    def advance_to(self, moment: float) -> None:
        """Jump forward to `moment`; nothing happens where it is in the past."""
        now = self.now()
        self.real = time.time()
        self.virtual = max(now, moment)


def stamp(moment: float | None) -> str | None:
    """A moment as the REST interface writes it, in UTC."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_of(text: str) -> float:
    """The moment that an ISO 8601 text means; without a time zone it is UTC.

    Raises:
        ValueError: If it is none.
    """
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
