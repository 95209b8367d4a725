"""What the client says of a job, in qopt's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qopt.execution.executor import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping


def state_of(said: object) -> JobState:
    """The client's word for a job's state, a string here and an enumeration in local testing mode, as one of ours."""
    name = str(getattr(said, "name", said)).upper()
    if name == "FAILED":
        return JobState.ERROR
    return JobState[name] if name in JobState.__members__ else JobState.QUEUED


def billed_seconds(metrics: Mapping[str, Any]) -> float | None:
    """QPU seconds that a job's metrics bill; None while the service still counts."""
    usage = metrics.get("usage") or {}
    if usage.get("status", "pending") == "pending":
        return None
    seconds = usage.get("qpu_charge_time_seconds", usage.get("quantum_seconds"))
    return None if seconds is None else float(seconds)
