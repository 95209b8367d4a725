"""Plain loops over `evaluate`: each is a frozen dataclass of options that says what to measure next. No circuits, no jobs, no files."""

from qopt.optimizers.auto import choose
from qopt.optimizers.differential_evolution import DifferentialEvolution
from qopt.optimizers.measure_start import MeasureStart
from qopt.optimizers.response_surface import ResponseSurface
from qopt.optimizers.scipy import Scipy
from qopt.optimizers.spsa import SPSA

__all__ = ["SPSA", "DifferentialEvolution", "MeasureStart", "ResponseSurface", "Scipy", "choose"]
