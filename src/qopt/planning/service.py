"""What IBM's service allows, as documented, and how long a sequence of jobs takes there by each mode. No queue: nobody knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qopt.planning.modes import GAP, Chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.programs import Frozen

OPEN_SECONDS = 600.0
"""QPU time of the open plan in `OPEN_DAYS`."""
OPEN_DAYS = 28

PER_MINUTE = 5
"""Jobs that a user may submit in a minute; whether those of a Session or a Batch are excepted is not documented."""

JOB_SECONDS = 3 * 3600.0
"""QPU time of a job."""

TTL_SECONDS = 8 * 3600.0
"""Time from beginning to end of a Session or a Batch, on most plans."""

EXECUTIONS = 10_000_000
"""Circuits times shots of a Sampler job; an Estimator job is split instead."""

INPUT_BYTES = 64_000_000
"""Of a job."""

_CIRCUIT, _INSTRUCTION, _PARAMETER, _FLOAT, _TERM = 600, 2.5, 20, 8, 30
"""Bytes, measured on what the client sends: circuits and points are compressed, Pauli terms are not."""
_BASE64 = 4 / 3


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
    """What jobs of so many QPU seconds take by each mode: QPU time alone is billed, but in a Session the time between jobs as well.

    Only single jobs are held to the limit of submissions; a Session that were held to it would take `wall_seconds(..., limited=True)`.
    """
    wall = wall_seconds(seconds, dependent=dependent, limited=False)
    used = float(sum(seconds))
    alone = wall_seconds(seconds, dependent=dependent, limited=True)
    return ModeCost("session", wall, wall), ModeCost("batch", used, wall), ModeCost("job", used, alone)


def wall_seconds(seconds: Sequence[float], *, dependent: bool, limited: bool) -> float:
    """Seconds until the last of the jobs has run, one at a time, on a QPU that waits for nobody else.

    Args:
        seconds: QPU time of each job.
        dependent: Whether each can be sent only after the one before it.
        limited: Whether `PER_MINUTE` holds.
    """
    sent: list[float] = []
    end = 0.0
    for index, duration in enumerate(seconds):
        ready = end + GAP if dependent and index else 0.0
        if limited and index >= PER_MINUTE:
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
    circuit = _CIRCUIT + _INSTRUCTION * int(frozen.circuit.size()) + _PARAMETER * len(frozen.parameters)
    terms = sum(len(observable) for group in frozen.groups for observable in group)
    each = _BASE64 * (circuit + _FLOAT * points * len(frozen.parameters))
    return round(pubs * each + max(1, pubs // max(len(frozen.groups), 1)) * terms * (qubits + _TERM))
