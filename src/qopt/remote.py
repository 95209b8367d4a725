"""What a run on a device of IBM Quantum needs beside what every run needs: its mode, its purse, and a look at the device's drift."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from qopt import forecast
from qopt.durable import Durable, Stage, shots_of
from qopt.errors import InputError
from qopt.final import evaluations
from qopt.journal import Event
from qopt.ledger import MAIN, MODE, TIMING, Ledger
from qopt.planning.cost import Timing, executions, job_seconds
from qopt.planning.modes import PlanFacts, Work, decide
from qopt.purse import Purse
from qopt.types import Drift, Question, Usage

if TYPE_CHECKING:
    from qopt.execution import Execution, Executor, Mode
    from qopt.execution.ibm.account import Allowance
    from qopt.programs import Frozen, Program
    from qopt.spec import Spec

DRIFT = "drift"
"""The stage in which a reference point is measured again after the device was calibrated anew."""
_COUNTED = 400
"""Points after which the jobs of an optimizer are not counted any further: they are many."""


def timing(spec: Spec, ledger: Ledger, frozen: Frozen) -> Timing:
    """How long one execution takes, as recorded when the run began."""
    if ledger.timing is None:
        found = forecast.timing_on(spec, frozen, spec.device.target(frozen))
        ledger.append(Event(TIMING, asdict(found)))
    return Timing(**(ledger.timing or {}))


def execution_of(spec: Spec, ledger: Ledger, frozen: Frozen, *, wait: bool) -> Execution:
    """The execution with its mode decided, and the reason recorded when it changes.

    Raises:
        InputError: If a Session is asked for that the plan does not have.
    """
    account = spec.device.account
    assert account is not None  # noqa: S101 - the caller asked whether the device is remote
    account.backend(frozen.device or spec.device.name)  # before anything else is asked: it tells which of the account's instances is meant
    wanted = spec.execution.mode
    mode: Mode = wanted
    reason = ""
    if not wait and wanted in ("auto", "session"):
        mode, reason = "job", "nobody waits between two jobs, and a Session would be billed meanwhile"
    elif wanted in ("auto", "session"):
        allowance = account.allowance()
        refuse_missing_sessions(spec, allowance)
        if wanted == "auto":
            plan = PlanFacts(allowance.plan or "account's", session=allowance.sessions)
            decision = decide(_work(spec, frozen, timing(spec, ledger, frozen)), plan)
            mode, reason = decision.mode, decision.reason
    if (ledger.mode or wanted) != mode or (reason and reason != ledger.mode_reason):
        ledger.append(Event(MODE, {"mode": mode, "reason": reason}))
    return replace(spec.execution, mode=mode)


def refuse_missing_sessions(spec: Spec, allowance: Allowance | None = None) -> None:
    """Look whether the account has what the run asks for by name.

    Args:
        spec: The run.
        allowance: Of the account; asked for where it is needed and not given.

    Raises:
        InputError: If a Session is asked for that the plan does not have.
    """
    account = spec.device.account
    if spec.execution.mode != "session" or account is None:
        return
    if not (allowance or account.allowance()).sessions:
        message = "mode is session, but the open plan has no Sessions: set it to auto, batch or job"
        raise InputError(message, ("execution", "mode"))


def purse_of(spec: Spec, durable: Durable, frozen: Frozen, executor: Executor, final: int, *, first: bool) -> Purse:
    """What the run may still spend, by its own budget and by the account's plan.

    Args:
        spec: The run.
        durable: Knows the stages that questions are about.
        frozen: The circuit that they are about now.
        executor: Asks the service.
        final: Points of the final measurement.
        first: Whether it is the circuit that the run began with, whose timing is kept.
    """
    ledger = durable.ledger
    account = spec.device.account
    assert account is not None  # noqa: S101 - as above
    return Purse(
        spec.budget.qpu,
        ledger,
        timing(spec, ledger, frozen) if first else forecast.timing_on(spec, frozen, spec.device.target(frozen)),
        lambda stage, points: executions(_program(spec, durable, frozen, stage, points)),
        executor.usage,
        final,
        lambda points: evaluations(frozen, points),
        plan=account.allowance().remaining,
        before=ledger.bills.seconds,
    )


def _program(spec: Spec, durable: Durable, frozen: Frozen, stage: str, points: int) -> Program:
    """A job of so many points in a stage; one that is not known yet is taken to be like the energies."""
    known = durable.stages.get(stage)
    if known is None or stage == MAIN:
        return forecast.program(spec, frozen if known is None else known.frozen, points)
    return known.objective.encode(known.frozen, np.zeros((points, len(known.frozen.parameters))), 1)


def look_for_drift(spec: Spec, durable: Durable, stage: Stage, before: str | None) -> None:
    """Measure the run's first point again if the device was calibrated since the part of the run before this one.

    A stage of its own: the optimizer never sees it, and the result tells by how much the value moved. It is left out where the budget has
    nothing to spare for it.

    Args:
        spec: The run.
        durable: Measures.
        stage: The main stage.
        before: The calibration of the last answer when this part began.
    """
    ledger, now = durable.ledger, durable.executor.calibration()
    if (MAIN, 0) not in ledger.answered or before is None or now is None or now == before:
        return
    shots, points = spec.budget.shots, 1 + evaluations(stage.frozen, forecast.candidates(spec, stage.frozen, None))
    spare = shots is None or ledger.shots + shots_of(spec.objective, stage.frozen, points) + forecast.samples(spec) <= shots
    if not spare or not durable.affords(1):
        ledger.append(Event("drift was not measured", {"from": before, "to": now, "reason": "the budget has nothing to spare"}))
        return
    point = np.array(ledger.asked[MAIN, 0].points[:1], dtype=np.float64)
    durable.measure(replace(stage, name=DRIFT), Question(DRIFT, ledger.calls(MAIN), "drift", point))


def usage_of(spec: Spec, ledger: Ledger, frozen: Frozen) -> Usage:
    """What the run took of its device, in the problem's own sense."""
    first, sign = ledger.answered.get((MAIN, 0)), spec.problem.sense.sign
    again = [record for key, record in sorted(ledger.answered.items()) if key[0] == DRIFT] if first is not None else []
    drift = tuple(
        Drift(sign * (record.values[0] - first.values[0]), math.hypot(record.stderrs[0], first.stderrs[0]))
        for record in again
        if first is not None
    )
    bills = ledger.bills
    charged = [opened.id for opened, seconds in bills.ended_sessions.values() if opened.mode == "session" and seconds is not None]
    total = bills.session_seconds
    return Usage(
        device=frozen.device or spec.device.name,
        mode=ledger.mode or spec.execution.mode,
        reason=ledger.mode_reason,
        qpu_seconds=bills.seconds,
        unsettled=bills.unsettled,
        session_seconds=total,
        session_busy=sum(map(bills.busy, charged)) / total if total else None,
        drift=drift,
    )


def _work(spec: Spec, frozen: Frozen, one: Timing) -> Work:
    """The jobs as `qopt plan` counts them, up to a number at which they are many."""
    if not forecast.countable(spec):
        return Work(None, dependent=True, seconds=job_seconds(forecast.program(spec, frozen, 1), one))
    run = forecast.asked(spec, frozen, one, most=_COUNTED).typical
    jobs = forecast.points_of(spec, frozen, one, run)
    seconds = fmean(job_seconds(forecast.program(spec, frozen, points), one) for points in jobs)
    return Work(None if run.ended == "uncounted" else len(jobs), dependent=True, seconds=seconds)
