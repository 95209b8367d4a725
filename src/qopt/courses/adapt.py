"""ADAPT-VQE: the circuit grows by the operator that lowers the energy fastest, and all angles are optimized anew each time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qopt.courses.commutators import Commutators, commutators, on_circuit
from qopt.errors import BudgetReached, InputError
from qopt.legs import Ended
from qopt.types import Question, Status

if TYPE_CHECKING:
    from qopt.courses.pools import Pool
    from qopt.legs import Leg, Legs
    from qopt.problems import Problem
    from qopt.types import Values

POOL = "pool"
"""The stage in which the gradients of the pool are measured; its calls are numbered by the operators that the circuit has."""
_NOTHING = 1e-9
"""Hartree per radian: a gradient that is 0 but for rounding, by a symmetry that the operators keep."""
_TIED = 8
"""Decimals of hartree per radian to which gradients are compared."""
_WORTH = 1e-5
"""Hartree: operators that lower the energy by more were worth adding, however small their gradients were at first."""
_SIGNIFICANT = 2.0
"""Standard errors that a gradient has to be away from 0."""


@dataclass(frozen=True)
class Adapt:
    """Operators of a pool, one after another, each the one with the largest gradient `|<[H, G]>|` in the state found so far.

    All gradients are measured in one job. Where energies are exact that is one gradient of the circuit with the whole pool behind it, at
    angles of 0; else the expectations of all commutators. It stops where the largest gradient is below `gradient`, or can't be told from
    noise. Gradients can be small on the way, in a trough: so where they are exact, up to `lookahead` more operators are added, and it
    goes on if the gradient rises again or the energy falls by more than 1e-5 hartree.

    Attributes:
        pool: Where operators are taken from.
        elements: Their names, which are part of the run's identity.
        operators: How many at most.
        gradient: Of the energy, for each radian.
        tetris: Whether each step adds all operators that don't share an orbital or a qubit with one of a larger gradient.
        lookahead: How many operators are added below `gradient`, to see whether it rises again.

    References:
        Grimsley, Economou, Barnes, Mayhall 2019, arXiv:1812.11173; Tang et al. 2021, arXiv:1911.10205 (pools of Pauli strings);
        Anastasiou et al. 2022, arXiv:2209.10562 (TETRIS); Grimsley et al. 2023, arXiv:2204.07179 (troughs).
    """

    name: ClassVar[str] = "adapt"
    version: ClassVar[int] = 1
    begins_at_saddles: ClassVar[bool] = True
    final: ClassVar[int | None] = None
    pool: Pool = field(repr=False, metadata={"identity": False})
    elements: tuple[str, ...]
    operators: int = 50
    gradient: float = 1e-3
    tetris: bool = False
    lookahead: int = 2

    @classmethod
    def of(cls, pool: Pool, *, operators: int = 50, gradient: float = 1e-3, tetris: bool = False, lookahead: int = 2) -> Adapt:
        """With the pool's own names.

        Raises:
            InputError: If the pool is empty.
        """
        if not pool.names:
            raise InputError("the pool has no operator that stays in the sector: choose a larger active space or another pool", ("pool",))
        return cls(pool, pool.names, operators, gradient, tetris, lookahead)

    def check(self, problem: Problem, *, noisy: bool) -> None:
        """It goes with every problem that the circuit goes with."""

    def __call__(self, legs: Legs) -> Ended:
        """Grow the circuit until a reason to stop is found."""
        growth = _Growth()
        leg = legs.at(legs.first, legs.spec.ansatz, legs.spec.start)
        while True:
            try:
                slopes, errors = self._gradients(legs, leg, growth)
            except BudgetReached as stop:
                return growth.ended(growth.kept or leg, self, legs.stopped, str(stop))
            if growth.added:
                # At a minimum these are 0: what is left tells how far the optimizer is from it, and the same again would not help.
                slopes[growth.added] = 0.0
            growth.gradients.append(float(np.abs(slopes).max()))
            reason = self._reason(slopes, errors, growth, leg, exact=legs.exact)
            if reason is not None:
                status, message = reason
                legs.say(f"adapt: {message}")
                return growth.ended(growth.kept or leg, self, status, message)
            added = self._added(slopes)[: self.operators - len(growth.chosen)]
            growth.added = added
            growth.chosen += added
            legs.say(f"adapt: {growth.told}operator {self._told(added, len(growth.chosen))}; the gradient is {growth.gradients[-1]:.3g}")
            ansatz = self.pool.ansatz(growth.chosen)
            stage = legs.stage(f"operators {len(growth.chosen)}", ansatz)
            before, leg = leg, legs.minimise(stage, ansatz, np.concatenate([leg.point, np.zeros(len(added))]))
            if not leg.calls:
                return growth.ended(before, self, leg.status, leg.message)
            growth.energies.append(float(legs.ledger.values(stage.name, leg.calls)[0].min()))
            growth.ends.append(leg.status)
            if leg.stopped:
                return growth.ended(leg, self, leg.status, leg.message)

    def _gradients(self, legs: Legs, leg: Leg, growth: _Growth) -> tuple[Values, Values]:
        """`(m,)` derivatives of the energy by the angle of each operator behind the circuit, at 0, and their standard errors."""
        count, call = len(self.elements), len(growth.chosen)
        if legs.exact:
            ansatz = self.pool.ansatz([*growth.chosen, *range(count)])
            stage = replace(legs.stage(f"pool behind {call}", ansatz), name=POOL)
            answer = legs.ask(stage, Question(POOL, call, "gradient", np.append(leg.point, np.zeros(count))[None, :]))
            (data,) = answer.read()
            slopes = np.asarray(data["gradients"], dtype=np.float64)[0, -count:]
            return slopes, np.zeros(count)
        shots = legs.spec.objective.shots or 0
        measured = commutators(legs.spec.hamiltonian, [self.pool.generator(index) for index in range(count)])
        frozen = leg.stage.frozen
        stage = legs.observed(POOL, f"pool behind {call}", Commutators(shots, measured), lambda: on_circuit(measured, frozen, shots))
        answer = legs.ask(stage, Question(POOL, call, POOL, leg.point[None, :]))
        return answer.estimate.values, answer.estimate.stderrs

    def _reason(self, slopes: Values, errors: Values, growth: _Growth, leg: Leg, *, exact: bool) -> tuple[Status, str] | None:
        """Why to stop here, or None."""
        sizes = np.abs(slopes)
        best = int(np.argmax(sizes))
        largest, error, count = float(sizes[best]), float(errors[best]), len(growth.chosen)
        told = f"{largest:.2g}" if exact else f"{largest:.2g} +- {error:.1g}"
        if growth.kept is not None and (largest >= self.gradient or growth.drop > _WORTH):
            growth.troughs.append(growth.kept_at)
            growth.kept = None
        if not exact and largest < _SIGNIFICANT * error:
            return Status.CONVERGED, f"after {_counted(count)} the largest gradient, {told}, can't be told from noise"
        if largest < self.gradient:
            if growth.kept is None:
                growth.kept, growth.kept_at, growth.kept_gradient = leg, count, told
                growth.kept_energy = growth.energies[-1] if growth.energies else np.inf
            ahead = count - growth.kept_at
            if largest < _NOTHING or not exact or ahead >= self.lookahead or count >= self.operators:
                looked = f", also with {ahead} more" if ahead else ""
                return Status.CONVERGED, (
                    f"after {_counted(growth.kept_at)} the largest gradient is {growth.kept_gradient}, below {self.gradient:g}{looked}"
                )
        if count >= self.operators:
            return Status.GAVE_UP, f"{_counted(count)} were allowed, the largest gradient is still {told}"
        return None

    def _told(self, added: list[int], count: int) -> str:
        """The operators that are added now, by their numbers."""
        numbers = range(count - len(added) + 1, count + 1)
        return ", operator ".join(f"{number} is {self.elements[index]}" for number, index in zip(numbers, added, strict=True))

    def _added(self, slopes: Values) -> list[int]:
        """The operator of the largest gradient; in TETRIS also all that are as large as asked for and share nothing with a larger one."""
        # Spin partners have the same gradient, and which comes first is not to hang on the last bit.
        order: list[int] = np.argsort(-np.round(np.abs(slopes), _TIED), kind="stable").tolist()
        if not self.tetris:
            return order[:1]
        supports, taken, added = self.pool.supports, set[int](), list[int]()
        for index in order:
            if added and abs(slopes[index]) < self.gradient:
                break
            if taken.isdisjoint(supports[index]):
                taken |= supports[index]
                added.append(index)
        return added


def _counted(operators: int) -> str:
    return f"{operators} operator{'' if operators == 1 else 's'}"


@dataclass
class _Growth:
    """What came of it so far: operators, those added last, largest gradients before and energies after steps, and where troughs were."""

    chosen: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)
    troughs: list[int] = field(default_factory=list)
    ends: list[Status] = field(default_factory=list)
    kept: Leg | None = None
    kept_at: int = 0
    kept_energy: float = 0.0
    kept_gradient: str = ""

    @property
    def told(self) -> str:
        """The energy so far, as the beginning of a sentence."""
        return f"energy {self.energies[-1]:.8g}, " if self.energies else ""

    @property
    def drop(self) -> float:
        """By how much the energy fell since gradients were small."""
        return self.kept_energy - self.energies[-1] if self.energies else 0.0

    def ended(self, leg: Leg, adapt: Adapt, status: Status, message: str) -> Ended:
        """The course's end on a leg, with all that is worth telling."""
        count = len(leg.ansatz.parameters)
        if status is Status.CONVERGED and Status.GAVE_UP in self.ends:
            status, message = Status.GAVE_UP, f"{message}; but the optimizer stopped at its own limit on the way"
        report: dict[str, Any] = {
            "course": adapt.name,
            "operators": [adapt.elements[index] for index in self.chosen[:count]],
            "gradients": self.gradients,
            "energies": self.energies,
            "troughs": self.troughs,
        }
        return Ended(leg, status, message, report=report)
