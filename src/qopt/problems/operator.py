"""A Hamiltonian given as a sum of Pauli strings, from a program or from a JSON file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qiskit.quantum_info import SparsePauliOp

from qopt.errors import InputError
from qopt.problems.problem import Problem
from qopt.problems.text_file import TextFile, suggestion
from qopt.types import Sense

if TYPE_CHECKING:
    from pathlib import Path

_TEXTS = ("description", "source", "licence", "units", "sense")
_KEYS = (*_TEXTS, "qubits", "terms")
_MAX_QUBITS = 1000


class Operator(Problem):
    """The expectation of a Hermitian operator.

    Args:
        operator: What is minimised or maximised.
        sense: Which of the two.
        units: Units of the coefficients, such as `Ha`.
        description: For people.

    Raises:
        InputError: If a coefficient is complex, not finite, or a parameter.
    """

    def __init__(self, operator: SparsePauliOp, *, sense: Sense = Sense.MINIMISE, units: str = "", description: str = "") -> None:
        if operator.coeffs.dtype == object:
            message = "the operator has parameters among its coefficients, expected numbers: use assign_parameters"
            raise InputError(message)
        for label, coefficient in operator.to_list():
            if not math.isfinite(abs(coefficient)) or abs(coefficient.imag) > 1e-12 * abs(coefficient):
                message = f"the coefficient of {label} is {coefficient}, expected a finite real number: only then is it a Hamiltonian"
                raise InputError(message)
        self.sense = sense
        self.units = units
        self.description = description
        self._hamiltonian = SparsePauliOp(operator.paulis, sense.sign * operator.coeffs.real)

    @classmethod
    def from_file(cls, path: Path | str) -> Operator:
        """Read `{"units": "Ha", "qubits": 2, "terms": [["ZI", 0.5], ...]}`.

        Labels follow Qiskit: the rightmost character is qubit 0. `qubits` and `terms` are required; `description`, `source`, `licence`,
        `units` and `sense` (`minimise` or `maximise`) are texts.

        Raises:
            InputError: If the file can't be read or holds anything else; the message begins with `path:line:column` where the contents are
                at fault.
        """
        file = TextFile.read(path)
        data = file.json_object()
        _check_keys(file, data)
        qubits = data["qubits"]
        if isinstance(qubits, bool) or not isinstance(qubits, int) or not 1 <= qubits <= _MAX_QUBITS:
            raise file.at_key(("qubits",), f"expected an integer from 1 to {_MAX_QUBITS}")
        senses = {sense.value: sense for sense in Sense}
        sense = data.get("sense", Sense.MINIMISE.value)
        if sense not in senses:
            raise file.at_key(("sense",), f"got {sense!r}, expected minimise or maximise{suggestion(sense, tuple(senses))}")
        operator = SparsePauliOp.from_list(list(_terms(file, data["terms"], qubits).items()))
        return cls(operator, sense=senses[sense], units=data.get("units", ""), description=data.get("description", ""))

    def hamiltonian(self) -> SparsePauliOp:
        """The operator, negated where it is maximised."""
        return self._hamiltonian


def _check_keys(file: TextFile, data: dict[str, Any]) -> None:
    for key, value in data.items():
        if key not in _KEYS:
            raise file.at_key((key,), f"unknown key {key[:40]!r}{suggestion(key, _KEYS)}; expected {', '.join(_KEYS)}")
        if key in _TEXTS and not isinstance(value, str):
            raise file.at_key((key,), f"expected a text under the key {key!r}")
    for key in ("qubits", "terms"):
        if key not in data:
            raise file.at_key((), f"the key {key!r} is missing")


def _terms(file: TextFile, terms: object, qubits: int) -> dict[str, float]:
    """Coefficients by label, in the order of the file."""
    if not isinstance(terms, list) or not terms:
        raise file.at_key(("terms",), 'expected a list of terms such as ["ZI", 0.5]')
    out: dict[str, float] = {}
    for index, term in enumerate(terms):
        match term:
            case [str(label), int() | float() as coefficient] if not isinstance(coefficient, bool):
                pass
            case _:
                raise file.at_key(("terms", index), 'expected a Pauli string and a real number, such as ["ZI", 0.5]')
        if len(label) != qubits or not set(label) <= set("IXYZ"):
            raise file.at_key(("terms", index, 0), f"got {label[:40]!r}, expected {qubits} of the letters I X Y Z")
        if label in out:
            raise file.at_key(("terms", index, 0), f"{label} is given a second time, expected each once: add the coefficients up")
        if not math.isfinite(coefficient):
            raise file.at_key(("terms", index, 1), f"got {coefficient}, expected a finite number")
        out[label] = float(coefficient)
    return out
