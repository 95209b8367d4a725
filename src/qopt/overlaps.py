"""How overlaps of two states are measured, and energies that are penalised by them: what variational quantum deflation minimises. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from qiskit.quantum_info import PauliList, SparsePauliOp

from qopt.errors import InputError
from qopt.objective import OfStrings, check_shots, without_identity
from qopt.problems.mapping.paulis import masks
from qopt.programs import Program, Pub
from qopt.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.objective import Energies
    from qopt.programs import Frozen, PubData
    from qopt.types import Points, Values

MAX_QUBITS = 14
"""The projector on zeros of so many qubits has 16384 terms."""
_BASIS_STATES = 64
"""How many of the lowest basis states say where excited levels are."""
_MARGIN = 2.0
_LEAST_SHARE = 0.1
_ERRORS = 2.0
"""Standard errors from which on a level is said to be out of order."""
_ROUNDING = 1e-6
"""Where optimizers of exact energies end, as a share of them."""
_LARGEST_OVERLAP = 0.05


@dataclass(frozen=True)
class Overlap(OfStrings):
    """Measure `P = |<psi(phi)|psi(theta)>|^2` by the Sampler: how often all qubits of `overlap_circuit` read 0.

    Gates and readout that err make P too small on a device, and twice the ansatz is twice the errors; so levels there are less well kept
    apart than P says. Bit strings of it have no energies.

    Attributes:
        shots: For each pair of states.
    """

    name: ClassVar[str] = "overlap"
    shots: int = 4096

    def __post_init__(self) -> None:
        """Refuse what can't be measured."""
        check_shots(self.shots)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:  # noqa: ARG002 - the protocol's
        """The share c / s of zeros among s shots, which is unbiased, and its standard error.

        The binomial error of c / s is 0 at c = 0 and c = s, where P is not known exactly either. So the error is that of what a uniform
        prior makes of the counts, `sqrt(p (1 - p) / (s + 3))` with `p = (c + 1) / (s + 2)`: about 1 / s at the ends, too large by a
        fraction 1 / (2 c) for some counts c of zeros (or of others), and the binomial one for many.

        References:
            Gelman et al. 2013, Bayesian Data Analysis, section 2.4 (the beta distribution that Laplace's rule of succession comes from).
        """
        (answer,) = data
        samples = np.asarray(answer["samples"], dtype=np.uint8)
        points, shots = samples.shape[:2]
        zeros = (~samples.any(axis=-1)).sum(axis=-1)
        expected = (zeros + 1) / (shots + 2)
        return Estimate(zeros / shots, np.sqrt(expected * (1.0 - expected) / (shots + 3)), shots=points * shots)


@dataclass(frozen=True)
class ExactOverlap:
    """Compute `|<psi(phi)|psi(theta)>|^2` as the expectation of the projector on zeros: no shots, no noise."""

    name: ClassVar[str] = "exact-overlap"
    sampled: ClassVar[bool] = False
    shots: ClassVar[None] = None

    def observables(self, hamiltonian: SparsePauliOp) -> tuple[tuple[SparsePauliOp, ...], ...]:
        """`|0..0><0..0|` on the Hamiltonian's qubits, which is `2^-n` times the sum of all strings of I and Z, the identity included.

        Raises:
            InputError: If there are more than `MAX_QUBITS` qubits.
        """
        qubits = hamiltonian.num_qubits
        if qubits > MAX_QUBITS:
            raise InputError(
                f"the projector on {qubits} qubits has 2^{qubits} terms, expected at most {MAX_QUBITS} qubits: measure overlaps with shots"
            )
        strings = np.arange(1 << qubits)[:, None] >> np.arange(qubits) & 1
        paulis = PauliList.from_symplectic(strings.astype(np.bool_), np.zeros_like(strings, dtype=np.bool_))
        return ((SparsePauliOp(paulis, np.full(len(strings), 1.0 / len(strings))),),)

    def encode(self, frozen: Frozen, points: Points, seed: int) -> Program:
        """One PUB without shots."""
        return Program(tuple(Pub(frozen, points, group, None) for group in frozen.groups), seed)

    def decode(self, frozen: Frozen, data: Sequence[PubData], energies: Energies) -> Estimate:  # noqa: ARG002 - the protocol's
        """The overlap itself, with no error; the frozen constant belongs to the Hamiltonian and not to it."""
        (answer,) = data
        values = np.asarray(answer["evs"], dtype=np.float64)[:, 0]
        return Estimate(values, np.zeros(len(values)))


def pairs(points: Points, found: Points) -> Points:
    """`(k levels, 2n)` rows of theta and phi, from `(k, n)` points and `(levels, n)` lower levels: the levels of the first point first."""
    return np.hstack((np.repeat(points, len(found), axis=0), np.tile(found, (len(points), 1))))


@dataclass(frozen=True)
class Deflated:
    """`F(theta) = E(theta) + sum_i weight_i P_i(theta)`: its minimum is the next level, where every weight exceeds the gap to it.

    In the span of exact lower levels F has the energies `E_i + weight_i`, and elsewhere those of H. So the minimum is level k where
    `weight_i > E_k - E_i` for all i below k, and is level i again where the weight is too small. Larger weights are safe and steep: the
    penalty's curvature and its noise grow with them.

    Attributes:
        weights: One for each lower level, in the units of E.

    References:
        Higgott, Wang, Brierley 2019, arXiv:1805.08138, eq. 3 and section 2.3.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse weights that reward an overlap."""
        if not all(weight > 0.0 and np.isfinite(weight) for weight in self.weights):
            raise InputError(f"the weights are {self.weights}, expected numbers above 0")

    def estimate(self, energy: Estimate, overlap: Estimate) -> Estimate:
        """F at k points.

        Args:
            energy: Of k points.
            overlap: Of k times as many pairs as there are lower levels, in the order of `pairs`.

        Returns:
            Errors in quadrature, since energies and overlaps are measured by circuits of their own; shots are those of both.
        """
        points, levels = len(energy.values), len(self.weights)
        if len(overlap.values) != points * levels:
            raise InputError(
                f"there are {len(overlap.values)} overlaps, expected {points * levels}: of {points} points with {levels} levels"
            )
        weights = np.array(self.weights)
        values = energy.values + overlap.values.reshape(points, levels) @ weights
        variances = energy.stderrs**2 + overlap.stderrs.reshape(points, levels) ** 2 @ weights**2
        spent = [estimate.shots for estimate in (energy, overlap) if estimate.shots is not None]
        return Estimate(values, np.sqrt(variances), shots=sum(spent) if spent else None)


def default_weights(hamiltonian: SparsePauliOp, states: NDArray[np.int64], energies: Sequence[float]) -> tuple[float, ...]:
    """Weights for the level above those found: for each twice the distance from it to an upper bound of the next level.

    The sum of all coefficients bounds any gap and is 16 hartree for LiH, mostly for the core's electrons, where the next level is 0.1 above
    the first. But the k-th eigenvalue of H among any basis states is an upper bound of its k-th level (min-max theorem), and a good one
    among the basis states of lowest energy. Twice as much leaves room for ansatzes that can't reach each level, such as those of one spin.
    `doubts` says afterwards whether it was enough. At least, a weight is a tenth of the root of the sum of squared coefficients, which
    is the spread of the spectrum, so that a degenerate level is kept apart too.

    Args:
        hamiltonian: With a real matrix.
        states: `(m,)` distinct basis states that the ansatz can reach, bit q for qubit q, more than there are energies; for a molecule
            `mapping.encode` of the determinants of its sector. The 64 with the lowest diagonal elements are used.
        energies: `(levels,)` found so far.

    Raises:
        InputError: If there are not more basis states than levels.

    References:
        Horn, Johnson 2013, Matrix Analysis, theorem 4.3.17 (interlacing); Higgott, Wang, Brierley 2019, arXiv:1805.08138, section 2.3.
    """
    levels = len(energies)
    if len(states) <= levels:
        raise InputError(f"there are {len(states)} basis states, expected more than the {levels} levels that were found: no level is left")
    rest = without_identity(hamiltonian)
    least = 0.0 if rest is None else _LEAST_SHARE * float(np.linalg.norm(rest.coeffs))
    chosen = np.sort(states[np.argsort(_diagonal(hamiltonian, states), kind="stable")[: max(_BASIS_STATES, levels + 1)]])
    matrix = np.array([_elements(hamiltonian, state, chosen) for state in chosen.tolist()])
    bound = float(np.linalg.eigvalsh(matrix)[levels])
    return tuple(max(_MARGIN * (bound - energy), least) for energy in energies)


def doubts(energies: Sequence[float], stderrs: Sequence[float], overlaps: Sequence[float], weights: Sequence[float]) -> tuple[str, ...]:
    """What is doubtful about the last of some levels, each in a sentence; nothing where all is well.

    Args:
        energies: `(levels + 1,)` the lower levels, and the one found now.
        stderrs: `(levels + 1,)` their standard errors.
        overlaps: `(levels,)` of the state found now with the lower levels.
        weights: `(levels,)` that it was found with.
    """
    found, error, level = energies[-1], stderrs[-1], len(weights)
    said = []
    for lower, (energy, stderr, overlap, weight) in enumerate(zip(energies[:-1], stderrs[:-1], overlaps, weights, strict=True)):
        allowed = _ERRORS * float(np.hypot(error, stderr)) + _ROUNDING * max(1.0, abs(energy))
        if found < energy - allowed:
            said.append(
                f"level {level} lies {energy - found:.3g} below level {lower}: level {lower} was not the lowest, find it anew from here"
            )
        if weight <= found - energy:
            said.append(
                f"the weight {weight:.3g} of level {lower} does not exceed the gap {found - energy:.3g} to level {level}: a level between "
                "them may have been missed, raise excited_states.weight"
            )
        if overlap > _LARGEST_OVERLAP:
            said.append(
                f"level {level} overlaps with level {lower} by {overlap:.2f}: they are not two levels, raise excited_states.weight "
                f"above {weight:.3g}"
            )
    return tuple(said)


def _diagonal(hamiltonian: SparsePauliOp, states: NDArray[np.int64]) -> Values:
    """`(m,)` expectations in m basis states."""
    x, z = masks(hamiltonian)
    energies = np.zeros(len(states))
    for coefficient, mask in zip(hamiltonian.coeffs.real[x == 0].tolist(), z[x == 0].tolist(), strict=True):
        energies += coefficient * (1 - 2 * (np.bitwise_count(states & mask) & 1).astype(np.int8))
    return energies


def _elements(hamiltonian: SparsePauliOp, state: int, others: NDArray[np.int64]) -> Values:
    """`(m,)` matrix elements between m basis states and one, of a Hamiltonian with a real matrix."""
    x, z = masks(hamiltonian)
    # A string with w letters Y is i^w times its Z, then its X.
    signs = 1 - 2 * (np.bitwise_count(z & state) & 1).astype(np.int8)
    values = (hamiltonian.coeffs * 1j ** (np.bitwise_count(x & z) % 4)).real * signs
    places = np.minimum(np.searchsorted(others, state ^ x), len(others) - 1)
    here = others[places] == state ^ x
    elements = np.zeros(len(others))
    np.add.at(elements, places[here], values[here])
    return elements
