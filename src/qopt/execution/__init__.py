"""The only room that knows qiskit_ibm_runtime: backends, Sessions, Batches, jobs, primitives, transpiling."""

from qopt.execution.executor import Execution, Executor, JobLost, JobState, Mode, Primitives
from qopt.execution.isa import Transpile
from qopt.execution.mitigation import (
    DynamicalDecoupling,
    LayerNoiseLearning,
    MeasureNoiseLearning,
    Mitigation,
    Pec,
    Twirling,
    Zne,
    mitigation_from,
)

__all__ = [
    "DynamicalDecoupling",
    "Execution",
    "Executor",
    "JobLost",
    "JobState",
    "LayerNoiseLearning",
    "MeasureNoiseLearning",
    "Mitigation",
    "Mode",
    "Pec",
    "Primitives",
    "Transpile",
    "Twirling",
    "Zne",
    "mitigation_from",
]
