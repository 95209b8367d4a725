"""Random circuits and Hamiltonians, and what Qiskit's own Statevector makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp, Statevector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn
    from numpy.typing import NDArray

NAMES = ("a", "b", "c")
_ONE = ("rx", "ry", "rz", "p", "u1", "rxx", "ryy", "rzz", "rzx", "crx", "cry", "crz", "cp")
_NONE = ("h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg", "cx", "cz", "cy", "swap", "ccx", "iswap")
_WIDTH = {"ccx": 3} | dict.fromkeys(("rxx", "ryy", "rzz", "rzx", "crx", "cry", "crz", "cp", "cx", "cz", "cy", "swap", "iswap"), 2)


def state_of(circuit: QuantumCircuit, names: Sequence[str], point: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The state of an unmeasured circuit at a point, by Qiskit."""
    values = dict(zip(names, point.tolist(), strict=True))
    return Statevector(circuit.assign_parameters({parameter: values[parameter.name] for parameter in circuit.parameters})).data


def energy_of(circuit: QuantumCircuit, names: Sequence[str], point: NDArray[np.float64], operator: SparsePauliOp) -> float:
    """The expectation value at a point, by Qiskit."""
    return float(np.real(Statevector(state_of(circuit, names, point)).expectation_value(operator)))


@st.composite
def circuits(draw: DrawFn) -> QuantumCircuit:
    """Circuits on three qubits that turn by expressions, linear or not, of the parameters a, b and c."""
    a, b, c = (Parameter(name) for name in NAMES)
    angles = st.sampled_from([a, 2.0 * b, a - b, -0.5 * c + 0.3, 0.7, a * b, c.sin()])
    circuit = QuantumCircuit(3)
    circuit.h(range(3))
    for name in draw(st.lists(st.sampled_from([*_ONE, *_NONE, "u", "global"]), max_size=12)):
        qubits = draw(st.permutations(range(3)))[: _WIDTH.get(name, 1)]
        if name == "global":
            circuit.global_phase += draw(angles)
        elif name == "u1":
            circuit.u(0.0, 0.0, draw(angles), *qubits)
        else:
            getattr(circuit, name)(*[draw(angles) for _ in range({"u": 3}.get(name, int(name in _ONE)))], *qubits)
    return circuit


@st.composite
def operators(draw: DrawFn, qubits: int = 3, alphabet: str = "IXYZ") -> SparsePauliOp:
    """Hamiltonians of one to five Pauli strings."""
    labels = draw(st.lists(st.text(alphabet, min_size=qubits, max_size=qubits), min_size=1, max_size=5, unique=True))
    return SparsePauliOp(labels, [draw(st.sampled_from([-1.0, 0.25, 0.5, 2.0])) for _ in labels])


def points(parameters: int, many: int = 2) -> st.SearchStrategy[NDArray[np.float64]]:
    """`(many, parameters)` angles."""
    return st.integers(0, 10**6).map(lambda seed: np.random.default_rng(seed).uniform(-3.0, 3.0, (many, parameters)))
