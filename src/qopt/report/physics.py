"""What a result says of a molecule's states, as facts for its table: classical energies beside it, levels, properties, subspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qopt.report.layout import Fact
from qopt.report.text import NBSP, count, measured, number

if TYPE_CHECKING:
    from collections.abc import Sequence

_ACCURACY = 1.6
"""Millihartree: 1 kcal/mol, which is called chemical accuracy."""
_NAMES = {"S2": "S²"}
_ORBITALS = 12
"""Up to how many occupation numbers are shown; `result.json` has them all."""


def beside(result: dict[str, Any]) -> Sequence[Fact]:
    """How far a molecule's energy is from the exact one, and energies of classical methods."""
    reference, units, rows = result["reference"], result["units"], []
    if units == "Ha" and reference is not None and reference.get("bound") is None:
        distance, error = 1e3 * (result["mean"] - reference["value"]), 1e3 * result["mean_stderr"]
        told = measured(distance, error, "mHa") if error else f"{distance:.3g}{NBSP}mHa"
        rows.append(Fact("above exact", told, f"(chemical accuracy is {_ACCURACY}{NBSP}mHa)", "" if distance <= _ACCURACY else "yellow"))
    for key, label in (("hf", "Hartree-Fock"), ("ccsd", "CCSD")):
        if result.get(key) is not None:
            rows.append(Fact(label, f"{number(result[key])}{NBSP}{units}".rstrip(NBSP)))
    return rows


def states(result: dict[str, Any]) -> Sequence[Fact]:
    """Levels, properties and occupation numbers, what was diagonalised, and what is not as it should be."""
    rows = [_level(index, level, result["units"]) for index, level in enumerate(result.get("levels") or [])]
    properties = result.get("properties") or {}
    if properties:
        rows.append(Fact("properties", ", ".join(_property(name, item) for name, item in properties.items())))
    density = result.get("density")
    if density is not None and len(density["occupations"]) <= _ORBITALS:
        rows.append(Fact("occupations", ", ".join(f"{occupation:.3f}" for occupation in density["occupations"]), "(natural orbitals)"))
    subspace = result.get("sqd")
    if subspace is not None:
        chance = f"(from random determinants {number(subspace['random_energy'])}; {subspace['right']:.0%} of shots had the right electrons)"
        text = f"{number(subspace['energy'])}{NBSP}Ha among {subspace['dimension']:,} determinants"
        rows.append(Fact("SQD", text, chance))
    return [*rows, *(Fact("look here", warning, style="yellow") for warning in result.get("warnings") or [])]


def size(result: dict[str, Any]) -> Sequence[Fact]:
    """How large the problem is on qubits, for what is measured term by term."""
    if result.get("terms") is None or result.get("hf") is None:
        return []
    groups = "" if result.get("groups") is None else f", {result['groups']:,} groups that are measured together"
    return [Fact("Hamiltonian", f"{count(result['qubits'], 'qubit')}, {count(result['terms'], 'term')}{groups}")]


def _level(index: int, level: dict[str, Any], units: str) -> Fact:
    exact = "" if level["exact"] is None else f"exact {number(level['exact'])}"
    spin = level["properties"].get("S2")
    told = [
        "" if item is None else f"{label} {round(item['value'], 6):.3g}"
        for label, item in (("N", level["properties"].get("N")), ("S²", spin))
    ]
    notes = ", ".join(part for part in (exact, *told) if part)
    return Fact(f"level {index}", measured(level["value"], level["stderr"], units), f"({notes})" if notes else "")


def _property(name: str, item: dict[str, Any]) -> str:
    """Rounded where it was computed: what is left of a zero is no news."""
    value = measured(item["value"], item["stderr"]) if item["stderr"] else f"{round(item['value'], 5) + 0.0:g}"
    return f"{_NAMES.get(name, name)}{NBSP}{value}{NBSP}{item['units']}".replace(" ", NBSP).rstrip(NBSP)
