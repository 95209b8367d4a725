"""Sample-based quantum diagonalization: the energy in the subspace of determinants that a circuit was seen in, by `qiskit-addon-sqd`.

The one place that knows that package, which the extra `sqd` brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qopt.errors import InputError
from qopt.problems.determinants import lowest_determinant
from qopt.problems.mapping.mapping import MAX_ORBITALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.problems.integrals import Integrals

_TIGHT = {"tol": 1e-12, "max_cycle": 500}
"""Of the eigensolver: PySCF's own 1e-9 is a part of chemical accuracy, but more than the energies of two iterations may differ by."""


@dataclass(frozen=True)
class SqdOptions:
    """How the subspaces are drawn, and when to stop.

    Attributes:
        iterations: Of configuration recovery, at most.
        batches: Subspaces drawn in each iteration; the lowest energy counts.
        samples: Distinct configurations in each batch. With s of them a subspace has up to `s^2` determinants, or `(2 s)^2` symmetrised,
            and further ones that were carried over.
        energy_tolerance: Hartree. Iterations end where the energy changes by less, and the occupancies too.
        occupancy_tolerance: By how much the mean occupation of a spin orbital may change at the end.
        carryover: Strings with a configuration of a larger amplitude are in all subspaces of the next iteration.
        strings: The most strings of each spin in a subspace, those of the reference first; None is no limit.
        symmetrise: Whether alpha and beta strings are merged, so that singlets don't mix with states of odd spin; None merges them where
            there are equally many electrons of both spins.
        reference: Whether the determinant with the lowest orbitals filled is in every subspace, so no energy is above its own.

    Raises:
        InputError: If an option is no amount.
    """

    iterations: int = 10
    batches: int = 5
    samples: int = 300
    energy_tolerance: float = 1e-8
    occupancy_tolerance: float = 1e-5
    carryover: float = 1e-4
    strings: int | None = None
    symmetrise: bool | None = None
    reference: bool = True

    def __post_init__(self) -> None:
        """Refuse what is no amount."""
        for name in ("iterations", "batches", "samples", "strings"):
            count = getattr(self, name)
            if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
                raise InputError(f"{name} is {count!r}, expected a whole number above 0", (name,))
        for name in ("energy_tolerance", "occupancy_tolerance", "carryover"):
            size = getattr(self, name)
            if not 0.0 <= size < 1.0:
                raise InputError(f"{name} is {size!r}, expected a number from 0 to below 1", (name,))


@dataclass(frozen=True)
class Sqd:
    """What sample-based quantum diagonalization found.

    The energy is an upper bound of the exact one in the active space, since it is the expectation of the Hamiltonian in a state that is
    known in full. So it has no statistical error bar, however few shots there were and however noisy the device was: how far it lies above
    the exact energy is unknown, and other shots or another seed give another bound. The lowest of several is the best one, without the
    bias that picking the lowest of noisy values has.

    A low energy is no proof that the circuit was good. Wrong shots bring strings of their own, so noise enlarges subspaces and may lower
    the energy; only uniformly random determinants, diagonalised with the same options, tell what the circuit has added.

    Attributes:
        energy: Hartree, total: the lowest of all iterations.
        history: Hartree: the lowest of each iteration's batches. It may rise, since batches are drawn anew.
        occupancies: Mean occupation of each orbital by alpha and by beta electrons, `(norb,)` each, in the state of that energy.
        dimension: Determinants of its subspace.
        s_squared: Its expectation of S^2; in a subspace of determinants a state needs no spin of its own.
        shots: How many there were.
        right: How many of them had the right numbers of alpha and beta electrons. The others took part only after configuration recovery.
        converged: Whether energy and occupancies had come to rest within the iterations.
    """

    energy: float
    history: tuple[float, ...]
    occupancies: tuple[tuple[float, ...], tuple[float, ...]]
    dimension: int
    s_squared: float
    shots: int
    right: int
    converged: bool


def diagonalise(
    determinants: NDArray[np.int64], counts: NDArray[np.int64], *, integrals: Integrals, options: SqdOptions, rng_seed: int
) -> Sqd:
    """The lowest energy in subspaces of sampled determinants, after self-consistent recovery of those with wrong numbers of electrons.

    The first iteration takes the shots with the right numbers alone, draws batches from them by how often each was seen, and diagonalises
    the Hamiltonian among all pairs of their alpha and beta strings. Later ones repair the other shots, too, by flipping the bits that
    disagree most with the mean occupations found before. Where no shot has the right numbers, recovery begins with the occupations of the
    lowest determinant, and all that the shots tell comes through it; `right` is 0 then.

    The same arguments give the same draws. PySCF's threads may add up in another order, which changes energies by some 1e-13 hartree
    (other BLAS libraries and versions of PySCF do so as well), and a draw only if it hangs on the last digit.

    Args:
        determinants: `(u,)` masks, bit p for spin orbital p: alpha orbitals first, then beta ones, as `Mapping.decode` gives them.
        counts: `(u,)` how often each was measured.
        integrals: Of the active space.
        options: How subspaces are drawn.
        rng_seed: Of all random choices.

    Raises:
        InputError: If `qiskit-addon-sqd` isn't installed, there are no shots or no electrons of one spin, a determinant has spin orbitals
            that don't exist, or alpha and beta strings are to be merged where there are not equally many electrons of both spins.

    References:
        Robledo-Moreno et al. 2024, arXiv:2405.05068 (configuration recovery: section II.A); Kanno et al. 2023, arXiv:2302.11320.
    """
    norb, electrons = integrals.norb, integrals.electrons
    _check(determinants, counts, integrals)
    if options.symmetrise and electrons[0] != electrons[1]:
        raise InputError(f"symmetrise is True, expected False for {electrons} electrons of spin alpha and beta", ("symmetrise",))
    try:
        from qiskit_addon_sqd import fermion  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise InputError(
            f"sample-based quantum diagonalization needs qiskit-addon-sqd, which can't be imported ({error}): pip install 'qopt-vqa[sqd]'"
        ) from None
    symmetrise = electrons[0] == electrons[1] if options.symmetrise is None else options.symmetrise
    reference = _strings(lowest_determinant(norb, electrons), norb)
    right = int(counts[_has_electrons(determinants, norb, electrons)].sum())
    iterations: list[Any] = []
    best = fermion.diagonalize_fermionic_hamiltonian(
        integrals.one_body.copy(),
        integrals.two_body.copy(),
        _rows(np.repeat(determinants, counts), norb),
        options.samples,
        norb,
        electrons,
        num_batches=options.batches,
        energy_tol=options.energy_tolerance,
        occupancies_tol=options.occupancy_tolerance,
        max_iterations=options.iterations,
        sci_solver=partial(fermion.solve_sci_batch, **_TIGHT),
        symmetrize_spin=symmetrise,
        max_dim=options.strings,
        include_configurations=([reference[0]], [reference[1]]) if options.reference else None,
        initial_occupancies=None if right else tuple(_occupied(string, norb) for string in reference),
        carryover_threshold=options.carryover,
        callback=lambda results: iterations.append(min(results, key=lambda result: result.energy)),
        seed=rng_seed,
    )
    alpha, beta = (tuple(np.asarray(each, dtype=np.float64).tolist()) for each in best.orbital_occupancies)
    return Sqd(
        energy=float(best.energy) + integrals.constant,
        history=tuple(float(each.energy) + integrals.constant for each in iterations),
        occupancies=(alpha, beta),
        dimension=int(best.sci_state.amplitudes.size),
        s_squared=float(best.sci_state.spin_square()),
        shots=int(counts.sum()),
        right=right,
        converged=_at_rest(iterations, options),
    )


def _check(determinants: NDArray[np.int64], counts: NDArray[np.int64], integrals: Integrals) -> None:
    norb, electrons = integrals.norb, integrals.electrons
    if norb > MAX_ORBITALS:
        raise InputError(f"there are {norb} orbitals, expected at most {MAX_ORBITALS}: choose an active space")
    if min(electrons) < 1:
        raise InputError(f"there are {electrons} electrons of spin alpha and beta, expected one or more of both: PySCF's solver needs them")
    if determinants.shape != counts.shape or determinants.ndim != 1 or (counts < 0).any():
        raise InputError(f"got {determinants.shape} determinants and {counts.shape} counts, expected (u,) of both, and counts from 0")
    if not counts.sum():
        raise InputError("there are no shots, expected one or more: measure the circuit before its samples are diagonalised")
    if (strange := determinants >> 2 * norb != 0).any():
        raise InputError(
            f"the determinant {int(determinants[strange][0]):#b} has spin orbitals beyond the {2 * norb} of the integrals: decode the "
            "qubits with the mapping"
        )


def _rows(determinants: NDArray[np.int64], norb: int) -> NDArray[np.bool_]:
    """`(k, 2 norb)` occupations with the highest beta orbital in the first column and the lowest alpha orbital in the last."""
    return (determinants[:, None] >> np.arange(2 * norb)[::-1] & 1).astype(np.bool_)


def _has_electrons(determinants: NDArray[np.int64], norb: int, electrons: tuple[int, int]) -> NDArray[np.bool_]:
    alpha = np.bitwise_count(determinants & ((1 << norb) - 1)) == electrons[0]
    return np.asarray(alpha & (np.bitwise_count(determinants >> norb) == electrons[1]))


def _strings(determinant: int, norb: int) -> tuple[int, int]:
    """The alpha and the beta half of a determinant."""
    return determinant & ((1 << norb) - 1), determinant >> norb


def _occupied(string: int, norb: int) -> NDArray[np.float64]:
    return (string >> np.arange(norb) & 1).astype(np.float64)


def _at_rest(iterations: list[Any], options: SqdOptions) -> bool:
    """Whether the last iteration moved energy and occupancies by less than the tolerances."""
    if len(iterations) < 2:  # noqa: PLR2004 - a change needs two
        return False
    last, before = iterations[-1], iterations[-2]
    moved = np.abs(np.ravel(last.orbital_occupancies) - np.ravel(before.orbital_occupancies)).max()
    return bool(abs(last.energy - before.energy) < options.energy_tolerance and moved < options.occupancy_tolerance)
