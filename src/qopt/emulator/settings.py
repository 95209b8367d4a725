"""What can be chosen about the emulated platform, and which choices make no sense."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

PLANS = {
    "open": ("Open", "free"),
    "pay-as-you-go": ("Pay-as-you-go", "paygo"),
    "flex": ("Flex", "subscription"),
    "premium": ("Premium", "paid"),
}
"""The name of a plan in the catalog, and how it is priced, by the word that the client uses for it."""

OPEN_LIMIT = 600.0
"""Seconds of QPU time that the open plan has."""


class SettingsError(ValueError):
    """A setting that does not exist, or a value that it can't have."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the platform behaves; everything has a default, and `Control.configure` changes what may change while it runs.

    Attributes:
        backends: Names of the emulated devices: `ibm_fez`, `fake_manila`, any device that the client ships a snapshot of.
        plan: One of `PLANS`.
        token: The one API key that is accepted.
        seed: Of everything random: two servers with the same seed answer the same questions with the same counts.
        noise: Whether jobs run with the noise of the snapshot.
        bias: Billed seconds are multiplied by it.
        rate_limit: How many jobs may be submitted a minute; None for no limit.
        retry_after: Whether a refusal for the rate says in a header how long to wait.
        queue_wait: Virtual seconds that a job waits which is not in an active Session.
        queue_length: Jobs of others that every backend says it has.
        interactive_ttl: Seconds without a job after which a Session becomes inactive.
        max_ttl: The longest time in seconds that a Session may ask for, and what it gets when it asks for nothing.
        usage_limit: Seconds of QPU time that the instance may use; None for what the plan says.
        usage_consumed: Seconds that were used before the emulator began.
        listing_lag: Real seconds after which a new job appears in lists.
        clock_rate: Virtual seconds in a real one.
        real_time: Whether QPU time and the wait in the queue are left out instead of jumped over.
        max_body: The longest request, in bytes, that is read.
        engine: The module that performs jobs; another one than the default is for tests that need no quantum computer.
    """

    backends: tuple[str, ...] = ("ibm_fez", "fake_manila")
    plan: str = "premium"
    token: str = "emulated-api-key"  # noqa: S105 - there is nothing behind it, and users are to see it
    seed: int = 0
    noise: bool = True
    bias: float = 1.0
    rate_limit: int | None = None
    retry_after: bool = True
    queue_wait: float = 0.0
    queue_length: int = 0
    interactive_ttl: float = 60.0
    max_ttl: float = 28800.0
    usage_limit: float | None = None
    usage_consumed: float = 0.0
    listing_lag: float = 0.0
    clock_rate: float = 1.0
    real_time: bool = False
    max_body: int = 64 * 2**20
    engine: str = "qopt.emulator.work"

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: With the setting, its value and what it may be.
        """
        if self.plan not in PLANS:
            raise SettingsError(f"plan is {self.plan!r}, expected one of {', '.join(PLANS)}")
        if not self.backends:
            raise SettingsError("backends is empty, expected the name of at least one device, such as ibm_fez")
        for name in ("queue_wait", "interactive_ttl", "max_ttl", "usage_consumed", "listing_lag", "clock_rate", "bias", "queue_length"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise SettingsError(f"{name} is {value}, expected a finite number that is not negative")
        for name in ("rate_limit", "usage_limit"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise SettingsError(f"{name} is {value}, expected a number that is not negative, or None for no limit")

    @property
    def limit(self) -> float | None:
        """Seconds of QPU time that the instance may use, None for no limit."""
        if self.usage_limit is None and self.plan == "open":
            return OPEN_LIMIT
        return self.usage_limit

    def changed(self, changes: dict[str, Any]) -> Settings:
        """These settings with some of them replaced.

        Raises:
            SettingsError: If one does not exist or can't have its value.
        """
        known = [field.name for field in fields(self)]
        if unknown := sorted(set(changes) - set(known)):
            raise SettingsError(f"there is no setting {', '.join(unknown)}; there are {', '.join(known)}")
        if "backends" in changes:
            changes = changes | {"backends": tuple(changes["backends"])}
        return replace(self, **changes)

    def to_json(self) -> str:
        """All settings, as `from_json` reads them."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """The settings that `to_json` wrote."""
        return cls().changed(json.loads(text))
