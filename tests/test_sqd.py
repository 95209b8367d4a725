"""Sample-based quantum diagonalization: bounds, bit order, recovery, and what is refused. Energies need the extra `sqd`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.simulate.excitations.cases import random_integrals

from qopt.errors import InputError
from qopt.problems.active_space import Space
from qopt.problems.determinants import determinant_energy, determinants, lowest_determinant
from qopt.problems.mapping import electronic_hamiltonian, jordan_wigner
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule
from qopt.references import lowest_in
from qopt.sqd import Sqd, SqdOptions, diagonalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals

ONCE = SqdOptions(iterations=1, batches=1, samples=10**6, reference=False, symmetrise=False)
"""One subspace of all determinants given, and of nothing else."""


def found(integrals: Integrals, chosen: NDArray[np.int64], options: SqdOptions = ONCE, *, seed: int = 1) -> Sqd:
    """From one shot of each determinant."""
    return diagonalise(chosen, np.ones(len(chosen), dtype=np.int64), integrals=integrals, options=options, rng_seed=seed)


def exact(integrals: Integrals, chosen: NDArray[np.int64]) -> float:
    """The lowest energy among determinants, with the project's own Hamiltonian."""
    return lowest_in(electronic_hamiltonian(integrals, jordan_wigner(integrals.norb)), chosen)


def pairs(alpha: list[int], beta: list[int], norb: int) -> NDArray[np.int64]:
    """All determinants of some alpha and some beta strings."""
    return np.array([a | b << norb for a in alpha for b in beta], dtype=np.int64)


@pytest.mark.extra
@pytest.mark.parametrize("electrons", [(2, 2), (3, 1), (1, 2), (4, 2), (1, 1)])
def test_the_full_space_is_full_configuration_interaction(electrons: tuple[int, int]) -> None:
    """For random integrals, also open shells, and a full shell of alpha electrons; to 1e-8 Ha."""
    integrals = random_integrals(4, electrons, np.random.default_rng(sum(electrons)))
    every = determinants(4, electrons)
    result = found(integrals, every)
    assert result.energy == pytest.approx(exact(integrals, every), abs=1e-8)
    assert (result.dimension, result.shots, result.right) == (len(every), len(every), len(every))
    assert [sum(each) for each in result.occupancies] == pytest.approx(electrons)


@pytest.mark.extra
@pytest.mark.parametrize(
    ("electrons", "alpha", "beta"),
    [((2, 2), [0b00011, 0b01001, 0b11000], [0b00110, 0b10001]), ((3, 1), [0b00111, 0b10110], [0b00001, 0b00010, 0b10000])],
)
def test_alpha_and_beta_keep_their_orbitals(electrons: tuple[int, int], alpha: list[int], beta: list[int]) -> None:
    """A subspace of other alpha than beta strings, none symmetric under reversal of the orbitals, has the energy of these determinants."""
    integrals = random_integrals(5, electrons, np.random.default_rng(3))
    chosen = pairs(alpha, beta, 5)
    result = found(integrals, chosen)
    assert result.energy == pytest.approx(exact(integrals, chosen), abs=1e-8)
    assert result.dimension == len(alpha) * len(beta)
    for strings, occupancies in zip((alpha, beta), result.occupancies, strict=True):
        empty = [orbital for orbital in range(5) if not any(string >> orbital & 1 for string in strings)]
        assert [occupancies[orbital] for orbital in empty] == pytest.approx([0.0] * len(empty), abs=1e-12)


@pytest.mark.extra
def test_one_determinant_has_its_own_energy() -> None:
    """The constant is in it, and S^2 of an unpaired electron is 3/4."""
    integrals = random_integrals(4, (2, 1), np.random.default_rng(6))
    lowest = lowest_determinant(4, (2, 1))
    result = found(integrals, np.array([lowest]))
    assert result.energy == pytest.approx(determinant_energy(integrals, lowest), abs=1e-10)
    assert (result.dimension, result.history) == (1, (result.energy,))
    assert result.s_squared == pytest.approx(0.75)
    assert result.occupancies == ((1.0, 1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))


@pytest.mark.extra
def test_nested_subspaces_descend_to_the_exact_energy() -> None:
    """More determinants never raise the energy, and none is below full configuration interaction."""
    integrals = random_integrals(4, (2, 2), np.random.default_rng(8))
    every = np.random.default_rng(1).permutation(determinants(4, (2, 2)))
    energies = [found(integrals, every[:count]).energy for count in (1, 2, 4, 8, 16, 36)]
    assert (np.diff(energies) < 1e-9).all()
    assert energies[-1] == pytest.approx(exact(integrals, determinants(4, (2, 2))), abs=1e-8)
    assert energies[-1] < energies[0] - 0.1


class Nitrogen:
    """N2 with 6 electrons in 6 orbitals: 400 determinants, and shots of the ground state."""

    def __init__(self) -> None:
        self.molecule = Molecule(shipped("n2"), space=Space(electrons=6, orbitals=6), tapering=False)
        self.integrals = self.molecule.integrals
        self.every = determinants(6, (3, 3))
        hamiltonian = electronic_hamiltonian(self.integrals, jordan_wigner(6)).to_matrix(sparse=True)
        values, vectors = np.linalg.eigh(hamiltonian[self.every][:, self.every].toarray().real)
        self.energy = float(values[0])
        shots = np.random.default_rng(5).choice(self.every, size=2000, p=vectors[:, 0] ** 2)
        self.shots: NDArray[np.int64] = shots

    def corrupted(self, share: float) -> NDArray[np.int64]:
        """The shots, a share of them with every bit flipped with a probability of 1/4."""
        rng = np.random.default_rng(7)
        flips = rng.random((len(self.shots), 12)) < 0.25
        hit = rng.random(len(self.shots)) < share
        return self.shots ^ np.where(hit, flips @ (1 << np.arange(12)), 0)


@pytest.fixture(scope="module")
def nitrogen() -> Nitrogen:
    """Diagonalised once."""
    return Nitrogen()


def counted(shots: NDArray[np.int64], integrals: Integrals, options: SqdOptions, seed: int = 1) -> Sqd:
    """From shots."""
    distinct, counts = np.unique(shots, return_counts=True)
    return diagonalise(distinct, counts, integrals=integrals, options=options, rng_seed=seed)


@pytest.mark.extra
def test_thirty_percent_of_corrupted_shots_are_recovered(nitrogen: Nitrogen) -> None:
    """The energy stays within 2 mHa of the clean shots' and above the exact one; electrons are conserved."""
    options = SqdOptions(samples=12, batches=3)
    clean, noisy = (counted(nitrogen.corrupted(share), nitrogen.integrals, options) for share in (0.0, 0.3))
    assert clean.right == clean.shots == noisy.shots == 2000
    assert 1400 <= noisy.right < 1700
    for result in (clean, noisy):
        assert nitrogen.energy - 1e-9 < result.energy < nitrogen.molecule.hartree_fock
        assert [sum(each) for each in result.occupancies] == pytest.approx([3.0, 3.0])
        assert result.energy == min(result.history)
    assert noisy.energy == pytest.approx(clean.energy, abs=2e-3)


@pytest.mark.extra
def test_the_same_seed_gives_the_same_numbers(nitrogen: Nitrogen) -> None:
    """Up to 1e-11 Ha, and other draws for another seed; the order of the determinants has no part in it."""
    options = SqdOptions(iterations=3, samples=8, batches=2)
    shots = nitrogen.corrupted(0.3)
    first, again = (counted(shots, nitrogen.integrals, options, seed=4) for _ in range(2))
    distinct, counts = np.unique(shots, return_counts=True)
    turned = diagonalise(distinct[::-1], counts[::-1], integrals=nitrogen.integrals, options=options, rng_seed=4)
    other = counted(shots, nitrogen.integrals, options, seed=5)
    for result in (again, turned):
        assert result.history == pytest.approx(first.history, abs=1e-11)
        assert result.dimension == first.dimension
    assert other.history != pytest.approx(first.history, abs=1e-11)


@pytest.mark.extra
def test_without_a_right_shot_recovery_begins_at_the_lowest_determinant(nitrogen: Nitrogen) -> None:
    """One electron is missing everywhere; the energy is a bound all the same, below the lowest determinant's."""
    lowest_bit = nitrogen.shots & -nitrogen.shots
    result = counted(nitrogen.shots ^ lowest_bit, nitrogen.integrals, SqdOptions(samples=20))
    assert result.right == 0
    assert nitrogen.energy - 1e-9 < result.energy < nitrogen.molecule.hartree_fock
    assert [sum(each) for each in result.occupancies] == pytest.approx([3.0, 3.0])


@pytest.mark.extra
def test_iterations_come_to_rest(nitrogen: Nitrogen) -> None:
    """With all shots in every batch the second iteration repeats the first, and says so; one iteration can't."""
    result = counted(nitrogen.shots, nitrogen.integrals, SqdOptions(samples=400, batches=1))
    assert result.converged
    assert len(result.history) == 2
    assert 0.0 <= result.s_squared < 0.01  # near the singlet's, and not quite: shots are no complete set of strings
    assert not counted(nitrogen.shots, nitrogen.integrals, SqdOptions(iterations=1)).converged


@pytest.mark.extra
def test_a_limit_of_strings_holds_and_keeps_the_reference(nitrogen: Nitrogen) -> None:
    """Five strings of each spin are 25 determinants, and one string is the reference alone."""
    assert counted(nitrogen.shots, nitrogen.integrals, SqdOptions(strings=5)).dimension == 25
    alone = counted(nitrogen.shots, nitrogen.integrals, SqdOptions(strings=1))
    assert alone.energy == pytest.approx(nitrogen.molecule.hartree_fock, abs=1e-9)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that can be copied into a shell."""
    monkeypatch.setitem(sys.modules, "qiskit_addon_sqd", None)
    with pytest.raises(InputError, match=r"pip install 'qopt-vqa\[sqd\]'"):
        found(random_integrals(2, (1, 1), np.random.default_rng(0)), np.array([0b0101]))


@pytest.mark.parametrize(
    ("chosen", "counts", "words"),
    [
        ([0b0101, 0b10000], [1, 1], "the determinant 0b10000 has spin orbitals beyond the 4"),
        ([0b0101], [0], "there are no shots"),
        ([], [], "there are no shots"),
        ([0b0101], [1, 1], "expected (u,) of both"),
        ([0b0101, 0b0110], [2, -1], "expected (u,) of both"),
    ],
)
def test_shots_that_make_no_sense_are_refused(chosen: list[int], counts: list[int], words: str) -> None:
    """Before anything is imported."""
    integrals = random_integrals(2, (1, 1), np.random.default_rng(0))
    with pytest.raises(InputError) as refusal:
        diagonalise(np.array(chosen, dtype=np.int64), np.array(counts, dtype=np.int64), integrals=integrals, options=ONCE, rng_seed=1)
    assert words in str(refusal.value)


def test_electrons_that_do_not_fit_are_refused() -> None:
    """Merged strings of unequally many electrons, and a spin without electrons."""
    open_shell, polarised = (random_integrals(3, electrons, np.random.default_rng(0)) for electrons in ((2, 1), (2, 0)))
    with pytest.raises(InputError, match=r"symmetrise is True, expected False for \(2, 1\)"):
        found(open_shell, np.array([0b001011]), SqdOptions(symmetrise=True))
    with pytest.raises(InputError, match="expected one or more of both"):
        found(polarised, np.array([0b000011]))


@pytest.mark.parametrize("wrong", [{"iterations": 0}, {"batches": 1.5}, {"samples": True}, {"strings": 0}, {"carryover": -0.1}])
def test_options_that_are_no_amount_are_refused(wrong: dict[str, float]) -> None:
    """With the option's name."""
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is "):
        SqdOptions(**wrong)
