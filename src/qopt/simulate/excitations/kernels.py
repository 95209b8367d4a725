"""The sweeps over amplitudes, compiled by numba when this module is first imported, and kept on disk from then on.

A state is a contiguous `(n_alpha, n_beta)` array. Excitations come as the tables of `Rotations`, the Hamiltonian as the lower triangle L
of its matrix with half of the diagonal, `H = L + L^T`, so that an energy reads each element once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from qopt.simulate.excitations.hamiltonian import Lower
    from qopt.simulate.excitations.rotations import Tables

    Vector: TypeAlias = NDArray[np.float64]
    Ansatz: TypeAlias = tuple[NDArray[np.int64], Vector, int, tuple[int, int]]

_FAST = {"contract", "reassoc", "nsz"}
"""Fused multiply-adds and sums in any order; unlike with all of fastmath, what isn't finite stays visible."""
_BLOCK = 256
"""Columns of a state that are worked on at a time: 2 MiB of 1024 rows."""
_VECTOR, _MATRIX = "float64[::1]", "float64[:, ::1]"
# Unsigned ranks, because numba looks at every signed index whether it counts from the end.
_TABLES = f"Tuple((uint64[:, ::1], uint32[::1], uint32[::1], {_VECTOR}))"
_LOWER = f"Tuple((uint32[::1], uint32[::1], {_VECTOR}))"
_ANSATZ = f"Tuple((int64[::1], {_VECTOR}, int64, UniTuple(int64, 2)))"


def _compiled(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile for one signature, to run without the GIL; kept on disk where there is a folder to write to."""

    def compile_(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(signature, cache=True, nogil=True, fastmath=_FAST, error_model="numpy")(function)
        except RuntimeError:  # Neither the package's folder nor the user's cache can be written.
            return numba.njit(signature, nogil=True, fastmath=_FAST, error_model="numpy")(function)

    return compile_


@_compiled(f"void({_MATRIX}, {_VECTOR}, {_VECTOR}, {_TABLES})")
def forward(state: Vector, cosines: Vector, sines: Vector, tables: Tables) -> None:
    """Apply all excitations in place, the first one first."""
    spans, sources, targets, signs = tables
    for k in range(len(spans)):
        alpha, alpha_end, beta, beta_end, whole_rows = spans[k]
        cosine, sine = cosines[k], sines[k]
        for a in range(alpha, alpha_end):
            left, right, turn = state[sources[a]], state[targets[a]], sine * signs[a]
            if whole_rows:
                for b in range(len(left)):
                    x, y = left[b], right[b]
                    left[b], right[b] = cosine * x - turn * y, cosine * y + turn * x
            else:
                for b in range(beta, beta_end):
                    i, j, signed = sources[b], targets[b], turn * signs[b]
                    x, y = left[i], right[j]
                    left[i], right[j] = cosine * x - signed * y, cosine * y + signed * x


@_compiled(f"void({_MATRIX}, {_MATRIX}, {_VECTOR}, {_VECTOR}, {_TABLES}, {_VECTOR})")
def backward(state: Vector, image: Vector, cosines: Vector, sines: Vector, tables: Tables, slopes: Vector) -> None:
    """Undo all excitations on a state and on its image under H, the last one first, and write down the slope at each.

    A rotation commutes with its own generator, so the slope can be taken behind it: `dE/dangle = 2 <image| T - T^dag |state>`, which is
    twice the sum of `sign (image_target state_source - image_source state_target)` over the pairs.
    """
    spans, sources, targets, signs = tables
    for k in range(len(spans) - 1, -1, -1):
        alpha, alpha_end, beta, beta_end, whole_rows = spans[k]
        cosine, sine, slope = cosines[k], sines[k], 0.0
        for a in range(alpha, alpha_end):
            left, right, turn = state[sources[a]], state[targets[a]], sine * signs[a]
            image_left, image_right = image[sources[a]], image[targets[a]]
            partial = 0.0
            if whole_rows:
                for b in range(len(left)):
                    x, y, p, q = left[b], right[b], image_left[b], image_right[b]
                    partial += q * x - p * y
                    left[b], right[b] = cosine * x + turn * y, cosine * y - turn * x
                    image_left[b], image_right[b] = cosine * p + turn * q, cosine * q - turn * p
            else:
                for b in range(beta, beta_end):
                    i, j, signed = sources[b], targets[b], turn * signs[b]
                    x, y, p, q = left[i], right[j], image_left[i], image_right[j]
                    partial += signs[b] * (q * x - p * y)
                    left[i], right[j] = cosine * x + signed * y, cosine * y - signed * x
                    image_left[i], image_right[j] = cosine * p + signed * q, cosine * q - signed * p
            slope += signs[a] * partial
        slopes[k] = 2.0 * slope


@_compiled(f"float64({_VECTOR}, {_LOWER})")
def quadratic(state: Vector, lower: Lower) -> float:
    """`<state| H |state> = 2 <state| L |state>`."""
    pointers, columns, elements = lower
    energy = 0.0
    for row in range(len(state)):
        total = 0.0
        for k in range(pointers[row], pointers[row + 1]):
            total += elements[k] * state[columns[k]]
        energy += total * state[row]
    return 2.0 * energy


@_compiled(f"float64({_VECTOR}, {_LOWER}, {_VECTOR})")
def product(state: Vector, lower: Lower, out: Vector) -> float:
    """Write `H state = L state + L^T state`, and return `<state| H |state>`."""
    pointers, columns, elements = lower
    out[:] = 0.0
    energy = 0.0
    for row in range(len(state)):
        total, amplitude = 0.0, state[row]
        for k in range(pointers[row], pointers[row + 1]):
            total += elements[k] * state[columns[k]]
            out[columns[k]] += elements[k] * amplitude
        out[row] += total
        energy += total * amplitude
    return 2.0 * energy


@_compiled(f"void({_LOWER}, {_LOWER}, {_MATRIX}, {_MATRIX})")
def add_term(matrix: Lower, moves: Lower, state: Vector, out: Vector) -> None:
    """Add the product of a `Term` and a state, some columns at a time, so that what a row is made of stays in the cache.

    Args:
        matrix: Pointers of rows, columns and elements.
        moves: Sources, images and signs.
        state: `(n_alpha, n_beta)`.
        out: What the product is added to.
    """
    pointers, columns, elements = matrix
    sources, images, signs = moves
    gathered = np.empty((len(state), _BLOCK))
    row = np.empty(_BLOCK)
    for first in range(0, len(sources), _BLOCK):
        width = min(_BLOCK, len(sources) - first)
        for a in range(len(state)):
            for b in range(width):
                gathered[a, b] = signs[first + b] * state[a, sources[first + b]]
        for a in range(len(state)):
            row[:width] = 0.0
            for k in range(pointers[a], pointers[a + 1]):
                element, other = elements[k], gathered[columns[k]]
                for b in range(width):
                    row[b] += element * other[b]
            for b in range(width):
                out[a, images[first + b]] += row[b]


@_compiled(f"void({_MATRIX}, {_ANSATZ}, {_TABLES}, {_LOWER}, {_VECTOR})")
def energies(points: Vector, ansatz: Ansatz, tables: Tables, lower: Lower, values: Vector) -> None:
    """Write the energies of `(k, n)` points."""
    parameters, factors, start, shape = ansatz
    cosines, sines = np.empty(len(factors)), np.empty(len(factors))
    state = np.empty(shape)
    flat = state.reshape(-1)
    for row in range(len(points)):
        for k in range(len(factors)):
            angle = factors[k] * points[row, parameters[k]]
            cosines[k], sines[k] = np.cos(angle), np.sin(angle)
        flat[:] = 0.0
        flat[start] = 1.0
        forward(state, cosines, sines, tables)
        values[row] = quadratic(flat, lower)


@_compiled(f"void({_MATRIX}, {_ANSATZ}, {_TABLES}, {_LOWER}, {_VECTOR}, {_MATRIX})")
def gradients(points: Vector, ansatz: Ansatz, tables: Tables, lower: Lower, values: Vector, slopes: Vector) -> None:
    """Write the energies of `(k, n)` points, and add their gradients to `(k, n)` slopes."""
    parameters, factors, start, shape = ansatz
    cosines, sines, by_excitation = np.empty(len(factors)), np.empty(len(factors)), np.empty(len(factors))
    state, image = np.empty(shape), np.empty(shape)
    flat = state.reshape(-1)
    for row in range(len(points)):
        for k in range(len(factors)):
            angle = factors[k] * points[row, parameters[k]]
            cosines[k], sines[k] = np.cos(angle), np.sin(angle)
        flat[:] = 0.0
        flat[start] = 1.0
        forward(state, cosines, sines, tables)
        values[row] = product(flat, lower, image.reshape(-1))
        backward(state, image, cosines, sines, tables, by_excitation)
        for k in range(len(factors)):
            slopes[row, parameters[k]] += factors[k] * by_excitation[k]
