"""What IBM's service allows, as documented, and how long a sequence of jobs takes there by each mode. No queue: nobody knows it."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qiskit import qpy

from qopt.planning.modes import GAP, Chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.programs import Frozen

OPEN_SECONDS = 600.0
"""QPU time of the open plan in `OPEN_DAYS`."""
OPEN_DAYS = 28

PER_MINUTE = 5
"""Jobs that a user may submit in a minute. The documentation excepts no mode."""

JOB_SECONDS = 3 * 3600.0
"""QPU time of a job."""

TTL_SECONDS = 8 * 3600.0
"""Time from beginning to end of a Session or a Batch, on most plans."""

EXECUTIONS = 10_000_000
"""Circuits times shots of a Sampler job; an Estimator job is split instead."""

INPUT_BYTES = 64_000_000
"""Of a job."""

_BASE64 = 4 / 3
_FLOAT = 8
_TERM = 30


@dataclass(frozen=True)
class ModeCost:
    """What a mode takes.

    Attributes:
        mode: Which.
        billed: Seconds that count against plan and budget.
        wall: Seconds from the first submission to the last result, without any queue.
    """

    mode: Chosen
    billed: float
    wall: float


@dataclass(frozen=True)
class Limit:
    """One of the service's limits, and how far the work goes.

    Attributes:
        name: Of what.
        value: Of the work.
        most: Allowed; in the same unit.
        unit: `s`, `B` or empty.
    """

    name: str
    value: float
    most: float
    unit: str

    @property
    def fits(self) -> bool:
        """Whether it is kept."""
        return self.value <= self.most


def mode_costs(seconds: Sequence[float], *, dependent: bool) -> tuple[ModeCost, ...]:
    """What jobs of so many QPU seconds take by each mode: QPU time alone is billed, but in a Session the time between jobs as well."""
    wall = wall_seconds(seconds, dependent=dependent)
    used = float(sum(seconds))
    return ModeCost("session", wall, wall), ModeCost("batch", used, wall), ModeCost("job", used, wall)


def wall_seconds(seconds: Sequence[float], *, dependent: bool) -> float:
    """Seconds until the last of the jobs has run, one at a time on a QPU that waits for nobody else, under the limit of submissions."""
    sent: list[float] = []
    end = 0.0
    for index, duration in enumerate(seconds):
        ready = end + GAP if dependent and index else 0.0
        if index >= PER_MINUTE:
            ready = max(ready, sent[index - PER_MINUTE] + 60.0)
        sent.append(ready)
        end = max(end, ready) + duration
    return end


def input_bytes(frozen: Frozen, *, points: int, pubs: int, qubits: int) -> int:
    """About how many bytes a job's input has on the wire.

    Args:
        frozen: Its circuit and observables.
        points: Of each PUB.
        pubs: Each carries the circuit and the points.
        qubits: Of the device: Pauli terms are written in full.
    """
    buffer = io.BytesIO()
    qpy.dump(frozen.circuit, buffer)
    circuit = len(zlib.compress(buffer.getvalue()))
    terms = sum(len(observable) for group in frozen.groups for observable in group)
    each = _BASE64 * (circuit + _FLOAT * points * len(frozen.parameters))
    return round(pubs * each + max(1, pubs // max(len(frozen.groups), 1)) * terms * (qubits + _TERM))
