"""Overlaps measured and exact, and variational quantum deflation with them against known spectra."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.optimize import minimize
from tests.execution.asking import ask

from qopt import Execution, simulate
from qopt.ansatze import Ansatz, hardware_efficient
from qopt.ansatze.overlap import overlap_circuit
from qopt.errors import InputError
from qopt.execution.connect import Connections, find
from qopt.execution.isa import freeze
from qopt.overlaps import Deflated, ExactOverlap, Overlap, default_weights, doubts, pairs
from qopt.problems.determinants import determinants
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule
from qopt.types import Estimate

H2 = json.loads((Path(__file__).parent / "data" / "h2_spectrum.json").read_text(encoding="utf-8"))
LEVELS = H2["two_electron_singlets_and_triplet"]
"""Ha: ground state, triplet, two singlets."""


def answered(ansatz: Ansatz, objective: Overlap | ExactOverlap, points: np.ndarray, *, seed: int = 1) -> Estimate:
    """What the statevector backend answers an objective on the overlap circuit."""
    overlap = overlap_circuit(ansatz)
    hamiltonian = SparsePauliOp("Z" * ansatz.circuit.num_qubits)
    logical = freeze(overlap, objective.observables(hamiltonian), 7.0, sampled=objective.sampled)
    device = find(Execution(backend="statevector"), exact=not objective.sampled)
    executor = Connections().open(device, Execution(), logical)
    return objective.decode(logical, ask(executor, objective.encode(logical, points, seed)), None)


def exact(ansatz: Ansatz, hamiltonian: SparsePauliOp, points: np.ndarray) -> np.ndarray:
    """`(k,)` expectations, of points in the order of the ansatz."""
    order = [ansatz.parameters.index(parameter.name) for parameter in ansatz.circuit.parameters]
    return simulate.expectations(ansatz.circuit, points[:, order], [hamiltonian])[:, 0]


def sector(molecule: Molecule) -> np.ndarray:
    """The basis states of the molecule's electrons that its mapping holds."""
    every = determinants(molecule.integrals.norb, molecule.integrals.electrons)
    return molecule.mapping.encode(every[molecule.mapping.holds(every)])


def deflate(molecule: Molecule, ansatz: Ansatz, levels: int) -> tuple[list[float], list[tuple[str, ...]]]:
    """The energies of so many levels by SciPy on the exact objective, the best of some random starts each, and the doubts about them."""
    overlap, hamiltonian = overlap_circuit(ansatz), molecule.hamiltonian()
    ((projector,),) = ExactOverlap().observables(hamiltonian)
    states = sector(molecule)
    rng = np.random.default_rng(2)
    points, energies, said = np.empty((0, len(ansatz.parameters))), [], []
    for _ in range(levels):
        weights = default_weights(hamiltonian, states, energies)
        deflated = Deflated(weights)

        def energy(rows: np.ndarray) -> Estimate:
            return Estimate(exact(ansatz, hamiltonian, rows), np.zeros(len(rows)))

        def overlaps(rows: np.ndarray, found: np.ndarray = points) -> Estimate:
            values = exact(overlap, projector, pairs(rows, found)) if len(found) else np.empty(0)
            return Estimate(values, np.zeros(len(values)))

        def function(point: np.ndarray, deflated: Deflated = deflated) -> float:
            return float(deflated.estimate(energy(point[None]), overlaps(point[None])).values[0])

        starts = rng.uniform(-np.pi, np.pi, size=(4, len(ansatz.parameters)))
        best = min((minimize(function, start, method="BFGS") for start in starts), key=lambda found: found.fun)
        found = float(energy(best.x[None]).values[0])
        said.append(doubts([*energies, found], [0.0] * (len(energies) + 1), overlaps(best.x[None]).values.tolist(), weights))
        energies.append(found)
        points = np.vstack((points, best.x))
    return energies, said


def test_hardware_efficient_levels_are_the_spectrum() -> None:
    """All four levels of H2 on the two qubits of the parity mapping, without a doubt; in this order they are singlet, triplet, singlets."""
    molecule = Molecule(shipped("h2"), mapper="parity", tapering=False)
    energies, said = deflate(molecule, hardware_efficient(2, 1), 4)
    assert energies == pytest.approx(LEVELS, abs=1e-6)
    assert said == [()] * 4


def test_unitary_coupled_cluster_reaches_the_singlets_of_one_symmetry() -> None:
    """The one parameter of H2's UCCSD mixes two determinants: ground state and highest singlet, of the same weights as above."""
    molecule = Molecule(shipped("h2"), tapering=True)
    energies, said = deflate(molecule, molecule.ansatz(), 2)
    assert energies == pytest.approx([LEVELS[0], LEVELS[3]], abs=1e-6)
    assert said == [(), ()]


def test_a_weight_below_the_gap_finds_the_lower_level_again_and_says_so() -> None:
    """With 0.1 Ha of the 0.6 that are needed, the minimum is the ground state once more."""
    molecule = Molecule(shipped("h2"), mapper="parity", tapering=False)
    matrix = molecule.hamiltonian().to_matrix().real
    ground = np.linalg.eigh(matrix)[1][:, 0]
    values, vectors = np.linalg.eigh(matrix + 0.1 * np.outer(ground, ground))
    found = vectors[:, 0]
    (sentence,) = doubts([LEVELS[0], found @ matrix @ found], [0.0, 0.0], [(found @ ground) ** 2], [0.1])
    assert values[0] == pytest.approx(LEVELS[0] + 0.1)
    assert sentence == "level 1 overlaps with level 0 by 1.00: they are not two levels, raise excited_states.weight above 0.1"


def test_levels_out_of_order_and_weights_too_small_are_told() -> None:
    """A level below a lower one by more than 2 errors; a level above it by more than its weight; neither where the errors allow it."""
    assert doubts([-1.0, -1.5, -1.2], [0.1, 0.0, 0.0], [0.0, 0.0], [1.0, 0.4]) == ()
    (sentence,) = doubts([-1.0, -0.5], [0.0, 0.0], [0.0], [0.4])
    assert sentence.startswith("the weight 0.4 of level 0 does not exceed the gap 0.5 to level 1")
    (sentence,) = doubts([-1.0, -1.25], [0.05, 0.05], [0.0], [0.4])
    assert sentence == "level 1 lies 0.25 below level 0: level 0 was not the lowest, find it anew from here"


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_default_weights_exceed_the_gap(qubits: int, seed: int) -> None:
    """For random real Hamiltonians the penalised matrix has the next level as its lowest, whichever level comes next."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(1 << qubits,) * 2)
    values, vectors = np.linalg.eigh(matrix + matrix.T)
    hamiltonian = SparsePauliOp.from_operator(matrix + matrix.T)
    for level in range(1 << qubits):
        weights = default_weights(hamiltonian, np.arange(1 << qubits), values[:level].tolist())
        penalised = matrix + matrix.T + (vectors[:, :level] * np.array(weights)) @ vectors[:, :level].T
        assert np.linalg.eigvalsh(penalised)[0] == pytest.approx(values[level], abs=1e-9)


def test_default_weights_suit_the_gap_and_not_the_core() -> None:
    """For LiH some tenths of a hartree, where the sum of all coefficients is 12; and more levels than states are refused."""
    molecule = Molecule(shipped("lih"))
    states = sector(molecule)
    (weight,) = default_weights(molecule.hamiltonian(), states, [molecule.hartree_fock])
    assert 0.116 < weight < 1.0
    with pytest.raises(InputError, match="1 basis states, expected more than the 1 levels"):
        default_weights(molecule.hamiltonian(), states[:1], [0.0])


def test_shots_are_zeros_counted() -> None:
    """Through sampling: unbiased, and the errors are those of the scatter; the frozen constant has no part in it."""
    ansatz = hardware_efficient(2, 1)
    rng = np.random.default_rng(21)
    rows = pairs(rng.normal(size=(1, 4)), rng.normal(size=(2, 4)))
    rows[1, 4:] = rows[1, :4] + 0.5
    true = answered(ansatz, ExactOverlap(), rows)
    assert true.stderrs.tolist() == [0.0, 0.0]
    states = [Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, row, strict=True)))) for row in rows.reshape(4, 4)]
    assert true.values == pytest.approx([abs(states[1].inner(states[0])) ** 2, abs(states[3].inner(states[2])) ** 2], abs=1e-12)
    estimate = answered(ansatz, Overlap(100), np.repeat(rows, 400, axis=0), seed=5)
    assert estimate.shots == 80_000
    for values, stderrs, exactly in zip(estimate.values.reshape(2, -1), estimate.stderrs.reshape(2, -1), true.values, strict=True):
        assert abs(values.mean() - exactly) < 4 * values.std() / 20
        assert np.sqrt(np.mean(stderrs**2)) == pytest.approx(values.std(), rel=0.15)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_error_is_zero(value: float) -> None:
    """Where all or no shots read zeros, the error is about 1 / shots."""
    samples = np.full((1, 100, 1), 1 - int(value), dtype=np.uint8)
    estimate = Overlap(100).decode(None, [{"samples": samples}], None)
    assert estimate.values.tolist() == [value]
    assert estimate.stderrs[0] == pytest.approx(0.01, rel=0.05)


def test_the_sum_has_errors_in_quadrature() -> None:
    """Two points and two levels; without levels it is the energy."""
    energy = Estimate(np.array([1.0, 2.0]), np.array([0.3, 0.0]), shots=10)
    overlap = Estimate(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.2, 0.0, 0.1, 0.1]), shots=7)
    total = Deflated((2.0, 3.0)).estimate(energy, overlap)
    assert total.values == pytest.approx([1.8, 3.8])
    assert total.stderrs == pytest.approx([0.5, np.hypot(0.2, 0.3)])
    assert total.shots == 17
    alone = Deflated(()).estimate(energy, Estimate(np.empty(0), np.empty(0)))
    assert alone.values.tolist() == [1.0, 2.0]
    with pytest.raises(InputError, match="4 overlaps, expected 2: of 2 points with 1 levels"):
        Deflated((1.0,)).estimate(energy, overlap)


def test_pairs_are_in_the_order_of_points() -> None:
    """Theta in the first columns, the levels of the first point first."""
    rows = pairs(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]]))
    assert rows.tolist() == [[1, 2, 5, 6], [1, 2, 7, 8], [3, 4, 5, 6], [3, 4, 7, 8]]


def test_what_makes_no_sense_is_refused() -> None:
    """Too many qubits for the projector, weights that reward overlaps, a single shot."""
    with pytest.raises(InputError, match=r"2\^15 terms, expected at most 14 qubits: measure overlaps with shots"):
        ExactOverlap().observables(SparsePauliOp("Z" * 15))
    with pytest.raises(InputError, match="expected numbers above 0"):
        Deflated((0.0,))
    with pytest.raises(InputError, match="shots is 1"):
        Overlap(1)
