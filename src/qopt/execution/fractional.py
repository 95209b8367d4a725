"""Fractional gates: whether they may be used, a device without them, and RZZ gates whose free angles stay in the device's range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qiskit.circuit import ParameterExpression
from qiskit.transpiler import Target

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

GATES = ("rx", "rzz")

_TINY = 1e-12


def offered(target: Target) -> bool:
    """Whether a device has fractional gates, beside another gate for two qubits that does without them."""
    return "rzz" in target.operation_names and any(name in target.operation_names for name in ("cx", "cz", "ecr"))


def without(target: Target) -> Target:
    """The device without its fractional gates."""
    part = Target(
        num_qubits=target.num_qubits,
        dt=target.dt,
        granularity=target.granularity,
        min_length=target.min_length,
        pulse_alignment=target.pulse_alignment,
        acquire_alignment=target.acquire_alignment,
        qubit_properties=target.qubit_properties,
    )
    for name in target.operation_names:
        places = target[name]
        if name not in GATES:
            everywhere = places is None or None in places
            part.add_instruction(target.operation_from_name(name), None if everywhere else places, name=name)
    return part


def folded(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit with every RZZ gate's angle brought to 0 .. pi/2, the range in which devices have it, for any values of its parameters.

    RZZ(theta) repeats after pi up to ZZ, and changes its sign between two X gates. So with phi = arcsin |sin theta|,
    RZZ(theta) = RZ(b) RZ(b) RX(a) RZZ(phi) RX(-a) up to a phase, where a is pi if sin and cos of theta differ in sign and else 0, and b is
    pi if the cosine is negative and else 0. All of them are expressions of the circuit's own parameters, so one circuit serves all points.
    """
    result = circuit.copy_empty_like()
    for item in circuit.data:
        if item.operation.name != "rzz":
            result.append(item)
            continue
        (angle,) = item.operation.params
        first, second = item.qubits
        size, flip, turn = _expressions(angle) if isinstance(angle, ParameterExpression) else _numbers(float(angle))
        if flip is not None:
            result.rx(-flip, first)
        result.rzz(size, first, second)
        if flip is not None:
            result.rx(flip, first)
        if turn is not None:
            result.rz(turn, first)
            result.rz(turn, second)
    return result


def _expressions(angle: ParameterExpression) -> tuple[ParameterExpression, ParameterExpression, ParameterExpression]:
    """The size, pi or 0 for the flip, pi or 0 for the turn."""
    # Where the cosine is zero to within rounding either side does, but flip and turn have to be of the same side.
    sine, cosine = angle.sin(), angle.cos() + _TINY
    return sine.abs().arcsin(), (math.pi / 2) * (1 - (sine * cosine).sign()), (math.pi / 2) * (1 - cosine.sign())


def _numbers(angle: float) -> tuple[float, float | None, float | None]:
    """As `_expressions`, with None for what is not needed."""
    if 0.0 <= angle <= math.pi / 2:
        return angle, None, None
    sine, cosine = math.sin(angle), math.cos(angle)
    return math.asin(min(abs(sine), 1.0)), math.pi if sine * cosine < 0.0 else None, math.pi if cosine < 0.0 else None
