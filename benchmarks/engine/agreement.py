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
        common: Values at each of the common points; a batch is one list.
        coincident: The same at the coincident points.
        error: Why values are missing.
    """

    common: list[list[float]] = field(default_factory=list)
    coincident: list[list[float]] = field(default_factory=list)
    error: str = ""


def ask_for_answers(workers: Mapping[str, Worker], quantity: str, checks: Checks, patience: float) -> dict[str, Answers]:
    """Every worker's answers; the first worker is asked at all points, as others are compared with it."""
    told: dict[str, Answers] = {}
    anyone_own = any(worker.contender.own_ansatz for worker in workers.values())
    for name, worker in workers.items():
        own, answers = worker.contender.own_ansatz, Answers()
        if not own:
            answers.common, answers.error = _ask(worker, quantity, checks.points, patience)
        if not answers.error and (own or (anyone_own and not told)):
            answers.coincident, answers.error = _ask(worker, quantity, checks.coincident, patience)
        told[name] = answers
    return told


def _ask(worker: Worker, quantity: str, points: Sequence[Sequence[float]], patience: float) -> tuple[list[list[float]], str]:
    """Values and no error, or an error; a batch is one question, energies and gradients are asked for point by point."""
    values = []
    for part in [points] if quantity == "batch" else [[point] for point in points]:
        answer = worker.ask({"do": "answer", "quantity": quantity, "points": part}, patience)
        if "error" in answer:
            return [], answer["error"]
        values.append(answer["values"])
    return values, ""


def disagreements(answers: Mapping[str, Answers]) -> dict[str, str]:
    """Who gave no answer or another one than the first; in that case what it was."""
    first = next(iter(answers.values()), Answers())
    out = {}
    for name, told in answers.items():
        pairs = [*zip(told.common, first.common, strict=False), *zip(told.coincident, first.coincident, strict=False)]
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
