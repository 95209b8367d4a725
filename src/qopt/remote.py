"""What a run on a device of IBM Quantum needs beside what every run needs: its mode, its purse, and a look at the device's drift."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from qopt.durable import Durable, Stage, shots_of
from qopt.errors import InputError
from qopt.final import CANDIDATES
from qopt.journal import Event
from qopt.ledger import MAIN, MODE, TIMING, Ledger
from qopt.optimizers import SPSA, DifferentialEvolution, MeasureStart, ResponseSurface, Scipy
from qopt.optimizers.grid import Grid
from qopt.planning.calibration import Wallet
from qopt.planning.cost import Timing, executions, extra_of, job_seconds, timing_of
from qopt.planning.dry_run import Limits, Price, dry_run, invented, noise_of
from qopt.planning.modes import PlanFacts, Work, decide
from qopt.purse import SHARE_OF_FINAL, Purse
from qopt.types import Drift, Question, Usage

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.execution import Execution, Executor, Mode
    from qopt.programs import Frozen, Program
    from qopt.spec import Spec

DRIFT = "drift"
"""The stage in which a reference point is measured again after the device was calibrated anew."""
_COUNTED = 400
"""Points after which the jobs of an optimizer are not counted any further: they are many."""


def timing(spec: Spec, ledger: Ledger, frozen: Frozen) -> Timing:
    """How long one execution takes, as recorded when the run began."""
    if ledger.timing is None:
        found = timing_on(spec, frozen, spec.device.target(frozen))
        ledger.append(Event(TIMING, asdict(found)))
    return Timing(**(ledger.timing or {}))


def timing_on(spec: Spec, frozen: Frozen, backend: BackendV2) -> Timing:
    """How long one execution takes on a backend, with what error mitigation makes of it."""
    shots = shots_of(spec.objective, frozen, 1)
    return timing_of(frozen, backend, extra_of(spec.execution.mitigation, sampler=spec.objective.sampled, shots=shots))


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
        if wanted == "session" and not allowance.sessions:
            message = "mode is session, but the open plan has no Sessions: set it to auto, batch or job"
            raise InputError(message, ("execution", "mode"))
        if wanted == "auto":
            plan = PlanFacts(allowance.plan or "account's", session=allowance.sessions)
            decision = decide(_work(spec, frozen, timing(spec, ledger, frozen)), plan)
            mode, reason = decision.mode, decision.reason
    if (ledger.mode or wanted) != mode or (reason and reason != ledger.mode_reason):
        ledger.append(Event(MODE, {"mode": mode, "reason": reason}))
    return replace(spec.execution, mode=mode)


def purse_of(spec: Spec, ledger: Ledger, frozen: Frozen, executor: Executor, final: int) -> Purse:
    """What the run may still spend, by its own budget and by the account's plan."""
    account = spec.device.account
    assert account is not None  # noqa: S101 - as above
    return Purse(
        spec.budget.qpu,
        ledger,
        timing(spec, ledger, frozen),
        lambda points: executions(program(spec, frozen, points)),
        executor.usage,
        final,
        plan=account.allowance().remaining,
        before=ledger.bills.seconds,
    )


def most_candidates(spec: Spec, frozen: Frozen, one: Timing) -> int:
    """How many points a final measurement within a share of the QPU budget takes.

    Args:
        spec: The run.
        frozen: Its circuit.
        one: The timing of it, as recorded where the run was begun already.

    Raises:
        InputError: If the budget holds no job beside a final measurement.
    """
    limit = spec.budget.qpu
    assert limit is not None  # noqa: S101 - the caller looked
    calibration = Wallet().calibration
    upper = [calibration.estimate(job_seconds(program(spec, frozen, points), one)).upper for points in range(1, 2 * CANDIDATES + 1)]
    least = calibration.estimate(job_seconds(program(spec, frozen, first_points(spec, one, frozen)), one)).upper + upper[1]
    if limit < least:
        message = (
            f"the budget is {limit:g} s of QPU time, expected {least:.0f} s or more: the first job and the final measurement may take so "
            "long, by the documented estimate and a margin, before the first bill is known"
        )
        raise InputError(message, ("budget", "qpu"))
    return max(count for count in range(1, CANDIDATES + 1) if count == 1 or upper[2 * count - 1] <= limit / SHARE_OF_FINAL)


def first_points(spec: Spec, one: Timing, frozen: Frozen) -> int:
    """How many points the optimizer asks for first, where that can be found out; else one."""
    jobs = asked(replace(spec, budget=replace(spec.budget, qpu=None, shots=None)), one, frozen)
    return jobs[0] if jobs else 1


def candidates_of(spec: Spec) -> int:
    """How many points the final measurement takes without a budget of QPU time."""
    return 1 if isinstance(spec.optimizer, MeasureStart) else CANDIDATES


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
    shots = spec.budget.shots
    spare = shots is None or ledger.shots + (1 + 2 * candidates_of(spec)) * shots_of(spec.objective, stage.frozen, 1) <= shots
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
    """How many jobs the run will be, on an invented landscape where the optimizer has to be tried; the final measurement is one more."""
    points = asked(spec, one, frozen)
    width = 1 if points is None else max(points, default=1)
    seconds = job_seconds(program(spec, frozen, width), one)
    return Work(None if points is None else len(points) + 1, dependent=True, seconds=seconds)


def asked(spec: Spec, one: Timing, frozen: Frozen) -> tuple[int, ...] | None:
    """Points of each job of the optimizer; None where they are not counted, such as those of an optimizer of the user's own."""
    if isinstance(spec.optimizer, MeasureStart | Grid):
        return (1,)
    if not isinstance(spec.optimizer, SPSA | DifferentialEvolution | ResponseSurface | Scipy):
        return None
    rng = noise_of(spec.seed, 0)
    run = dry_run(
        spec.optimizer,
        spec.start,
        invented(spec.hamiltonian, spec.start, spec.objective.shots or 1, rng),
        scales=spec.scales,
        limits=Limits(spec.budget.evaluations, spec.budget.shots, spec.budget.qpu, _COUNTED),
        price=Price(shots_of(spec.objective, frozen, 1), lambda points: job_seconds(program(spec, frozen, points), one)),
        seed=spec.seed,
    )
    return None if run.ended == "uncounted" else run.jobs


def program(spec: Spec, frozen: Frozen, points: int) -> Program:
    """A job of so many points."""
    return spec.objective.encode(frozen, np.tile(spec.start, (points, 1)), 1)
