"""Exact energies, gradients and samples of ansatzes made of fermionic excitations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from qopt.errors import InputError
from qopt.simulate.checks import checked, fitting_threads, limits
from qopt.simulate.excitations.hamiltonian import FactorisedHamiltonian, MatrixHamiltonian
from qopt.simulate.excitations.memory import check_size, fits_a_matrix, memory_needed
from qopt.simulate.excitations.plain import PlainSweeps
from qopt.simulate.excitations.rotations import rotations
from qopt.simulate.excitations.sector import Sector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.integrals import Integrals
    from qopt.simulate.excitations.compiled import CompiledSweeps
    from qopt.simulate.excitations.hamiltonian import Hamiltonian
    from qopt.simulate.excitations.rotations import Rotations
    from qopt.types import Points, Values

T = TypeVar("T")

_WORTH_THREADS = 1 << 22
"""From so many amplitudes times excitations times points on, starting threads takes a small part of the time."""
_PLAIN_QUBITS = 10
"""Up to so many qubits NumPy answers before numba is imported."""


class ExcitationEngine:
    """Exact simulation of `prod_k exp(angle_k (T_k - T_k^dag)) |reference>` in the sector of its electrons; `Excitation` tells the order.

    States are real, and as long as the sector has determinants: 441 for water in a minimal basis, where a register of qubits has 16384. So
    this is also how ansatzes of tapered or parity-mapped problems are simulated: a mapping changes the circuit, and neither energies nor
    samples once these are read as occupations.

    Args:
        integrals: The Hamiltonian, and how many electrons there are.
        excitations: The ansatz; the first one acts first.
        parameters: How many entries a point has, n.
        reference: The determinant to begin with, bit p for spin orbital p; None puts the electrons in the lowest orbitals.
        threads: How many points are computed at the same time. It changes no bit of any result, and where memory is
            short there are fewer.
        compiled: Whether numba's kernels do the work; None means where numba is installed and there are more than 10 qubits.

    Attributes:
        name: `excitations-numba` or `excitations-numpy`, for results.

    Raises:
        InputError: If an excitation or the reference doesn't fit the integrals, a parameter is out of range, numba is asked for and
            missing, there are no threads, or the sector needs more memory than is free.

    References:
        Sector and determinants: Knowles, Handy 1984, Chem. Phys. Lett. 111, 315; the gradient: Jones, Gacon 2020, arXiv:2009.02823.
    """

    def __init__(
        self,
        integrals: Integrals,
        excitations: Sequence[Excitation],
        parameters: int,
        *,
        reference: int | None = None,
        threads: int = 1,
        compiled: bool | None = None,
    ) -> None:
        norb, electrons = integrals.norb, integrals.electrons
        check_size(norb, electrons, excitations)
        threads = fitting_threads(threads, lambda count: memory_needed(norb, electrons, excitations, gradient=True, batch=count))
        self._constant = integrals.constant
        self._threads = threads
        self._sector = Sector.of(norb, electrons)
        self._start = _start(self._sector, electrons, reference)
        self._sweeps_class = _sweeps_class(norb, compiled=compiled)
        self._hamiltonian: Hamiltonian = (
            MatrixHamiltonian(integrals, self._sector)
            if fits_a_matrix(norb, electrons)
            else FactorisedHamiltonian(integrals, self._sector, self._sweeps_class.add_term)
        )
        self._pool: tuple[tuple[Excitation, ...], Rotations] | None = None
        self._set_ansatz(excitations, parameters)

    @property
    def name(self) -> str:
        """`excitations-numba` or `excitations-numpy`."""
        return self._sweeps_class.name

    @property
    def dim(self) -> int:
        """How many determinants the sector has."""
        return self._sector.dim

    @property
    def strings(self) -> NDArray[np.int64]:
        """`(dim,)`: the spin orbitals that each entry of a state occupies, bit p for spin orbital p."""
        return self._sector.determinants

    def with_excitations(self, excitations: Sequence[Excitation], parameters: int) -> ExcitationEngine:
        """An engine with another ansatz that shares this one's Hamiltonian and pool: what a growing ansatz asks for at every step."""
        other = copy(self)
        other._set_ansatz(excitations, parameters)  # noqa: SLF001 - an engine of its own
        return other

    def under(self, hamiltonian: Hamiltonian) -> ExcitationEngine:
        """The engine of the same ansatz under another operator on the sector, without a constant."""
        other = copy(self)
        other._hamiltonian, other._constant = hamiltonian, 0.0  # noqa: SLF001 - an engine of its own
        other._set_ansatz(*self._ansatz)  # noqa: SLF001 - as above
        return other

    def energies(self, points: ArrayLike) -> Values:
        """`(k,)` energies at `(k, n)` points, the constant included."""
        parts = self._spread(self._sweeps.energies, checked(points, self._limits))
        return (parts[0] if len(parts) == 1 else np.concatenate(parts)) + self._constant

    def gradient(self, point: ArrayLike) -> tuple[float, NDArray[np.float64]]:
        """The energy and its `(n,)` gradient at an `(n,)` point."""
        values, gradients = self._sweeps.gradients(checked(point, self._limits, one=True))
        return float(values[0]) + self._constant, gradients[0]

    def gradients(self, points: ArrayLike) -> tuple[Values, NDArray[np.float64]]:
        """`(k,)` energies and `(k, n)` gradients at `(k, n)` points."""
        parts = self._spread(self._sweeps.gradients, checked(points, self._limits))
        values, gradients = (np.concatenate(part) for part in zip(*parts, strict=True))
        return values + self._constant, gradients

    def state(self, point: ArrayLike) -> NDArray[np.float64]:
        """The `(dim,)` real amplitudes at an `(n,)` point; `strings` says of which determinants."""
        return self._sweeps.state(checked(point, self._limits, one=True)[0])

    def pool_gradients(self, point: ArrayLike, pool: Sequence[Excitation]) -> NDArray[np.float64]:
        """`(m,)` commutators `<psi| [H, T - T^dag] |psi>` of m candidates, times their coefficients, in the state psi at a point.

        It is the slope of the energy in the parameter of a candidate that is put behind the ansatz, at 0. Since `T - T^dag` is
        antisymmetric and H symmetric, it is `2 <H psi| T - T^dag |psi>`: one product with H serves them all.

        References:
            Grimsley, Economou, Barnes, Mayhall 2019, arXiv:1812.11173.
        """
        key = tuple(pool)
        # A local name, since another thread may put another pool in its place.
        kept = self._pool
        if kept is None or kept[0] != key:
            self._pool = kept = key, rotations(key, self._sector)
        state = self.state(point)
        return self._sweeps.slopes(state, self._sweeps.image(state), kept[1])

    def samples(self, points: ArrayLike, shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`(k, shots)` determinants drawn at each of `(k, n)` points, bit p for spin orbital p."""
        points, strings = checked(points, self._limits), self.strings
        out = np.empty((len(points), shots), dtype=np.int64)
        for row, point in enumerate(points):
            probabilities = self._sweeps.state(point) ** 2
            out[row] = strings[rng.choice(len(strings), size=shots, p=probabilities / probabilities.sum())]
        return out

    def _set_ansatz(self, excitations: Sequence[Excitation], parameters: int) -> None:
        for excitation in excitations:
            if excitation.parameter >= parameters:
                raise InputError(f"{excitation} belongs to parameter {excitation.parameter}, expected 0 to {parameters - 1}")
        self._ansatz = tuple(excitations), parameters
        self._limits = limits(_units(excitations, parameters))
        self._work = self._sector.dim * len(excitations)
        tables = rotations(excitations, self._sector, self._start)
        shape = len(self._sector.alpha), len(self._sector.beta)
        self._sweeps = self._sweeps_class(tables, self._hamiltonian, self._start, shape)

    def _spread(self, function: Callable[[Points], T], points: Points) -> list[T]:
        """The function's answers to parts of the points, as many at a time as there are threads."""
        if self._threads == 1 or len(points) <= 1 or self._work * len(points) < _WORTH_THREADS:
            return [function(points)]
        with ThreadPoolExecutor(self._threads) as executor:
            return list(executor.map(function, np.array_split(points, min(self._threads, len(points)))))


def engine_name(norb: int) -> str:
    """What computes for so many orbitals, without importing it."""
    return "excitations-numpy" if 2 * norb <= _PLAIN_QUBITS or find_spec("numba") is None else "excitations-numba"


def _units(excitations: Sequence[Excitation], parameters: int) -> NDArray[np.float64]:
    """`(n,)` radians that the excitations of each parameter turn by at most for each unit of it."""
    units = np.zeros(parameters)
    for excitation in excitations:
        units[excitation.parameter] = max(units[excitation.parameter], abs(excitation.coefficient))
    return units


def _start(sector: Sector, electrons: tuple[int, int], reference: int | None) -> int:
    if reference is None:
        reference = ((1 << electrons[0]) - 1) | ((1 << electrons[1]) - 1) << sector.norb
    start = sector.index(reference)
    if start is None:
        raise InputError(
            f"the reference {reference:#b} has not {electrons[0]} alpha and {electrons[1]} beta electrons in {sector.norb} orbitals"
        )
    return start


def _sweeps_class(norb: int, *, compiled: bool | None) -> type[PlainSweeps | CompiledSweeps]:
    if compiled is False or (compiled is None and 2 * norb <= _PLAIN_QUBITS):
        return PlainSweeps
    try:
        from qopt.simulate.excitations.compiled import CompiledSweeps  # noqa: PLC0415 - numba takes a while to import
    except ImportError as error:
        if compiled:
            raise InputError(f"numba can't be imported: {error}; install it, or use compiled=False") from error
        return PlainSweeps
    return CompiledSweeps
