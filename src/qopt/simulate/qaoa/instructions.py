"""What the kernels call: whole steps on a few blocks, in registers from the load to the store.

A mixed state and its adjoint are undone together: the sum over a qubit's pairs of (lambda_0 psi_1 - lambda_1 psi_0), of which the derivative
by beta is made, is taken from the registers on the way and added to the accumulator's vector at an address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from qopt.simulate.qaoa.vectors import (
    _BITS,
    _DOUBLE,
    _INT,
    _NEIGHBOURS,
    _PARITY,
    _REVERSED,
    BLOCK,
    COST,
    HALF,
    LANE_BITS,
    SINE,
    Value,
    _Costs,
    _Emitter,
)

_I = types.int64
_F = types.float64
_NO, _YES = ir.Constant(ir.IntType(1), 0), ir.Constant(ir.IntType(1), 1)
_SUMS = 4
"""Sums kept side by side, so that one addition needn't wait for the last."""


def _pairs(vectors: int) -> list[tuple[int, int]]:
    """The places whose numbers differ in bit 0, then those in bit 1, and so on."""
    return [(low, low | 1 << bit) for bit in range(vectors.bit_length() - 1) for low in range(vectors) if not low >> bit & 1]


def _mixed(emit: _Emitter, vectors: list[Value], tangent: Value) -> list[Value]:
    """Every qubit of the vectors' numbers rotated."""
    for low, high in _pairs(len(vectors)):
        vectors[low], vectors[high] = emit.rotate(vectors[low], vectors[high], tangent)
    return vectors


def _lane_mixed(emit: _Emitter, vector: Value, tangent: Value) -> Value:
    """Every qubit of the lanes' numbers rotated."""
    for signs, neighbours in zip(_BITS, _NEIGHBOURS, strict=True):
        signed = emit.builder.fmul(tangent, emit.constant(signs))
        vector = emit.product_sum(signed, emit.shuffle(vector, neighbours), vector)
    return vector


class _Sums:
    """A few sums in registers, added up and put to an accumulator at the end."""

    def __init__(self, emit: _Emitter) -> None:
        self.emit, self.sums, self.count = emit, [emit.constant(0.0)] * _SUMS, 0

    def add(self, a: Value, b: Value) -> None:
        """Add a product."""
        place = self.count % _SUMS
        self.sums[place] = self.emit.product_sum(a, b, self.sums[place])
        self.count += 1

    def flow(self, state: tuple[Value, Value], adjoint: tuple[Value, Value]) -> None:
        """Add lambda_0 psi_1 - lambda_1 psi_0."""
        self.add(adjoint[0], state[1])
        self.add(self.emit.builder.fneg(adjoint[1]), state[0])

    def put(self, address: Value) -> None:
        """Add the sums to the accumulator."""
        builder = self.emit.builder
        self.emit.accumulate(builder.fadd(builder.fadd(*self.sums[:2]), builder.fadd(*self.sums[2:])), address)


@intrinsic
def address(typing, array):
    """Where an array's data begin. The kernels' callers keep the arrays alive."""

    def generate(context, builder, signature, arguments):
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, arguments[0]).data, _INT)

    return _I(array), generate


@intrinsic
def keep_apart(typing):
    """Keeps the function in which it stands from being copied into its callers, which would be compiled for each of them anew."""

    def generate(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def mix_group(typing, place, tangent):
    """Mix the lowest `GROUP_BITS` qubits of eight blocks."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        place, tangent = arguments[0], emit.splat(arguments[1])
        for part in (0, HALF):
            vectors = [_lane_mixed(emit, emit.load(place, part + BLOCK * block), tangent) for block in range(8)]
            for block, vector in enumerate(_mixed(emit, vectors, tangent)):
                emit.store(vector, place, part + BLOCK * block)
        return context.get_dummy_value()

    return types.void(_I, _F), generate


@intrinsic
def undo_group(typing, state, adjoint, tangent, sums):
    """Mix the lowest `GROUP_BITS` qubits of eight blocks of both, and add up their flows."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        tangent = emit.splat(arguments[2])
        total = _Sums(emit)
        for part in (0, HALF):
            both = [[emit.load(base, part + BLOCK * block) for block in range(8)] for base in arguments[:2]]
            for psi, lam in zip(*both, strict=True):
                flow = emit.constant(0.0)
                for signs, neighbours in zip(_BITS, _NEIGHBOURS, strict=True):
                    flow = emit.product_sum(emit.constant(signs), emit.shuffle(psi, neighbours), flow)
                total.add(lam, flow)
            for low, high in _pairs(8):
                total.flow((both[0][low], both[0][high]), (both[1][low], both[1][high]))
            for base, vectors in zip(arguments[:2], both, strict=True):
                for block, vector in enumerate(_mixed(emit, [_lane_mixed(emit, vector, tangent) for vector in vectors], tangent)):
                    emit.store(vector, base, part + BLOCK * block)
        total.put(arguments[3])
        return context.get_dummy_value()

    return types.void(_I, _I, _F, _I), generate


def _rows(emit: _Emitter, base: Value, step: Value, count: int) -> list[Value]:
    """The addresses of rows, a step apart."""
    return [emit.at(base, emit.builder.mul(step, ir.Constant(_INT, row))) for row in range(count)]


def _mix_rows(bits: int):
    """Makes the instruction that mixes `bits` qubits."""

    @intrinsic
    def mix_rows(typing, target, target_step, source, source_step, tangent):
        def generate(context, builder, signature, arguments):
            emit = _Emitter(builder)
            vectors = [emit.load(row) for row in _rows(emit, arguments[2], arguments[3], 1 << bits)]
            mixed = _mixed(emit, vectors, emit.splat(arguments[4]))
            for vector, row in zip(mixed, _rows(emit, arguments[0], arguments[1], 1 << bits), strict=True):
                emit.store(vector, row)
            return context.get_dummy_value()

        return types.void(_I, _I, _I, _I, _F), generate

    return mix_rows


def _undo_rows(bits: int):
    """Makes the instruction that undoes `bits` qubits."""

    @intrinsic
    def undo_rows(typing, targets, target_step, sources, source_step, tangent, sums):
        def generate(context, builder, signature, arguments):
            emit = _Emitter(builder)
            tangent, total = emit.splat(arguments[4]), _Sums(emit)
            bases = [[builder.extract_value(arguments[which], number) for number in (0, 1)] for which in (0, 2)]
            both = [[emit.load(row) for row in _rows(emit, base, arguments[3], 1 << bits)] for base in bases[1]]
            for low, high in _pairs(1 << bits):
                total.flow((both[0][low], both[0][high]), (both[1][low], both[1][high]))
            for base, vectors in zip(bases[0], both, strict=True):
                rows = _rows(emit, base, arguments[1], 1 << bits)
                for vector, row in zip(_mixed(emit, vectors, tangent), rows, strict=True):
                    emit.store(vector, row)
            total.put(arguments[5])
            return context.get_dummy_value()

        pair = types.UniTuple(_I, 2)
        return types.void(pair, _I, pair, _I, _F, _I), generate

    return undo_rows


mix_rows_1, mix_rows_2, mix_rows_3, mix_rows_4 = (_mix_rows(bits) for bits in (1, 2, 3, 4))
undo_rows_1, undo_rows_2, undo_rows_3 = (_undo_rows(bits) for bits in (1, 2, 3))


class _Pair:
    """A block and its complement, lane by lane: index x and N - 1 - x.

    The flip of the qubit left out takes x's amplitude to the complement's. Where n is odd, the gauge gives it a factor +-i, so it takes
    real parts to imaginary ones: then the complement is held as (imaginary, real), and its phases turn the other way (`sense` = -1).
    """

    def __init__(self, emit: _Emitter, odd: Value) -> None:
        self.emit = emit
        builder = emit.builder
        self.first = builder.select(odd, ir.Constant(_INT, HALF), ir.Constant(_INT, 0))
        self.second = builder.sub(ir.Constant(_INT, HALF), self.first)
        self.sense = emit.splat(builder.select(odd, ir.Constant(_DOUBLE, -1.0), ir.Constant(_DOUBLE, 1.0)))

    def load(self, here: Value, there: Value) -> list[Value]:
        """(real, imaginary) of the block, then the two parts of the complement."""
        emit = self.emit
        complement = [emit.shuffle(emit.load(there, part), _REVERSED) for part in (self.first, self.second)]
        return [emit.load(here), emit.load(here, HALF), *complement]

    def store(self, values: list[Value], here: Value, there: Value) -> None:
        """The inverse of `load`."""
        emit = self.emit
        emit.store(values[0], here)
        emit.store(values[1], here, HALF)
        for value, part in zip(values[2:], (self.first, self.second), strict=True):
            emit.store(emit.shuffle(value, _REVERSED), there, part)

    def flip(self, values: list[Value], tangent: Value) -> list[Value]:
        """The rotation by the qubit left out; the tangent has the sign of the block in it."""
        emit = self.emit
        signed = emit.builder.fmul(emit.splat(tangent), emit.constant(_PARITY))
        real, first = emit.rotate(values[0], values[2], signed)
        imaginary, second = emit.rotate(values[1], values[3], emit.builder.fmul(signed, self.sense))
        return [real, imaginary, first, second]

    def flow(self, state: list[Value], adjoint: list[Value], sign: Value) -> Value:
        """lambda_x psi_x' - lambda_x' psi_x with the signs of the rotation."""
        builder = self.emit.builder
        real, imaginary = (
            builder.fsub(builder.fmul(adjoint[part], state[part + 2]), builder.fmul(adjoint[part + 2], state[part])) for part in (0, 1)
        )
        signs = builder.fmul(self.emit.splat(sign), self.emit.constant(_PARITY))
        return builder.fmul(signs, self.emit.product_sum(self.sense, imaginary, real))

    def turn(self, values: list[Value], here: tuple[Value, Value], there: tuple[Value, Value]) -> list[Value]:
        """Phases on both."""
        sine = self.emit.builder.fmul(there[1], self.sense)
        return [*self.emit.turn(values[0], values[1], *here), *self.emit.turn(values[2], values[3], there[0], sine)]


@intrinsic
def turn_pair(typing, targets, sources, cost, indices, table, tangents, odd):
    """Flip, phase, flip on a block and its complement; `tangents` are those of the two flips."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        targets, sources, cost, indices, table, tangents, odd = arguments
        pair = _Pair(emit, odd)
        part = builder.extract_value
        phases = [
            _Costs(emit, context, (signature.args[2], cost), part(indices, which), table).phases(backwards=backwards)
            for which, backwards in ((0, _NO), (1, _YES))
        ]
        values = pair.flip(pair.load(part(sources, 0), part(sources, 1)), part(tangents, 0))
        values = pair.flip(pair.turn(values, *phases), part(tangents, 1))
        pair.store(values, part(targets, 0), part(targets, 1))
        return context.get_dummy_value()

    two = types.UniTuple(_I, 2)
    return types.void(two, two, cost, two, _I, types.UniTuple(_F, 2), types.boolean), generate


@intrinsic
def undo_pair(typing, states, adjoints, cost, indices, table, flips, odd, sums):
    """Undo flip, phase, flip on a block and its complement.

    `flips` are the sign and the two tangents; `sums` the addresses of the accumulators of the first flip's flow, the phase's and the second's.
    """

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        part = builder.extract_value
        states, adjoints, cost, indices, table, flips, odd, sums = arguments
        pair = _Pair(emit, odd)
        sign, *tangents = (part(flips, which) for which in range(3))
        both = [pair.load(part(bases, 0), part(bases, 1)) for bases in (states, adjoints)]
        costs = [_Costs(emit, context, (signature.args[2], cost), part(indices, which), table) for which in (0, 1)]
        emit.accumulate(pair.flow(*both, sign), part(sums, 0))
        both = [pair.flip(values, builder.fmul(sign, tangents[0])) for values in both]
        psi, lam = both
        flows = [builder.fsub(builder.fmul(lam[k], psi[k + 1]), builder.fmul(lam[k + 1], psi[k])) for k in (0, 2)]
        weights = [of.costs(backwards=backwards) for of, backwards in zip(costs, (_NO, _YES), strict=True)]
        complement = builder.fmul(builder.fmul(weights[1], pair.sense), flows[1])
        emit.accumulate(emit.product_sum(weights[0], flows[0], complement), part(sums, 1))
        phases = [of.phases(backwards=backwards) for of, backwards in zip(costs, (_NO, _YES), strict=True)]
        both = [pair.turn(values, *phases) for values in both]
        emit.accumulate(pair.flow(*both, sign), part(sums, 2))
        for values, bases in zip(both, (states, adjoints), strict=True):
            pair.store(pair.flip(values, builder.fmul(sign, tangents[1])), part(bases, 0), part(bases, 1))
        return context.get_dummy_value()

    two = types.UniTuple(_I, 2)
    return types.void(two, two, cost, two, _I, types.UniTuple(_F, 3), types.boolean, types.UniTuple(_I, 3)), generate


@intrinsic
def flip_pair(typing, places, tangent, odd):
    """The flip alone."""

    def generate(context, builder, signature, arguments):
        pair = _Pair(_Emitter(builder), arguments[2])
        places = [builder.extract_value(arguments[0], which) for which in (0, 1)]
        pair.store(pair.flip(pair.load(*places), arguments[1]), *places)
        return context.get_dummy_value()

    return types.void(types.UniTuple(_I, 2), _F, types.boolean), generate


@intrinsic
def undo_flip_pair(typing, states, adjoints, flip, odd, sums):
    """Undo the flip alone; `flip` is its sign and its tangent."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        part = builder.extract_value
        pair = _Pair(emit, arguments[3])
        bases = [[part(argument, which) for which in (0, 1)] for argument in arguments[:2]]
        both = [pair.load(*places) for places in bases]
        sign, tangent = (part(arguments[2], which) for which in (0, 1))
        emit.accumulate(pair.flow(*both, sign), arguments[4])
        for values, places in zip(both, bases, strict=True):
            pair.store(pair.flip(values, builder.fmul(sign, tangent)), *places)
        return context.get_dummy_value()

    two = types.UniTuple(_I, 2)
    return types.void(two, two, types.UniTuple(_F, 2), types.boolean, _I), generate


@intrinsic
def turn_block(typing, target, source, cost, index, table, mirrored):
    """Phases on one block."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        target, source, cost, index, table, mirrored = arguments
        phases = _Costs(emit, context, (signature.args[2], cost), index, table).phases(backwards=mirrored)
        real, imaginary = emit.turn(emit.load(source), emit.load(source, HALF), *phases)
        emit.store(real, target)
        emit.store(imaginary, target, HALF)
        return context.get_dummy_value()

    return types.void(_I, _I, cost, _I, _I, types.boolean), generate


@intrinsic
def undo_block(typing, state, adjoint, cost, index, table, mirrored, sums):
    """Undo the phases on one block, and add up cost * (lambda_r psi_i - lambda_i psi_r)."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        state, adjoint, cost, index, table, mirrored, sums = arguments
        costs = _Costs(emit, context, (signature.args[2], cost), index, table)
        psi, lam = ([emit.load(base), emit.load(base, HALF)] for base in (state, adjoint))
        flow = builder.fsub(builder.fmul(lam[0], psi[1]), builder.fmul(lam[1], psi[0]))
        emit.accumulate(builder.fmul(costs.costs(backwards=mirrored), flow), sums)
        phases = costs.phases(backwards=mirrored)
        for values, base in ((psi, state), (lam, adjoint)):
            real, imaginary = emit.turn(*values, *phases)
            emit.store(real, base)
            emit.store(imaginary, base, HALF)
        return context.get_dummy_value()

    return types.void(_I, _I, cost, _I, _I, types.boolean, _I), generate


def _measure(*, keep: bool):
    """Makes the instruction that adds up cost * |psi|^2, and with `keep` writes cost * psi to `target`."""

    @intrinsic
    def measure(typing, target, source, cost, index, table, mirrored, sums):
        def generate(context, builder, signature, arguments):
            emit = _Emitter(builder)
            target, source, cost, index, table, mirrored, sums = arguments
            costs = _Costs(emit, context, (signature.args[2], cost), index, table).costs(backwards=mirrored)
            real, imaginary = emit.load(source), emit.load(source, HALF)
            squares = emit.product_sum(real, real, builder.fmul(imaginary, imaginary))
            emit.accumulate(builder.fmul(costs, squares), sums)
            if keep:
                emit.store(builder.fmul(costs, real), target)
                emit.store(builder.fmul(costs, imaginary), target, HALF)
            return context.get_dummy_value()

        return types.void(_I, _I, cost, _I, _I, types.boolean, _I), generate

    return measure


measure_block, observe_block = _measure(keep=False), _measure(keep=True)


@intrinsic
def fill(typing, table, gamma, factor):
    """The cosines and sines of one register's levels, times the factor, to their places in the table."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        table, gamma, factor = arguments
        factor = emit.splat(factor)
        for vector, place in zip(emit.cosine_sine(builder.fmul(emit.splat(gamma), emit.load(table, COST))), (0, SINE), strict=True):
            emit.store(builder.fmul(factor, vector), table, place)
        return context.get_dummy_value()

    return types.void(_I, _F, _F), generate


@intrinsic
def emptied(typing, sums):
    """The sum of an accumulator's lanes; it is 0 afterwards."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        vector = emit.load(arguments[0])
        emit.store(emit.constant(0.0), arguments[0])
        for bit in range(LANE_BITS):
            vector = builder.fadd(vector, emit.shuffle(vector, _NEIGHBOURS[bit]))
        return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))

    return _F(_I), generate


@intrinsic
def popcount(typing, number):
    """The number of set bits."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return _I(_I), generate


@intrinsic
def copy_block(typing, target, source):
    """Copy a block."""

    def generate(context, builder, signature, arguments):
        emit = _Emitter(builder)
        for part in (0, HALF):
            emit.store(emit.load(arguments[1], part), arguments[0], part)
        return context.get_dummy_value()

    return types.void(_I, _I), generate


@intrinsic
def fetch_block(typing, place):
    """Ask for a block that will be needed soon."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), *[ir.IntType(32)] * 3])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        for offset in range(0, BLOCK, 64):
            pointer = builder.inttoptr(_Emitter(builder).at(arguments[0], offset), ir.IntType(8).as_pointer())
            # To read, into the second cache, data.
            builder.call(fetch, [pointer, *(ir.Constant(ir.IntType(32), which) for which in (0, 2, 1))])
        return context.get_dummy_value()

    return types.void(_I), generate


@intrinsic
def put(typing, place, value):
    """Write a number to an address."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[1], builder.inttoptr(arguments[0], _DOUBLE.as_pointer()))
        return context.get_dummy_value()

    return types.void(_I, _F), generate
