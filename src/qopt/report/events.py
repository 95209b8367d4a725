"""What happened to a run beside its answers, in sentences. Light: the standard library alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qopt.journal import Event

_SILENT = ("timing", "billed")
"""Events that are book-keeping: the result tells what they add up to."""


def told(event: Event) -> str | None:
    """A sentence for an event of a run's journal; None where it is not worth one, or has words of its own."""
    detail = event.detail
    match event.name:
        case "mode":
            return f"mode {detail['mode']}: {detail['reason']}"
        case "session":
            kind = "Batch" if detail["mode"] == "batch" else "Session"
            cost = f", {detail['seconds']:.1f} s billed" if detail["seconds"] else ""
            return f"{kind} {detail['id']} {detail['what']}: {detail['reason']}{cost}"
        case "billed in vain":
            return f"job {detail['job']} gave no answer and was billed {detail['seconds']:.1f} s"
        case "adopted a job":
            return f"job {detail['job']} was at the service already and is waited for"
        case "cancelled a twin":
            return f"job {detail['job']} was a twin of job {detail['kept']} and was cancelled"
        case "trouble overcome":
            times = "a request" if detail["times"] == 1 else f"{detail['times']} requests"
            return f"{times} failed and {'was' if detail['times'] == 1 else 'were'} repeated: {detail['first']}"
    return None


def silent(event: Event) -> bool:
    """Whether nobody needs to be shown the event."""
    return event.name in _SILENT
