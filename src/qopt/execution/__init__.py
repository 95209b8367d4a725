"""The only room that knows qiskit_ibm_runtime: backends, Sessions, Batches, jobs, primitives, transpiling."""

from qopt.execution.executor import Execution, Executor, JobLost, JobState, Mode, Primitives
from qopt.execution.isa import Transpile

__all__ = ["Execution", "Executor", "JobLost", "JobState", "Mode", "Primitives", "Transpile"]
