"""The fold: what was measured, what is known classically and what chance would give, as one `Result` in the problem's own sense."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from qopt.diagonal import simplified
from qopt.errors import blamed
from qopt.final import STRINGS, Twice
from qopt.journal import Event
from qopt.ledger import MAIN, REFERENCE, Ledger
from qopt.problems import reference_of
from qopt.properties import occupations, rdm_matrix
from qopt.references import random_strings
from qopt.remote import usage_of
from qopt.types import Baseline, Density, Observed, Points, Reference, Result, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from qopt.durable import Answer, Stage
    from qopt.legs import Ended
    from qopt.spec import Spec


def fold(  # noqa: PLR0913 - all that a result is made of
    spec: Spec, ledger: Ledger, final: Stage, points: Points, answer: Answer, ended: Ended, *, evaluations: int
) -> Result:
    """The result of a run from its final measurement: the first half of it chooses the point, the second half is reported."""
    policy = final.objective
    assert isinstance(policy, Twice)  # noqa: S101 - the final stage has no other
    sign = spec.problem.sense.sign
    count = len(points)
    chosen = int(np.argmin(answer.estimate.values[:count]))
    value, stderr = answer.estimate.values[count + chosen], answer.estimate.stderrs[count + chosen]
    data = answer.read()
    means = policy.mean(final.frozen, data, final.energies)
    mean, mean_stderr = float(means.values[chosen]), float(means.stderrs[chosen])
    counts = policy.counts(final.frozen, data, chosen)
    seen, _ = ledger.values(MAIN)
    reference = _reference(spec, ledger)
    ratio, ratio_stderr = _ratio(sign * mean, mean_stderr, reference)
    usage = usage_of(spec, ledger, final.frozen) if spec.device.remote else None
    beside = _beside(spec, policy.beside(final.frozen, data), chosen)
    properties = {name: item for name, (item, element) in beside.items() if element is None}
    classical = _classical(spec)
    with blamed("interpret"):
        best = None if counts is None else spec.problem.interpret(counts)
    return Result(
        name=spec.name,
        value=sign * float(value),
        stderr=float(stderr),
        mean=sign * mean,
        mean_stderr=mean_stderr,
        best_seen=sign * float((seen if len(seen) else answer.estimate.values).min()),
        point=tuple(points[chosen].tolist()),
        parameters=final.frozen.parameters,
        status=f"{ended.status.value} ({ended.message})" if ended.message else ended.status.value,
        converged=ended.status is Status.CONVERGED,
        evaluations=evaluations,
        shots=ledger.shots,
        jobs=len(ledger.answered),
        seed=spec.seed,
        sense=spec.problem.sense.value,
        units=spec.problem.units,
        reference=reference,
        approximation_ratio=ratio,
        approximation_ratio_stderr=ratio_stderr,
        best=best,
        baseline=_baseline(spec, sign),
        engine=spec.engine if usage is None else spec.engine_in(usage.mode),
        usage=usage,
        qubits=int(spec.hamiltonian.num_qubits),
        terms=len(simplified(spec.hamiltonian)),
        groups=len(spec.objective.observables(spec.hamiltonian)) if spec.objective.shots is not None and not spec.objective.sampled else None,
        hf=classical.get("hf"),
        ccsd=classical.get("ccsd"),
        properties=properties,
        density=_density({element: item for item, element in beside.values() if element is not None}),
        warnings=tuple(_warnings(properties)),
        course=None if ended.report is None else dict(ended.report),
    )


def _beside(spec: Spec, data: dict[str, list[NDArray[np.float64]]], row: int) -> dict[str, tuple[Observed, tuple[int, int] | None]]:
    """The problem's properties at one of the points, and for elements of the density matrix which these are."""
    if spec.grouping is None:
        return {}
    values = spec.grouping.decode(data["evs"], spec.objective.shots, stds=data.get("stds"))
    return {
        name: (Observed(float(values[name][0][row]), float(values[name][1][row]), item.expected, item.units), item.element)
        for name, item in spec.problem.properties().items()
    }


def _density(elements: dict[tuple[int, int], Observed]) -> Density | None:
    if not elements:
        return None
    norb = 1 + max(max(element) for element in elements)
    values = rdm_matrix({element: item.value for element, item in elements.items()}, norb)
    stderrs = rdm_matrix({element: item.stderr for element, item in elements.items()}, norb)
    numbers, errors = occupations(values, stderrs)
    return Density(_rows(values), _rows(stderrs), tuple(numbers.tolist()), tuple(errors.tolist()))


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())


def _warnings(properties: dict[str, Observed]) -> Iterator[str]:
    for name, item in properties.items():
        if item.off:
            told = f"{item.value:.6g}" if not item.stderr else f"{item.value:.4g} +- {item.stderr:.1g}"
            yield f"{name} is {told}, expected {item.expected:g}: the state found is not, or not only, the one that was looked for"


def _classical(spec: Spec) -> dict[str, float]:
    with blamed("classical"):
        return {name: float(value) for name, value in spec.problem.classical().items()}


def _reference(spec: Spec, ledger: Ledger) -> Reference | None:
    """The classical reference, found once: under a time limit it would depend on how busy the machine is."""
    if ledger.reference is None:
        with blamed("exact"):
            found = reference_of(spec.problem)
        ledger.append(Event(REFERENCE, {"known": None if found is None else asdict(found)}))
    known = (ledger.reference or {})["known"]
    return None if known is None else Reference(**known)


def _ratio(mean: float, stderr: float, reference: Reference | None) -> tuple[float | None, float | None]:
    """(worst - E) / (worst - best), where the best is proven; both in the problem's own sense."""
    if reference is None or reference.worst is None or reference.bound is not None or reference.worst == reference.value:
        return None, None
    span = reference.worst - reference.value
    return (reference.worst - mean) / span, stderr / abs(span)


def _baseline(spec: Spec, sign: int) -> Baseline | None:
    diagonal = spec.problem.diagonal
    if diagonal is None:
        return None
    rng = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(2,)))
    return random_strings(diagonal, spec.objective.shots or STRINGS, rng, sign)
