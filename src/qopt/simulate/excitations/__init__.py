"""Exact simulation of ansatzes made of fermionic excitations, such as UCC: integrals and a list of excitations in, numbers out."""

from qopt.simulate.excitations.engine import ExcitationEngine
from qopt.simulate.excitations.memory import memory_needed

__all__ = ["ExcitationEngine", "memory_needed"]
