"""A circuit as a list of gates that turn by at most one angle each, and how the angles follow from the circuit's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Gate as CircuitGate
from qiskit.circuit import ParameterExpression
from qiskit.exceptions import QiskitError

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

TURNING = ("rx", "ry", "rz", "rxx", "ryy", "rzz", "p")
"""exp(-i angle G / 2) with G^2 = 1 up to a global phase, so that two shifted energies give a derivative exactly."""

FIXED = ("h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg", "cx", "cz", "swap", "id")
_IDLE = ("barrier", "delay", "global_phase", "id")
"""What leaves the state as it is, but for its global phase."""
_SEVERAL = ("u", "u1", "u2", "u3", "r")
_BASIS = {"basis_gates": [*TURNING, *FIXED], "optimization_level": 0}
_ROUNDING = 1e-15

Angle: TypeAlias = "float | ParameterExpression"


@dataclass(frozen=True)
class Gate:
    """One gate: its name, its qubits, and the number of its angle where it has one."""

    name: str
    qubits: tuple[int, ...]
    angle: int | None = None


@dataclass(frozen=True, eq=False)
class Gates:
    """A circuit up to its global phase.

    Attributes:
        qubits: How many.
        gates: In order; their names are those of `TURNING` and `FIXED`.
        weights: `(g, n)`: angle j is `weights[j] @ point + offsets[j]`, wherever it is linear in the parameters.
        offsets: `(g,)` radians.
        curved: The other angles: the number of each, its expression, and the columns of the expression's parameters in a point by name.
    """

    qubits: int
    gates: tuple[Gate, ...]
    weights: NDArray[np.float64]
    offsets: NDArray[np.float64]
    curved: tuple[tuple[int, ParameterExpression, dict[str, int]], ...] = ()

    @property
    def free(self) -> NDArray[np.bool_]:
        """`(g,)`: which angles depend on parameters."""
        depends = np.asarray(self.weights.any(axis=1))
        depends[[row for row, _, _ in self.curved]] = True
        return depends

    @property
    def units(self) -> NDArray[np.float64]:
        """`(n,)` radians that a gate turns by at most for each unit of a parameter; at least 1 where an angle isn't linear in it."""
        out: NDArray[np.float64] = np.abs(self.weights).max(axis=0, initial=0.0)
        for _, expression, columns in self.curved:
            held = [columns[parameter.name] for parameter in expression.parameters]
            out[held] = np.maximum(out[held], 1.0)
        return out

    def angles(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(k, g)` angles in radians at `(k, n)` points."""
        out: NDArray[np.float64] = points @ self.weights.T + self.offsets
        for row, expression, columns in self.curved:
            for k, point in enumerate(points):
                out[k, row] = float(_at(expression, columns, point))
        return out

    def jacobian(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(g, n)` derivatives of the angles by the parameters at an `(n,)` point."""
        if not self.curved:
            return self.weights
        out = self.weights.copy()
        for row, expression, columns in self.curved:
            for parameter in expression.parameters:
                out[row, columns[parameter.name]] = float(_at(expression.gradient(parameter), columns, point))
        return out


def in_one_angle_gates(circuit: QuantumCircuit, parameters: Sequence[str]) -> Gates:
    """A circuit without measurements in gates of one angle each, by qiskit's own definitions of those that have several.

    Args:
        circuit: Of gates, and at a qubit's start also `reset` and `initialize`. Barriers and delays have no effect.
        parameters: The order of a point's columns; names that the circuit lacks have no effect.

    Raises:
        InputError: If the circuit has a parameter that isn't named, or something else than gates.
    """
    unnamed = sorted({parameter.name for parameter in circuit.parameters} - set(parameters))
    if unnamed:
        message = f"the circuit has the parameters {unnamed} beside those given, expected all of them in the order of a point"
        raise InputError(message)
    column = {name: index for index, name in enumerate(parameters)}
    gates: list[Gate] = []
    angles: list[Angle] = []
    for name, qubits, angle in _plain(circuit):
        gates.append(Gate(name, qubits, None if angle is None else len(angles)))
        if angle is not None:
            angles.append(angle)
    weights, offsets, curved = np.zeros((len(angles), len(parameters))), np.zeros(len(angles)), []
    for row, angle in enumerate(angles):
        if not isinstance(angle, ParameterExpression):
            offsets[row] = angle
        elif (line := _line(angle)) is None:
            curved.append((row, angle, column))
        else:
            slopes, offsets[row] = line
            for parameter, slope in slopes.items():
                weights[row, column[parameter]] = slope
    return Gates(circuit.num_qubits, tuple(gates), weights, offsets, tuple(curved))


def _plain(circuit: QuantumCircuit) -> Iterator[tuple[str, tuple[int, ...], Angle | None]]:
    """The gates that do something, a state's preparation by `initialize` among them: it is gates behind resets of qubits that are 0."""
    known = {*TURNING, *FIXED, *_IDLE, "reset"}
    if not known.issuperset(circuit.count_ops()):
        circuit = _translated(circuit)
    touched: set[int] = set()
    for instruction in circuit.data:
        name, qubits = instruction.operation.name, tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        if name not in known:
            message = f"the circuit has {name!r}, expected gates alone: leave it out, or measure at the end alone, to simulate one state"
            raise InputError(message)
        if name == "reset" and not touched.isdisjoint(qubits):
            message = (
                f"the circuit resets qubit {qubits[0]} after gates on it, by reset or initialize, expected gates alone from there on: "
                "begin with it, or write it in gates, such as those of prepare_state"
            )
            raise InputError(message)
        if name not in (*_IDLE, "reset"):
            touched.update(qubits)
            yield name, qubits, instruction.operation.params[0] if name in TURNING else None


def _translated(circuit: QuantumCircuit) -> QuantumCircuit:
    """A circuit in plain gates, by qiskit's own definitions.

    Raises:
        InputError: If there is an instruction that has none.
    """
    try:
        return transpile(_renamed(transpile(circuit, basis_gates=[*TURNING, *FIXED, *_SEVERAL], optimization_level=0)), **_BASIS)
    except QiskitError as error:
        odd = {instruction.operation.name for instruction in circuit.data if not isinstance(instruction.operation, CircuitGate)}
        names = ", ".join(map(repr, sorted(odd or circuit.count_ops())))
        message = (
            f"the circuit has {names}, which qiskit can't write in plain gates, expected gates alone: leave it out, or define it by gates"
        )
        raise InputError(message) from error


def _renamed(circuit: QuantumCircuit) -> QuantumCircuit:
    """Gates of several angles that are plain ones, as what they are: `decompose` writes H and RX as U and R."""
    out = circuit.copy_empty_like()
    for instruction in circuit.data:
        name, angles = _plainest(instruction.operation.name, list(instruction.operation.params))
        if name == instruction.operation.name:
            out.append(instruction)
        else:
            getattr(out, name)(*angles, *instruction.qubits)
    return out


def _plainest(name: str, angles: list[Angle]) -> tuple[str, list[Angle]]:  # noqa: PLR0911 - one for each spelling
    match name, angles:
        case "r", [theta, axis] if _is(axis, 0.0):
            return "rx", [theta]
        case "u" | "u3", [theta, first, last] if _is(theta, np.pi / 2.0) and _is(first, 0.0) and _is(last, np.pi):
            return "h", []
        case "u" | "u3", [theta, first, last] if _is(first, -np.pi / 2.0) and _is(last, np.pi / 2.0):
            return "rx", [theta]
        case "u" | "u3", [theta, first, last] if _is(first, 0.0) and _is(last, 0.0):
            return "ry", [theta]
        case "u" | "u3", [theta, first, last] if _is(theta, 0.0):
            return "p", [first + last]
        case "u2", [first, last] if _is(first, 0.0) and _is(last, np.pi):
            return "h", []
        case "u1", [angle]:
            return "p", [angle]
        case _:
            return name, angles


def _is(angle: Angle, wanted: float) -> bool:
    return not getattr(angle, "parameters", ()) and abs(float(angle) - wanted) <= _ROUNDING


def _line(angle: ParameterExpression) -> tuple[dict[str, float], float] | None:
    """Slope by parameter and the value at zero; None where an angle is no linear function."""
    slopes = {}
    for parameter in angle.parameters:
        slope = angle.gradient(parameter)
        if isinstance(slope, ParameterExpression) and slope.parameters:
            return None
        slopes[parameter.name] = float(slope)
    return slopes, float(angle.bind(dict.fromkeys(angle.parameters, 0.0)))


def _at(expression: ParameterExpression | float, columns: dict[str, int], point: NDArray[np.float64]) -> ParameterExpression | float:
    if not isinstance(expression, ParameterExpression):
        return expression
    return expression.bind({parameter: point[columns[parameter.name]] for parameter in expression.parameters})
