"""A plan as a table for people: what would run, what each mode takes, which is best, and which limits are in the way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from qopt.report.layout import Fact, Line, columns, facts, rendered, width_of, wrap
from qopt.report.text import NBSP, count, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.plan import Plan
    from qopt.planning.service import Limit

_MEGA = 1e6
_KILO = 1e3


def plan_table(plan: Plan, *, stream: TextIO | None = None) -> str:
    """The table of a plan, in colour and as wide as the stream allows.

    Args:
        plan: What is shown.
        stream: Where it will be written; by default standard output.
    """
    stream = stream or sys.stdout
    return rendered(plan_lines(plan, width_of(stream)), stream)


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """The table of a plan as lines."""
    where = f"on {plan.device}" + (f", planned on {plan.twin}" if plan.twin != plan.device else "")
    title = wrap([(plan.name, "bold"), (f"({where})", "dim")], width)
    groups = [_work(plan), _choice(plan), _limits(plan), _notes(plan)]
    first, *rest = (facts([group], width) for group in groups if group)
    lines = [*title, [], *first, [], *_modes(plan)]
    for part in rest:
        lines += [[], *part]
    return lines


def _work(plan: Plan) -> Sequence[Fact]:
    circuit = plan.circuit
    layers = f"in{NBSP}{count(circuit.two_qubit_depth, 'layer')}"
    shape = f"{count(circuit.qubits, 'qubit')}, depth{NBSP}{circuit.depth:,}, {count(circuit.two_qubit_gates, 'two-qubit gate')} {layers}"
    fidelity = "" if circuit.fidelity is None else f"(fidelity about {circuit.fidelity:.2g}, by reported errors)"
    more = "" if plan.complete else f"more{NBSP}than{NBSP}"
    spread = f"({plan.least_jobs:,} to {plan.most_jobs:,} in the dry runs)" if plan.least_jobs != plan.most_jobs else ""
    sizes = f"{count(plan.points, 'point')}, {count(plan.circuits, 'circuit')}, {count(plan.pubs, 'PUB')}, {count(plan.shots, 'shot')}"
    runs = [Fact("runs", f"{plan.runs:,}")] if plan.runs > 1 else []
    return [
        *runs,
        Fact("circuit", f"{shape}, {circuit.seconds * _MEGA:.3g}{NBSP}µs", fidelity),
        Fact("measured by", f"{circuit.primitive}, in {count(circuit.groups, 'basis', 'bases')}"),
        Fact("jobs", f"{more}{count(plan.jobs, 'job')}", spread, "bold"),
        Fact("work", sizes),
        Fact("QPU time", f"{more}{_time(plan.seconds)}", f"(up to {_time(plan.upper)}, until bills correct the estimate)", "bold"),
    ]


def _modes(plan: Plan) -> list[Line]:
    head = [("", ""), ("mode", "dim"), ("billed", "dim"), ("wall time", "dim")]
    rows = [
        [
            ("", ""),
            (cost.mode, "bold" if cost.mode == plan.decision.mode else ""),
            (duration(cost.billed), ""),
            (duration(cost.wall), ""),
        ]
        for cost in plan.modes
    ]
    return columns([head, *rows])


def _choice(plan: Plan) -> Sequence[Fact]:
    rows = [Fact("best mode", plan.decision.mode, f"({plan.decision.reason})", "bold")]
    if plan.configured not in ("auto", plan.decision.mode):
        rows.append(Fact("config's mode", plan.configured, "(execution.mode; auto takes the best)"))
    if plan.open_decision != plan.decision:
        rows.append(Fact("open plan", plan.open_decision.mode, f"({plan.open_decision.reason})"))
    return rows


def _limits(plan: Plan) -> Sequence[Fact]:
    return [
        Fact(
            limit.name,
            f"{_amount(limit.value, limit)} of {_amount(limit.most, limit)}",
            "" if limit.fits else "(too much)",
            "" if limit.fits else "red",
        )
        for limit in plan.limits
    ]


def _notes(plan: Plan) -> Sequence[Fact]:
    return [Fact("notes" if index == 0 else "", f"·{NBSP}{note}", style="dim") for index, note in enumerate(plan.notes)]


def _amount(value: float, limit: Limit) -> str:
    if limit.unit == "s":
        return _time(value)
    if limit.unit == "B":
        return f"{value / _MEGA:.3g}{NBSP}MB" if value >= _MEGA else f"{value / _KILO:.3g}{NBSP}kB"
    return f"{round(value):,}"


def _time(seconds: float) -> str:
    return duration(seconds).replace(" ", NBSP)
