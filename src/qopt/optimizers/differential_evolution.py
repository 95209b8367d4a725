"""A population that searches a whole box, with one job for each generation. The search itself is SciPy's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, get_args

import numpy as np
from scipy import optimize

from qopt.errors import InputError
from qopt.optimizers.options import count, fraction, is_number, positive
from qopt.types import Outcome

if TYPE_CHECKING:
    from qopt.types import Evaluate, Point, Points, Values

Strategy: TypeAlias = Literal["best1bin", "rand1bin", "best2bin", "rand2bin", "currenttobest1bin", "randtobest1bin"]

_LARGEST_MUTATION = 2.0


@dataclass(frozen=True)
class DifferentialEvolution:
    """Differential evolution over the box `start - radius .. start + radius`, one generation a job.

    For rugged landscapes and poor starts. It ends when the population's values agree within `tol`, or after `maxiter` generations.

    Attributes:
        popsize: Members for each parameter; the population has `popsize * n`, and at least five.
        maxiter: Generations at most, after the first population.
        tol: The relative spread of the population's values that ends the search.
        mutation: The differential weight; two numbers are the range that it is drawn from in every generation.
        recombination: The probability that a parameter is taken from the mutant.
        strategy: One of SciPy's.
        radius: Half the edge of the box, radians; pi covers the period of an angle.

    References:
        Storn, Price 1997, J. Glob. Optim. 11, 341.
    """

    name: ClassVar[str] = "differential-evolution"
    version: ClassVar[int] = 1
    popsize: int = 15
    maxiter: int = 100
    tol: float = 0.01
    mutation: float | tuple[float, float] = (0.5, 1.0)
    recombination: float = 0.7
    strategy: Strategy = "best1bin"
    radius: float = math.pi

    def __post_init__(self) -> None:
        """Refuse what can't be done."""
        count("popsize", self.popsize)
        count("maxiter", self.maxiter)
        positive("tol", self.tol)
        positive("radius", self.radius)
        fraction("recombination", self.recombination)
        bounds = list(self.mutation) if isinstance(self.mutation, (tuple, list)) else [self.mutation]
        if len(bounds) not in (1, 2) or not all(is_number(bound) and 0 <= bound < _LARGEST_MUTATION for bound in bounds):
            message = f"mutation is {self.mutation!r}, expected a number from 0 to below 2, or two of them"
            raise InputError(message, ("mutation",))
        if self.strategy not in get_args(Strategy):
            message = f"strategy is {self.strategy!r}, expected one of {', '.join(get_args(Strategy))}"
            raise InputError(message, ("strategy",))

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome:
        """Minimise within the box around `start`, which is a member of the first population."""

        def generation(members: Points) -> Values:
            """SciPy's vectorised form has a member in each column."""
            return evaluate(np.ascontiguousarray(members.T)).values

        result = optimize.differential_evolution(
            generation,  # type: ignore[arg-type]  # the stubs know no vectorised form
            optimize.Bounds(start - self.radius, start + self.radius),
            strategy=self.strategy,
            maxiter=self.maxiter,
            popsize=self.popsize,
            tol=self.tol,
            mutation=self.mutation,
            recombination=self.recombination,
            rng=rng,
            polish=False,
            x0=start,
            updating="deferred",
            vectorized=True,
        )
        return Outcome(np.array(result.x, dtype=np.float64), converged=bool(result.success), message=str(result.message))
