"""What a run does between its beginning and its final measurement, where that is more than one optimization."""

from qopt.courses.adapt import Adapt
from qopt.courses.deflation import Deflation
from qopt.courses.growth import Growth
from qopt.courses.pools import ExcitationPool, PauliPool, Pool
from qopt.courses.restarts import Restarts

__all__ = ["Adapt", "Deflation", "ExcitationPool", "Growth", "PauliPool", "Pool", "Restarts"]
