"""The vector instructions that the kernels are made of, written out as LLVM code with one vector register per value.

A compiler doesn't find these by itself: rotations of neighbours within a register, and several qubits mixed in one visit of the memory.

The state is kept as blocks of `LANES` amplitudes: their real parts, then their imaginary parts. Addresses are in bytes. A rotation is
(a, b) -> (a + t b, b - t a): the X mixer in the gauge i^popcount, without its factor cos(beta) (see `kernels.py`).
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numba
from llvmlite import binding, ir
from numba.core import cgutils

if TYPE_CHECKING:
    from collections.abc import Sequence


def _lanes() -> int:
    """Doubles of one register where there are 512 bits; else 4, which is one register or two."""
    named = getattr(numba.config, "CPU_FEATURES", None)
    features = binding.get_host_cpu_features().flatten() if named is None else str(named)
    return 8 if "+avx512f" in features else 4


Value: TypeAlias = Any
"""A value in LLVM code: llvmlite has no types."""
LANES = _lanes()
LANE_BITS = LANES.bit_length() - 1
HALF = 8 * LANES
"""Bytes of a block's real parts: its imaginary parts follow."""
BLOCK = 2 * HALF
"""Bytes of a block of amplitudes."""
GROUP_BITS = LANE_BITS + 3
"""Qubits that `mix_group` mixes."""
LEVELS = 256
"""The longest table: a level is one byte."""
SINE, COST = 8 * LEVELS, 16 * LEVELS
"""Where the sines and the costs begin in a table, after the cosines, in bytes."""

DOUBLE = ir.DoubleType()
INT = ir.IntType(64)
_VECTOR = ir.VectorType(DOUBLE, LANES)
_INTS = ir.VectorType(INT, LANES)
PARITY = [1.0 - 2.0 * (lane.bit_count() & 1) for lane in range(LANES)]
BITS = [[1.0 - 2.0 * (lane >> bit & 1) for lane in range(LANES)] for bit in range(LANE_BITS)]
NEIGHBOURS = [[lane ^ 1 << bit for lane in range(LANES)] for bit in range(LANE_BITS)]
REVERSED = [LANES - 1 - lane for lane in range(LANES)]
# Taylor coefficients: on [-pi/2, pi/2] the first ones left out are (pi/2)^21 / 21! = 3e-16 and (pi/2)^22 / 22! = 2e-17.
_SINE_SERIES = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(10)]
_COSINE_SERIES = [(-1.0) ** k / math.factorial(2 * k) for k in range(11)]
_PI = (math.pi, 1.2246467991473532e-16)
"""pi as the sum of two doubles."""


class Emitter:
    """Writes vector instructions at the place where an LLVM builder stands."""

    def __init__(self, builder: Value) -> None:
        self.builder = builder

    def constant(self, values: float | Sequence[float]) -> Value:
        """A vector of constants, one for each lane or one for all."""
        return ir.Constant(_VECTOR, list(values) if not isinstance(values, float) else [values] * LANES)

    def at(self, address: Value, offset: int | Value) -> Value:
        """An address moved by bytes."""
        return self.builder.add(address, ir.Constant(INT, offset) if isinstance(offset, int) else offset)

    def load(self, address: Value, offset: int | Value = 0, kind: Value = _VECTOR) -> Value:
        """What lies at an address; nothing is known of its alignment beyond that of a double, or of a byte."""
        pointer = self.builder.inttoptr(self.at(address, offset), kind.as_pointer())
        return self.builder.load(pointer, align=8 if kind in (_VECTOR, DOUBLE) else 1)

    def store(self, vector: Value, address: Value, offset: int | Value = 0) -> None:
        """Write a vector to an address."""
        self.builder.store(vector, self.builder.inttoptr(self.at(address, offset), _VECTOR.as_pointer()), align=8)

    def call(self, name: str, *vectors: Value) -> Value:
        """One of LLVM's own functions of vectors."""
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(vectors))
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.v{LANES}f64"), vectors)

    def product_sum(self, a: Value, b: Value, c: Value) -> Value:
        """A b + c, in one instruction where the processor has it."""
        return self.call("fmuladd", a, b, c)

    def shuffle(self, vector: Value, lanes: Sequence[int]) -> Value:
        """The lanes of a vector in another order."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(lanes))
        return self.builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)

    def splat(self, scalar: Value) -> Value:
        """A scalar in every lane."""
        empty = ir.Constant(ir.VectorType(scalar.type, LANES), ir.Undefined)
        return self.shuffle(self.builder.insert_element(empty, scalar, ir.Constant(ir.IntType(32), 0)), [0] * LANES)

    def rotate(self, a: Value, b: Value, tangent: Value) -> tuple[Value, Value]:
        """(a + t b, b - t a)."""
        return self.product_sum(tangent, b, a), self.product_sum(self.builder.fneg(tangent), a, b)

    def turn(self, real: Value, imaginary: Value, cosine: Value, sine: Value) -> tuple[Value, Value]:
        """A complex product with cosine + i sine."""
        minus = self.builder.fneg(self.builder.fmul(imaginary, sine))
        return self.product_sum(real, cosine, minus), self.product_sum(real, sine, self.builder.fmul(imaginary, cosine))

    def cosine_sine(self, angle: Value) -> tuple[Value, Value]:
        """Cosine and sine of each lane, to 1e-15 and the angle's own rounding."""
        turns = self.call("rint", self.builder.fmul(angle, self.constant(1.0 / math.pi)))
        rest = angle
        for part in _PI:
            rest = self.product_sum(turns, self.constant(-part), rest)
        square = self.builder.fmul(rest, rest)
        cosine, sine = self._polynomial(square, _COSINE_SERIES), self._polynomial(square, _SINE_SERIES)
        # An odd number of half turns changes both signs.
        odd = self.builder.shl(self.builder.fptosi(turns, _INTS), ir.Constant(_INTS, [63] * LANES))
        both = (cosine, self.builder.fmul(sine, rest))
        signed = [self.builder.bitcast(self.builder.xor(self.builder.bitcast(x, _INTS), odd), _VECTOR) for x in both]
        return signed[0], signed[1]

    def _polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """By Horner's rule, the constant coefficient first."""
        result = self.constant(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            result = self.product_sum(result, x, self.constant(coefficient))
        return result

    def accumulate(self, vector: Value, address: Value) -> None:
        """Add a vector to the one at an address."""
        self.store(self.builder.fadd(self.load(address), vector), address)


class Costs:
    """How the costs of a block are read: as levels, one byte each and a table, or as they are."""

    def __init__(self, emit: Emitter, context: Value, array: tuple[Value, Value], index: Value, table: Value) -> None:
        kind, value = array
        self.emit, self.table = emit, table
        self.bytes = kind.dtype.bitwidth // 8
        builder = emit.builder
        base = builder.ptrtoint(context.make_array(kind)(context, builder, value).data, INT)
        self.address = emit.at(base, builder.mul(index, ir.Constant(INT, self.bytes)))

    def lookup(self, parts: Sequence[int], *, backwards: Value) -> list[Value]:
        """Vectors of table entries (0, SINE or COST) of the block's levels, last lane first where `backwards`."""
        builder = self.emit.builder
        word = ir.IntType(8 * LANES)
        levels = self.emit.load(self.address, kind=word)
        levels = builder.select(backwards, builder.bswap(levels), levels)
        if LANES < 8:  # noqa: PLR2004 - bytes of a word
            levels = builder.zext(levels, INT)
        vectors = [ir.Constant(_VECTOR, ir.Undefined)] * len(parts)
        for lane in range(LANES):
            level = builder.and_(builder.lshr(levels, ir.Constant(INT, 8 * lane)), ir.Constant(INT, LEVELS - 1))
            entry = builder.add(self.table, builder.shl(level, ir.Constant(INT, 3)))
            for which, part in enumerate(parts):
                element = self.emit.load(entry, part, DOUBLE)
                vectors[which] = builder.insert_element(vectors[which], element, ir.Constant(ir.IntType(32), lane))
        return vectors

    def direct(self, *, backwards: Value) -> Value:
        """The block's costs, read as they are."""
        costs = self.emit.load(self.address)
        return self.emit.builder.select(backwards, self.emit.shuffle(costs, REVERSED), costs)

    def phases(self, *, backwards: Value) -> tuple[Value, Value]:
        """The layer's cosines and sines, with its factor in them."""
        if self.bytes == 1:
            cosine, sine = self.lookup((0, SINE), backwards=backwards)
            return cosine, sine
        gamma, factor = (self.emit.splat(self.emit.load(self.table, offset, DOUBLE)) for offset in (0, 8))
        cosine, sine = self.emit.cosine_sine(self.emit.builder.fmul(gamma, self.direct(backwards=backwards)))
        return self.emit.builder.fmul(factor, cosine), self.emit.builder.fmul(factor, sine)

    def costs(self, *, backwards: Value) -> Value:
        """The costs themselves."""
        return self.lookup((COST,), backwards=backwards)[0] if self.bytes == 1 else self.direct(backwards=backwards)
