"""What happened to a run beside its answers, in sentences. Light: the standard library alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.journal import Event

_SILENT = ("timing", "billed", "session billed", "stage", "sqd")
"""Events that are book-keeping: the result tells what they add up to."""


def told(event: Event) -> str | None:
    """A sentence for an event of a run's journal; None where it is not worth one, or has words of its own."""
    words = _WORDS.get(event.name)
    return None if words is None else words(event.detail)


def silent(event: Event) -> bool:
    """Whether nobody needs to be shown the event."""
    return event.name in _SILENT


def _session(detail: dict[str, Any]) -> str:
    kind = "Batch" if detail["mode"] == "batch" else "Session"
    cost = f", {detail['seconds']:.1f} s billed" if detail["seconds"] else ""
    return f"{kind} {detail['id']} {detail['what']}: {detail['reason']}{cost}"


def _overcome(detail: dict[str, Any]) -> str:
    if detail["times"] == 1:
        return f"a request failed and was repeated: {detail['first']}"
    return f"{detail['times']} requests failed and were repeated: {detail['first']}"


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "mode": lambda detail: f"mode {detail['mode']}{': ' if detail['reason'] else ''}{detail['reason']}",
    "said": lambda detail: str(detail["text"]),
    "session": _session,
    "billed without an answer": lambda detail: f"job {detail['job']} gave no answer and was billed {detail['seconds']:.1f} s",
    "a twin ran, too": lambda detail: f"job {detail['job']} was a twin of job {detail['kept']} and ran before it could be cancelled",
    "adopted a job": lambda detail: f"job {detail['job']} was at the service already and is waited for",
    "cancelled a twin": lambda detail: f"job {detail['job']} was a twin of job {detail['kept']} and was cancelled",
    "trained": lambda detail: (
        f"the start was trained to an exact value of {detail['value']:.10g}, in {detail['evaluations']:,} energies with gradients"
    ),
    "trouble overcome": _overcome,
}
