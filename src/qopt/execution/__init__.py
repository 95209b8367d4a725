"""The only room that knows qiskit_ibm_runtime: backends, Sessions, Batches, jobs, primitives, transpiling."""

from qopt.execution.executor import Circumstances, Diary, Execution, Executor, JobFailed, JobLost, JobState, Mode, Primitives, Waiting
from qopt.execution.isa import Transpile

__all__ = [
    "Circumstances",
    "Diary",
    "Execution",
    "Executor",
    "JobFailed",
    "JobLost",
    "JobState",
    "Mode",
    "Primitives",
    "Transpile",
    "Waiting",
]
