"""From a config to the objects that it names: the one place that picks."""

from qopt.assemble.assembly import fork_of, spec_of
from qopt.assemble.physics import geometry_of

__all__ = ["fork_of", "geometry_of", "spec_of"]
