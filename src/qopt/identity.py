"""What makes a run this run and no other: digests of circuit, observables, objective, optimizer, start, seed and device."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

_LENGTH = 24
_LONGEST_LIST = 100

WORDS = {
    "circuit": "the ansatz (or the Hamiltonian that it is made from)",
    "parameters": "the order of the ansatz's parameters",
    "observables": "the Hamiltonian",
    "sense": "whether the problem is minimised or maximised",
    "objective": "the objective",
    "optimizer": "the optimizer",
    "start": "the starting point",
    "seed": "the seed",
    "backend": "the backend",
    "primitives": "the kind of primitives",
    "transpile": "the transpiler's settings",
    "mitigation": "the error mitigation",
    "simulator": "the simulator's options",
    "training": "whether the start is trained",
    "sqd": "the sample-based diagonalization",
    "course": "how the circuit grows, or which states are looked for",
}
"""What each part is called in messages."""


def circuit_digest(circuit: QuantumCircuit) -> str:
    """A digest of what a circuit does: the same for circuits built twice, unlike a serialisation with its random parameter ids."""
    return digest(_described(circuit))


def operator_digest(operator: SparsePauliOp) -> str:
    """A digest of the terms, whatever their order."""
    merged = operator.simplify(atol=0.0, rtol=0.0)
    return digest(sorted((label, repr(complex(value))) for label, value in merged.to_list()))


def options_of(part: object) -> dict[str, Any]:
    """Name, version and options of an objective or an optimizer; for a plain function its name and a digest of its source."""
    if is_dataclass(part) and not isinstance(part, type):
        described = {"name": getattr(part, "name", type(part).__qualname__), "version": getattr(part, "version", 1)}
        described |= {item.name: getattr(part, item.name) for item in fields(part) if item.metadata.get("identity", True)}
        return {key: _plain(value) for key, value in described.items() if not callable(value)}
    name = getattr(part, "__qualname__", type(part).__qualname__)
    return {"name": name, "source": _source_digest(part)}


def digest(value: object) -> str:
    """A short digest of plain JSON data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:_LENGTH]


def differences(recorded: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """The parts that differ, in words, with both values where they can be read."""
    asked = json.loads(json.dumps(asked))  # as the recorded ones were: JSON makes tuples lists
    lines = []
    for key in [*recorded, *(key for key in asked if key not in recorded)]:
        was, now = recorded.get(key), asked.get(key)
        if was != now:
            shown = "" if key in ("circuit", "observables") else f": {json.dumps(was)} there, {json.dumps(now)} asked for"
            lines.append(f"{WORDS.get(key, key)}{shown}")
    return lines


def _described(circuit: QuantumCircuit) -> list[Any]:
    rows: list[Any] = [circuit.num_qubits, str(circuit.global_phase)]
    for item in circuit.data:
        operation = item.operation
        qubits = [circuit.find_bit(qubit).index for qubit in item.qubits]
        clbits = [circuit.find_bit(clbit).index for clbit in item.clbits]
        # A standard gate is what its name says; anything else is what it is made of.
        known = operation.base_class.__module__.startswith("qiskit.circuit.library.standard_gates")
        inside = None if known or operation.definition is None else _described(operation.definition)
        rows.append([operation.name, [_parameter(value) for value in operation.params], qubits, clbits, inside])
    return rows


def _parameter(value: object) -> str:
    if isinstance(value, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    return repr(float(value)) if isinstance(value, int | float | np.floating) else str(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - an option of any type
    """The value as JSON types; a file by its contents, and what is too long to be read by its digest."""
    if isinstance(value, Path):
        return hashlib.sha256(value.read_bytes()).hexdigest() if value.is_file() else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        plain = [_plain(item) for item in value]
        return plain if len(plain) <= _LONGEST_LIST else f"{len(plain)} items, {digest(plain)}"
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    # The `repr` of other objects may hold an address, which is another one in every process.
    return type(value).__qualname__


def _source_digest(function: object) -> str:
    """Of the text and of what a function carries with it: defaults and what it closes over; of its bytecode where there is no text."""
    code = getattr(function, "__code__", None)
    try:
        text = inspect.getsource(function)  # type: ignore[arg-type]  # anything else ends in the TypeError below
    except (OSError, TypeError):
        text = repr((code.co_code, code.co_consts, code.co_names)) if code is not None else repr(function)
    defaults = (getattr(function, "__defaults__", None), getattr(function, "__kwdefaults__", None))
    cells = [_plain(cell.cell_contents) for cell in getattr(function, "__closure__", None) or ()]
    return digest([text, _plain(list(defaults)), cells])
