"""Several random starts of one circuit: for landscapes with many minima, of which the lowest end is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.legs import Ended
from qopt.starts import random_start

if TYPE_CHECKING:
    from qopt.legs import Legs
    from qopt.problems import Problem


@dataclass(frozen=True)
class Restarts:
    """The run's own start, then random ones, each optimized to its end.

    Attributes:
        tries: How many starts there are, the run's own included.
    """

    name: ClassVar[str] = "restarts"
    version: ClassVar[int] = 1
    begins_at_saddles: ClassVar[bool] = False
    final: ClassVar[int | None] = None
    tries: int

    def check(self, problem: Problem, *, noisy: bool) -> None:
        """It goes with every problem that the circuit goes with."""

    def __call__(self, legs: Legs) -> Ended:
        """Run the legs."""
        spec = legs.spec
        best = legs.minimise(legs.first, spec.ansatz, spec.start)
        energies = [legs.value(best)] if best.calls else []
        leg = best
        for attempt in range(1, self.tries):
            if leg.stopped:
                break
            legs.say(f"start {attempt + 1} of {self.tries}")
            rng = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(5, attempt)))
            leg = legs.minimise(legs.first, spec.ansatz, random_start(len(spec.start), rng))
            if not leg.calls:
                break
            energies.append(legs.value(leg))
            if energies[-1] < min(energies[:-1], default=np.inf):
                best = leg
        status = leg.status if leg.stopped else best.status
        # All legs are of one circuit, so the best points of any of them are measured afresh.
        return Ended(replace(best, calls=range(legs.calls)), status, best.message, report={"course": self.name, "energies": energies})
