"""Performs jobs without a quantum computer: what they cost and how they end stands in their parameters, the answer is their seed.

The classes are its own: those of the platform's engine come with qiskit, for which every worker would wait.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Work:
    """What the platform asks for."""

    program_id: str
    params: dict[str, Any]
    backend: str
    seed: int
    noise: bool
    bias: float
    max_execution_time: float | None


@dataclass(frozen=True)
class Done:
    """What comes out."""

    results: str
    quantum_seconds: float


class WorkFailed(Exception):
    """What goes wrong."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def perform(work: Work) -> Done:
    """Do what the parameters say."""
    if "until" in work.params:
        # A job that runs until its test lets it go.
        while not Path(work.params["until"]).exists():
            time.sleep(0.005)
    if "code" in work.params:
        raise WorkFailed(work.params["code"], "as it was told")
    if "bug" in work.params:
        raise ZeroDivisionError(work.params["bug"])
    seconds = work.bias * work.params.get("seconds", 3.0)
    if work.max_execution_time is not None and seconds > work.max_execution_time:
        raise WorkFailed(1305, "it took too long")
    return Done(json.dumps({"seed": work.seed, "backend": work.backend}), seconds)
