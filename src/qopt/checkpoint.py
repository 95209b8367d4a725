"""checkpoint.json: the best and the last measured point, for people and other programs; derived from the journal, never read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qopt import runs
from qopt.failpoints import reach
from qopt.ledger import MAIN

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.durable import Listener, Progress
    from qopt.spec import Spec


def checkpointing(spec: Spec, home: Path, listener: Listener | None) -> Listener:
    """A listener that keeps checkpoint.json in step with the journal, and passes everything on to another one."""
    sign = spec.problem.sense.sign
    held: dict[str, Any] = {}

    def listen(progress: Progress) -> None:
        if progress.question.stage == MAIN:
            entry = _lowest(progress, sign)
            best = held.get("best", entry)
            if sign * (entry["value"] - best["value"]) < 0:
                best = entry
            parameters = list(spec.ansatz.parameters)
            held.update(name=spec.name, evaluations=progress.evaluations, parameters=parameters, best=best, last=entry)
        # A kill may have come between an answer and its checkpoint, so what was replayed is written with the next live answer.
        if held and not progress.replayed:
            runs.write_json(home / "checkpoint.json", held)
            reach("checkpointed")
        if listener is not None:
            listener(progress)

    return listen


def _lowest(progress: Progress, sign: int) -> dict[str, Any]:
    """The best point of one call, in the problem's own sense."""
    row = int(np.argmin(progress.estimate.values))
    return {
        "value": sign * float(progress.estimate.values[row]),
        "stderr": float(progress.estimate.stderrs[row]),
        "point": progress.question.points[row].tolist(),
        "call": progress.question.call,
    }
