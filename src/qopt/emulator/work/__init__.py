"""How the emulated platform executes, encodes and bills a job; nothing here knows of HTTP, queues or sessions."""

from qopt.emulator.work.job import Done, Work, WorkFailed
from qopt.emulator.work.perform import perform, quantum_seconds

__all__ = ["Done", "Work", "WorkFailed", "perform", "quantum_seconds"]
