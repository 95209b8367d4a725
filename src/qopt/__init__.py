"""Durable, honest variational quantum algorithms: one config to a VQE or QAOA result that can be defended.

The public names are imported when they are first used, so that the command line stays quick.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Adapt": "qopt.courses",
    "Ansatz": "qopt.ansatze",
    "BackendError": "qopt.errors",
    "Budget": "qopt.types",
    "Deflation": "qopt.courses",
    "DifferentialEvolution": "qopt.optimizers",
    "Estimate": "qopt.types",
    "Exact": "qopt.objective",
    "Execution": "qopt.execution",
    "Expectation": "qopt.objective",
    "Geometry": "qopt.problems.geometry",
    "Graph": "qopt.problems",
    "Growth": "qopt.courses",
    "Heisenberg": "qopt.problems.spins",
    "InputError": "qopt.errors",
    "Interrupted": "qopt.errors",
    "MaxCut": "qopt.problems",
    "MeasureStart": "qopt.optimizers",
    "Mitigation": "qopt.execution",
    "Molecule": "qopt.problems.molecule",
    "Operator": "qopt.problems",
    "Outcome": "qopt.types",
    "Problem": "qopt.problems",
    "Property": "qopt.problems",
    "QoptError": "qopt.errors",
    "Queued": "qopt.errors",
    "Reference": "qopt.types",
    "ResponseSurface": "qopt.optimizers",
    "Restarts": "qopt.courses",
    "Result": "qopt.types",
    "SPSA": "qopt.optimizers",
    "Sampled": "qopt.objective",
    "SampledSubspace": "qopt.sampled_subspace",
    "Scipy": "qopt.optimizers",
    "Sense": "qopt.types",
    "Simulator": "qopt.execution",
    "Solution": "qopt.types",
    "Space": "qopt.problems.active_space",
    "StorageError": "qopt.errors",
    "TransverseFieldIsing": "qopt.problems.spins",
    "Transpile": "qopt.execution",
    "Waiting": "qopt.execution",
    "decode": "qopt.recordings",
    "fixed_angles": "qopt.starts",
    "from_fcidump": "qopt.problems.molecular_data",
    "from_geometry": "qopt.problems.geometry",
    "hardware_efficient": "qopt.ansatze",
    "qaoa": "qopt.ansatze",
    "ramp": "qopt.starts",
    "read_graph": "qopt.problems",
    "read_recording": "qopt.recordings",
    "record": "qopt.recordings",
    "run": "qopt.runner",
    "shipped": "qopt.problems.molecular_data",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 - the keys are strings


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _PUBLIC:
        message = f"module 'qopt' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
