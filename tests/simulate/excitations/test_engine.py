"""What the engine promises beside being right: batches, threads, samples, choices, refusals and memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulate.excitations.cases import ENGINES, Case, cases, random_integrals
from tests.simulate.excitations.molecules import FCIDUMPS, H4, LIH

from qopt.ansatze.excitations import Excitation, uccsd
from qopt.errors import InputError
from qopt.problems.integrals import Integrals
from qopt.simulate.excitations import ExcitationEngine, memory, memory_needed


def h4_engine(*, compiled: bool, threads: int = 1) -> ExcitationEngine:
    """UCCSD of four hydrogen atoms."""
    return ExcitationEngine(H4.integrals(), uccsd(4, (2, 2)), 26, compiled=compiled, threads=threads)


@ENGINES
@given(case=cases())
def test_the_norm_stays_1(case: Case, *, compiled: bool) -> None:
    """Rotations of pairs are orthogonal."""
    engine = ExcitationEngine(case.integrals, case.excitations, len(case.point), compiled=compiled)
    assert np.linalg.norm(engine.state(case.point)) == pytest.approx(1.0, abs=1e-13)


@ENGINES
@given(case=cases())
def test_gradients_are_the_limit_of_differences(case: Case, *, compiled: bool) -> None:
    """Central differences of the energy approach the gradient."""
    engine = ExcitationEngine(case.integrals, case.excitations, len(case.point), compiled=compiled)
    steps = 1e-5 * np.eye(len(case.point))
    differences = (engine.energies(case.point + steps) - engine.energies(case.point - steps)) / 2e-5
    np.testing.assert_allclose(engine.gradient(case.point)[1], differences, atol=1e-6)


@ENGINES
@pytest.mark.parametrize("as_matrix", [True, False])
def test_batches_and_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch, *, compiled: bool, as_matrix: bool) -> None:
    """Energies, gradients and states are the same alone, in a batch, and in a batch over threads."""
    if not as_matrix:
        monkeypatch.setattr(memory, "MATRIX_ELEMENTS", 0)
    monkeypatch.setattr("qopt.simulate.excitations.engine._WORTH_THREADS", 0)
    one, three = h4_engine(compiled=compiled), h4_engine(compiled=compiled, threads=3)
    points = np.random.default_rng(1).normal(size=(7, 26))
    energies, (values, gradients) = one.energies(points), one.gradients(points)
    np.testing.assert_array_equal(energies, [one.energies(point[None])[0] for point in points])
    np.testing.assert_array_equal(energies, three.energies(points))
    for row, point in enumerate(points):
        value, gradient = one.gradient(point)
        assert value == values[row]
        np.testing.assert_array_equal(gradient, gradients[row])
    for mine, theirs in zip(three.gradients(points), (values, gradients), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@ENGINES
@given(case=cases())
def test_a_hamiltonian_in_factors_gives_the_same_numbers(case: Case, *, compiled: bool) -> None:
    """What is done where the matrix would be too large agrees with the matrix."""
    arguments = (case.integrals, case.excitations, len(case.point))
    matrix = ExcitationEngine(*arguments, compiled=compiled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "MATRIX_ELEMENTS", 0)
        factors = ExcitationEngine(*arguments, compiled=compiled)
    np.testing.assert_allclose(factors.energies([case.point]), matrix.energies([case.point]), atol=1e-10)
    np.testing.assert_allclose(factors.gradient(case.point)[1], matrix.gradient(case.point)[1], atol=1e-10)
    slopes = [engine.pool_gradients(case.point, case.excitations) for engine in (factors, matrix)]
    np.testing.assert_allclose(slopes[0], slopes[1], atol=1e-10)


@ENGINES
def test_no_points_are_no_work(*, compiled: bool) -> None:
    """An empty batch has empty answers of the right shapes."""
    engine = h4_engine(compiled=compiled)
    assert engine.energies(np.empty((0, 26))).shape == (0,)
    assert [part.shape for part in engine.gradients(np.empty((0, 26)))] == [(0,), (0, 26)]
    assert engine.samples(np.empty((0, 26)), 5, np.random.default_rng(1)).shape == (0, 5)


@ENGINES
def test_samples_follow_the_state(*, compiled: bool) -> None:
    """Frequencies of a million shots are the squares of amplitudes, and what is drawn is what the seed says."""
    engine = h4_engine(compiled=compiled)
    points = np.random.default_rng(1).normal(0, 0.3, size=(2, 26))
    drawn = engine.samples(points, 1_000_000, np.random.default_rng(2))
    for row, point in enumerate(points):
        expected = engine.state(point) ** 2
        counts = np.array([(drawn[row] == string).sum() for string in engine.strings])
        assert counts.sum() == 1_000_000
        assert np.abs(counts / 1e6 - expected).max() < 5 * np.sqrt(expected.max() / 1e6)
    np.testing.assert_array_equal(drawn, engine.samples(points, 1_000_000, np.random.default_rng(2)))


def test_strings_are_all_occupations_of_the_sector() -> None:
    """Each entry's occupation has the right number of bits for either spin, and none comes twice."""
    strings = ExcitationEngine(random_integrals(4, (3, 1), np.random.default_rng(1)), (), 0).strings
    assert len(set(strings.tolist())) == len(strings) == 16
    assert set(np.bitwise_count(strings & 0b1111).tolist()) == {3}
    assert set(np.bitwise_count(strings >> 4).tolist()) == {1}


@ENGINES
def test_an_ansatz_grows_on_the_same_hamiltonian(*, compiled: bool) -> None:
    """Three steps of ADAPT find what an engine made from scratch finds, and the first one is the excitation known from the literature."""
    pool = uccsd(4, (2, 2))
    engine, point, chosen = ExcitationEngine(H4.integrals(), (), 0, compiled=compiled), np.empty(0), ()
    for step in range(3):
        best = pool[int(np.abs(engine.pool_gradients(point, pool)).argmax())]
        chosen = (*chosen, Excitation(best.created, best.annihilated, step))
        engine, point = engine.with_excitations(chosen, step + 1), np.append(point, 0.1)
    scratch = ExcitationEngine(H4.integrals(), chosen, 3, compiled=compiled)
    assert engine.energies([point]) == scratch.energies([point])
    assert (chosen[0].annihilated, chosen[0].created) == ((1, 5), (2, 6))


@ENGINES
def test_shared_parameters_add_their_slopes(*, compiled: bool) -> None:
    """A parameter of two excitations with coefficients c and d has the slope c g + d h of two parameters of their own."""
    first, second = (Excitation((2,), (0,), 0), Excitation((3, 7), (1, 5), 1))
    tied = (Excitation((2,), (0,), 0, 0.5), Excitation((3, 7), (1, 5), 0, -2.0))
    energy, gradient = ExcitationEngine(H4.integrals(), (first, second), 2, compiled=compiled).gradient([0.15, -0.6])
    tied_energy, tied_gradient = ExcitationEngine(H4.integrals(), tied, 1, compiled=compiled).gradient([0.3])
    assert tied_energy == pytest.approx(energy, abs=1e-13)
    assert tied_gradient == pytest.approx([0.5 * gradient[0] - 2.0 * gradient[1]], abs=1e-13)


def test_numba_is_for_more_than_ten_qubits() -> None:
    """Nobody waits for a compiler where NumPy is fast enough."""
    assert ExcitationEngine(H4.integrals(), (), 0).name == "excitations-numpy"
    assert ExcitationEngine(LIH.integrals(), (), 0).name == "excitations-numba"
    assert ExcitationEngine(LIH.integrals(), (), 0, compiled=False).name == "excitations-numpy"


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from qopt.problems.fcidump import read_fcidump
from qopt.simulate.excitations import ExcitationEngine
integrals = read_fcidump(sys.argv[1])
print(ExcitationEngine(integrals, (), 0).name)
try:
    ExcitationEngine(integrals, (), 0, compiled=True)
except Exception as error:
    print(type(error).__name__, error)
"""


def test_without_numba_numpy_serves_and_asking_for_it_is_refused() -> None:
    """Where numba can't be imported the engine is slower, unless numba was asked for."""
    command = [sys.executable, "-c", WITHOUT_NUMBA, str(FCIDUMPS / "lih.fcidump")]
    name, refusal = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert name == "excitations-numpy"
    assert refusal.startswith("InputError numba can't be imported")
    assert refusal.endswith("install it, or use compiled=False")


def test_importing_the_engine_does_not_import_numba() -> None:
    """Who simulates nothing doesn't wait for it."""
    program = "import sys, qopt.simulate.excitations; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


REFUSALS = {
    "spin orbital beyond": ((Excitation((8,), (1,), 0),), 1, None),
    "turns spins": ((Excitation((5,), (1,), 0),), 1, None),
    "belongs to parameter 1, expected 0 to 0": ((Excitation((2,), (1,), 1),), 1, None),
    "the reference 0b111 has not 2 alpha and 2 beta": ((), 0, 0b111),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_does_not_fit_is_refused(message: str) -> None:
    """Excitations and references that don't fit the integrals are named."""
    excitations, parameters, reference = REFUSALS[message]
    with pytest.raises(InputError, match=message):
        ExcitationEngine(H4.integrals(), excitations, parameters, reference=reference)


@pytest.mark.parametrize("points", [np.zeros(26), np.zeros((1, 25)), np.zeros((1, 1, 26))])
def test_points_of_another_shape_are_refused(points: np.ndarray) -> None:
    """A point too short or an array of the wrong rank is no batch of points."""
    with pytest.raises(InputError, match=r"expected \(k, 26\)"):
        h4_engine(compiled=False).energies(points)


def test_what_does_not_fit_into_memory_is_refused_with_the_figure() -> None:
    """Half-filled 24 orbitals are refused before anything large is made."""
    integrals = Integrals(0.0, np.eye(24), np.zeros((24,) * 4), (12, 12))
    with pytest.raises(InputError, match=r"7,312,459,672,336 determinants .* GB of memory"):
        ExcitationEngine(integrals, (), 0)


def test_more_orbitals_than_bits_are_refused() -> None:
    """Occupations have to fit into 64 bits."""
    with pytest.raises(InputError, match="32 orbitals, expected at most 31"):
        ExcitationEngine(Integrals(0.0, np.eye(32), np.zeros((32,) * 4), (1, 1)), (), 0)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("norb", "electrons"), [(6, (2, 2)), (7, (3, 3)), (8, (3, 4)), (9, (4, 4))])
def test_memory_is_told_before_it_is_taken(norb: int, electrons: tuple[int, int], *, compiled: bool) -> None:
    """Making an engine and asking for gradients takes no more than was said, and a fair part of it."""
    integrals, excitations = random_integrals(norb, electrons, np.random.default_rng(1)), uccsd(norb, electrons)
    point = np.full(len(excitations), 0.1)
    # Once before: compiling takes memory too, where numba's cache is still empty.
    ExcitationEngine(integrals, excitations, len(excitations), compiled=compiled).gradient(point)
    tracemalloc.start()
    try:
        ExcitationEngine(integrals, excitations, len(excitations), compiled=compiled).gradient(point)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= memory_needed(norb, electrons, excitations, gradient=True) <= 3.0 * peak


@given(norb=st.integers(1, 12), data=st.data())
def test_more_points_at_a_time_take_more_memory(norb: int, data: st.DataObject) -> None:
    """Each further point costs at least its state, and a gradient at least the image as well."""
    electrons = data.draw(st.tuples(st.integers(0, norb), st.integers(0, norb)))
    one, two, gradient = (
        memory_needed(norb, electrons, (), gradient=gradient, batch=batch) for gradient, batch in ((False, 1), (False, 2), (True, 2))
    )
    assert two - one >= 8 * memory.dimension(norb, electrons)
    assert gradient > two
