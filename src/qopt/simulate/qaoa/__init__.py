"""Exact energies, gradients and samples of QAOA with the X mixer, close to the limits of the machine. Importing it doesn't import numba."""

from qopt.simulate.qaoa.engine import QaoaEngine, compile_needed, compiles, memory_of
from qopt.simulate.qaoa.layout import memory_needed

__all__ = ["QaoaEngine", "compile_needed", "compiles", "memory_needed", "memory_of"]
