"""`qopt check`: what can be wrong with a config, the account and the device, found before it costs anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt import forecast, remote, runs
from qopt.assemble import spec_of
from qopt.errors import BackendError, InputError, QoptError
from qopt.execution import primitives
from qopt.execution.ibm.probing import Recorder, probe
from qopt.final import evaluations
from qopt.objective import Sampled
from qopt.planning.cost import Timing, executions, seconds_for
from qopt.planning.dry_run import Limits, Price, dry_run, invented, noise_of
from qopt.planning.service import EXECUTIONS, INPUT_BYTES, JOB_SECONDS, Limit, input_bytes
from qopt.scan import is_scan, specs_of
from qopt.spec import prepare
from qopt.types import LEAST_BUSY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qopt.config import Loaded
    from qopt.execution.ibm.account import Account, Allowance
    from qopt.programs import Frozen
    from qopt.spec import Spec

SAVED_ACCOUNT = Path("~/.qiskit/qiskit-ibm.json")
"""Where the client keeps accounts."""
_TOY_POINTS = 60
_OTHERS = 0o077


class Verdict(Enum):
    """How a check ended."""

    GOOD = "good"
    WORTH_KNOWING = "worth knowing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was looked at and what was found.

    Attributes:
        subject: Such as `backend`.
        verdict: How it ended.
        text: A sentence; where something is wrong, with what to do.
        exit_code: Of a run that would fail by it; 0 where it would not.
    """

    subject: str
    verdict: Verdict
    text: str
    exit_code: int = 0


def check(loaded: Loaded, cwd: Path) -> list[Finding]:
    """Everything that can be looked at without sending a job, in the order in which it would matter.

    Args:
        loaded: A config that could be read.
        cwd: The working directory; custom code is loaded from below it alone.
    """
    try:
        spec = specs_of(loaded, cwd)[0] if is_scan(loaded) else spec_of(loaded, cwd)
    except InputError as error:
        return [_wrong("config", loaded.placed(error))]
    except QoptError as error:
        return [_wrong("config", error)]
    findings = [
        Finding("config", Verdict.GOOD, f"{spec.hamiltonian.num_qubits} qubits, {len(spec.ansatz.parameters)} parameters, {spec.engine}")
    ]
    findings += [Finding("choice", Verdict.WORTH_KNOWING, note) for note in spec.notes]
    findings.append(_optimizer(spec))
    if spec.device.account is None:
        findings.append(_prepared(spec, loaded)[1])
        return findings
    allowance, about = _account(spec.device.account)
    findings += about
    if allowance is None:
        return findings
    frozen, finding = _prepared(spec, loaded)
    findings.append(finding)
    if frozen is not None:
        findings += _device(spec, frozen, allowance)
    return findings


def check_live(loaded: Loaded, cwd: Path, recording: Path) -> list[Finding]:
    """Test on the real service, for at most 30 QPU seconds, what qopt assumes where the documentation is silent; and record the answers.

    Args:
        loaded: A config whose backend is a device of IBM Quantum.
        cwd: The working directory.
        recording: The file that the answers are written to, without anything secret.

    Raises:
        InputError: If the config names no device of IBM Quantum.
        BackendError: If the service can't be reached, or does not run a job.
    """
    spec = spec_of(loaded, cwd)
    account = spec.device.account
    if account is None:
        message = f"backend is {spec.device.name}, expected a device of IBM Quantum such as ibm_fez: there is nothing to ask elsewhere"
        raise InputError(message, ("execution", "backend"))
    recorder = Recorder()
    account.recorder = recorder
    device = account.least_busy(1).name if spec.device.name == LEAST_BUSY else spec.device.name
    try:
        found = probe(account, device, primitives.choose(spec.execution.primitives))
    finally:
        runs.write(recording, recorder.to_json())
    verdicts = {True: Verdict.GOOD, False: Verdict.WRONG, None: Verdict.WORTH_KNOWING}
    return [Finding(item.question, verdicts[item.holds], f"{item.answer} (assumed: {item.assumed})", 0) for item in found]


def _wrong(subject: str, error: QoptError) -> Finding:
    return Finding(subject, Verdict.WRONG, str(error), error.exit_code)


def _optimizer(spec: Spec) -> Finding:
    """Whether the optimizer asks the same questions twice: a replay, and so every resumed run, rests on that."""
    runs = []
    spec = forecast.with_parameters(spec)
    try:
        for _ in range(2):
            landscape = invented(spec.hamiltonian, spec.start, spec.objective.shots or 1, noise_of(spec.seed, 0))
            asked: list[np.ndarray[Any, Any]] = []

            def remembering(
                points: np.ndarray[Any, Any], asked: list[np.ndarray[Any, Any]] = asked, measure: Callable[..., Any] = landscape
            ) -> Any:  # noqa: ANN401 - as `landscape`
                asked.append(np.array(points))
                return measure(points)

            limits = Limits(points=_TOY_POINTS, counted=_TOY_POINTS)
            dry_run(
                spec.optimizer, spec.start, remembering, scales=spec.scales, limits=limits, price=Price(0, lambda _: 0.0), seed=spec.seed
            )
            runs.append(asked)
    except QoptError as error:
        return _wrong("optimizer", error)
    first, second = runs
    if len(first) != len(second) or not all(np.array_equal(a, b) for a, b in zip(first, second, strict=True)):
        text = (
            "the optimizer asked for other points when it was run a second time with the same answers: a run could not be resumed. "
            "Take random choices from its argument rng alone, and keep nothing between two calls"
        )
        return Finding("optimizer", Verdict.WRONG, text, 2)
    return Finding("optimizer", Verdict.GOOD, f"asks the same {sum(map(len, first))} points when it is run twice on a toy")


def _account(account: Account) -> tuple[Allowance | None, list[Finding]]:
    try:
        allowance = account.allowance()
    except BackendError as error:
        return None, [_wrong("account", error)]
    left = "no limit" if allowance.remaining is None else f"{allowance.remaining:.0f} s of QPU time left"
    findings = [Finding("account", Verdict.GOOD, f"plan {allowance.plan or 'unknown'}, {left}")]
    if not allowance.sessions:
        findings.append(Finding("plan", Verdict.WORTH_KNOWING, "the open plan has no Sessions: mode auto takes a Batch or single jobs"))
    saved = SAVED_ACCOUNT.expanduser()
    if saved.exists() and saved.stat().st_mode & _OTHERS and "token" in saved.read_text(encoding="utf-8"):
        text = f"{saved} holds your API key and can be read by others on this machine: chmod 600 {saved}"
        findings.append(Finding("credentials", Verdict.WORTH_KNOWING, text))
    return allowance, findings


def _prepared(spec: Spec, loaded: Loaded) -> tuple[Frozen | None, Finding]:
    try:
        frozen = prepare(spec)
    except InputError as error:
        return None, _wrong("circuit", loaded.placed(error))
    except QoptError as error:
        return None, _wrong("circuit", error)
    circuit = frozen.circuit
    where = f" of {frozen.device or spec.device.name}"
    text = (
        f"fits on {len(frozen.device_qubits)} qubits{where}, depth {circuit.depth()}, {circuit.num_nonlocal_gates()} two-qubit gates; "
        "its layout keeps the problem's own energies"
    )
    return frozen, Finding("circuit", Verdict.GOOD, text)


def _device(spec: Spec, frozen: Frozen, allowance: Allowance) -> Iterator[Finding]:
    """Of the device and of what the service allows there."""
    account = spec.device.account
    assert account is not None  # noqa: S101 - the caller looked
    name = frozen.device
    try:
        pending, operational, said = account.pending(name)
        timing = forecast.timing_on(spec, frozen, account.backend(name))
    except QoptError as error:
        yield _wrong("device", error)
        return
    waiting = f"{pending} job{'s' if pending != 1 else ''} pending"
    if operational and said == "active":
        yield Finding("device", Verdict.GOOD, f"{name} is online, {waiting}")
    else:
        yield Finding(
            "device", Verdict.WORTH_KNOWING, f"{name} says {said!r} of itself, {waiting}: jobs wait until it is back, or take another"
        )
    try:
        remote.refuse_missing_sessions(spec, allowance)
    except InputError as error:
        yield _wrong("mode", error)
    yield from _sizes(spec, frozen, timing, qubits=account.backend(name).num_qubits)
    yield from _money(spec, frozen, timing, allowance)


def _sizes(spec: Spec, frozen: Frozen, timing: Timing, *, qubits: int) -> Iterator[Finding]:
    """The largest job that is foreseen, against the service's limits."""
    final = evaluations(frozen, forecast.candidates(spec, frozen, timing))
    jobs = (
        forecast.points_of(spec, frozen, timing, forecast.asked(spec, frozen, timing).typical) if forecast.countable(spec) else (1, final)
    )
    points = max(jobs)
    program = forecast.program(spec, frozen, points)
    executed = executions(program)
    limits = [
        Limit("QPU time of a job", seconds_for(executed, timing), JOB_SECONDS, "s"),
        Limit("input of a job", input_bytes(frozen, points=points, pubs=len(program.pubs), qubits=qubits), INPUT_BYTES, "B"),
    ]
    if isinstance(spec.objective, Sampled):
        limits.append(Limit("executions of a Sampler job", executed, EXECUTIONS, ""))
    for limit in limits:
        unit = f" {limit.unit}" if limit.unit else ""
        if limit.fits:
            yield Finding("size", Verdict.GOOD, f"{limit.name}: up to {limit.value:,.0f}{unit} of {limit.most:,.0f}{unit}")
        else:
            text = f"{limit.name}: {limit.value:,.0f}{unit}, the service takes {limit.most:,.0f}{unit}: ask for fewer points or shots"
            yield Finding("size", Verdict.WRONG, text, 2)


def _money(spec: Spec, frozen: Frozen, timing: Timing, allowance: Allowance) -> Iterator[Finding]:
    """What the first job and the final measurement may take, against the budget and the plan."""
    if spec.budget.qpu is not None:
        least = forecast.least_seconds(spec, frozen, timing)
    else:
        sizes = (forecast.first_points(spec, frozen), evaluations(frozen, forecast.candidates(spec, frozen, timing)))
        least = sum(forecast.upper_seconds(spec, frozen, timing, points) for points in sizes)
    for what, limit in (("budget", spec.budget.qpu), ("plan", allowance.remaining)):
        if limit is None:
            continue
        if limit < least:
            text = f"the {what} has {limit:.0f} s of QPU time, one job and the final measurement may take {least:.0f} s"
            yield Finding(what, Verdict.WRONG, text, 2 if what == "budget" else BackendError.exit_code)
        else:
            yield Finding(what, Verdict.GOOD, f"one job and the final measurement may take {least:.0f} s of {limit:.0f} s")
