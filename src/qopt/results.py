"""The fold: what was measured, what is known classically and what chance would give, as one `Result` in the problem's own sense."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.diagonal import simplified
from qopt.errors import blamed
from qopt.final import STRINGS, Twice
from qopt.journal import Event
from qopt.ledger import MAIN, REFERENCE, Ledger
from qopt.overlaps import doubts
from qopt.problems import reference_of
from qopt.problems.excitation_product import ExcitationProduct
from qopt.properties import occupations, rdm_matrix
from qopt.references import random_strings
from qopt.remote import usage_of
from qopt.types import SIGNIFICANT, Baseline, Density, Level, Observed, Points, Reference, Result, Status, Subspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from qopt.durable import Answer, Stage
    from qopt.legs import Ended
    from qopt.spec import Spec


_BELOW = 1e-6
"""Where an optimizer of exact energies may end below a level, by rounding."""


def fold(  # noqa: PLR0913 - all that a result is made of
    spec: Spec,
    ledger: Ledger,
    final: Stage,
    points: Points,
    answer: Answer,
    ended: Ended,
    *,
    evaluations: int,
    subspace: dict[str, Any] | None = None,
) -> Result:
    """The result of a run from its final measurement: the first half of it chooses the point, the second half is reported."""
    policy = final.objective
    assert isinstance(policy, Twice)  # noqa: S101 - the final stage has no other
    sign = spec.problem.sense.sign
    count = len(points)
    chosen = chosen_of(answer, ended)
    value, stderr = answer.estimate.values[count + chosen], answer.estimate.stderrs[count + chosen]
    data = answer.read()
    means = policy.mean(final.frozen, data, final.energies)
    mean, mean_stderr = float(means.values[chosen]), float(means.stderrs[chosen])
    counts = policy.counts(final.frozen, data, chosen)
    seen, _ = ledger.values(MAIN)
    reference = _reference(spec, ledger)
    ratio, ratio_stderr = _ratio(sign * mean, mean_stderr, reference)
    usage = usage_of(spec, ledger, final.frozen) if spec.device.remote else None
    observed = policy.beside(final.frozen, data)
    beside = _beside(spec, observed, chosen)
    properties = {name: item for name, (item, element) in beside.items() if element is None}
    classical = _classical(spec)
    levels = () if ended.points is None else _levels(spec, points, answer, observed)
    doubtful = tuple(_doubts(ended, levels, sign))
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
        converged=ended.status is Status.CONVERGED and not doubtful,
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
        groups=_groups(spec),
        hf=classical.get("hf"),
        ccsd=classical.get("ccsd"),
        operators=_operators(ended),
        properties=properties,
        density=_density({element: item for item, element in beside.values() if element is not None}),
        levels=levels,
        warnings=(*_warnings(properties), *doubtful),
        sqd=None if subspace is None else Subspace(**{**subspace, "history": tuple(subspace["history"])}),
        course=None if ended.report is None else dict(ended.report),
    )


def chosen_of(answer: Answer, ended: Ended) -> int:
    """The row of the final measurement that is reported.

    Among candidates the first half chooses. Levels are measured in their order, and the lowest of them is the first.
    """
    return int(np.argmin(answer.estimate.values[: len(answer.estimate.values) // 2])) if ended.points is None else 0


def _beside(spec: Spec, data: dict[str, list[NDArray[np.float64]]], row: int) -> dict[str, tuple[Observed, tuple[int, int] | None]]:
    """The problem's properties at one of the points, and for elements of the density matrix which these are."""
    if spec.grouping is None:
        return {}
    values = spec.grouping.decode(data["evs"], spec.objective.shots, stds=data.get("stds"))
    return {
        name: (Observed(float(values[name][0][row]), float(values[name][1][row]), item.expected, item.units), item.element)
        for name, item in spec.problem.properties().items()
    }


def _levels(spec: Spec, points: Points, answer: Answer, observed: dict[str, list[NDArray[np.float64]]]) -> tuple[Level, ...]:
    """Every point of the final measurement as a level of its own, by its second half."""
    sign, count, values = spec.problem.sense.sign, len(points), answer.estimate
    conserved = {name for name, item in spec.problem.properties().items() if item.conserved}
    with blamed("levels"):
        exact = spec.problem.levels(count) or ()
    return tuple(
        Level(
            sign * float(values.values[count + row]),
            float(values.stderrs[count + row]),
            tuple(points[row].tolist()),
            sign * exact[row] if row < len(exact) else None,
            {
                name: item if name in conserved else replace(item, expected=None)
                for name, (item, element) in _beside(spec, observed, row).items()
                if element is None
            },
        )
        for row in range(count)
    )


def _doubts(ended: Ended, levels: tuple[Level, ...], sign: int) -> Iterator[str]:
    """What is doubtful about levels that were kept apart by penalties."""
    for number, level in enumerate(levels[1:], 1):
        yield from (f"level {number}: {warning}" for warning in _warnings(level.properties))
        if level.exact is not None and sign * (level.exact - level.value) > SIGNIFICANT * level.stderr + _BELOW:
            yield f"level {number} lies below the exact one: it holds some of a lower level, or is of other electrons"
    report = ended.report or {}
    for number, (overlaps, weights) in enumerate(zip(report.get("overlaps", []), report.get("weights", []), strict=True), 1):
        below = levels[: number + 1]
        yield from doubts([sign * level.value for level in below], [level.stderr for level in below], overlaps, weights)


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


def _operators(ended: Ended) -> tuple[str, ...]:
    product = ended.leg.ansatz.product
    return tuple(excitation.name for excitation in product.excitations) if isinstance(product, ExcitationProduct) else ()


def _groups(spec: Spec) -> int | None:
    if spec.objective.sampled or spec.objective.shots is None:
        return None
    return len(spec.objective.observables(spec.hamiltonian))


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
