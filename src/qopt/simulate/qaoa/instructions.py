"""What the kernels call to mix qubits: whole steps on a few blocks, in registers from the load to the store.

A mixed state and its adjoint are undone together: the flow of a qubit, the sum over its pairs of lambda_0 psi_1 - lambda_1 psi_0, of which
the derivative by beta is made, is taken from the registers on the way and added to an accumulator, a vector at an address.
"""

# numba infers the types, and asks for a first argument and for a generator of four.
# ruff: noqa: ANN001, ANN201, ANN202, ARG001, PLR0913, PLR0917
# mypy: ignore-errors

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from qopt.simulate.qaoa.vectors import BITS, BLOCK, COST, DOUBLE, HALF, INT, LANE_BITS, NEIGHBOURS, SINE, Emitter, Value

_I = types.int64
_F = types.float64
_SUMS = 4
"""Sums kept side by side, so that one addition needn't wait for the last."""


def _pairs(vectors: int) -> list[tuple[int, int]]:
    """The places whose numbers differ in bit 0, then those in bit 1, and so on."""
    return [(low, low | 1 << bit) for bit in range(vectors.bit_length() - 1) for low in range(vectors) if not low >> bit & 1]


def _mixed(emit: Emitter, vectors: list[Value], tangent: Value) -> list[Value]:
    """Every qubit of the vectors' numbers rotated."""
    for low, high in _pairs(len(vectors)):
        vectors[low], vectors[high] = emit.rotate(vectors[low], vectors[high], tangent)
    return vectors


def _lane_mixed(emit: Emitter, vector: Value, tangent: Value) -> Value:
    """Every qubit of the lanes' numbers rotated."""
    for signs, neighbours in zip(BITS, NEIGHBOURS, strict=True):
        signed = emit.builder.fmul(tangent, emit.constant(signs))
        vector = emit.product_sum(signed, emit.shuffle(vector, neighbours), vector)
    return vector


class Sums:
    """A few sums in registers, added up and put to an accumulator at the end."""

    def __init__(self, emit: Emitter) -> None:
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
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, arguments[0]).data, INT)

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
        emit = Emitter(builder)
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
        emit = Emitter(builder)
        tangent = emit.splat(arguments[2])
        total = Sums(emit)
        for part in (0, HALF):
            both = [[emit.load(base, part + BLOCK * block) for block in range(8)] for base in arguments[:2]]
            for psi, lam in zip(*both, strict=True):
                flow = emit.constant(0.0)
                for signs, neighbours in zip(BITS, NEIGHBOURS, strict=True):
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


def _rows(emit: Emitter, base: Value, step: Value, count: int) -> list[Value]:
    """The addresses of rows, a step apart."""
    return [emit.at(base, emit.builder.mul(step, ir.Constant(INT, row))) for row in range(count)]


def _mix_rows(bits: int):
    """Makes the instruction that mixes `bits` qubits."""

    @intrinsic
    def mix_rows(typing, target, target_step, source, source_step, tangent):
        def generate(context, builder, signature, arguments):
            emit = Emitter(builder)
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
            emit = Emitter(builder)
            tangent, total = emit.splat(arguments[4]), Sums(emit)
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


@intrinsic
def fill(typing, table, gamma, factor):
    """The cosines and sines of one register's levels, times the factor, to their places in the table."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
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
        emit = Emitter(builder)
        vector = emit.load(arguments[0])
        emit.store(emit.constant(0.0), arguments[0])
        for bit in range(LANE_BITS):
            vector = builder.fadd(vector, emit.shuffle(vector, NEIGHBOURS[bit]))
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
        emit = Emitter(builder)
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
            pointer = builder.inttoptr(Emitter(builder).at(arguments[0], offset), ir.IntType(8).as_pointer())
            # To read, into the second cache, data.
            builder.call(fetch, [pointer, *(ir.Constant(ir.IntType(32), which) for which in (0, 2, 1))])
        return context.get_dummy_value()

    return types.void(_I), generate


@intrinsic
def put(typing, place, value):
    """Write a number to an address."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[1], builder.inttoptr(arguments[0], DOUBLE.as_pointer()))
        return context.get_dummy_value()

    return types.void(_I, _F), generate
