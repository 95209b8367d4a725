"""One job, from its program to its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qopt.execution import Executor
    from qopt.programs import Program, PubData


def ask(executor: Executor, program: Program) -> list[PubData]:
    """Submit a program and wait for its answer."""
    return executor.result(executor.submit(program, tag="t"), program, tag="t")
