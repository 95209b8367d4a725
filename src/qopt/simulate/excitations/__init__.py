"""Exact simulation of ansatzes made of fermionic excitations, such as UCC: integrals and a list of excitations in, numbers out."""

from qopt.simulate.excitations.engine import ExcitationEngine, engine_name
from qopt.simulate.excitations.memory import check_size, memory_needed
from qopt.simulate.excitations.overlaps import OverlapEngine

__all__ = ["ExcitationEngine", "OverlapEngine", "check_size", "engine_name", "memory_needed"]
