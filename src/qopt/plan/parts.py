"""One run, foretold: its circuit on the twin, and the jobs that its optimizer asks for in dry runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qopt import forecast
from qopt.durable import shots_of
from qopt.execution.isa import freeze, transpiled
from qopt.execution.mitigation import needs_clifford_gates
from qopt.objective import constant_of
from qopt.planning.cost import Timing, seconds_for

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.forecast import Asked
    from qopt.programs import Frozen
    from qopt.spec import Spec


@dataclass(frozen=True)
class Part:
    """A run as it would go.

    Attributes:
        spec: The run.
        frozen: Its circuit and observables on the twin.
        timing: Of the circuit.
        asked: What its optimizer asks for.
        shortages: What its budget is too small for; with any it is foretold without the budget, since it could not be begun with it.
    """

    spec: Spec
    frozen: Frozen
    timing: Timing
    asked: Asked
    shortages: tuple[str, ...]

    @property
    def groups(self) -> int:
        """PUBs of a question: one for each basis, or the one that samples."""
        return max(len(self.frozen.groups), 1)

    @property
    def points(self) -> tuple[int, ...]:
        """Points of every job; the last is the final measurement, which takes every candidate twice."""
        return forecast.points_of(self.spec, self.frozen, self.timing, self.asked.typical)

    @property
    def shots(self) -> int:
        """Executions for each point."""
        return shots_of(self.spec.objective, self.frozen, 1)

    @property
    def seconds(self) -> list[float]:
        """QPU seconds of every job, as documented."""
        return [seconds_for(count * self.shots, self.timing) for count in self.points]


def foretell(spec: Spec, device: BackendV2, *, repetitions: int = forecast.REPETITIONS) -> Part:
    """A run on the twin of its device.

    Args:
        spec: The run.
        device: The twin.
        repetitions: Dry runs at most; fewer where they are long.

    Raises:
        InputError: If the circuit does not fit the device, the training of the start this machine's memory, or the user's own optimizer
            fails.
    """
    if spec.exact is not None:
        spec.exact.check_memory(gradient=spec.differentiates)
    observables = spec.objective.observables(spec.hamiltonian)
    logical = freeze(spec.ansatz, observables, constant_of(spec.hamiltonian), sampled=spec.objective.sampled)
    transpile = spec.transpile
    if transpile.fractional_gates == "auto" and needs_clifford_gates(spec.execution.mitigation, sampler=spec.objective.sampled):
        transpile = replace(transpile, fractional_gates=False)
    frozen = transpiled(logical, device, transpile)
    timing = forecast.timing_on(spec, frozen, device)
    shortages = tuple(str(error) for error in forecast.shortages(spec, frozen, timing))
    if shortages:
        spec = replace(spec, budget=replace(spec.budget, qpu=None, shots=None))
    return Part(spec, frozen, timing, forecast.asked(spec, frozen, timing, repetitions=repetitions), shortages)
