"""Lists of excitations: how many there are, in which order, and what is none."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit.quantum_info import Statevector
from scipy.optimize import minimize
from tests.problems.mapping.mappings import MAPPINGS

from qopt.ansatze.excitations import Excitation, gate_fabric, generalised, kupccgsd, puccd, uccsd
from qopt.ansatze.uccsd import excitation_circuit
from qopt.errors import InputError
from qopt.problems.mapping import conserving, jordan_wigner, number_operator, s_squared_operator, sz_operator
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule
from qopt.simulate.excitations import ExcitationEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.problems.mapping import Mapping

LISTS: dict[str, Callable[[int, tuple[int, int]], tuple[Excitation, ...]]] = {
    "uccsd": uccsd,
    "puccd": puccd,
    "kupccgsd": lambda norb, _: kupccgsd(norb, 1),
    "gate_fabric": lambda norb, _: gate_fabric(norb, 2),
    "generalised": lambda norb, _: generalised(norb),
}
EVERY = pytest.mark.parametrize("name", LISTS)


def random_state(excitations: tuple[Excitation, ...], mapping: Mapping, determinant: int) -> Statevector:
    """Of the circuit, at a random point."""
    ansatz = excitation_circuit(excitations, mapping, determinant)
    point = np.random.default_rng(2).normal(size=len(ansatz.parameters))
    return Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point, strict=True))))


@pytest.mark.parametrize(
    ("norb", "electrons", "singles", "doubles"),
    [
        (2, (1, 1), 2, 1),
        (4, (2, 2), 8, 18),
        (6, (2, 2), 16, 76),
        (7, (3, 3), 24, 180),
        (7, (5, 5), 20, 120),
        (3, (2, 1), 4, 4),
        (2, (2, 2), 0, 0),
    ],
)
def test_uccsd_has_a_parameter_for_every_single_and_double(norb: int, electrons: tuple[int, int], singles: int, doubles: int) -> None:
    """The counts are those of qiskit-nature's UCCSD, and every excitation has the next parameter."""
    excitations = uccsd(norb, electrons)
    assert [len(excitation.created) for excitation in excitations] == [1] * singles + [2] * doubles
    assert [excitation.parameter for excitation in excitations] == list(range(singles + doubles))


def test_uccsd_is_in_the_order_of_pairs_of_singles() -> None:
    """H4: singles, then for each single the doubles with later ones, as qiskit-nature 0.8 lists them."""
    moves = [(excitation.annihilated, excitation.created) for excitation in uccsd(4, (2, 2))]
    assert moves[:8] == [((0,), (2,)), ((0,), (3,)), ((1,), (2,)), ((1,), (3,)), ((4,), (6,)), ((4,), (7,)), ((5,), (6,)), ((5,), (7,))]
    assert moves[8:14] == [
        ((0, 1), (2, 3)),
        ((0, 4), (2, 6)),
        ((0, 4), (2, 7)),
        ((0, 5), (2, 6)),
        ((0, 5), (2, 7)),
        ((0, 4), (3, 6)),
    ]
    assert moves[-1] == ((4, 5), (6, 7))


@pytest.mark.parametrize("repetitions", [1, 3])
@pytest.mark.parametrize("norb", [2, 5])
def test_kupccgsd_has_its_number_of_parameters(norb: int, repetitions: int) -> None:
    """There are norb (norb - 1) parameters for each repetition; singles of both spins share theirs."""
    excitations = kupccgsd(norb, repetitions)
    assert {excitation.parameter for excitation in excitations} == set(range(repetitions * norb * (norb - 1)))
    assert len(excitations) == repetitions * 3 * norb * (norb - 1) // 2
    singles = [excitation for excitation in excitations if len(excitation.created) == 1]
    for alpha, beta in zip(singles[::2], singles[1::2], strict=True):
        assert (alpha.parameter, alpha.created[0] + norb, alpha.annihilated[0] + norb) == (beta.parameter, *beta.created, *beta.annihilated)


@pytest.mark.parametrize(
    ("created", "annihilated"), [((), ()), ((1, 2), (0,)), ((2, 2), (0, 1)), ((1, 2), (0, 0)), ((0, 1), (1, 0)), ((-1,), (0,))]
)
def test_what_is_no_excitation_is_refused(created: tuple[int, ...], annihilated: tuple[int, ...]) -> None:
    """Electrons aren't made, moved twice, or left where they are."""
    with pytest.raises(InputError):
        Excitation(created, annihilated, 0)


def test_no_repetitions_are_refused() -> None:
    """An ansatz has at least one layer."""
    with pytest.raises(InputError, match="k is 0"):
        kupccgsd(4, 0)
    with pytest.raises(InputError, match="layers is 0"):
        gate_fabric(4, 0)


@EVERY
def test_electrons_of_either_spin_are_conserved(name: str) -> None:
    """Three electrons in three orbitals, by circuits under Jordan-Wigner."""
    excitations, mapping = LISTS[name](3, (2, 1)), jordan_wigner(3)
    state = random_state(excitations, mapping, 0b001011)
    for operator, expected in ((number_operator, 3), (sz_operator, 0.5)):
        observable = operator(mapping)
        assert state.expectation_value(observable).real == pytest.approx(expected, abs=1e-10)
        assert state.expectation_value(observable @ observable).real == pytest.approx(expected**2, abs=1e-10)


@pytest.mark.parametrize(("name", "conserves"), {"puccd": True, "kupccgsd": True, "gate_fabric": True, "uccsd": False}.items())
def test_what_moves_both_spins_alike_conserves_the_total_spin(name: str, *, conserves: bool) -> None:
    """From a closed shell pairs and rotations of orbitals keep S^2 at 0; UCCSD, with a parameter for each spin, doesn't."""
    mapping = jordan_wigner(4)
    spin = random_state(LISTS[name](4, (2, 2)), mapping, 0b00110011).expectation_value(s_squared_operator(mapping)).real
    assert (abs(spin) < 1e-10) == conserves


@EVERY
@pytest.mark.parametrize("label", [*MAPPINGS, "tapered"])
def test_circuits_have_the_states_of_the_engine(name: str, label: str) -> None:
    """H4 in every mapping, after what leaves the sector is dropped."""
    molecule = Molecule(shipped("h4"), tapering=label == "tapered")
    mapping = molecule.mapping if label == "tapered" else MAPPINGS[label](4, (2, 2))
    # Of the pool a part, since as an ansatz it is long.
    left = conserving(LISTS[name](4, (2, 2))[:40], mapping)
    engine = ExcitationEngine(molecule.integrals, left.excitations, len(left.parameters), compiled=False)
    amplitudes = engine.state(np.random.default_rng(2).normal(size=len(left.parameters)))
    expected, inside = np.zeros(2**mapping.qubits), mapping.holds(engine.strings)
    expected[mapping.encode(engine.strings[inside])] = amplitudes[inside]
    np.testing.assert_allclose(random_state(left.excitations, mapping, molecule.determinant).data, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("electrons", "pairs"), [((2, 2), 8), ((3, 1), 3), ((0, 0), 0)])
def test_puccd_moves_pairs_from_occupied_to_empty_orbitals(electrons: tuple[int, int], pairs: int) -> None:
    """Orbitals with one electron take no part."""
    excitations = puccd(6, electrons)
    assert len(excitations) == pairs
    for excitation in excitations:
        (i, j), (a, b) = excitation.annihilated, excitation.created
        assert (j - i, b - a) == (6, 6)
        assert i < min(electrons) <= max(electrons) <= a


def test_gate_fabric_is_made_of_alternating_bricks() -> None:
    """Five orbitals: 0-1 and 2-3, then 1-2 and 3-4, and two parameters for each of them."""
    excitations = gate_fabric(5, 2)
    pairs = [excitation.annihilated[0] for excitation in excitations if len(excitation.created) == 2]
    assert pairs == [0, 2, 1, 3] * 2
    assert [excitation.parameter for excitation in excitations[:6]] == [0, 1, 1, 2, 3, 3]
    assert {excitation.parameter for excitation in excitations} == set(range(2 * 2 * 4))


# Distances to the exact energy of H4. Lee et al. 2019, arXiv:1810.02327, find few layers of k-UpCCGSD enough for it too.
NEAR = {"1-UpCCGSD": (kupccgsd(4, 1), 0.0150), "2-UpCCGSD": (kupccgsd(4, 2), 0.0), "4 layers of bricks": (gate_fabric(4, 4), 0.0)}


@pytest.mark.parametrize("name", NEAR)
def test_layers_lead_to_the_exact_energy(name: str) -> None:
    """From the best of three random starts."""
    excitations, expected = NEAR[name]
    molecule = Molecule(shipped("h4"))
    parameters = max(excitation.parameter for excitation in excitations) + 1
    engine = ExcitationEngine(molecule.integrals, excitations, parameters, compiled=False)
    starts = np.random.default_rng(0).normal(scale=0.1, size=(3, parameters))
    lowest = min(minimize(engine.gradient, start, jac=True, method="BFGS").fun for start in starts)
    exact = molecule.exact()
    assert exact is not None
    assert lowest - exact.value == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("norb", "count"), [(2, 8), (3, 48), (4, 162)])
def test_generalised_excitations_come_once(norb: int, count: int) -> None:
    """All moves that conserve both spins, and none that is another one's adjoint."""
    excitations = generalised(norb)
    unordered = {frozenset((frozenset(excitation.created), frozenset(excitation.annihilated))) for excitation in excitations}
    assert len(unordered) == len(excitations) == count
    expected = {
        frozenset((frozenset(one), frozenset(other)))
        for size in (1, 2)
        for one, other in permutations(combinations(range(2 * norb), size), 2)
        if sum(p < norb for p in one) == sum(p < norb for p in other)
    }
    assert unordered == expected


def test_uccsd_is_a_part_of_the_generalised_pool() -> None:
    """Up to the signs of pairs in another order, all singles and doubles from the Hartree-Fock determinant."""
    moves = {(frozenset(excitation.created), frozenset(excitation.annihilated)) for excitation in generalised(4)}
    assert moves >= {(frozenset(excitation.created), frozenset(excitation.annihilated)) for excitation in uccsd(4, (2, 2))}
