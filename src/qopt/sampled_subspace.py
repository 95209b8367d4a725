"""The step of a run that diagonalises what its final circuit was seen in: samples, sample-based diagonalization, and chance beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qopt import sqd
from qopt.errors import InputError
from qopt.objective import OfStrings, Sampled
from qopt.problems.molecule import Molecule
from qopt.programs import distinct
from qopt.sqd import SqdOptions
from qopt.types import Estimate, Subspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.objective import Energies
    from qopt.problems import Problem
    from qopt.programs import Frozen, PubData

SAMPLES = "samples"
"""The stage in which the final circuit is sampled; its calls are numbered as those of the final measurement."""


@dataclass(frozen=True)
class Samples(OfStrings):
    """Measure strings, which have no energies of their own: the value at a point is how many different ones were seen.

    Attributes:
        shots: For each point.
    """

    name: ClassVar[str] = SAMPLES
    shots: int

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:  # noqa: ARG002 - the protocol's
        """How many strings differ."""
        (answer,) = data
        samples = np.asarray(answer["samples"], dtype=np.uint8)
        seen = np.array([len(distinct(row, len(frozen.layout))[1]) for row in samples], dtype=np.float64)
        return Estimate(seen, np.zeros(len(seen)), shots=samples.shape[0] * samples.shape[1])


@dataclass(frozen=True)
class SampledSubspace:
    """Sample-based quantum diagonalization of a run's final circuit.

    Attributes:
        shots: Of the final circuit, at the point that the run reports.
        options: How subspaces are drawn.

    References:
        Robledo-Moreno et al. 2024, arXiv:2405.05068.
    """

    shots: int = 10_000
    options: SqdOptions = field(default_factory=SqdOptions)

    def check(self, problem: Problem) -> None:
        """Look, before anything is sent, whether it can be done at the end.

        Raises:
            InputError: If the problem is no molecule, or the package is missing.
        """
        Sampled(self.shots)
        if not isinstance(problem, Molecule):
            raise InputError("sqd diagonalises a molecule's Hamiltonian among determinants: use it with problem {type: molecule}")
        if find_spec("qiskit_addon_sqd") is None:
            raise InputError("sqd needs qiskit-addon-sqd, which is not installed: pip install 'qopt-vqa[sqd]', or leave sqd out")

    def diagonalise(self, problem: Problem, samples: NDArray[np.uint8], seed: int) -> dict[str, Any]:
        """What the samples of one point `(shots, bytes)` lead to, and what as many random determinants would, as JSON for the journal."""
        assert isinstance(problem, Molecule)  # noqa: S101 - `check` looked
        bits, counts = distinct(samples, problem.qubits)
        states = bits.astype(np.int64) @ (np.int64(1) << np.arange(problem.qubits, dtype=np.int64))
        determinants = problem.mapping.decode(states)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(4,)))
        number = int(rng.integers(2**31))
        found = sqd.diagonalise(determinants, counts, integrals=problem.integrals, options=self.options, rng_seed=number)
        drawn, times = np.unique(_random_determinants(problem, self.shots, rng), return_counts=True)
        chance = sqd.diagonalise(drawn, times, integrals=problem.integrals, options=self.options, rng_seed=number)
        return asdict(
            Subspace(
                found.energy,
                chance.energy,
                found.dimension,
                chance.dimension,
                found.right / found.shots,
                found.s_squared,
                found.history,
                found.converged,
                self.shots,
            )
        )


def _random_determinants(problem: Molecule, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(count,)` uniform among those with the right numbers of electrons."""
    norb = problem.integrals.norb
    out = np.zeros(count, dtype=np.int64)
    for spin, electrons in enumerate(problem.integrals.electrons):
        order = rng.random((count, norb)).argsort(axis=1)[:, :electrons]
        out |= (np.int64(1) << (order + spin * norb)).sum(axis=1)
    return out
