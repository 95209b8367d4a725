"""Whether contenders agree: what each says at the same points, held against what the first one says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness import Worker

TOLERANCE = 1e-8
"""By how much answers may differ, in the units of the energy."""


@dataclass(frozen=True)
class Checks:
    """Points at which answers are compared.

    Attributes:
        points: For those with the common ansatz.
        coincident: For those with another one, where it coincides with the common one.
    """

    points: Sequence[Sequence[float]]
    coincident: Sequence[Sequence[float]] = ()


@dataclass
class Answers:
    """What a contender said at the points of `Checks`.

    Attributes:
        common: Values at the common points; None if it has another ansatz.
        coincident: Values at the coincident points.
        error: Why there are no values.
    """

    common: list[list[float]] | None = None
    coincident: list[list[float]] = field(default_factory=list)
    error: str = ""


def ask_for_answers(workers: Mapping[str, Worker], quantity: str, checks: Checks, patience: float) -> dict[str, Answers]:
    """Every worker's answers; the first worker is asked at all points, as others are compared with it."""
    told: dict[str, Answers] = {}
    others_own = any(worker.contender.own_ansatz for worker in workers.values())
    for name, worker in workers.items():
        answers = told[name] = Answers()
        asked = [] if worker.contender.own_ansatz else [("common", checks.points)]
        if worker.contender.own_ansatz or (others_own and len(told) == 1):
            asked.append(("coincident", checks.coincident))
        for which, points in asked:
            values = []
            # A batch is one question; energies and gradients are asked for point by point.
            for part in [points] if quantity == "batch" else [[point] for point in points]:
                answer = worker.ask({"do": "answer", "quantity": quantity, "points": part}, patience)
                answers.error = answers.error or answer.get("error", "")
                values.append(answer.get("values", []))
            setattr(answers, which, values)
    return told


def disagreements(answers: Mapping[str, Answers]) -> dict[str, str]:
    """Who gave no answer or another one than the first; in that case what it was."""
    first = next(iter(answers.values()), Answers())
    out = {}
    for name, told in answers.items():
        pairs = [*zip(told.common or [], first.common or [], strict=False), *zip(told.coincident, first.coincident, strict=False)]
        if told.error:
            out[name] = told.error
        elif first.error or not pairs:
            out[name] = "there is nothing to compare its answers with"
        else:
            worst = max(_distance(left, right) for left, right in pairs)
            if not worst <= TOLERANCE:
                out[name] = f"DISAGREES with {next(iter(answers))} by {worst:.1e}"
    return out


def _distance(left: Sequence[float], right: Sequence[float]) -> float:
    if len(left) != len(right):
        return float("inf")
    return max(abs(a - b) for a, b in zip(left, right, strict=True))
