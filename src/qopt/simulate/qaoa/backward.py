"""The compiled sweeps back from layer to layer, on the state and its adjoint lambda = H psi, and the gradient from them.

A sweep undoes what the same sweep forwards did (see `forward.py`), in reverse: the mixer that it began, of the layer `sweep`, the phases of
that layer, and the mixer that it finished, of the layer before. The derivatives are

    d/d gamma = -2 sum h (lambda_r psi_i - lambda_i psi_r),    d/d beta = -2 sum (lambda_0 psi_1 - lambda_1 psi_0) over qubits' pairs.

The rotations that undo a mixer lack their cosines too. So each qubit undone makes both vectors longer by 1 / cos(beta), and what is summed
up after it counts cos(beta)^2 times as much; the phases' factor makes up for it in the end.
"""

# numba infers the types of these functions, and their arguments are what a kernel works on.
# ruff: noqa: ANN001, ANN201, ANN202, PLR0913, PLR0917
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np

from qopt.simulate.qaoa import instructions as do
from qopt.simulate.qaoa import phases
from qopt.simulate.qaoa.forward import BUFFER, SUMS, angle, by_columns, inlined, items, mirror, prepare, sign, total, visit
from qopt.simulate.qaoa.layout import PADDING, SHIFT
from qopt.simulate.qaoa.vectors import BLOCK, GROUP_BITS, HALF, LANE_BITS, LANES

_MOST = 3
"""Qubits that one visit of the memory can undo, of two vectors."""


@inlined
def _undo_rows(targets, sources, qubits, way, weight, sums):
    """Undo the qubits `qubits[0]` to `qubits[1]` - 1 of the row's number; `way` is the tangent and its cosine.

    Places are the addresses of the first row's blocks of both vectors and the step to the next row's.

    Returns:
        The flow, which counts `weight` times as much at first, and the weight in the end.
    """
    do.keep_apart()
    flow = 0.0
    done, bits = qubits
    while done < bits:
        many = visit(bits - done, _MOST)
        span = 1 << done
        apart = (targets[2] * span, sources[2] * span)
        for start in range(0, 1 << bits, span << many):
            for row in range(start, start + span):
                for part in (0, HALF):
                    to, of = row * targets[2] + part, row * sources[2] + part
                    into, outof = (targets[0] + to, targets[1] + to), (sources[0] + of, sources[1] + of)
                    if many == 1:
                        do.undo_rows_1(into, apart[0], outof, apart[1], way[0], sums)
                    elif many == 2:  # noqa: PLR2004 - qubits
                        do.undo_rows_2(into, apart[0], outof, apart[1], way[0], sums)
                    else:
                        do.undo_rows_3(into, apart[0], outof, apart[1], way[0], sums)
        flow += weight * do.emptied(sums)
        weight *= math.pow(way[1], 2 * many)
        sources = targets
        done += many
    return flow, weight


@inlined
def _undo_tile(places, bits, way, weight, sums):
    """As `_undo_rows` for all qubits within a tile of 2**bits blocks."""
    do.keep_apart()
    for group in range(0, BLOCK << bits, 8 * BLOCK):
        do.undo_group(places[0] + group, places[1] + group, way[0], sums)
    flow = weight * do.emptied(sums)
    weight *= math.pow(way[1], 2 * GROUP_BITS)
    tile = (places[0], places[1], np.int64(BLOCK))
    more, weight = _undo_rows(tile, tile, (np.int64(3), bits), way, weight, sums)
    return flow + more, weight


@inlined
def _ways(point, shape, sweep, finishes):
    """The tangents and cosines that undo the mixer that a sweep began and the one that it finished; none is (0, 1)."""
    began, finished = (0.0, 1.0), (0.0, 1.0)
    if sweep < shape[1]:
        tangent, cosine, _ = angle(point, sweep, shape[1])
        began = (-tangent, cosine)
    if finishes:
        tangent, cosine, _ = angle(point, sweep - 1, shape[1])
        finished = (-tangent, cosine)
    return began, finished


@inlined
def _undo_columns(point, shape, cost, psi, lam, scratch, parts, sweep, low, high):
    """A sweep by columns, undone."""
    rows, blocks = 1 << (shape[3] - shape[4]), 1 << (shape[4] - LANE_BITS)
    table = scratch
    sums, near, step = table + 8 * SUMS, np.int64(BLOCK), BLOCK * (blocks + PADDING)
    buffer, qubits = (table + 8 * BUFFER, table + 8 * (BUFFER + SHIFT) + BLOCK * rows, near), (np.int64(0), shape[3] - shape[4])
    mask, last = mirror(point, shape, sweep), sweep == shape[1]
    began, finished = _ways(point, shape, sweep, finishes=True)
    # What the tiles undid of the mixer that is undone first.
    weight = math.pow(began[1], 2 * (shape[4] + shape[2]))
    for item in range(low, high):
        column = (psi + item * BLOCK, lam + item * BLOCK, step)
        flow = 0.0
        if last:
            for row in range(rows):
                do.copy_block(buffer[0] + row * BLOCK, column[0] + row * step)
        else:
            flow, _ = _undo_rows(buffer, column, qubits, began, weight, sums)
        for row in range(rows):
            index = ((row * blocks + item) * LANES) ^ (mask & -LANES)
            place, adjoint = buffer[0] + row * BLOCK, buffer[1] + row * BLOCK
            do.fetch_block(column[0] + BLOCK + row * step)
            if last:
                phases.observe_block(adjoint, place, cost, index, table, mask != 0, sums)
            else:
                do.fetch_block(column[1] + BLOCK + row * step)
                phases.undo_block(place, adjoint, cost, index, table, mask != 0, sums)
        parts[3 * item], parts[3 * item + 1] = flow, math.pow(began[1], 2 * shape[0]) * do.emptied(sums)
        parts[3 * item + 2], _ = _undo_rows(buffer, buffer, qubits, finished, 1.0, sums)
        for row in range(rows):
            do.copy_block(column[0] + row * step, buffer[0] + row * BLOCK)
            do.copy_block(column[1] + row * step, buffer[1] + row * BLOCK)


@inlined
def _undo_pairs(shape, cost, states, table, sweep, tile, tangents):
    """Undo flip, phases, flip on a tile and its complement; flip alone after the last layer. The flows go to the three accumulators."""
    blocks, tiles = 1 << (shape[4] - LANE_BITS), 1 << (shape[3] - shape[4])
    step, final = BLOCK * (blocks + PADDING), blocks * tiles - 1
    first, second = tile * step, (tiles - 1 - tile) * step + (blocks - 1) * BLOCK
    sums, odd = table + 8 * SUMS, shape[0] & 1 == 1
    accumulators = (sums, sums + HALF, sums + BLOCK)
    for number in range(blocks if tiles > 1 else blocks // 2):
        block = tile * blocks + number
        here, there, way = first + number * BLOCK, second - number * BLOCK, sign(shape, block)
        state, adjoint = (states[0] + here, states[0] + there), (states[1] + here, states[1] + there)
        for base in states:
            do.fetch_block(base + here + step)
            do.fetch_block(base + there - step)
        if sweep == shape[1]:
            phases.undo_flip_pair(state, adjoint, (way, tangents[1]), odd, accumulators[2])
        else:
            indices = (block * LANES, (final - block) * LANES)
            phases.undo_pair(state, adjoint, cost, indices, table, (way, tangents[0], tangents[1]), odd, accumulators)


@inlined
def _undo_tiles(point, shape, cost, psi, lam, scratch, parts, sweep, low, high):
    """A sweep by tiles, or by pairs of complementary tiles, undone."""
    half, blocks, tiles = shape[2] == 1, 1 << (shape[4] - LANE_BITS), 1 << (shape[3] - shape[4])
    states, table, step = (psi, lam), scratch, BLOCK * (blocks + PADDING)
    sums, bits = table + 8 * SUMS, shape[4] - LANE_BITS
    mask, last = mirror(point, shape, sweep), sweep == shape[1]
    finishes, many = sweep > 0 and tiles > 1, 2 if half and tiles > 1 else 1
    began, finished = _ways(point, shape, sweep, finishes)
    # What the columns undid of the mixer that is undone first.
    across = math.pow(began[1], 2 * (shape[3] - shape[4]))
    for item in range(low, high):
        first, second, gamma, weight = 0.0, 0.0, 0.0, across
        for which in range(many):
            tile = tiles - 1 - item if which else item
            place, adjoint = states[0] + tile * step, states[1] + tile * step
            if not last:
                flow, weight = _undo_tile((place, adjoint), bits, began, across, sums)
                first += flow
            for number in range(blocks if last or not half else 0):
                index = ((tile * blocks + number) * LANES) ^ (mask & -LANES)
                into, other = place + number * BLOCK, adjoint + number * BLOCK
                if not half:
                    do.fetch_block(into + step)
                    do.fetch_block(other + step)
                if last:
                    phases.observe_block(other, into, cost, index, table, mask != 0, sums)
                else:
                    phases.undo_block(into, other, cost, index, table, mask != 0, sums)
            gamma += do.emptied(sums)
        if half:
            _undo_pairs(shape, cost, states, table, sweep, item, (began[0], finished[0]))
            first += weight * do.emptied(sums)
            gamma += do.emptied(sums + HALF)
            second = do.emptied(sums + BLOCK)
        for which in range(many if finishes else 0):
            start = (tiles - 1 - item if which else item) * step
            flow, _ = _undo_tile((states[0] + start, states[1] + start), bits, finished, math.pow(finished[1], 2 * shape[2]), sums)
            second += flow
        parts[3 * item], parts[3 * item + 1] = first, math.pow(began[1], 2 * shape[0]) * gamma
        parts[3 * item + 2] = second if finishes else 0.0


@inlined
def _collect(parts, shape, sweep, gradient):
    """Add a sweep's partial sums to the gradient."""
    layers, count = shape[1], items(shape, sweep)
    began, gamma, finished = total(parts, count, np.int64(0)), total(parts, count, np.int64(1)), total(parts, count, np.int64(2))
    if sweep < layers:
        gradient[layers + sweep] -= 2.0 * began
        gradient[sweep] -= 2.0 * gamma
    if sweep > 0:
        gradient[layers + sweep - 1] -= 2.0 * finished


def make_backward(sources):
    """Makes the kernel. The number of the sources is part of its key in numba's cache, which looks at no other file than this one."""

    def backward(points, shape, cost, psi, lam, scratch, parts, run, out):
        """The gradient of one point, from the state that `forward` leaves.

        Args:
            points: `(k, 2 p)` angles.
            shape: As in `forward`, and likewise `cost`, `scratch` and `parts`.
            cost: Levels or costs.
            psi: The state; spent.
            lam: As large, for the adjoint.
            scratch: Of this thread.
            parts: Partial sums; out.
            run: As in `forward`; only the first point counts, and sweeps are counted from the last one.
            out: `(k, 2 p)` gradients, to which each sweep adds, unless some items were singled out. A last item of 0 asks for this alone.
        """
        _ = sources
        form = (shape[0], shape[1], shape[2], shape[3], shape[4], shape[5])
        state, adjoint, own = do.address(psi), do.address(lam), do.address(scratch)
        point = points[run[0]]
        for done in range(run[2], run[3]):
            sweep = form[1] - done
            if sweep < form[1]:
                prepare(point, form, sweep, -1.0, own)
            last = items(form, sweep) if run[5] < 0 else run[5]
            if by_columns(form, sweep):
                _undo_columns(point, form, cost, state, adjoint, own, parts, sweep, run[4], last)
            else:
                _undo_tiles(point, form, cost, state, adjoint, own, parts, sweep, run[4], last)
            if run[5] <= 0:
                _collect(parts, form, sweep, out[run[0]])

    return backward
