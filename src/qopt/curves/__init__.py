"""Energies along a coordinate, such as a bond length: in which order points are computed, and what the finished curve says."""

from qopt.curves.fit import Depth, Minimum, fit, well_depth
from qopt.curves.walk import Step, better, walk

__all__ = ["Depth", "Minimum", "Step", "better", "fit", "walk", "well_depth"]
