"""The circuit whose probability of reading zeros is the overlap of two states of the same ansatz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qiskit.circuit import Parameter
from qiskit.circuit.exceptions import CircuitError

from qopt.ansatze.ansatz import Ansatz
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

_PREFIX = "phi_"


def overlap_circuit(ansatz: Ansatz) -> Ansatz:
    """`U(phi)^dagger U(theta)` of `U(theta)|0> = |psi(theta)>`: all qubits read 0 with the probability `|<psi(phi)|psi(theta)>|^2`.

    One circuit compares any two states of the ansatz, so one serves all levels of a variational deflation. It is about twice as deep. The
    gates that prepare a reference stay at both ends; gates in the middle that depend on no parameter cancel when it is transpiled.

    Returns:
        Points are rows `(k, 2n)` of theta and then phi. The names of theta are those of the ansatz, the names of phi the same after
        `phi_`, with further `phi_` where such a name is taken. There are no `layers`: a formula for a start makes no sense here.

    Raises:
        InputError: If a gate has no inverse.

    References:
        Higgott, Wang, Brierley 2019, arXiv:1805.08138, section 2.2; Havlicek et al. 2019, arXiv:1804.11326 (overlaps by the inverse).
    """
    prefix = _unused(ansatz.parameters)
    others = {parameter: Parameter(prefix + parameter.name) for parameter in ansatz.circuit.parameters}
    try:
        inverse = ansatz.circuit.inverse()
    except CircuitError as error:
        raise InputError(f"ansatz {ansatz.name!r} has no inverse ({error.message}), expected unitary gates alone") from error
    circuit = ansatz.circuit.compose(inverse.assign_parameters(others))
    circuit.name = "overlap"
    names = (*ansatz.parameters, *(prefix + name for name in ansatz.parameters))
    return Ansatz(circuit, names, "overlap", scales=None if ansatz.scales is None else ansatz.scales * 2)


def _unused(names: Collection[str]) -> str:
    """A prefix that makes none of the names another one of them."""
    prefix = _PREFIX
    while any(prefix + name in names for name in names):
        prefix += _PREFIX
    return prefix
