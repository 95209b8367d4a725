"""Runs the kernels: workspaces, threads, and what is read from a state afterwards."""

# numba's own functions have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache
from numba.core.registry import cpu_target

from qopt.simulate.qaoa.backward import make_backward
from qopt.simulate.qaoa.costs import is_symmetric, tabulate
from qopt.simulate.qaoa.forward import BUFFER, make_forward, scratch_array
from qopt.simulate.qaoa.layout import HUGE_PAGE, PADDING, SHIFT, column_doubles, part_doubles, state_doubles, tile_bits
from qopt.simulate.qaoa.vectors import LANES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from qopt.diagonal import Diagonal
    from qopt.types import Point, Points, Values

_SHARED_BITS = 17
"""Qubits of a state from which on the threads share it where there are fewer points than threads; waking them costs some 20 us a sweep."""
_LINE = 64
_ARGUMENTS = "void(f8[:,::1], i8[::1], {}[::1], f8[::1], {}f8[::1], f8[::1], i8[::1], {})"
_FORWARD, _BACKWARD = _ARGUMENTS.format("{}", "", "f8[::1]"), _ARGUMENTS.format("{}", "f8[::1], ", "f8[:,::1]")


def _sources() -> int:
    """A number that changes with the files that the kernels are made from."""
    folder = Path(__file__).parent
    text = b"".join((folder / f"{name}.py").read_bytes() for name in ("vectors", "instructions", "phases", "layout", "forward", "backward"))
    return int.from_bytes(hashlib.sha256(text).digest()[:6])


def _cached(function: Callable[..., None]) -> Any:  # noqa: ANN401 - numba has no types
    """The function as a dispatcher with a cache on disk; without one where no place can be written to."""
    options: dict[str, Any] = {"nogil": True, "no_cfunc_wrapper": True}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)


_FUNCTIONS = {_FORWARD: make_forward(_sources()), _BACKWARD: make_backward(_sources())}
_DISPATCHERS = {signature: _cached(function) for signature, function in _FUNCTIONS.items()}


@cache
def _kernel(signature: str, kind: str) -> Callable[..., None]:
    """The machine code of a kernel for costs of a kind, from the cache or compiled now. It is called without numba's look at the types."""
    dispatcher = _DISPATCHERS[signature]
    return dispatcher.compile(signature.format(kind))  # type: ignore[no-any-return]


def compile_needed(signatures: Iterable[str] = tuple(_FUNCTIONS), kinds: Iterable[str] = ("u1", "f8")) -> bool:
    """Whether one of these kernels isn't in numba's cache on disk yet, so that its first use takes seconds."""
    try:
        caches = [(signature, FunctionCache(_FUNCTIONS[signature])) for signature in signatures]
    except RuntimeError:
        return True
    # Kept under the very signatures that `_kernel` asks for.
    return any(held.load_overload(of.format(kind), cpu_target.target_context) is None for of, held in caches for kind in kinds)


@lru_cache
def _numbers(run: tuple[int, ...]) -> NDArray[np.int64]:
    """What a kernel is to run, as it reads it; most calls run the same."""
    return np.array(run, dtype=np.int64)


def _aligned(count: int) -> NDArray[np.float64]:
    """`(count,)` doubles that begin where a cache line does; large ones where a huge page does, for the sweeps jump far."""
    step = HUGE_PAGE if count * 8 >= 2 * HUGE_PAGE else _LINE
    raw = np.empty(count + step // 8)
    first = -raw.ctypes.data % step // 8
    return raw[first : first + count]


class _Workspace:
    """What one thread writes to, kept from call to call."""

    def __init__(self, bits: int, values: NDArray[np.float64]) -> None:
        self._doubles = state_doubles(bits, LANES)
        self.scratch = _aligned(BUFFER + column_doubles(bits, LANES))
        scratch_array(self.scratch, bits, values)
        self.parts = np.zeros(part_doubles(bits))

    @cached_property
    def psi(self) -> NDArray[np.float64]:
        """The state, in blocks."""
        return _aligned(self._doubles)

    @cached_property
    def lam(self) -> NDArray[np.float64]:
        """The adjoint, made when a gradient is asked for."""
        return _aligned(self._doubles + SHIFT)[SHIFT:]


class Compiled:
    """QAOA by the kernels. Its workspaces are for one caller at a time, so others wait.

    Attributes:
        symmetric: Whether half the states are held: those whose last qubit is 0.
        costs: Of the states held.
    """

    name = "qaoa-numba"

    def __init__(self, diagonal: Diagonal, layers: int, threads: int) -> None:
        self.symmetric = is_symmetric(diagonal)
        self._qubits, self._layers, self._threads = diagonal.variables, layers, threads
        self._bits = self._qubits - self.symmetric
        self._within = tile_bits(self._bits)
        self.costs = tabulate(diagonal, self._bits)
        self._kind = "u1" if self.costs.table.dtype == np.uint8 else "f8"
        levels = len(self.costs.values)
        self._values = np.zeros(-(-levels // LANES) * LANES)
        self._values[:levels] = self.costs.values
        self._shape = np.array([self._qubits, layers, self.symmetric, self._bits, self._within, len(self._values)])
        self._workspaces: list[_Workspace] = []
        self._in_use = Lock()
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def compile_needed(self, *, gradient: bool) -> bool:
        """Whether the next energies, or gradients, wait for the compiler."""
        return compile_needed((_FORWARD, _BACKWARD) if gradient else (_FORWARD,), (self._kind,))

    def energies(self, points: Points) -> Values:
        """`(k,)` energies."""
        with self._in_use:
            return self._energies(points)

    def gradients(self, points: Points) -> tuple[Values, Points]:
        """`(k,)` energies and `(k, 2 p)` gradients."""
        with self._in_use:
            return self._gradients(points)

    def weights(self, point: Point) -> NDArray[np.float64]:
        """`(N,)` probabilities; with the symmetry those of pairs of states."""
        with self._in_use:
            return self._weights(point)

    def state(self, point: Point) -> NDArray[np.complex128]:
        """`(2**n,)` amplitudes, up to a phase."""
        with self._in_use:
            return self._state(point)

    def _energies(self, points: Points) -> Values:
        out = np.empty(len(points))
        if self._shares(len(points)):
            for row in range(len(points)):
                self._together(points, row, out)
            return out

        def work(thread: int, first: int, last: int) -> None:
            self._run_forward(self._workspaces[thread], self._workspaces[thread], points, (first, last, 0, self._layers + 1, 0, -1), out)

        self._spread(len(points), work)
        return out

    def _gradients(self, points: Points) -> tuple[Values, Points]:
        values, gradients = np.empty(len(points)), np.zeros(points.shape)
        sweeps = self._layers + 1
        if self._shares(len(points)):
            for row in range(len(points)):
                self._together(points, row, values)
                self._together(points, row, gradients)
            return values, gradients

        def work(thread: int, first: int, last: int) -> None:
            space = self._workspaces[thread]
            for row in range(first, last):
                self._run_forward(space, space, points, (row, row + 1, 0, sweeps, 0, -1), values)
                self._run_backward(space, space, points, (row, row + 1, 0, sweeps, 0, -1), gradients)

        self._spread(len(points), work)
        return values, gradients

    def _weights(self, point: Point) -> NDArray[np.float64]:
        tiles = self._evolve(point)
        out = np.empty((*tiles.shape[:2], LANES))
        for number, tile in enumerate(tiles):
            np.square(tile[:, 0], out=out[number])
            out[number] += np.square(tile[:, 1])
        return self._mirrored(point, out.reshape(-1))

    def _state(self, point: Point) -> NDArray[np.complex128]:
        tiles = self._evolve(point)
        size = 1 << self._bits
        out = np.empty(1 << self._qubits, dtype=np.complex128)
        # The gauge i^popcount is taken off.
        powers = np.array([1.0, -1.0j, -1.0, 1.0j]) * (0.5**0.5 if self.symmetric else 1.0)
        low = np.bitwise_count(np.arange(1 << self._within).reshape(-1, LANES))
        held = out[:size].reshape(*tiles.shape[:2], LANES)
        for number, tile in enumerate(tiles):
            held[number].real, held[number].imag = tile[:, 0], tile[:, 1]
            held[number] *= powers[(low + number.bit_count()) & 3]
        if self.symmetric:
            out[size:] = out[:size][::-1]
            return out
        return self._mirrored(point, out)

    def _mirrored(self, point: Point, values: NDArray[Any]) -> NDArray[Any]:
        """The values in the order of the basis states: betas are reduced modulo pi/2, which leaves a flip of all qubits out."""
        flips = np.floor(point[self._layers :] / (0.5 * np.pi) + 0.5).sum()
        return values[::-1] if flips % 2 and not self.symmetric else values

    def _evolve(self, point: Point) -> NDArray[np.float64]:
        """`(tiles, blocks, 2, LANES)`: the final state in the gauge, in the workspace."""
        self._energies(point[None])
        tiles = self._workspaces[0].psi.reshape(1 << (self._bits - self._within), -1, 2, LANES)
        return tiles[:, :-PADDING]

    def _reserve(self, count: int) -> None:
        """Make the workspaces of so many threads, before they start."""
        while len(self._workspaces) < count:
            self._workspaces.append(_Workspace(self._bits, self._values))

    def _shares(self, points: int) -> bool:
        """Whether the threads work on one state together."""
        return self._pool is not None and points < self._threads and self._bits >= _SHARED_BITS

    def _spread(self, count: int, work: Callable[[int, int, int], None]) -> None:
        """Call `work(thread, first, last)` for equal parts of `count` things, the last part here."""
        threads = max(1, min(self._threads, count))
        self._reserve(threads)
        if self._pool is None or threads == 1:
            work(0, 0, count)
            return
        bounds = [count * thread // threads for thread in range(threads + 1)]
        others = [self._pool.submit(work, thread, bounds[thread], bounds[thread + 1]) for thread in range(1, threads)]
        work(0, bounds[0], bounds[1])
        for other in others:
            other.result()

    def _together(self, points: Points, row: int, out: NDArray[np.float64]) -> None:
        """All sweeps of one point, the items of each shared by the threads; energies forwards, gradients (`out` of two axes) backwards."""
        forwards = out.ndim == 1
        run = self._run_forward if forwards else self._run_backward
        self._reserve(self._threads)
        state = self._workspaces[0]
        for sweep in range(self._layers + 1):

            def work(thread: int, low: int, high: int, sweep: int = sweep) -> None:
                run(state, self._workspaces[thread], points, (row, row + 1, sweep, sweep + 1, low, high), out)

            self._spread(self._items(sweep if forwards else self._layers - sweep), work)
            run(state, state, points, (row, row + 1, sweep, sweep + 1, 0, 0), out)

    def _items(self, sweep: int) -> int:
        """The number of items of a sweep, columns or tiles or pairs of these."""
        across = self._bits - self._within
        return (1 << self._within) // LANES if sweep % 2 and across else max(1, (1 << across) >> self.symmetric)

    def _run_forward(self, state: _Workspace, own: _Workspace, points: Points, run: tuple[int, ...], out: Values) -> None:
        """The forward kernel on a state, with a thread's own scratch."""
        self._forward(points, self._shape, self.costs.table, state.psi, own.scratch, state.parts, _numbers(run), out)

    def _run_backward(self, state: _Workspace, own: _Workspace, points: Points, run: tuple[int, ...], out: Points) -> None:
        """The backward kernel on a state and its adjoint, with a thread's own scratch."""
        self._backward(points, self._shape, self.costs.table, state.psi, state.lam, own.scratch, state.parts, _numbers(run), out)

    @cached_property
    def _forward(self) -> Callable[..., None]:
        """The forward kernel, from the cache or compiled now."""
        return _kernel(_FORWARD, self._kind)

    @cached_property
    def _backward(self) -> Callable[..., None]:
        """The backward kernel, from the cache or compiled now."""
        return _kernel(_BACKWARD, self._kind)
