"""Which transpiled circuit is kept, of many: by what the device reports of its errors, never by how long there was time to look."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from qiskit import ClassicalRegister
from qiskit.converters import circuit_to_dag
from qiskit.transpiler import generate_preset_pass_manager
from qiskit.transpiler.passes import VF2PostLayout

from qopt.execution.fidelity import Placement, describe, record_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qiskit import QuantumCircuit
    from qiskit.transpiler import PassManager, Target

_VISITS = 300_000
_LAYOUTS = 2_500
"""Where the search for better qubits ends. A limit of time would make the result depend on the machine."""
_SEARCHES_SLOWLY = tuple(int(part) for part in version("qiskit").split(".")[:2]) < (2, 3)
"""Whether Qiskit's own search is the one in Python, which at level 3 takes 15 s for each seed on a device of 127 qubits."""


@dataclass(frozen=True)
class Placed:
    """A transpiled circuit, as wide as its device.

    Attributes:
        circuit: The circuit.
        final: `final[i]` is the qubit that holds logical qubit i at the end.
        placement: Its figures.
    """

    circuit: QuantumCircuit
    final: tuple[int, ...]
    placement: Placement


def candidates(
    circuit: QuantumCircuit, target: Target | tuple[str, ...], seeds: Sequence[int], *, level: int, layout: list[int] | None
) -> list[Placed]:
    """The circuit transpiled with each of the seeds, one after the other, for a device or for any qubits with the named gates.

    Raises:
        TranspilerError: If the circuit does not fit the target.
    """
    device = None if isinstance(target, tuple) else target
    options = {"basis_gates": list(target)} if isinstance(target, tuple) else {"target": target}
    found = []
    for seed in seeds:
        manager = generate_preset_pass_manager(optimization_level=level, initial_layout=layout, seed_transpiler=seed, **options)
        if _SEARCHES_SLOWLY:
            limit(manager)
        isa = manager.run(circuit)
        record_seed(isa, seed)
        final = range(circuit.num_qubits) if isa.layout is None else isa.layout.final_index_layout(filter_ancillas=True)
        found.append(placed(isa, tuple(final), device))
    return found


def limit(manager: PassManager) -> None:
    """Have the pass manager's own search for better qubits end where the one of `replaced` does."""
    for item in _passes(manager.to_flow_controller()):
        if isinstance(item, VF2PostLayout):
            item.max_trials = min(item.max_trials or _LAYOUTS, _LAYOUTS)


def placed(circuit: QuantumCircuit, final: tuple[int, ...], target: Target | None) -> Placed:
    """A circuit as wide as its device, with its figures."""
    return Placed(circuit, final, describe(circuit, target, qubits=range(circuit.num_qubits), measured=final))


def best(found: Sequence[Placed]) -> Placed:
    """The one with the highest estimated fidelity; of equals the one with fewer two-qubit gates, then less depth, then the lower seed."""
    return min(found, key=lambda candidate: candidate.placement.rank)


def replaced(candidate: Placed, target: Target) -> Placed:
    """The same gates on the qubits with the lowest reported errors, where the same couplings occur elsewhere on the device.

    Measurements count, also those that an Estimator will put in: the search sees the circuit with all of them.

    References:
        Nation, Treinish 2023, arXiv:2209.15512.
    """
    circuit = candidate.circuit
    seen = circuit.copy()
    if not any(item.operation.name == "measure" for item in seen.data):
        register = ClassicalRegister(len(candidate.final))
        seen.add_register(register)
        seen.measure(list(candidate.final), register)
    search = VF2PostLayout(target=target, seed=-1, call_limit=_VISITS, max_trials=_LAYOUTS, strict_direction=True)
    search.run(circuit_to_dag(seen))
    layout = search.property_set["post_layout"]
    if layout is None:
        return candidate
    # Some releases of Qiskit leave idle qubits out of the layout; a barrier on them is all that could ask for one.
    new = layout.get_virtual_bits()
    moved = circuit.copy_empty_like()
    for item in circuit.data:
        if item.operation.name != "barrier":
            moved.append(item.replace(qubits=[moved.qubits[new[qubit]] for qubit in item.qubits]))
    return best([candidate, placed(moved, tuple(new[seen.qubits[qubit]] for qubit in candidate.final), target)])


def _passes(task: Any) -> Iterator[Any]:  # noqa: ANN401 - passes, and what they are nested in
    """All passes of a flow controller, however deep."""
    if not hasattr(task, "tasks"):
        yield task
        return
    for inner in task.tasks:
        yield from _passes(inner)
