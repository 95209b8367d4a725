"""The gradients of a pool as expectations of commutators, all measured in one job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qopt.diagonal import simplified
from qopt.programs import Program, Pub
from qopt.properties import Grouping, grouped
from qopt.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.quantum_info import SparsePauliOp

    from qopt.objective import Energies
    from qopt.programs import Frozen, PubData
    from qopt.types import Points

_NEGLIGIBLE = 1e-12


def commutators(hamiltonian: SparsePauliOp, generators: Sequence[SparsePauliOp]) -> Grouping:
    """`i [G, H]` of every generator, in groups that are measured together.

    Behind a circuit the factor `exp(-i angle G)` changes the energy at angle 0 by `<i [G, H]>` a radian.

    References:
        Grimsley, Economou, Barnes, Mayhall 2019, arXiv:1812.11173, eq. 4.
    """
    return grouped({str(index): _commutator(generator, hamiltonian) for index, generator in enumerate(generators)})


def on_circuit(grouping: Grouping, frozen: Frozen, shots: int) -> Frozen:
    """The observables laid out on a circuit that is frozen."""
    width = frozen.circuit.num_qubits
    groups = tuple(
        tuple(observable.apply_layout(list(frozen.layout), num_qubits=width) for observable in group)
        for group in grouping.observables(shots)
    )
    return replace(frozen, groups=groups, constant=0.0, cost=None)


@dataclass(frozen=True)
class Commutators:
    """The expectation of every commutator at one point: an estimate has a value for each operator of the pool, and not for each point.

    Attributes:
        shots: For each group.
        grouping: Of the commutators.
    """

    name: ClassVar[str] = "commutators"
    sampled: ClassVar[bool] = False
    shots: int
    grouping: Grouping

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:  # noqa: ARG002 - the protocol's
        """Those of the grouping."""
        return self.grouping.observables(self.shots)

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """One PUB for every group."""
        return Program(tuple(Pub(frozen, points, group, self.shots) for group in frozen.groups), seed)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:  # noqa: ARG002 - the protocol's
        """`(m,)` values and standard errors of m commutators."""
        stds = [np.asarray(answer["stds"], dtype=np.float64) for answer in data if "stds" in answer]
        found = self.grouping.decode(
            [np.asarray(answer["evs"], dtype=np.float64) for answer in data], self.shots, stds=stds if len(stds) == len(data) else None
        )
        values = np.array([found[str(index)][0][0] for index in range(len(found))])
        stderrs = np.array([found[str(index)][1][0] for index in range(len(found))])
        return Estimate(values, stderrs, shots=self.shots * len(frozen.groups))


def _commutator(generator: SparsePauliOp, hamiltonian: SparsePauliOp) -> SparsePauliOp:
    """`i [G, H]`, Hermitian: strings that commute leave nothing."""
    product = simplified(1j * (generator @ hamiltonian - hamiltonian @ generator))
    return type(product)(product.paulis, np.where(np.abs(product.coeffs) > _NEGLIGIBLE, product.coeffs.real, 0.0))
