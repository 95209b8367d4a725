"""The compiled sweeps through a state: QAOA's layers forwards, and backwards with the adjoint.

The state is real-valued twice: in the gauge phi(x) = i^popcount(x) psi(x) the mixer exp(-i beta X) of a qubit is the rotation
(a, b) -> cos(beta) (a + t b, b - t a), t = -tan(beta), of real parts and of imaginary parts alike. The cosines of a layer are one factor,
cos(beta)^n, that the layer's phases carry. Beta is reduced modulo pi/2, so that |t| <= 1: what is left out is a flip of all qubits and a
phase, and the flip mirrors the costs of the layers that follow.

With the spin-flip symmetry the last qubit is left out: psi(x) = psi(~x). Its flip then takes index x to N - 1 - x, with the factor
i^-n (-1)^popcount(x) from the gauge.

A mixer is done in two halves: the qubits within tiles that the first cache holds, and those across tiles, by columns. A sweep finishes
one layer on one side, applies the next layer's phases and begins its mixer on the same side; so p layers take p + 1 sweeps:

    side:  tiles            columns          tiles
           phase 1, mix 1 | mix 1, phase 2, mix 2 | mix 2, phase 3, ...

Items, tiles or columns, are independent. Each has its own partial sums, added up in their order: bits don't depend on the threads.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from qopt.simulate.qaoa import instructions as do
from qopt.simulate.qaoa.vectors import BLOCK, GROUP_BITS, LANE_BITS, LANES

TABLE = 0
SUMS = 3 * 256
GAUGE = SUMS + 3 * LANES
BUFFER = GAUGE + 8 * LANES
"""Where parts of the scratch array begin, in doubles: tables of a layer, accumulators, the gauge's first values, columns."""
_STEP = BLOCK // 8
_GROUP = BLOCK * 8
_WIDE = LANES == 8
_inlined = njit(nogil=True)


@_inlined
def _rows(target, target_step, buffer, buffer_step, source, source_step, first, bits, tangent):
    """Mix the qubits `first` to `bits` - 1 of the row's number over 2**bits rows of one block: source to target, by way of the buffer."""
    do.keep_apart()
    done = first
    while done < bits:
        left = bits - done
        many = left if left <= 3 + _WIDE else 4 if _WIDE and left % 3 and left != 5 else 3
        if left == 4 and not _WIDE:
            many = 2
        span = 1 << done
        onto, onto_step = (target, target_step) if many == left else (buffer, buffer_step)
        for start in range(0, 1 << bits, span << many):
            for row in range(start, start + span):
                for part in (0, BLOCK // 2):
                    into, outof = onto + row * onto_step + part, source + row * source_step + part
                    if many == 1:
                        do.mix_rows_1(into, onto_step * span, outof, source_step * span, tangent)
                    elif many == 2:
                        do.mix_rows_2(into, onto_step * span, outof, source_step * span, tangent)
                    elif many == 3:
                        do.mix_rows_3(into, onto_step * span, outof, source_step * span, tangent)
                    else:
                        do.mix_rows_4(into, onto_step * span, outof, source_step * span, tangent)
        source, source_step = onto, onto_step
        done += many


@_inlined
def _tile(place, bits, tangent):
    """Mix all qubits within a tile of 2**bits blocks."""
    do.keep_apart()
    for group in range(place, place + (BLOCK << bits), _GROUP):
        do.mix_group(group, tangent)
    step, first = np.int64(BLOCK), np.int64(3)  # else they'd be typed as constants, and `_rows` compiled for each
    _rows(place, step, place, step, place, step, first, bits, tangent)


@_inlined
def _angle(point, layer, layers):
    """A layer's t = -tan(beta), cos(beta) and whether the costs of later layers are mirrored by it; beta reduced modulo pi/2."""
    turns = np.rint(point[layers + layer] / (0.5 * math.pi))
    beta = point[layers + layer] - turns * (0.5 * math.pi)
    return -math.tan(beta), math.cos(beta), int(turns) & 1


@_inlined
def _prepare(point, shape, layer, sense, costs, levels, scratch):
    """Fill the table for a layer's phases, exp(sense i gamma h) cos(beta)^n; the sense is 1, or -1 to undo them."""
    _, cosine, _ = _angle(point, layer, shape[1])
    factor = cosine ** shape[0]
    if levels:
        table, from_ = do.address(scratch), do.address(costs)
        for first in range(0, len(costs) * 8, 8 * LANES):
            do.fill(table + first, from_ + first, sense * point[layer], factor)
    else:
        scratch[0], scratch[1] = sense * point[layer], factor


@_inlined
def _gauge(scratch, bits):
    """The first state in the gauge, i^popcount(x) / sqrt(N): a block for each popcount, modulo 4, of the block's number."""
    for high in range(4):
        for lane in range(LANES):
            power = (high + do.odd_bits(lane)) & 3
            scratch[GAUGE + high * 2 * LANES + lane] = (1.0, 0.0, -1.0, 0.0)[power] * 0.5 ** (0.5 * bits)
            scratch[GAUGE + high * 2 * LANES + LANES + lane] = (0.0, 1.0, 0.0, -1.0)[power] * 0.5 ** (0.5 * bits)


@_inlined
def _mirror(point, shape, layer):
    """What the index of a cost is changed by, by exclusive or, in the phases of a layer: all bits, or none."""
    flips = 0
    for earlier in range(layer):
        flips += _angle(point, earlier, shape[1])[2]
    return (1 << shape[3]) - 1 if flips & 1 and not shape[2] else 0


@_inlined
def _size(shape, sweep):
    """The number of items of a sweep."""
    within, across = shape[4] - LANE_BITS, shape[3] - shape[4]
    if sweep & 1 and across:
        return 1 << within
    return max(1, (1 << across) >> shape[2])


@_inlined
def _sign(shape):
    """The sign of i^-n in the flip of the qubit left out."""
    return 1.0 if shape[0] & 2 else -1.0


@_inlined
def _sweep(point, shape, cost, psi, scratch, parts, sweep, low, high, levels):
    """One sweep over the items from `low` to before `high`; the table must be prepared."""
    layers, half, bits, within = shape[1], shape[2] == 1, shape[3], shape[4]
    across, blocks = bits - within, 1 << (within - LANE_BITS)
    state, table = do.address(psi), do.address(scratch)
    sums, gauge, buffer = table + 8 * SUMS, table + 8 * GAUGE, table + 8 * BUFFER
    last, odd = sweep == layers, shape[0] & 1 == 1
    before = after = 0.0
    if sweep > 0 and across:
        before = _angle(point, sweep - 1, layers)[0]
    if not last:
        after = _angle(point, sweep, layers)[0]
    mirror = _mirror(point, shape, sweep)
    if sweep & 1 and across:
        step, near, first = BLOCK * blocks, np.int64(BLOCK), np.int64(0)
        for item in range(low, high):
            column = state + item * BLOCK
            _rows(buffer, near, buffer, near, column, step, first, across, before)
            for row in range(1 << across):
                index = ((row << within) + item * LANES) ^ (mirror & -LANES)
                place = buffer + row * BLOCK
                if last:
                    do.measure_block(place, place, cost, index, table, mirror != 0, sums)
                else:
                    do.turn_block(place, place, cost, index, table, mirror != 0)
            if last:
                _copy(column, step, buffer, BLOCK, 1 << across)
                parts[3 * item] = do.emptied(sums)
            else:
                _rows(column, step, buffer, near, buffer, near, first, across, after)
        return
    final = (1 << (bits - LANE_BITS)) - 1
    for item in range(low, high):
        here, there = item * blocks, (final + 1) - (item + 1) * blocks
        twice = half and across > 0
        if before != 0.0:
            _tile(state + here * BLOCK, within - LANE_BITS, before)
            if twice:
                _tile(state + there * BLOCK, within - LANE_BITS, before)
        if half:
            for block in range(here, here + (blocks if twice else blocks // 2)):
                other = final - block
                places = (state + block * BLOCK, state + other * BLOCK)
                sign = -_sign(shape) if do.odd_bits(block) & 1 else _sign(shape)
                if last:
                    do.flip_pair(places, sign * before, odd)
                    continue
                sources = places
                if sweep == 0:
                    sources = (gauge + do.odd_bits(block) * BLOCK, gauge + do.odd_bits(other) * BLOCK)
                do.turn_pair(places, sources, cost, (block * LANES, other * LANES), table, (sign * before, sign * after), odd)
        elif not last:
            for block in range(here, here + blocks):
                place = state + block * BLOCK
                source = gauge + do.odd_bits(block) * BLOCK if sweep == 0 else place
                do.turn_block(place, source, cost, (block * LANES) ^ (mirror & -LANES), table, mirror != 0)
        for tile in range(2 if twice else 1):
            start = there if tile else here
            if last:
                for block in range(start, start + blocks):
                    place = state + block * BLOCK
                    do.measure_block(place, place, cost, (block * LANES) ^ (mirror & -LANES), table, mirror != 0, sums)
            else:
                _tile(state + start * BLOCK, within - LANE_BITS, after)
        if last:
            parts[3 * item] = do.emptied(sums)


@_inlined
def _copy(target, target_step, source, source_step, rows):
    """Copy blocks, a step apart."""
    for row in range(rows):
        do.copy_block(target + row * target_step, source + row * source_step)


@_inlined
def total(parts, items, which):
    """The sum of the items' partial sums, in their order."""
    result = 0.0
    for item in range(items):
        result += parts[3 * item + which]
    return result


def forward(points, shape, cost, costs, psi, scratch, parts, run, out):
    """Energies of points, or single sweeps of one.

    Args:
        points: `(k, 2 p)` angles.
        shape: n, p, 1 with the spin-flip symmetry or else 0, the state's qubits, a tile's qubits.
        cost: `(N,)` levels, one byte each, or the costs themselves.
        costs: The levels' costs, filled up to a multiple of `LANES`.
        psi: `(2 N,)` the state in blocks; out.
        scratch: Of this thread.
        parts: `(3 items,)` partial sums; out.
        run: First and last point, first and last sweep, first and last item (each last one excluded; a last item of -1 means all).
        out: `(k,)` energies, from the partial sums, unless some items were singled out. A last item of 0 asks for these alone.
    """
    levels = cost.itemsize == 1
    _gauge(scratch, shape[3])
    if levels:
        for level in range(len(costs)):
            scratch[512 + level] = costs[level]
    for row in range(run[0], run[1]):
        for sweep in range(run[2], run[3]):
            if sweep < shape[1]:
                _prepare(points[row], shape, sweep, 1.0, costs, levels, scratch)
            items = _size(shape, sweep)
            _sweep(points[row], shape, cost, psi, scratch, parts, sweep, run[4], items if run[5] < 0 else run[5], levels)
        if run[5] <= 0:
            out[row] = total(parts, _size(shape, shape[1]), 0)


@_inlined
def _undo_rows(targets, target_step, sources, source_step, first, bits, way):
    """As `_rows` for state and adjoint, in place but for the first pass; `way` is the tangent, its cosine, the weight, the accumulator.

    A pass lengthens both vectors by 1 / cosine for each of its qubits, so each pass's flow is weighted by what the passes before it did.

    Returns:
        The weighted flow, and the weight after the last pass.
    """
    do.keep_apart()
    tangent, cosine, weight, sums = way
    flow = 0.0
    done = first
    while done < bits:
        many = 2 if bits - done == 4 else min(3, bits - done)
        span = 1 << done
        for start in range(0, 1 << bits, span << many):
            for row in range(start, start + span):
                for part in (0, BLOCK // 2):
                    into = (targets[0] + row * target_step + part, targets[1] + row * target_step + part)
                    outof = (sources[0] + row * source_step + part, sources[1] + row * source_step + part)
                    if many == 1:
                        do.undo_rows_1(into, target_step * span, outof, source_step * span, tangent, sums)
                    elif many == 2:
                        do.undo_rows_2(into, target_step * span, outof, source_step * span, tangent, sums)
                    else:
                        do.undo_rows_3(into, target_step * span, outof, source_step * span, tangent, sums)
        flow += weight * do.emptied(sums)
        weight *= cosine ** (2 * many)
        sources, source_step = targets, target_step
        done += many
    return flow, weight


@_inlined
def _undo_tile(places, bits, way):
    """As `_tile` for state and adjoint; returns the weighted flow and the weight after it."""
    do.keep_apart()
    tangent, cosine, weight, sums = way
    for group in range(0, BLOCK << bits, _GROUP):
        do.undo_group(places[0] + group, places[1] + group, tangent, sums)
    flow = weight * do.emptied(sums)
    weight *= cosine ** (2 * GROUP_BITS)
    step, first = np.int64(BLOCK), np.int64(3)
    more, weight = _undo_rows(places, step, places, step, first, bits, (tangent, cosine, weight, sums))
    return flow + more, weight


@_inlined
def _undo_sweep(point, shape, cost, psi, lam, scratch, parts, sweep, low, high):
    """The inverse of `_sweep` on the state and its adjoint, which the last sweep makes.

    An item's partial sums are the derivatives by the beta that the sweep began (whose other side is undone), gamma, and the beta before.
    """
    layers, half, bits, within = shape[1], shape[2] == 1, shape[3], shape[4]
    across, blocks = bits - within, 1 << (within - LANE_BITS)
    states, table = (do.address(psi), do.address(lam)), do.address(scratch)
    sums, buffer = table + 8 * SUMS, table + 8 * BUFFER
    accumulators = (sums, sums + 8 * LANES, sums + 16 * LANES)
    last, odd = sweep == layers, shape[0] & 1 == 1
    before, after, cosine, former, weight = 0.0, 0.0, 1.0, 1.0, 1.0
    if not last:
        after, cosine, _ = _angle(point, sweep, layers)
        after = -after
        weight = cosine ** (2 * (within + half if sweep & 1 else across)) if across else 1.0
    # Once the whole mixer is undone, both vectors are longer by cosine^-n.
    whole = cosine ** (2 * shape[0])
    if sweep > 0 and across:
        before, former, _ = _angle(point, sweep - 1, layers)
        before = -before
    mirror = _mirror(point, shape, sweep)
    if sweep & 1 and across:
        rows = 1 << across
        step, near, first, buffers = BLOCK * blocks, np.int64(BLOCK), np.int64(0), (buffer, buffer + BLOCK * rows)
        for item in range(low, high):
            column = item * BLOCK
            columns = (states[0] + column, states[1] + column)
            began, gamma = 0.0, 0.0
            if last:
                _copy(buffers[0], BLOCK, columns[0], step, rows)
            else:
                began, _ = _undo_rows(buffers, near, columns, step, first, across, (after, cosine, weight, sums))
            for row in range(rows):
                index = ((row << within) + item * LANES) ^ (mirror & -LANES)
                place, other = buffers[0] + row * BLOCK, buffers[1] + row * BLOCK
                if last:
                    do.observe_block(other, place, cost, index, table, mirror != 0, sums)
                else:
                    do.undo_block(place, other, cost, index, table, mirror != 0, sums)
            gamma = whole * do.emptied(sums)
            finished, _ = _undo_rows(buffers, near, buffers, near, first, across, (before, former, 1.0, sums))
            for which in (0, 1):
                _copy(states[which] + column, step, buffers[which], BLOCK, rows)
            parts[3 * item], parts[3 * item + 1], parts[3 * item + 2] = began, gamma, finished
        return
    final = (1 << (bits - LANE_BITS)) - 1
    for item in range(low, high):
        here, there = item * blocks, (final + 1) - (item + 1) * blocks
        twice = half and across > 0
        began, gamma, finished, lighter = 0.0, 0.0, 0.0, weight
        for tile in range(2 if twice else 1):
            start = (there if tile else here) * BLOCK
            if last:
                for block in range(start // BLOCK, start // BLOCK + blocks):
                    index = (block * LANES) ^ (mirror & -LANES)
                    do.observe_block(states[1] + block * BLOCK, states[0] + block * BLOCK, cost, index, table, mirror != 0, sums)
                do.emptied(sums)
            else:
                flow, lighter = _undo_tile((states[0] + start, states[1] + start), within - LANE_BITS, (after, cosine, weight, sums))
                began += flow
        lightest = 1.0
        if half:
            for block in range(here, here + (blocks if twice else blocks // 2)):
                other = final - block
                both = (states[0] + block * BLOCK, states[0] + other * BLOCK)
                adjoints = (states[1] + block * BLOCK, states[1] + other * BLOCK)
                sign = -_sign(shape) if do.odd_bits(block) & 1 else _sign(shape)
                if last:
                    do.undo_flip_pair(both, adjoints, (sign, before), odd, accumulators[2])
                else:
                    flips = (sign, after, before)
                    do.undo_pair(both, adjoints, cost, (block * LANES, other * LANES), table, flips, odd, accumulators)
            began += lighter * do.emptied(accumulators[0])
            gamma = whole * do.emptied(accumulators[1])
            finished = do.emptied(accumulators[2])
            lightest = former**2
            if not across:
                finished = 0.0
        elif not last:
            for block in range(here, here + blocks):
                index = (block * LANES) ^ (mirror & -LANES)
                do.undo_block(states[0] + block * BLOCK, states[1] + block * BLOCK, cost, index, table, mirror != 0, sums)
            gamma = whole * do.emptied(sums)
        if sweep > 0 and across:
            for tile in range(2 if twice else 1):
                start = (there if tile else here) * BLOCK
                flow, _ = _undo_tile((states[0] + start, states[1] + start), within - LANE_BITS, (before, former, lightest, sums))
                finished += flow
        parts[3 * item], parts[3 * item + 1], parts[3 * item + 2] = began, gamma, finished


def backward(points, shape, cost, costs, psi, lam, scratch, parts, run, out):
    """Gradients, from the states that `forward` leaves; arguments as there, for one point.

    Args:
        points: `(k, 2 p)` angles.
        shape: As in `forward`.
        cost: As in `forward`.
        costs: As in `forward`.
        psi: `(2 N,)` the state; spent.
        lam: `(2 N,)` the adjoint.
        scratch: Of this thread.
        parts: `(3 items,)` partial sums; out.
        run: Which point, 0, first and last sweep counted from the end, first and last item.
        out: `(k, 2 p)` gradients, to which each sweep adds, unless some items were singled out; as in `forward`.
    """
    row, layers = run[0], shape[1]
    levels = cost.itemsize == 1
    if levels:
        for level in range(len(costs)):
            scratch[512 + level] = costs[level]
    for sweep in range(layers - run[2], layers - run[3], -1):
        if sweep < layers:
            _prepare(points[row], shape, sweep, -1.0, costs, levels, scratch)
        items = _size(shape, sweep)
        _undo_sweep(points[row], shape, cost, psi, lam, scratch, parts, sweep, run[4], items if run[5] < 0 else run[5])
        if run[5] <= 0:
            collect(parts, shape, sweep, out[row])


@_inlined
def collect(parts, shape, sweep, gradient):
    """Add a sweep's partial sums to the gradient: d/d beta = -2 sum (lambda_0 psi_1 - lambda_1 psi_0), d/d gamma likewise by the costs."""
    layers, items = shape[1], _size(shape, sweep)
    if sweep < layers:
        gradient[layers + sweep] -= 2.0 * total(parts, items, 0)
        gradient[sweep] -= 2.0 * total(parts, items, 1)
    if sweep > 0:
        gradient[layers + sweep - 1] -= 2.0 * total(parts, items, 2)
