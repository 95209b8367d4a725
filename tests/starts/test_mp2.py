"""MP2 amplitudes: the known energy of perturbation theory, signs that lower the energy, and zeros where it says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulate.excitations.cases import random_integrals

from qopt.ansatze.excitations import Excitation, kupccgsd, uccsd
from qopt.errors import InputError
from qopt.problems.integrals import Integrals
from qopt.problems.molecular_data import shipped
from qopt.simulate.excitations import ExcitationEngine
from qopt.starts import mp2
from qopt.starts.mp2 import fock_matrices

# Correlation energies of PySCF's MP2.
CORRELATION = {"h2o": -0.03556111944734383, "lih": -0.012864638682441375, "h4": -0.041198087448293584}


@pytest.mark.parametrize("name", CORRELATION)
def test_the_slope_of_the_energy_gives_the_known_correlation(name: str) -> None:
    """The energy's slope at 0 along the amplitudes is twice the sum of elements times amplitudes, the energy of second order."""
    integrals = shipped(name).integrals
    excitations = uccsd(integrals.norb, integrals.electrons)
    engine = ExcitationEngine(integrals, excitations, len(excitations), compiled=False)
    start = mp2(integrals, excitations, len(excitations))
    hartree_fock, slope = engine.gradient(np.zeros(len(start)))
    assert slope @ start / 2 == pytest.approx(CORRELATION[name], abs=1e-7)
    # Most of the correlation is there before anything is optimised.
    exact = shipped(name).energies["fci"]
    assert engine.energies(start[None])[0] - exact < 0.5 * (hartree_fock - exact)


def test_signs_and_coefficients_follow_the_excitation() -> None:
    """The same excitation with its creators swapped has the other sign, and with a coefficient of 2 half the angle."""
    integrals = shipped("h2").integrals
    straight, swapped = Excitation((1, 3), (0, 2), 0), Excitation((3, 1), (0, 2), 1)
    angles = mp2(integrals, (straight, swapped, Excitation((1, 3), (0, 2), 2, coefficient=2.0)), 3)
    np.testing.assert_allclose(angles / angles[0], [1, -1, 0.5], rtol=0, atol=1e-12)
    assert angles[0] < 0


def test_what_perturbation_theory_does_not_know_is_zero() -> None:
    """Between virtual orbitals, triples, flipped spins without exchange, and levels that are equal."""
    integrals = random_integrals(4, (2, 2), np.random.default_rng(0))
    unknown = (Excitation((3,), (2,), 0), Excitation((2, 3, 6), (0, 1, 4), 1), Excitation((6,), (0,), 2))
    np.testing.assert_array_equal(mp2(integrals, unknown, 4), np.zeros(4))
    degenerate = Integrals(0.0, np.zeros((2, 2)), np.zeros((2,) * 4), (1, 1))
    np.testing.assert_array_equal(mp2(degenerate, uccsd(2, (1, 1)), 3), np.zeros(3))


def test_shared_parameters_get_the_mean() -> None:
    """k-UpCCGSD of H4: pairs get amplitudes, and both spins of a single share theirs."""
    integrals = shipped("h4").integrals
    excitations = kupccgsd(4)
    angles = mp2(integrals, excitations, 12)
    assert np.count_nonzero(np.abs(angles[:6]) > 1e-3) == 4
    np.testing.assert_allclose(angles[6:], 0, rtol=0, atol=1e-6)


def test_singles_follow_the_fock_matrix() -> None:
    """Where orbitals are not canonical, and for unpaired electrons by the matrix of either spin."""
    integrals = random_integrals(3, (2, 1), np.random.default_rng(3))
    alpha, beta = fock_matrices(integrals)
    angles = mp2(integrals, (Excitation((2,), (0,), 0), Excitation((5,), (3,), 1)), 2)
    expected = [alpha[2, 0] / (alpha[0, 0] - alpha[2, 2]), beta[2, 0] / (beta[0, 0] - beta[2, 2])]
    np.testing.assert_allclose(angles, expected, rtol=1e-12)
    engine = ExcitationEngine(integrals, (Excitation((2,), (0,), 0), Excitation((5,), (3,), 1)), 2, compiled=False)
    np.testing.assert_allclose(engine.gradient([0, 0])[1], [2 * alpha[2, 0], 2 * beta[2, 0]], rtol=0, atol=1e-10)


@pytest.mark.parametrize("excitation", [Excitation((9,), (0,), 0), Excitation((1,), (0,), 5)])
def test_excitations_that_do_not_fit_are_refused(excitation: Excitation) -> None:
    """By their orbitals or by their parameter."""
    with pytest.raises(InputError, match="doesn't fit 2 orbitals and 1 parameters"):
        mp2(shipped("h2").integrals, (excitation,), 1)
