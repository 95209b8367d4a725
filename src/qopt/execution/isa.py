"""From an ansatz to what runs: transpiled once, observables laid out once, the layout checked against the problem's own energies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager
from qiskit.transpiler.exceptions import TranspilerError
from qiskit_aer import AerSimulator

from qopt.errors import BackendError, InputError
from qopt.execution import fractional
from qopt.execution.backends import AER_BASIS
from qopt.execution.fidelity import Placement, describe, reports_errors
from qopt.execution.layouts import Placed, best, candidates, placed, replaced
from qopt.execution.readout_errors import readout_errors
from qopt.programs import REGISTER, Frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from qiskit.providers import BackendV2
    from qiskit.quantum_info import SparsePauliOp
    from qiskit.transpiler import Target

    from qopt.ansatze import Ansatz
    from qopt.types import Bits, Values

LayoutMethod: TypeAlias = Literal["auto", "reported-errors"]
Fractional: TypeAlias = Literal["auto"] | bool

SEEDS = 20
"""How many seeds are tried where a device reports errors and nothing else was said."""

_CHECKED_STRINGS = 32


@dataclass(frozen=True)
class Transpile:
    """How circuits are brought to a device's gates and couplings, once for a run.

    Attributes:
        level: Qiskit's optimization level, 0 to 3.
        seed: The first seed of the transpiler's random choices.
        initial_layout: `initial_layout[i]` is the device's qubit for logical qubit i; None lets the transpiler choose.
        seeds: How many seeds are tried, `seed`, `seed + 1` and so on, of which the circuit with the highest estimated fidelity is kept;
            None is 20 where the device reports errors, else 1.
        layout: `reported-errors` moves every candidate to the qubits where its gates and measurements have the lowest reported errors;
            `auto` leaves it where the transpiler put it.
        fractional_gates: Whether a device's RX and RZZ gates of any angle are used; `auto` tries both and keeps the better one, unless
            error mitigation acts that can't do with them.
    """

    level: int = 3
    seed: int = 1
    initial_layout: tuple[int, ...] | None = None
    seeds: int | None = None
    layout: LayoutMethod = "auto"
    fractional_gates: Fractional = "auto"

    def __post_init__(self) -> None:
        """Refuse what is no choice, and two answers to one question.

        Raises:
            InputError: With the key that is wrong.
        """
        if self.initial_layout is not None and self.layout != "auto":
            message = f"initial_layout gives the qubits and layout {self.layout} chooses them: leave one of the two out"
            raise InputError(message, ("transpile", "layout"))
        if self.layout not in ("auto", "reported-errors"):
            message = f"layout is {self.layout!r}, expected auto or reported-errors"
            raise InputError(message, ("transpile", "layout"))
        if self.fractional_gates not in ("auto", True, False):
            message = f"fractional_gates is {self.fractional_gates!r}, expected auto, true or false"
            raise InputError(message, ("transpile", "fractional_gates"))
        if self.seeds is not None and self.seeds < 1:
            message = f"seeds is {self.seeds}, expected 1 or more"
            raise InputError(message, ("transpile", "seeds"))


def freeze(ansatz: Ansatz, groups: tuple[tuple[SparsePauliOp, ...], ...], constant: float, *, sampled: bool) -> Frozen:
    """The ansatz as it is, for the statevector: nothing to transpile, nothing to lay out."""
    circuit = _measured(ansatz.circuit) if sampled else ansatz.circuit
    qubits = tuple(range(ansatz.circuit.num_qubits))
    return Frozen(circuit, ansatz.parameters, qubits, qubits, groups, constant, product=ansatz.product)


def transpiled(logical: Frozen, backend: BackendV2 | None, transpile: Transpile) -> Frozen:
    """The logical circuit for a backend (None is plain Aer), reduced to the qubits that it uses.

    Raises:
        InputError: If the circuit does not fit the backend, or the initial layout does not fit the circuit.
    """
    width = logical.circuit.num_qubits
    if backend is not None and backend.num_qubits is not None and width > backend.num_qubits:
        message = f"the problem needs {width} qubits, {backend.name} has {backend.num_qubits}: use a wider backend or a smaller problem"
        raise InputError(message, ("execution", "backend"))
    layout = None if transpile.initial_layout is None else list(transpile.initial_layout)
    if layout is not None:
        _check_initial_layout(layout, width, None if backend is None else backend.num_qubits)
    try:
        chosen = _on_aer(logical.circuit, transpile, layout) if backend is None else _on_device(logical.circuit, backend, transpile, layout)
    except TranspilerError as error:
        message = f"the circuit can't be transpiled: {error.message}"
        raise InputError(message, ("transpile",)) from error
    isa, final = chosen.circuit, chosen.final
    # A simulator's noise belongs to its own qubits, and it leaves idle ones out by itself.
    used = list(range(isa.num_qubits)) if isinstance(backend, AerSimulator) else _used(isa, final)
    part = {qubit: index for index, qubit in enumerate(used)}
    positions = tuple(part[qubit] for qubit in final)
    groups, beside = (
        tuple(tuple(item.apply_layout(list(positions), num_qubits=len(used)) for item in group) for group in part)
        for part in (logical.groups, logical.beside)
    )
    return replace(
        logical,
        circuit=_reduced(isa, used),
        layout=positions,
        device_qubits=tuple(used),
        groups=groups,
        beside=beside,
        readout=None if backend is None else readout_errors(backend, final),
    )


def placement_of(frozen: Frozen, backend: BackendV2 | None) -> Placement:
    """The figures of a frozen circuit on its device: what the plan and the result show."""
    return describe(frozen.circuit, None if backend is None else backend.target, qubits=frozen.device_qubits, measured=frozen.layout)


def uses_fractional_gates(transpile: Transpile, *, mitigated: bool) -> bool:
    """Whether a device is to be fetched with its fractional gates, where it has them.

    Args:
        transpile: What was asked for.
        mitigated: Whether error mitigation acts that needs Clifford gates between qubits, which fractional ones are not.
    """
    return transpile.fractional_gates is True or (transpile.fractional_gates == "auto" and not mitigated)


def unrolled(logical: Frozen) -> Frozen:
    """The circuit with every gate that Aer's statevector does not know taken apart; no layout, nothing optimized."""
    simulator, circuit = AerSimulator(method="statevector"), logical.circuit
    if not set(simulator.operation_names).issuperset(circuit.count_ops()):
        # Making a pass manager loads every plugin that is installed, the whole of IBM's client among them: a second that most do without.
        circuit = generate_preset_pass_manager(optimization_level=0, backend=simulator).run(circuit)
    return replace(logical, circuit=_reduced(circuit, list(range(circuit.num_qubits))))


def check_contract(frozen: Frozen, hamiltonian: SparsePauliOp, energy: Callable[[str], float], energies: Callable[[Bits], Values]) -> None:
    """Check on random strings that <z|H|z>, through the layout, is what the problem itself says of z.

    Raises:
        InputError: If it is not: a wrong bit order, sign or constant.
        BackendError: If a measurement reads another qubit than the one that holds the variable.
    """
    variables = len(frozen.layout)
    for clbit, qubit in _measurements(frozen.circuit).items():
        if frozen.layout[clbit] != qubit:
            message = f"the transpiled circuit measures qubit {qubit} as variable {clbit}, expected qubit {frozen.layout[clbit]}"
            raise BackendError(message)
    laid_out = hamiltonian.apply_layout(list(frozen.layout), num_qubits=frozen.circuit.num_qubits)
    bits = np.random.default_rng(0).integers(0, 2, size=(_CHECKED_STRINGS, variables), dtype=np.uint8)
    wide = np.zeros((len(bits), frozen.circuit.num_qubits), dtype=np.uint8)
    wide[:, list(frozen.layout)] = bits
    signs = 1.0 - 2.0 * ((wide.astype(np.int64) @ laid_out.paulis.z.T.astype(np.int64)) & 1)
    expected = signs @ np.real(laid_out.coeffs)
    vectorised = energies(bits)
    scale = 1e-9 * float(np.abs(laid_out.coeffs).sum())
    for row, want, fast in zip(bits, expected, vectorised, strict=True):
        string = "".join(map(str, row))
        for name, got in (("energy", energy(string)), ("energies", fast)):
            if not abs(got - want) <= scale:
                message = (
                    f"the problem's {name}({string!r}) is {got:.12g}, but <z|H|z> of its Hamiltonian is {want:.12g}: "
                    "expected equal numbers, bits[i] being variable i and Qiskit's qubit i; check signs, constants and the order of bits"
                )
                raise InputError(message, ("problem",))


def _on_aer(circuit: QuantumCircuit, transpile: Transpile, layout: list[int] | None) -> Placed:
    """For plain Aer, which has no couplings and reports no errors: one seed unless more are asked for.

    Raises:
        InputError: If the layout is to follow reported errors.
    """
    if transpile.layout == "reported-errors":
        message = "layout is reported-errors, but aer reports none: set layout to auto, or execution.backend to a device"
        raise InputError(message, ("transpile", "layout"))
    basis = AER_BASIS if transpile.fractional_gates else tuple(gate for gate in AER_BASIS if gate not in fractional.GATES)
    return best(candidates(circuit, basis, _seeds(transpile, None), level=transpile.level, layout=layout))


def _on_device(circuit: QuantumCircuit, backend: BackendV2, transpile: Transpile, layout: list[int] | None) -> Placed:
    """For a device: the best of all seeds, with and without fractional gates where there is a choice.

    Raises:
        InputError: If something is asked for that the device has not.
    """
    target = backend.target
    if transpile.layout == "reported-errors" and not reports_errors(target):
        message = f"layout is reported-errors, but {backend.name} reports none: set layout to auto"
        raise InputError(message, ("transpile", "layout"))
    if transpile.fractional_gates is True and "rzz" not in target.operation_names:
        message = f"fractional_gates is true, but {backend.name} has none: set it to auto"
        raise InputError(message, ("transpile", "fractional_gates"))
    # A simulator has no calibrated range of angles, and nothing to choose between.
    choice = not isinstance(backend, AerSimulator) and fractional.offered(target)
    targets = [target]
    if choice and transpile.fractional_gates is not True:
        plain = fractional.without(target)
        targets = [plain, target] if transpile.fractional_gates == "auto" else [plain]
    found: list[Placed] = []
    for each in targets:
        made = candidates(circuit, each, _seeds(transpile, each), level=transpile.level, layout=layout)
        if choice and each is target:
            made = [placed(fractional.folded(item.circuit), item.final, each) for item in made]
        found += [replaced(item, each) for item in made] if transpile.layout == "reported-errors" else made
    return best(found)


def _seeds(transpile: Transpile, target: Target | None) -> range:
    count = transpile.seeds or (SEEDS if reports_errors(target) else 1)
    return range(transpile.seed, transpile.seed + count)


def _measured(circuit: QuantumCircuit) -> QuantumCircuit:
    register = ClassicalRegister(circuit.num_qubits, REGISTER)
    measured = circuit.copy()
    measured.add_register(register)
    measured.measure(range(circuit.num_qubits), register)
    return measured


def _measurements(circuit: QuantumCircuit) -> dict[int, int]:
    """Clbit to qubit of every measurement."""
    return {
        circuit.find_bit(item.clbits[0]).index: circuit.find_bit(item.qubits[0]).index
        for item in circuit.data
        if item.operation.name == "measure"
    }


def _used(circuit: QuantumCircuit, final: tuple[int, ...]) -> list[int]:
    """The qubits that anything acts on or that hold a logical qubit, sorted."""
    acted = {circuit.find_bit(qubit).index for item in circuit.data if item.operation.name != "barrier" for qubit in item.qubits}
    return sorted(acted | set(final))


def _reduced(circuit: QuantumCircuit, used: list[int]) -> QuantumCircuit:
    """The circuit on the used qubits alone."""
    part = {qubit: index for index, qubit in enumerate(used)}
    reduced = QuantumCircuit(len(used), name=circuit.name, global_phase=circuit.global_phase, metadata=circuit.metadata)
    for register in circuit.cregs:
        reduced.add_register(register)
    for item in circuit.data:
        if item.operation.name == "barrier":
            continue
        reduced.append(
            item.operation,
            [part[circuit.find_bit(qubit).index] for qubit in item.qubits],
            [circuit.find_bit(clbit).index for clbit in item.clbits],
        )
    return reduced


def _check_initial_layout(layout: list[int], width: int, device: int | None) -> None:
    limit = width if device is None else device
    if len(layout) != width or len(set(layout)) != width or not all(0 <= qubit < limit for qubit in layout):
        message = f"initial_layout is {layout}, expected {width} different qubits from 0 to {limit - 1}"
        raise InputError(message, ("transpile", "initial_layout"))
