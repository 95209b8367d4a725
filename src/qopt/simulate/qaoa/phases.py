"""What the kernels call to apply phases, to flip the qubit that the symmetry leaves out, and to measure costs: on one block or a pair."""

# numba infers the types, and asks for a first argument and for a generator of four.
# ruff: noqa: ANN001, ANN201, ANN202, ARG001, PLR0913, PLR0917
# mypy: ignore-errors

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from qopt.simulate.qaoa.vectors import DOUBLE, HALF, INT, PARITY, REVERSED, Costs, Emitter, Value

_I = types.int64
_F = types.float64
_NO, _YES = ir.Constant(ir.IntType(1), 0), ir.Constant(ir.IntType(1), 1)


class _Pair:
    """A block and its complement, lane by lane: index x and N - 1 - x.

    The flip of the qubit left out takes x's amplitude to the complement's. Where n is odd, the gauge gives it a factor +-i, so it takes
    real parts to imaginary ones: then the complement is held as (imaginary, real), and its phases turn the other way (`sense` = -1).
    """

    def __init__(self, emit: Emitter, odd: Value) -> None:
        self.emit = emit
        builder = emit.builder
        self.first = builder.select(odd, ir.Constant(INT, HALF), ir.Constant(INT, 0))
        self.second = builder.sub(ir.Constant(INT, HALF), self.first)
        self.sense = emit.splat(builder.select(odd, ir.Constant(DOUBLE, -1.0), ir.Constant(DOUBLE, 1.0)))

    def load(self, here: Value, there: Value) -> list[Value]:
        """(real, imaginary) of the block, then the two parts of the complement."""
        emit = self.emit
        complement = [emit.shuffle(emit.load(there, part), REVERSED) for part in (self.first, self.second)]
        return [emit.load(here), emit.load(here, HALF), *complement]

    def store(self, values: list[Value], here: Value, there: Value) -> None:
        """The inverse of `load`."""
        emit = self.emit
        emit.store(values[0], here)
        emit.store(values[1], here, HALF)
        for value, part in zip(values[2:], (self.first, self.second), strict=True):
            emit.store(emit.shuffle(value, REVERSED), there, part)

    def flip(self, values: list[Value], tangent: Value) -> list[Value]:
        """The rotation by the qubit left out; the tangent has the sign of the block in it."""
        emit = self.emit
        signed = emit.builder.fmul(emit.splat(tangent), emit.constant(PARITY))
        real, first = emit.rotate(values[0], values[2], signed)
        imaginary, second = emit.rotate(values[1], values[3], emit.builder.fmul(signed, self.sense))
        return [real, imaginary, first, second]

    def flow(self, state: list[Value], adjoint: list[Value], sign: Value) -> Value:
        """lambda_x psi_x' - lambda_x' psi_x with the signs of the rotation."""
        builder = self.emit.builder
        real, imaginary = (
            builder.fsub(builder.fmul(adjoint[part], state[part + 2]), builder.fmul(adjoint[part + 2], state[part])) for part in (0, 1)
        )
        signs = builder.fmul(self.emit.splat(sign), self.emit.constant(PARITY))
        return builder.fmul(signs, self.emit.product_sum(self.sense, imaginary, real))

    def turn(self, values: list[Value], here: tuple[Value, Value], there: tuple[Value, Value]) -> list[Value]:
        """Phases on both."""
        sine = self.emit.builder.fmul(there[1], self.sense)
        return [*self.emit.turn(values[0], values[1], *here), *self.emit.turn(values[2], values[3], there[0], sine)]


@intrinsic
def turn_pair(typing, targets, sources, cost, indices, table, tangents, odd):
    """Flip, phase, flip on a block and its complement; `tangents` are those of the two flips."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        targets, sources, cost, indices, table, tangents, odd = arguments
        pair = _Pair(emit, odd)
        part = builder.extract_value
        phases = [
            Costs(emit, context, (signature.args[2], cost), part(indices, which), table).phases(backwards=backwards)
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

    `flips` are the sign and the two tangents; `sums` the addresses of the accumulators for the first
    flip's flow, the phase's and the second's.
    """

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        part = builder.extract_value
        states, adjoints, cost, indices, table, flips, odd, sums = arguments
        pair = _Pair(emit, odd)
        sign, *tangents = (part(flips, which) for which in range(3))
        both = [pair.load(part(bases, 0), part(bases, 1)) for bases in (states, adjoints)]
        costs = [Costs(emit, context, (signature.args[2], cost), part(indices, which), table) for which in (0, 1)]
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
        pair = _Pair(Emitter(builder), arguments[2])
        places = [builder.extract_value(arguments[0], which) for which in (0, 1)]
        pair.store(pair.flip(pair.load(*places), arguments[1]), *places)
        return context.get_dummy_value()

    return types.void(types.UniTuple(_I, 2), _F, types.boolean), generate


@intrinsic
def undo_flip_pair(typing, states, adjoints, flip, odd, sums):
    """Undo the flip alone; `flip` is its sign and its tangent."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
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
        emit = Emitter(builder)
        target, source, cost, index, table, mirrored = arguments
        phases = Costs(emit, context, (signature.args[2], cost), index, table).phases(backwards=mirrored)
        real, imaginary = emit.turn(emit.load(source), emit.load(source, HALF), *phases)
        emit.store(real, target)
        emit.store(imaginary, target, HALF)
        return context.get_dummy_value()

    return types.void(_I, _I, cost, _I, _I, types.boolean), generate


@intrinsic
def undo_block(typing, state, adjoint, cost, index, table, mirrored, sums):
    """Undo the phases on one block, and add up cost * (lambda_r psi_i - lambda_i psi_r)."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        state, adjoint, cost, index, table, mirrored, sums = arguments
        costs = Costs(emit, context, (signature.args[2], cost), index, table)
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
            emit = Emitter(builder)
            target, source, cost, index, table, mirrored, sums = arguments
            costs = Costs(emit, context, (signature.args[2], cost), index, table).costs(backwards=mirrored)
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
