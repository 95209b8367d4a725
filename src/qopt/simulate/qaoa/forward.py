"""The compiled sweeps from layer to layer.

The state is real-valued twice: in the gauge phi(x) = i^popcount(x) psi(x) the mixer exp(-i beta X) of a qubit is the rotation
(a, b) -> cos(beta) (a + t b, b - t a), t = -tan(beta), of real parts and of imaginary parts alike. The cosines of a layer are one factor,
cos(beta)^n, that the layer's phases carry. Beta is reduced modulo pi/2, so that |t| <= 1: what is left out is a flip of all qubits and a
phase, and the flip mirrors the costs of the layers that follow.

With the spin-flip symmetry the last qubit is left out: psi(x) = psi(~x). Its flip then takes index x to N - 1 - x, with the factor
i^-n (-1)^popcount(x) from the gauge.

A mixer is done in two halves: the qubits within tiles that the caches hold, and those across tiles, by columns of one block from each. A
sweep finishes one layer on one side, applies the next layer's phases and begins its mixer on the same side; p layers take p + 1 sweeps:

    side:  tiles            columns                 tiles
           phase 1, mix 1 | mix 1, phase 2, mix 2 | mix 2, phase 3, mix 3 | ...

With one tile all is on one side. Items, which are columns or tiles or pairs of complementary tiles, are independent: each has its own
partial sums, added up in the items' order, so bits don't depend on the threads.
"""

# numba infers the types of these functions, and their arguments are what a kernel works on.
# ruff: noqa: ANN001, ANN201, ANN202, PLR0913, PLR0917
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np
from numba import njit

from qopt.simulate.qaoa import instructions as do
from qopt.simulate.qaoa import phases
from qopt.simulate.qaoa.layout import PADDING
from qopt.simulate.qaoa.vectors import BLOCK, HALF, LANE_BITS, LANES, LEVELS

SUMS = 3 * LEVELS
GAUGE = SUMS + 3 * LANES
BUFFER = GAUGE + 8 * LANES
"""Where parts of the scratch array begin, in doubles, after a layer's tables: accumulators, the gauge's first values, a column."""
_GROUP = 8 * BLOCK
_MOST = 4 if LANES == 8 else 3  # noqa: PLR2004 - the registers: 32 of 8 doubles, or 16 of 4
"""Qubits that one visit of the memory can mix."""
inlined = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def scratch_array(array, bits, values):
    """Fill a scratch array with what the kernels only read: the levels' costs, and the first state in the gauge.

    That is i^popcount(x) / sqrt(N): a block for each popcount, modulo 4, of the block's number.
    """
    array[:] = 0.0
    array[2 * LEVELS : 2 * LEVELS + len(values)] = values
    powers = np.add.outer(np.arange(4), np.bitwise_count(np.arange(LANES))) & 3
    gauge = array[GAUGE:BUFFER].reshape(4, 2, LANES)
    gauge[:, 0] = np.array([1.0, 0.0, -1.0, 0.0])[powers] * 0.5 ** (0.5 * bits)
    gauge[:, 1] = np.array([0.0, 1.0, 0.0, -1.0])[powers] * 0.5 ** (0.5 * bits)


@inlined
def visit(left, most):
    """How many of the qubits that are left the next visit mixes: not so many that one alone is left for the last."""
    if left <= most:
        return left
    if left <= 2 * most:
        return (left + 1) // 2
    return most


@inlined
def _rows(target, buffer, source, qubits, tangent):
    """Mix the qubits `qubits[0]` to `qubits[1]` - 1 of the row's number, from source to target by way of the buffer.

    A place is the address of the first row's block and the step to the next row's.
    """
    do.keep_apart()
    done, bits = qubits
    while done < bits:
        many = visit(bits - done, _MOST)
        onto = target if done + many == bits else buffer
        span = 1 << done
        apart = (onto[1] * span, source[1] * span)
        for start in range(0, 1 << bits, span << many):
            for row in range(start, start + span):
                for part in (0, HALF):
                    into, outof = onto[0] + row * onto[1] + part, source[0] + row * source[1] + part
                    if many == 1:
                        do.mix_rows_1(into, apart[0], outof, apart[1], tangent)
                    elif many == 2:  # noqa: PLR2004 - qubits
                        do.mix_rows_2(into, apart[0], outof, apart[1], tangent)
                    elif many == 3:  # noqa: PLR2004
                        do.mix_rows_3(into, apart[0], outof, apart[1], tangent)
                    else:
                        do.mix_rows_4(into, apart[0], outof, apart[1], tangent)
        source = onto
        done += many


@inlined
def _mix_tile(place, bits, tangent):
    """Mix all qubits within a tile of 2**bits blocks."""
    do.keep_apart()
    for group in range(place, place + (BLOCK << bits), _GROUP):
        do.mix_group(group, tangent)
    tile = (place, np.int64(BLOCK))
    _rows(tile, tile, tile, (np.int64(3), bits), tangent)


@inlined
def angle(point, layer, layers):
    """A layer's t = -tan(beta), cos(beta) and whether it mirrors the costs of later layers; beta reduced modulo pi/2."""
    turns = math.floor(point[layers + layer] / (0.5 * math.pi) + 0.5)
    beta = point[layers + layer] - turns * (0.5 * math.pi)
    return -math.tan(beta), math.cos(beta), turns & 1


@inlined
def prepare(point, shape, layer, sense, scratch):
    """Fill the tables for a layer's phases, exp(sense i gamma h) cos(beta)^n; the sense is 1, or -1 to undo them."""
    _, cosine, _ = angle(point, layer, shape[1])
    factor = math.pow(cosine, shape[0])
    if shape[5]:
        table = scratch
        for first in range(0, 8 * shape[5], 8 * LANES):
            do.fill(table + first, sense * point[layer], factor)
    else:
        do.put(scratch, sense * point[layer])
        do.put(scratch + 8, factor)


@inlined
def mirror(point, shape, layer):
    """What a cost's index is changed by, by exclusive or, in a layer's phases: all bits, or none."""
    flips = 0
    for earlier in range(layer):
        flips += angle(point, earlier, shape[1])[2]
    return (1 << shape[3]) - 1 if flips & 1 and not shape[2] else 0


@inlined
def by_columns(shape, sweep):
    """Whether a sweep goes by columns."""
    return sweep & 1 == 1 and shape[3] > shape[4]


@inlined
def items(shape, sweep):
    """The number of items of a sweep."""
    if by_columns(shape, sweep):
        return 1 << (shape[4] - LANE_BITS)
    return max(1, (1 << (shape[3] - shape[4])) >> shape[2])


@inlined
def sign(shape, block):
    """The sign of i^-n (-1)^popcount in the flip of the qubit left out, but for the lanes'."""
    return 1.0 if (do.popcount(block) + (shape[0] >> 1)) & 1 else -1.0


@inlined
def _columns(point, shape, cost, psi, scratch, parts, sweep, low, high):
    """A sweep by columns."""
    layers, rows, blocks = shape[1], 1 << (shape[3] - shape[4]), 1 << (shape[4] - LANE_BITS)
    table = scratch
    sums, near, step = table + 8 * SUMS, np.int64(BLOCK), BLOCK * (blocks + PADDING)
    buffer, qubits = (table + 8 * BUFFER, near), (np.int64(0), shape[3] - shape[4])
    mask, last = mirror(point, shape, sweep), sweep == layers
    for item in range(low, high):
        column = (psi + item * BLOCK, step)
        _rows(buffer, buffer, column, qubits, angle(point, sweep - 1, layers)[0])
        for row in range(rows):
            index, place = ((row * blocks + item) * LANES) ^ (mask & -LANES), buffer[0] + row * BLOCK
            do.fetch_block(column[0] + BLOCK + row * step)
            if last:
                phases.measure_block(place, place, cost, index, table, mask != 0, sums)
            else:
                phases.turn_block(place, place, cost, index, table, mask != 0)
        if last:
            parts[3 * item] = do.emptied(sums)
            for row in range(rows):
                do.copy_block(column[0] + row * step, buffer[0] + row * BLOCK)
        else:
            _rows(column, buffer, buffer, qubits, angle(point, sweep, layers)[0])


@inlined
def _turn_pairs(shape, cost, state, table, sweep, tile, flips):
    """Flip, phases, flip on a tile and its complement; flip alone after the last layer."""
    blocks, tiles = 1 << (shape[4] - LANE_BITS), 1 << (shape[3] - shape[4])
    step, final = BLOCK * (blocks + PADDING), blocks * tiles - 1
    here, there = state + tile * step, state + (tiles - 1 - tile) * step + (blocks - 1) * BLOCK
    gauge, odd = table + 8 * GAUGE, shape[0] & 1 == 1
    for number in range(blocks if tiles > 1 else blocks // 2):
        block = tile * blocks + number
        other, way = final - block, sign(shape, block)
        places = (here + number * BLOCK, there - number * BLOCK)
        tangents = (way * flips[0], way * flips[1])
        do.fetch_block(places[0] + step)
        do.fetch_block(places[1] - step)
        if sweep == shape[1]:
            phases.flip_pair(places, tangents[0], odd)
        else:
            sources = places
            if sweep == 0:
                sources = (gauge + do.popcount(block) % 4 * BLOCK, gauge + do.popcount(other) % 4 * BLOCK)
            phases.turn_pair(places, sources, cost, (block * LANES, other * LANES), table, tangents, odd)


@inlined
def _tiles(point, shape, cost, psi, scratch, parts, sweep, low, high):
    """A sweep by tiles, or by pairs of complementary tiles."""
    layers, half, blocks, tiles = shape[1], shape[2] == 1, 1 << (shape[4] - LANE_BITS), 1 << (shape[3] - shape[4])
    state, table, step = psi, scratch, BLOCK * (blocks + PADDING)
    sums, gauge = table + 8 * SUMS, table + 8 * GAUGE
    mask, last = mirror(point, shape, sweep), sweep == layers
    finishes, many = sweep > 0 and tiles > 1, 2 if half and tiles > 1 else 1
    before = angle(point, sweep - 1, layers)[0] if finishes else 0.0
    after = angle(point, sweep, layers)[0] if not last else 0.0
    for item in range(low, high):
        for which in range(many if finishes else 0):
            tile = tiles - 1 - item if which else item
            _mix_tile(state + tile * step, shape[4] - LANE_BITS, before)
        if half:
            _turn_pairs(shape, cost, state, table, sweep, item, (before, after))
        for which in range(many):
            tile = tiles - 1 - item if which else item
            place = state + tile * step
            for number in range(blocks if last or not half else 0):
                block = tile * blocks + number
                into, index = place + number * BLOCK, (block * LANES) ^ (mask & -LANES)
                if last:
                    phases.measure_block(into, into, cost, index, table, mask != 0, sums)
                else:
                    do.fetch_block(into + step)
                    outof = gauge + do.popcount(block) % 4 * BLOCK if sweep == 0 else into
                    phases.turn_block(into, outof, cost, index, table, mask != 0)
            if not last:
                _mix_tile(place, shape[4] - LANE_BITS, after)
        if last:
            parts[3 * item] = do.emptied(sums)


@inlined
def total(parts, count, which):
    """The sum of the items' partial sums, in their order."""
    result = 0.0
    for item in range(count):
        result += parts[3 * item + which]
    return result


def make_forward(sources):
    """Makes the kernel. The number of the sources is part of its key in numba's cache, which looks at no other file than this one."""

    def forward(points, shape, cost, psi, scratch, parts, run, out):
        """Energies of points, or single sweeps of one.

        Args:
            points: `(k, 2 p)` angles.
            shape: n, p, 1 with the spin-flip symmetry or else 0, the state's qubits, a tile's, the number of
                levels up to a multiple of `LANES`.
            cost: `(N,)` levels, one byte each, or the costs themselves.
            psi: The state in blocks, `PADDING` blocks after each tile; out.
            scratch: Of this thread, as `scratch_array` made it.
            parts: `(3 items,)` partial sums; out.
            run: First and last point, first and last sweep, first and last item (each last one excluded; a last item of -1 means all).
            out: `(k,)` energies, from the partial sums, unless some items were singled out. A last item of 0 asks for these alone.
        """
        _ = sources
        form = (shape[0], shape[1], shape[2], shape[3], shape[4], shape[5])
        state, own = do.address(psi), do.address(scratch)
        for row in range(run[0], run[1]):
            point = points[row]
            for sweep in range(run[2], run[3]):
                if sweep < form[1]:
                    prepare(point, form, sweep, 1.0, own)
                last = items(form, sweep) if run[5] < 0 else run[5]
                if by_columns(form, sweep):
                    _columns(point, form, cost, state, own, parts, sweep, run[4], last)
                else:
                    _tiles(point, form, cost, state, own, parts, sweep, run[4], last)
            if run[5] <= 0:
                out[row] = total(parts, items(form, form[1]), np.int64(0))

    return forward
