"""Variational quantum deflation: excited states one after another, each kept apart from those below it by a penalty on overlaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.ansatze.overlap import overlap_circuit
from qopt.evaluator import NOISY_STEP
from qopt.legs import Ended
from qopt.overlaps import Deflated, ExactOverlap, Overlap, default_weights, doubts, pairs
from qopt.starts import random_start
from qopt.types import Estimate, Gradient, Question, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.durable import Stage
    from qopt.evaluator import Evaluator
    from qopt.legs import Leg, Legs
    from qopt.types import Point, Points

OVERLAP = "overlap"
"""The stage in which overlaps with lower levels are measured; its calls have the numbers of the optimizer's calls that they belong to."""
_REACHED = 4096
"""Basis states that are looked at to choose weights."""


@dataclass(frozen=True)
class Deflation:
    """The lowest levels that the ansatz reaches: the first minimises E, the others `E + sum_i weight_i |<psi_i|psi>|^2`.

    Overlaps are measured by the Sampler, as how often `U(phi)^dagger U(theta)` reads zeros, or computed where energies are.

    Attributes:
        levels: How many, the ground state included.
        weight: Of every overlap, in the units of the energy; None chooses one for each level by bounds on the spectrum.
        tries: How many random starts each excited level has; the lowest end is kept.

    References:
        Higgott, Wang, Brierley 2019, arXiv:1805.08138.
    """

    name: ClassVar[str] = "vqd"
    version: ClassVar[int] = 1
    levels: int
    weight: float | None = None
    tries: int = 2

    def __call__(self, legs: Legs) -> Ended:
        """Find the levels, from the lowest up."""
        spec = legs.spec
        ground = legs.minimise(legs.first, spec.ansatz, spec.start)
        found, energies = [ground.point], [legs.value(ground)]
        weights: tuple[float, ...] = ()
        stopped = ground.stopped
        objective = ExactOverlap() if legs.exact else Overlap(spec.objective.shots or 0)
        while len(found) < self.levels and not stopped:
            stage = replace(legs.stage(OVERLAP, overlap_circuit(spec.ansatz), objective), name=OVERLAP)
            weights = self._weights(legs, energies)
            best: tuple[float, Leg] | None = None
            for attempt in range(self.tries):
                legs.say(f"vqd: level {len(found)}, start {attempt + 1} of {self.tries}")
                rng = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(3, len(found), attempt)))
                seen = partial(_Penalised, legs=legs, stage=stage, found=np.array(found), deflated=Deflated(weights))
                leg = legs.minimise(legs.first, spec.ansatz, random_start(len(spec.ansatz.parameters), rng), seen)
                stopped = leg.stopped
                if stopped:
                    break
                value = seen.keywords["deflated"].at(legs, stage, leg.point)
                if best is None or value < best[0]:
                    best = value, leg
            if best is None:
                break
            found.append(best[1].point)
            energies.append(legs.value(best[1]))
        status = legs.stopped if stopped else Status.CONVERGED
        message = f"{len(found)} of {self.levels} levels" if stopped else f"{len(found)} levels"
        return Ended(ground, status, message, points=np.array(found), report={"course": self.name, "weights": list(weights)})
