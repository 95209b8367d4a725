"""Formulas for where to begin: each returns a `(n,)` point without measuring anything."""

from qopt.starts.ccsd import ccsd
from qopt.starts.extrapolate import carried, extrapolate
from qopt.starts.fixed_angles import fixed_angles
from qopt.starts.mp2 import mp2
from qopt.starts.ramps import annealing, interp, ramp
from qopt.starts.simple import random_start, zeros

__all__ = ["annealing", "carried", "ccsd", "extrapolate", "fixed_angles", "interp", "mp2", "ramp", "random_start", "zeros"]
