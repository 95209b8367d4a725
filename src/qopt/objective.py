"""What is minimised: points to programs and data back to estimates. Pure: no backend, no files, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

import numpy as np

from qopt.diagonal import simplified
from qopt.errors import BackendError, InputError
from qopt.programs import Frozen, Program, Pub, PubData, distinct
from qopt.types import Bits, Estimate, Points, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

_FEWEST_AVERAGED = 10
"""Shots. The scatter of a tail of fewer can't be told from the tail itself."""

Energies: TypeAlias = Callable[[Bits], Values]


class Objective(Protocol):
    """How points are measured. `name` and the options are part of a run's identity."""

    name: ClassVar[str]

    @property
    def shots(self) -> int | None:
        """Shots of one circuit at one point; None where exact."""
        ...

    @property
    def sampled(self) -> bool:
        """Whether bit strings are measured (and not expectations of observables)."""
        ...

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:
        """The groups of observables to lay out and freeze; none where sampled."""
        ...

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """The program that measures `(k, n)` points."""
        ...

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:
        """The objective at each point, from the program's data; `energies` is for strings."""
        ...


class OfStrings:
    """What all that is made of bit strings asks for: one PUB, and no observables."""

    sampled: ClassVar[bool] = True
    shots: int

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:  # noqa: ARG002 - the protocol's
        """None: strings are measured."""
        return ()

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """One PUB with an array of points."""
        return Program((Pub(frozen, points, (), self.shots),), seed)


@dataclass(frozen=True)
class Sampled(OfStrings):
    """Measure bit strings by the Sampler and average their energies, all of them or the lowest fraction.

    Attributes:
        shots: For each point.
        cvar: The fraction alpha of lowest energies that is averaged (conditional value at risk); 1 is the mean.

    References:
        Barkoutsos et al. 2020, arXiv:1907.04769, eq. 7.
    """

    name: ClassVar[str] = "sampled"
    shots: int = 4096
    cvar: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what can't be measured."""
        check_shots(self.shots)
        if not 0.0 < self.cvar <= 1.0:
            message = f"cvar is {self.cvar}, expected a fraction above 0 and up to 1 (1 averages all shots)"
            raise InputError(message, ("cvar",))
        if self.cvar < 1.0 and self.cvar * self.shots < _FEWEST_AVERAGED:
            message = (
                f"cvar {self.cvar} of {self.shots} shots averages {self.cvar * self.shots:g}, expected 10 or more: raise shots or cvar"
            )
            raise InputError(message, ("cvar",))

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:
        """Mean or CVaR of each point's energies, and its standard error."""
        (answer,) = data
        samples = np.asarray(answer["samples"], dtype=np.uint8)
        pairs = [self.estimate(*_energies_of(row, len(frozen.layout), energies)) for row in samples]
        values, stderrs = np.array(pairs).T
        return Estimate(values, stderrs, shots=samples.shape[0] * samples.shape[1])

    def estimate(self, energies: Values, counts: NDArray[np.int64]) -> tuple[float, float]:
        """CVaR and its standard error from `(u,)` distinct energies and their counts.

        The outcome at the boundary counts by the fraction that is still needed. With q the alpha-quantile, CVaR = q - E[(q - v)+] / alpha
        is stationary in q, so its variance is that of (q - v)+ / alpha over the shots (Rockafellar, Uryasev 2000, eq. 4). Where alpha is
        the probability of the lowest levels to within the noise, CVaR has a kink and the error given is too large, by up to a third.
        """
        total = int(counts.sum())
        order = np.argsort(energies, kind="stable")
        values, weights = energies[order], counts[order] / total
        before = np.concatenate(([0.0], np.cumsum(weights)[:-1]))
        taken = np.clip(self.cvar - before, 0.0, weights)
        mean = float(taken @ values / taken.sum())
        boundary = values[np.flatnonzero(taken > 0.0)[-1]]
        # For alpha = 1 the boundary is the highest energy and (q - v)+ = q - v has the variance of v itself.
        below = np.maximum(boundary - values, 0.0)
        spread = float(weights @ (below - weights @ below) ** 2) * total / max(total - 1, 1)
        return mean, float(np.sqrt(spread / total) / self.cvar)


@dataclass(frozen=True)
class Expectation:
    """Measure <H> by the Estimator, one basis for each qubit-wise commuting group g, with the variance from the same shots.

    <H_g> and <H_g^2> are asked together, which needs no further circuit, and sigma^2 = sum_g (<H_g^2> - <H_g>^2) / (shots - 1). The
    Estimator's own `stds` add linearly over terms and are 40 to 90% too large. Where error mitigation acts on the values (TREX, ZNE, PEC),
    they are more than means over shots; the terms are asked one by one too, and the Estimator's own errors of them say by how much more.

    Attributes:
        shots: For each group and point.
    """

    name: ClassVar[str] = "expectation"
    sampled: ClassVar[bool] = False
    shots: int = 4096

    def __post_init__(self) -> None:
        """Refuse what can't be measured."""
        check_shots(self.shots)

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:
        """(H_g, H_g^2) of every qubit-wise commuting group, the identity left out of H_g."""
        rest = without_identity(hamiltonian)
        if rest is None:
            return ()
        groups = rest.group_commuting(qubit_wise=True)
        return tuple((simplified(group), simplified(group @ group)) for group in groups)

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """One PUB for every group, so that what is measured together is what the variance says."""
        return Program(tuple(Pub(frozen, points, group, self.shots) for group in frozen.groups), seed)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:  # noqa: ARG002 - the protocol's
        """Sums over groups."""
        moments = np.array([np.asarray(answer["evs"], dtype=np.float64)[:, :2] for answer in data])
        values = frozen.constant + moments[:, :, 0].sum(axis=0)
        variances = np.maximum(moments[:, :, 1] - moments[:, :, 0] ** 2, 0.0) / max(self.shots - 1, 1)
        if all("stds" in answer for answer in data):
            scaled = [self._mitigated(*each) for each in zip(variances, data, frozen.groups, strict=True)]
            variances = np.array(scaled)
        return Estimate(values, np.sqrt(variances.sum(axis=0)), shots=self.shots * len(data) * len(values))

    def _mitigated(self, variance: Values, answer: PubData, group: tuple[SparsePauliOp, ...]) -> Values:
        """The variance of a mitigated <H_g> `(k,)`.

        The Estimator's own errors know what mitigation does to each term and leave out that terms measured together vary together; the
        moments know this and not the mitigation. So the moments' variance grows as the terms' do, to the sum of the terms' errors at most.
        """
        values = np.asarray(answer["evs"], dtype=np.float64)[:, 2:]
        errors = np.asarray(answer["stds"], dtype=np.float64)[:, 2:]
        if not values.size:
            whole: Values = np.asarray(answer["stds"], dtype=np.float64)[:, 0] ** 2
            return whole
        sizes = np.array([float(np.real(term.coeffs[0])) for term in group[2:]])
        ideal = np.maximum(sizes**2 - values**2, 0.0).sum(axis=1) / max(self.shots - 1, 1)
        most = errors.sum(axis=1) ** 2
        grown = np.divide(variance * (errors**2).sum(axis=1), ideal, out=most.copy(), where=ideal > 0.0)
        total: Values = np.where(variance > 0.0, np.minimum(grown, most), most)
        return total


@dataclass(frozen=True)
class Exact:
    """Compute <H> from the statevector: no shots, no noise."""

    name: ClassVar[str] = "exact"
    version: ClassVar[int] = 2  # of 1, gradients were differences of 2n + 1 points
    sampled: ClassVar[bool] = False
    shots: ClassVar[None] = None

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:
        """The Hamiltonian without its identity."""
        rest = without_identity(hamiltonian)
        return () if rest is None else ((rest,),)

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """One PUB without shots."""
        return Program(tuple(Pub(frozen, points, group, None) for group in frozen.groups), seed)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:  # noqa: ARG002 - the protocol's
        """The expectation itself, with no error."""
        (answer,) = data
        values = frozen.constant + np.asarray(answer["evs"], dtype=np.float64)[:, 0]
        return Estimate(values, np.zeros(len(values)))


def with_terms(groups: tuple[tuple[SparsePauliOp, ...], ...]) -> tuple[tuple[SparsePauliOp, ...], ...]:
    """Each group with its terms one by one behind H_g and H_g^2: no further circuits, and the errors of mitigated terms."""
    return tuple((*group, *(group[0][index] for index in range(len(group[0])))) for group in groups)


def without_identity(hamiltonian: SparsePauliOp) -> SparsePauliOp | None:
    """The operator without its identity term; None if nothing is left."""
    simple = simplified(hamiltonian)
    rest = simple[~_identity(simple)]
    return rest if len(rest) and np.any(rest.coeffs != 0.0) else None


def constant_of(hamiltonian: SparsePauliOp) -> float:
    """The identity's coefficient."""
    simple = simplified(hamiltonian)
    return float(np.real(simple.coeffs[_identity(simple)].sum()))


def check_shots(shots: int) -> None:
    """Refuse what gives no standard error.

    Raises:
        InputError: If shots is not a whole number of at least 2.
    """
    if isinstance(shots, bool) or not isinstance(shots, int):
        message = f"shots is {shots!r}, expected a whole number"
        raise InputError(message, ("shots",))
    if shots < 2:  # noqa: PLR2004 - one shot has no standard error
        message = f"shots is {shots}, expected at least 2: a standard error needs two"
        raise InputError(message, ("shots",))


def check_finite(estimate: Estimate) -> Estimate:
    """Refuse an answer that is not a number.

    Raises:
        BackendError: If a value or a standard error is infinite or NaN.
    """
    if not (np.isfinite(estimate.values).all() and np.isfinite(estimate.stderrs).all()):
        message = f"the backend answered {estimate.values.tolist()} +- {estimate.stderrs.tolist()}, expected finite numbers"
        raise BackendError(message)
    return estimate


def _identity(operator: SparsePauliOp) -> NDArray[np.bool_]:
    return np.asarray(~(operator.paulis.x | operator.paulis.z).any(axis=1))


def _energies_of(samples: NDArray[np.uint8], variables: int, energies: Energies) -> tuple[Values, NDArray[np.int64]]:
    bits, counts = distinct(samples, variables)
    return energies(bits), counts
