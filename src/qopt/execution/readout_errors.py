"""How often each qubit of a device is read wrongly, as the device reports it: what a readout correction of recorded samples needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from qiskit_aer import AerSimulator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.providers import BackendV2

Pair: TypeAlias = tuple[float, float]
"""The probabilities of reading 1 where 0 was prepared, and 0 where 1 was."""


def readout_errors(backend: BackendV2, qubits: Sequence[int]) -> tuple[Pair, ...] | None:
    """A pair for each of the qubits; None where one of them has none.

    What is reported is what acts: a device of IBM Quantum tells both probabilities among its properties, a simulated one is simulated with
    the single number of its target, and an Aer simulator has them in its noise model.
    """
    if isinstance(backend, AerSimulator):
        return _of_noise_model(backend, qubits)
    # Only devices of IBM Quantum have a service.
    pairs = [_of_properties(backend, qubit) if hasattr(backend, "service") else _of_target(backend, qubit) for qubit in qubits]
    known = tuple(pair for pair in pairs if pair is not None)
    return known if len(known) == len(pairs) else None


def _of_noise_model(backend: AerSimulator, qubits: Sequence[int]) -> tuple[Pair, ...] | None:
    model = backend.options.noise_model
    errors = [error for error in (model.to_dict()["errors"] if model is not None else ()) if error["type"] == "roerror"]
    if not errors or any(len(error["probabilities"]) != len(("0", "1")) for error in errors):
        return None
    found: dict[int | None, Pair] = {}
    for error in errors:
        pair = (float(error["probabilities"][0][1]), float(error["probabilities"][1][0]))
        # An error that names no qubits is that of all which no other names.
        found.update(dict.fromkeys([qubit for (qubit,) in error.get("gate_qubits", ())] or [None], pair))
    return tuple(found.get(qubit, found.get(None, (0.0, 0.0))) for qubit in qubits)


def _of_properties(backend: BackendV2, qubit: int) -> Pair | None:
    properties = backend.properties()
    known = {} if properties is None else properties.qubit_property(qubit)
    if "prob_meas1_prep0" not in known or "prob_meas0_prep1" not in known:
        return _of_target(backend, qubit)
    return float(known["prob_meas1_prep0"][0]), float(known["prob_meas0_prep1"][0])


def _of_target(backend: BackendV2, qubit: int) -> Pair | None:
    places = backend.target["measure"] if "measure" in backend.target.operation_names else None
    properties = None if places is None else places.get((qubit,))
    error = getattr(properties, "error", None)
    return None if error is None else (float(error), float(error))
