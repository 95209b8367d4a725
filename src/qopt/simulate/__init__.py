"""Exact energies, gradients and samples of parametrised circuits, and qiskit's primitives made of them. No I/O.

The public names are imported when they are first used: each engine brings a library of its own.
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "CircuitEngine": "qopt.simulate.circuits",
    "Engine": "qopt.simulate.engine",
    "ExactEstimator": "qopt.simulate.primitives",
    "ExactSampler": "qopt.simulate.primitives",
    "ExcitationEngine": "qopt.simulate.excitations",
    "QaoaEngine": "qopt.simulate.qaoa",
    "alternating_layers": "qopt.simulate.recognise",
    "choose": "qopt.simulate.choice",
    "expectations": "qopt.simulate.statevector",
    "samples": "qopt.simulate.statevector",
    "states": "qopt.simulate.statevector",
}

__all__ = [*_PUBLIC]  # noqa: PLE0604 - the keys are strings


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _PUBLIC:
        message = f"module 'qopt.simulate' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_PUBLIC[name]), name)
