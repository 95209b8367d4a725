"""The engine and matrices on the whole Fock space agree, for any sector, list of excitations and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from tests.oracles import excitations as oracle
from tests.simulate.excitations.cases import ENGINES, cases

from qopt.simulate.excitations import ExcitationEngine

if TYPE_CHECKING:
    from tests.simulate.excitations.cases import Case


def engine_of(case: Case, *, compiled: bool) -> ExcitationEngine:
    """The engine of a case."""
    return ExcitationEngine(case.integrals, case.excitations, len(case.point), reference=case.reference, compiled=compiled)


@ENGINES
@given(case=cases())
def test_states_have_the_amplitudes_and_signs_of_jordan_wigner(case: Case, *, compiled: bool) -> None:
    """Each entry of a state belongs to the occupation that `strings` says, and there is nothing outside of the sector."""
    engine = engine_of(case, compiled=compiled)
    expected = oracle.state(case.excitations, case.point, case.integrals.norb, case.reference)
    state = np.zeros_like(expected)
    state[engine.strings] = engine.state(case.point)
    np.testing.assert_allclose(state, expected, atol=1e-12)


@ENGINES
@given(case=cases())
def test_energies_are_those_of_matrices(case: Case, *, compiled: bool) -> None:
    """Energies agree to rounding, the constant included."""
    psi = oracle.state(case.excitations, case.point, case.integrals.norb, case.reference)
    expected = psi @ (oracle.hamiltonian(case.integrals) @ psi)
    assert engine_of(case, compiled=compiled).energies([case.point]) == pytest.approx([expected], abs=1e-10)


@ENGINES
@given(case=cases())
def test_gradients_are_those_of_the_product_rule(case: Case, *, compiled: bool) -> None:
    """One sweep back gives the derivative by every parameter, shared and unused ones included."""
    energy, gradient = engine_of(case, compiled=compiled).gradient(case.point)
    np.testing.assert_allclose(gradient, oracle.gradient(case.excitations, case.point, case.integrals, case.reference), atol=1e-10)
    assert energy == pytest.approx(engine_of(case, compiled=compiled).energies([case.point])[0], abs=1e-10)


@ENGINES
@given(case=cases())
def test_pool_gradients_are_commutators(case: Case, *, compiled: bool) -> None:
    """The slopes of a pool are expectations of commutators with H in the current state."""
    engine = engine_of(case, compiled=compiled)
    psi = oracle.state(case.excitations[:3], case.point, case.integrals.norb, case.reference)
    slopes = engine.with_excitations(case.excitations[:3], len(case.point)).pool_gradients(case.point, case.excitations)
    np.testing.assert_allclose(slopes, oracle.pool_gradients(case.excitations, psi, case.integrals), atol=1e-10)
