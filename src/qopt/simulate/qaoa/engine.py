"""The exact engine for QAOA: which way it computes, what it needs, and what is asked of a final state."""

from __future__ import annotations

import importlib.util
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from qopt.errors import InputError
from qopt.simulate.checks import check_coefficients, check_count, check_free, checked, fitting_threads, limits
from qopt.simulate.qaoa import layout, plain
from qopt.simulate.qaoa.costs import is_symmetric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal
    from qopt.simulate.qaoa.costs import Costs
    from qopt.types import Point, Points, Values

SMALL = 10
"""Variables up to which numpy is fast enough, so that nobody waits for a compiler."""


class _Computes(Protocol):
    """What numpy and the kernels have in common."""

    @property
    def name(self) -> str:
        """Which of the two."""
        ...

    @property
    def symmetric(self) -> bool:
        """Whether only the states whose last qubit is 0 are held."""
        ...

    @property
    def costs(self) -> Costs:
        """Of the states held."""
        ...

    def compile_needed(self, *, gradient: bool) -> bool:
        """Whether the next energies, or gradients, wait for a compiler."""
        ...

    def energies(self, points: Points) -> Values:
        """`(k,)` energies."""
        ...

    def gradients(self, points: Points) -> tuple[Values, Points]:
        """`(k,)` energies and `(k, 2 p)` gradients."""
        ...

    def weights(self, point: Point) -> NDArray[np.float64]:
        """`(N,)` probabilities; with the symmetry those of pairs of states."""
        ...

    def state(self, point: Point) -> NDArray[np.complex128]:
        """`(2**n,)` amplitudes, up to a phase."""
        ...


def compile_needed() -> bool:
    """Whether any kernel, for costs of whatever kind, isn't in numba's cache on disk yet. An engine's own method says what it needs itself.

    Raises:
        InputError: If numba is not installed.
    """
    _require_numba()
    from qopt.simulate.qaoa.compiled import compile_needed as needed  # noqa: PLC0415 - numba is for those who ask

    return needed()


def _has_numba() -> bool:
    """Whether numba is installed; it isn't imported."""
    return importlib.util.find_spec("numba") is not None


def _require_numba() -> None:
    """Refuse what can't be done without numba."""
    if not _has_numba():
        message = "numba is not installed, the compiled engine needs it: run `pip install numba`, or leave the choice to the engine"
        raise InputError(message)


def compiles(cost: Diagonal, compiled: bool | None = None) -> bool:  # noqa: FBT001 - three choices, not two
    """Whether an engine for a cost would take the kernels: the choice of `QaoaEngine`, before one is made.

    Raises:
        InputError: If they are asked for and numba is missing.
    """
    if compiled:
        _require_numba()
    wanted = (cost.variables > SMALL and _has_numba()) if compiled is None else compiled
    return wanted and cost.variables - is_symmetric(cost) >= layout.LEAST_BITS


def memory_of(
    cost: Diagonal, layers: int, *, gradient: bool, threads: int = 1, compiled: bool | None = None, variables: int | None = None
) -> int:
    """Bytes that an engine of a cost takes, for a point on each thread.

    Args:
        cost: The diagonal of H.
        layers: p.
        gradient: Whether gradients are asked for.
        threads: Of the engine.
        compiled: As `QaoaEngine` takes it.
        variables: What would be taken by a cost of so many variables that is like this one; None where it is this one.
    """
    n = cost.variables if variables is None else variables
    if compiles(cost, compiled):
        return layout.memory_needed(n, layers, gradient=gradient, batch=threads, threads=threads, symmetric=is_symmetric(cost))
    return plain.memory_needed(n, gradient=gradient)


def _choose(cost: Diagonal, layers: int, threads: int, compiled: bool | None) -> _Computes:  # noqa: FBT001 - three choices, not two
    """The way to compute."""
    if not compiles(cost, compiled):
        return plain.Plain(cost, layers)
    from qopt.simulate.qaoa.compiled import Compiled  # noqa: PLC0415 - numba takes its time

    return Compiled(cost, layers, threads)


class QaoaEngine:
    """Exact results of prod_l exp(-i beta_l sum X) exp(-i gamma_l C) |+> with the cost C = -H.

    Points are gamma_1 .. gamma_p, beta_1 .. beta_p, radians; bit i of a basis state's index is qubit i. All is in double precision. The
    threads don't change a bit of any result, and a batch gives the bits of its points alone. An engine keeps its memory, and
    answers one caller after the other.

    Args:
        cost: The diagonal of H, of any orders; the constant is part of the energies.
        layers: p.
        threads: How many may compute at the same time; fewer do where memory is short.
        compiled: None chooses: kernels compiled by numba above 10 variables where numba is installed, else numpy. True asks for the
            kernels; the smallest states, below 2^6 amplitudes, are numpy's all the same. False asks for numpy.

    Attributes:
        name: Which one computes, `qaoa-numba` or `qaoa-numpy`.

    Raises:
        InputError: If there are no layers, variables or threads, a coefficient isn't finite, the kernels are asked for and numba is
            missing, or there is not enough memory.

    References:
        Farhi, Goldstone, Gutmann 2014, arXiv:1411.4028, eqs. 2-6.
    """

    name: str

    def __init__(self, cost: Diagonal, layers: int, *, threads: int = 1, compiled: bool | None = None) -> None:
        for what, number in (("layers", layers), ("threads", threads), ("variables", cost.variables)):
            check_count(what, number)
        check_coefficients(cost.coefficients)
        needed = memory_of(cost, layers, gradient=False, compiled=compiled)
        check_free(f"exact energies of {cost.variables} qubits", needed, "use a smaller problem or a machine with more memory")
        threads = fitting_threads(threads, lambda count: memory_of(cost, layers, gradient=True, threads=count, compiled=compiled))
        largest = np.abs(cost.coefficients).max(initial=0.0)
        self._limits = limits([largest] * layers + [1.0] * layers)
        self._variables = cost.variables
        self._computes = _choose(cost, layers, threads, compiled)
        self.name = self._computes.name

    def compile_needed(self, *, gradient: bool = True) -> bool:
        """Whether the next energies, or gradients, take a few seconds more, as their kernels aren't in numba's cache on disk yet."""
        return self._computes.compile_needed(gradient=gradient)

    def energies(self, points: Points) -> Values:
        """`(k,)` energies of `(k, 2 p)` points, which the threads share."""
        return self._computes.energies(checked(points, self._limits))

    def gradient(self, point: Point) -> tuple[float, Point]:
        """The energy of a `(2 p,)` point and its `(2 p,)` gradient, in the time of a few energies."""
        values, gradients = self._computes.gradients(checked(point, self._limits, one=True))
        return float(values[0]), gradients[0]

    def gradients(self, points: Points) -> tuple[Values, Points]:
        """`(k,)` energies and `(k, 2 p)` gradients."""
        return self._computes.gradients(checked(points, self._limits))

    def probabilities(self, point: Point) -> NDArray[np.float64]:
        """`(2**n,)` probabilities of the basis states."""
        weights = self._weights(point)
        if not self._computes.symmetric:
            return weights
        out = np.empty(2 * len(weights))
        np.multiply(weights, 0.5, out=out[: len(weights)])
        out[len(weights) :] = out[: len(weights)][::-1]
        return out

    def state(self, point: Point) -> NDArray[np.complex128]:
        """`(2**n,)` amplitudes, up to a global phase that depends on the angles."""
        return self._computes.state(checked(point, self._limits, one=True)[0])

    def samples(self, points: Points, shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`(k, shots)` basis states drawn at each point, by the inverse of the cumulative distribution."""
        points = checked(points, self._limits)
        out = np.empty((len(points), shots), dtype=np.int64)
        for row, point in enumerate(points):
            cumulative = self._weights(point)
            np.cumsum(cumulative, out=cumulative)
            drawn = np.searchsorted(cumulative, rng.random(shots) * cumulative[-1], side="right")
            np.minimum(drawn, len(cumulative) - 1, out=out[row])
            if self._computes.symmetric:
                # Each drawn state stands for itself and its complement.
                out[row] ^= ((1 << self._variables) - 1) * rng.integers(0, 2, shots)
        return out

    def tail_mean(self, point: Point, alpha: float) -> float:
        """The conditional value at risk: the mean cost of the lowest fraction `alpha` of the distribution; `alpha` = 1 is the energy.

        Where the costs are too many for levels, their order is worked out at the first call and kept, 8 bytes for each state held.

        Raises:
            InputError: If `alpha` is not above 0 and at most 1.

        References:
            Barkoutsos et al. 2020, arXiv:1907.04769, eq. 8.
        """
        if not 0.0 < alpha <= 1.0:
            message = f"alpha is {alpha}, expected more than 0 and at most 1"
            raise InputError(message)
        weights, costs = self._weights(point), self._computes.costs
        if len(costs.values):
            weights, values = costs.total(weights), costs.values
        else:
            weights, values = weights[self._order], costs.table[self._order].astype(np.float64, copy=False)
        # Each part of the distribution counts as far as it lies below the fraction.
        upto = np.minimum(np.cumsum(weights), alpha * weights.sum())
        return float(np.diff(upto, prepend=0.0) @ values / upto[-1])

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """The basis states held by ascending cost."""
        return np.argsort(self._computes.costs.table, kind="stable")

    def _weights(self, point: Point) -> NDArray[np.float64]:
        """Probabilities of the states held."""
        return self._computes.weights(checked(point, self._limits, one=True)[0])
