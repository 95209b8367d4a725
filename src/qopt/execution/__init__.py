"""The only room that knows qiskit_ibm_runtime: backends, Sessions, Batches, jobs, primitives, transpiling."""

from qopt.execution.executor import Circumstances, Diary, Execution, Executor, JobFailed, JobLost, JobState, Mode, Primitives, Waiting
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
from qopt.execution.simulator import Simulator

__all__ = [
    "Circumstances",
    "Diary",
    "DynamicalDecoupling",
    "Execution",
    "Executor",
    "JobFailed",
    "JobLost",
    "JobState",
    "LayerNoiseLearning",
    "MeasureNoiseLearning",
    "Mitigation",
    "Mode",
    "Pec",
    "Primitives",
    "Simulator",
    "Transpile",
    "Twirling",
    "Waiting",
    "Zne",
    "mitigation_from",
]
