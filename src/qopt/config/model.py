"""The base of all parts of a config."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """What all parts of a config have in common: frozen, no unknown keys, no silent conversions."""

    # Only the models that a config really uses are built, which halves the time that reading takes.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    refused: ClassVar[dict[str, str]] = {}
    """Keys that others have and this has not, each with the reason."""
