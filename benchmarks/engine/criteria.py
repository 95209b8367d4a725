"""What the engine has to be worth, line by line, and whether the records show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from records import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from records import Record

LIGHTNING, AER, MINDQUANTUM = "PennyLane lightning", "Aer EstimatorV2", "MindQuantum"
FFSIM, FFSIM_FACTORS = "ffsim", "ffsim, factor by factor"
SYMMETRIC = ("weighted", "terms of order 4")
"""Costs of `sections.costs` that a flip of all spins doesn't change."""
_NOT_RIVALS = ("qopt", "physical bound")


@dataclass(frozen=True)
class Verdict:
    """One line.

    Attributes:
        text: What is asked for.
        verdict: met, NOT MET or not measured.
        detail: The worst case that was measured, and how many there were.
    """

    text: str
    verdict: str
    detail: str


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        where: Of which problem.
        number: A ratio, or what is measured.
        good: Whether it is as it should be.
    """

    where: str
    number: float
    good: bool


def verdicts(records: Sequence[Record]) -> Iterator[Verdict]:
    """All lines; a line is met if every case that was measured is."""
    qaoa = [record for record in records if record.section == "qaoa"]
    large = [record for record in qaoa if record.about["n"] >= 16]  # noqa: PLR2004 - where states leave the first caches
    small = [record for record in qaoa if record.about["n"] == 12]  # noqa: PLR2004 - the smallest size asked for
    yield _at_least("QAOA from n = 16 on: 6 times faster than the best other package", 6.0, _faster(large, None))
    yield _at_least("QAOA at n = 12: 4 times faster than the best other package", 4.0, _faster(small, None))
    yield _at_least("QAOA: 12 times faster than PennyLane lightning", 12.0, _faster(qaoa, LIGHTNING))
    yield _at_least("QAOA: 40 times faster than Aer EstimatorV2 (energies; it has no gradients)", 40.0, _faster(qaoa, AER))
    yield _at_most("QAOA at n >= 20: at most 8 times the physical bound", 8.0, _over_bound(large))
    batches = [record for record in records if record.section == "batch"]
    yield _at_least("Batch of 32 at n = 12: 10 times faster than the best other package", 10.0, _faster(batches, None))
    ours = "at most 2 times slower than unweighted"
    yield _at_most(f"Weighted costs, and of higher even order: {ours}", 2.0, _costs(records, symmetric=True))
    yield _at_most(f"Costs with fields or of odd order, with twice the states: {ours}", 2.0, _costs(records, symmetric=False))
    molecules = [record for record in records if record.section == "uccsd"]
    energies = [record for record in molecules if record.quantity == "energy"]
    yield _at_least("UCCSD energy: 150 times faster than ffsim's own UCCSD", 150.0, _faster(energies, FFSIM))
    yield _at_least("UCCSD energy: 150 times faster than ffsim made to compute the same factors", 150.0, _faster(energies, FFSIM_FACTORS))
    gradients = [record for record in molecules if record.quantity == "gradient" and record.about["molecule"] != "H2"]
    yield _at_least("UCCSD gradient, from LiH on: 500 times faster than MindQuantum", 500.0, _faster(gradients, MINDQUANTUM))
    yield _at_most("UCCSD: a gradient takes at most 3 energies", 3.0, _gradients(molecules))
    setups = [record for record in molecules if record.quantity == "set-up"]
    yield _at_most("UCCSD: tables set up in at most 0.2 s", 0.2, _numbers(setups), "s")
    whole = [record for record in records if record.section == "commands"]
    yield _at_least("Whole commands: faster than qiskit-algorithms and PennyLane", 1.0, _faster(whole, None))
    peaks = [record for record in records if record.section == "memory" and record.unit == "bytes" and record.about["n"] == 26]  # noqa: PLR2004
    yield _at_most("Energy and gradient at n = 26, p = 2 fit in 8 GB", 8e9, _numbers(peaks), "bytes")
    yield _agreement(records)


def _at_least(text: str, limit: float, numbers: Iterable[tuple[str, float]]) -> Verdict:
    return _judged(text, [Case(where, number, number >= limit) for where, number in numbers], min, "")


def _at_most(text: str, limit: float, numbers: Iterable[tuple[str, float]], unit: str = "") -> Verdict:
    return _judged(text, [Case(where, number, number <= limit) for where, number in numbers], max, unit)


def _judged(text: str, cases: list[Case], worst_of: Callable[..., Case], unit: str) -> Verdict:
    if not cases:
        return Verdict(text, "not measured", "")
    worst = worst_of(cases, key=lambda case: case.number)
    number = shown(worst.number, unit) if unit else f"{worst.number:.3g} times"
    good = sum(case.good for case in cases)
    return Verdict(text, "met" if good == len(cases) else "NOT MET", f"{good} of {len(cases)}; worst {number}, {worst.where}")


def _groups(records: Iterable[Record]) -> dict[str, dict[str, Record]]:
    """By what they have in common and by contender, those with a number."""
    groups: dict[str, dict[str, Record]] = {}
    for record in records:
        if record.median:
            groups.setdefault(record.title, {})[record.contender] = record
    return groups


def _faster(records: Iterable[Record], rival: str | None) -> Iterator[tuple[str, float]]:
    """How many times faster qopt is than a rival, or than the best of all; one group of records each."""
    for title, members in _groups(records).items():
        rivals = [record for name, record in members.items() if (name == rival if rival else not name.startswith(_NOT_RIVALS))]
        if rivals and "qopt" in members:
            best = min(rivals, key=lambda record: record.median or 0.0)
            yield f"{title}, {best.contender}", (best.median or 0.0) / (members["qopt"].median or 0.0)


def _over_bound(records: Iterable[Record]) -> Iterator[tuple[str, float]]:
    for title, members in _groups(record for record in records if record.about["n"] >= 20).items():  # noqa: PLR2004 - as the line says
        if {"qopt", "physical bound"} <= members.keys():
            yield title, (members["qopt"].median or 0.0) / (members["physical bound"].median or 0.0)


def _costs(records: Iterable[Record], *, symmetric: bool) -> Iterator[tuple[str, float]]:
    """Ratios to the unweighted cut, of costs that a flip of all spins leaves as they are, or of the others."""
    for title, members in _groups(record for record in records if record.section == "costs").items():
        for name, record in members.items():
            if name != "qopt" and "qopt" in members and symmetric == (name in SYMMETRIC):
                yield f"{title}, {name}", (record.median or 0.0) / (members["qopt"].median or 0.0)


def _gradients(records: Iterable[Record]) -> Iterator[tuple[str, float]]:
    own = [record for record in records if record.contender == "qopt" and record.median]
    energies = {(record.about["molecule"], record.threads): record.median for record in own if record.quantity == "energy"}
    for record in own:
        energy = energies.get((record.about["molecule"], record.threads))
        if record.quantity == "gradient" and energy:
            yield record.title, (record.median or 0.0) / energy


def _numbers(records: Iterable[Record]) -> Iterator[tuple[str, float]]:
    return ((record.title, record.median) for record in records if record.median and record.contender == "qopt")


def _agreement(records: Iterable[Record]) -> Verdict:
    text = "All that were timed agree to 1e-8 at points of their own"
    differing = [record for record in records if record.missing.startswith("DISAGREES")]
    if differing:
        return Verdict(text, "NOT MET", "; ".join(f"{record.contender}, {record.title}: {record.missing}" for record in differing))
    timed = sum(record.median is not None and record.contender not in _NOT_RIVALS for record in records)
    return Verdict(text, "met" if timed else "not measured", f"{timed} timings of others than qopt" if timed else "")
