"""qopt's engines. The conventions of `instances.py` are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qopt.simulate import Engine

PACKAGES = ("qopt-vqa", "numba", "numpy", "scipy")


def qaoa(problem: dict[str, Any], threads: int) -> Engine:
    """The engine for alternating layers."""
    from qopt.diagonal import Diagonal  # noqa: PLC0415 - molecules do without
    from qopt.simulate import QaoaEngine  # noqa: PLC0415 - as above

    supports = np.zeros((len(problem["terms"]), problem["variables"]), dtype=np.bool_)
    for row, (_, support) in zip(supports, problem["terms"], strict=True):
        row[support] = True
    cost = Diagonal(np.array([coefficient for coefficient, _ in problem["terms"]]), supports)
    return QaoaEngine(cost, problem["layers"], threads=threads)


def uccsd(problem: dict[str, Any], threads: int) -> Engine:
    """The engine for excitations."""
    from qopt.ansatze.excitations import Excitation  # noqa: PLC0415 - graphs do without
    from qopt.problems.integrals import Integrals  # noqa: PLC0415 - as above
    from qopt.simulate.excitations import ExcitationEngine  # noqa: PLC0415 - as above

    one_body, two_body = np.array(problem["one_body"]), np.array(problem["two_body"])
    integrals = Integrals(problem["constant"], one_body, two_body, tuple(problem["electrons"]))
    excitations = [Excitation(tuple(created), tuple(annihilated), k) for k, (created, annihilated) in enumerate(problem["excitations"])]
    return ExcitationEngine(integrals, excitations, len(excitations), threads=threads)


def prepare(problem: dict[str, Any], threads: int) -> Engine:
    """The engine of a problem."""
    return uccsd(problem, threads) if problem["kind"] == "uccsd" else qaoa(problem, threads)
