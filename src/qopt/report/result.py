"""A result as a table for people: what was measured, what is known, what chance would give, and what it took."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, TextIO

from qopt.report.layout import Fact, Line, facts, rendered, width_of, wrap
from qopt.report.physics import beside, size, states
from qopt.report.text import NBSP, count, measured, number, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DERIVED = ("result.json", "convergence.png", "convergence.svg")
_ANGLES = 8
"""Up to how many parameters are shown; `result.json` has them all."""


def result_table(result: dict[str, Any], folder: Path | None = None, *, stream: TextIO | None = None) -> str:
    """The table of a result, in colour and as wide as the stream allows.

    Args:
        result: `Result.to_json()`.
        folder: The run folder, to say where the files are.
        stream: Where it will be written; by default standard output.
    """
    stream = stream or sys.stdout
    return rendered(result_lines(result, folder, width_of(stream)), stream)


def result_lines(result: dict[str, Any], folder: Path | None, width: int) -> list[Line]:
    """The table of a result as lines."""
    title = wrap([(result["name"], "bold"), (f"({result['sense']}d)", "dim")], width)
    return [*title, [], *facts([_measured(result), states(result), _chance(result), _effort(result, folder)], width)]


def reference_text(reference: dict[str, Any], units: str = "") -> str:
    """How a reference is told: `17 (brute force)`, or `23 (milp, best found; at most 24.5)`."""
    unit = f"{NBSP}{units}" if units else ""
    kind = str(reference["kind"])
    if reference.get("bound") is not None:
        kind = f"{kind}; proven bound{NBSP}{number(reference['bound'])}"
    return f"{number(reference['value'])}{unit} ({kind})"


def _measured(result: dict[str, Any]) -> Sequence[Fact]:
    units, reference, best = result["units"], result["reference"], result["best"]
    rows = [
        Fact(
            "value",
            measured(result["value"], result["stderr"], units, sampled=_noisy(result)),
            "(measured afresh)" if _noisy(result) else "",
            "bold",
        )
    ]
    if result["mean"] != result["value"]:
        rows.append(Fact("expectation", measured(result["mean"], result["mean_stderr"], units), "(of all shots; value is a CVaR)"))
    if reference is not None:
        rows.append(Fact("best possible" if reference.get("bound") is None else "best known", reference_text(reference, units)))
    rows += beside(result)
    if result["approximation_ratio"] is not None:
        ratio = measured(result["approximation_ratio"], result["approximation_ratio_stderr"] or 0.0)
        rows.append(Fact("approx. ratio", ratio, "(of the expectation)" if result["mean"] != result["value"] else ""))
    if best is not None:
        rows.append(Fact("best string", f"{best['bits']}, value{NBSP}{number(best['value'])}", _standing(best, reference)))
        if best["text"]:
            rows.append(Fact("", best["text"]))
    return rows


def _noisy(result: dict[str, Any]) -> bool:
    """Whether energies were measured with shots: those of sample-based diagonalization have none."""
    return bool(result["shots"] > (result.get("sqd") or {}).get("shots", 0))


def _standing(best: dict[str, Any], reference: dict[str, Any] | None) -> str:
    if reference is None or not math.isclose(best["value"], reference["value"], rel_tol=1e-9, abs_tol=1e-12):
        return ""
    return "(the optimum)" if reference.get("bound") is None else "(the best known)"


def _chance(result: dict[str, Any]) -> Sequence[Fact]:
    baseline, sampled = result["baseline"], _noisy(result)
    unit = f"{NBSP}{result['units']}" if result["units"] else ""
    rows = []
    if baseline is not None:
        notes = {"random": "(as many strings as shots)" if sampled else "", "random + 1-flip": ""}
        for (label, note), (mean, best) in zip(notes.items(), (("random", "random_best"), ("greedy", "greedy_best")), strict=True):
            rows.append(Fact(label, f"mean{NBSP}{number(baseline[mean], 5)}{unit}, best{NBSP}{number(baseline[best])}{unit}", note))
    extreme = "lowest" if result["sense"] == "minimise" else "highest"
    note = f"(the optimizer's {extreme}: biased, a diagnostic)" if sampled else f"({extreme} of all values)"
    return [*rows, Fact("best seen", f"{number(result['best_seen'], 6)}{unit}", note, "dim")]


def _usage(result: dict[str, Any]) -> Sequence[Fact]:
    """What it took of a device, and what is worth knowing about that."""
    usage = result.get("usage")
    if usage is None:
        return []
    unsettled = f"({count(usage['unsettled'], 'job')} not billed yet)" if usage["unsettled"] else ""
    rows = [Fact("QPU time", f"{usage['qpu_seconds']:.1f}{NBSP}s on {usage['device']}", unsettled)]
    if usage["session_seconds"] is not None:
        rows.append(Fact("Session", f"{usage['session_seconds']:.1f}{NBSP}s billed, the QPU busy for {usage['session_busy']:.0%} of it"))
    if usage["reason"]:
        rows.append(Fact("mode", usage["mode"], f"({usage['reason']})"))
    for drift in usage["drift"]:
        moved = measured(drift["shift"], drift["stderr"], result["units"])
        rows.append(Fact("drift", f"{moved} at the first point", "(the device was calibrated anew)"))
    return rows


def _effort(result: dict[str, Any], folder: Path | None) -> Sequence[Fact]:
    spent = [count(result["evaluations"], "evaluation"), count(result["jobs"], "job")]
    spent.append(count(result["shots"], "shot") if result["shots"] else f"no{NBSP}shots")
    rows = [*size(result), Fact("effort", ", ".join(spent)), Fact("engine", result["engine"]), *_usage(result)]
    if 0 < len(result["parameters"]) <= _ANGLES:
        pairs = zip(result["parameters"], result["point"], strict=True)
        rows.append(Fact("point", ", ".join(f"{printable(name)}{NBSP}{angle:#.4g}" for name, angle in pairs)))
    rows.append(Fact("status", result["status"], style="green" if result["converged"] else "yellow"))
    if folder is not None:
        there = [name for name in _DERIVED if (folder / name).exists()]
        rows.append(Fact("files", str(folder), f"({', '.join(there)})" if there else ""))
    return rows
