"""A run with every choice made and checked, before anything is written or sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from qopt.ansatze import Ansatz
from qopt.choices import choose_optimizer, choose_start
from qopt.errors import InputError, below, blamed
from qopt.execution import Execution, Transpile
from qopt.execution.backends import threads_for
from qopt.execution.conflicts import acting, conflicts
from qopt.execution.connect import Device, engine, find
from qopt.execution.isa import check_contract, freeze
from qopt.execution.mitigation import circuits_per_value, needs_clifford_gates, own_errors, stated
from qopt.execution.primitives import choose as choose_primitives
from qopt.execution.recorded import check_identity
from qopt.execution.simulator import Simulator
from qopt.identity import circuit_digest, digest, operator_digest, options_of
from qopt.objective import Exact, Expectation, Objective, Sampled, constant_of, with_terms, without_identity
from qopt.optimizers import SPSA, DifferentialEvolution, MeasureStart, ResponseSurface, Scipy
from qopt.problems import Problem
from qopt.properties import Grouping, grouped
from qopt.simulate.choice import Choice
from qopt.simulate.choice import choose as choose_engine
from qopt.types import Budget, Minimizer, Point, Sense

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qopt.execution import Mode
    from qopt.legs import Course
    from qopt.programs import Frozen
    from qopt.sampled_subspace import SampledSubspace

_COMPUTED_QUBITS = 16
"""Up to so many qubits properties are computed from the state; measured ones have no limit."""
_OR_A_DEVICE = "use a smaller problem, a machine with more memory, or a device"
_OR_NO_TRAINING = "use a smaller problem, a machine with more memory, or give the start's angles"


@dataclass(frozen=True)
class Spec:
    """A run, with every choice made.

    Attributes:
        problem: What is optimized.
        hamiltonian: Its Hamiltonian, built once.
        ansatz: The circuit.
        start: `(n,)` where the optimizer begins, or training where there is some to come.
        objective: How points are measured.
        optimizer: Which points are measured.
        execution: Where.
        device: The backend that was found for it.
        transpile: How circuits are brought to it.
        seed: Of every random choice.
        budget: When to stop.
        name: Of the run folder.
        choices: What `optimizer` may have been under another budget, where qopt chose it.
        notes: Choices that qopt made, in words.
        training: Whether the start is to be trained on the exact engine before the run begins.
        exact: How that, or the whole run, is computed; None where nothing is.
        grouping: What is measured beside the final energy, in groups; None where nothing is.
        course: What the run does between its beginning and its final measurement, where it is more than one optimization.
        sqd: How the final circuit's samples are diagonalised; None where they aren't asked for.
    """

    problem: Problem
    hamiltonian: SparsePauliOp
    ansatz: Ansatz
    start: Point
    objective: Objective
    optimizer: Minimizer
    execution: Execution
    device: Device
    transpile: Transpile
    seed: int
    budget: Budget
    name: str
    choices: tuple[Minimizer, ...] = ()
    notes: tuple[str, ...] = ()
    training: bool = False
    exact: Choice | None = None
    grouping: Grouping | None = None
    course: Course | None = None
    sqd: SampledSubspace | None = None

    @property
    def engine(self) -> str:
        """What answers, in words."""
        if self.exact is not None and self.device.computes:
            return f"statevector, by {self.exact.name}"
        return engine(self.device, self.execution, sampler=self.objective.sampled)

    def engine_in(self, mode: str) -> str:
        """What answers by a mode that was chosen."""
        return engine(self.device, replace(self.execution, mode=cast("Mode", mode)), sampler=self.objective.sampled)

    @property
    def differentiates(self) -> bool:
        """Whether the exact engine is asked for gradients, as far as that is known beforehand."""
        return self.training or (isinstance(self.optimizer, Scipy) and self.optimizer.differentiates)

    @property
    def scales(self) -> Point:
        """`(n,)` the unit of each parameter for the optimizer: the ansatz's for built-in optimizers, radians for a user's own."""
        if self.ansatz.scales is None or not isinstance(self.optimizer, SPSA | DifferentialEvolution | ResponseSurface | Scipy):
            return np.ones(len(self.start))
        return np.array(self.ansatz.scales)

    def with_engine(self) -> Spec:
        """The same, with the exact engine chosen for its ansatz, where there is something to compute."""
        if not (self.training or _computes(self.device)):
            return self
        return replace(self, exact=choose_engine(self.ansatz.circuit, self.ansatz.parameters, self.hamiltonian, self.ansatz.product))

    def threads(self, frozen: Frozen) -> int:
        """How many threads the simulator has for a circuit."""
        chosen = None if self.device.simulator is None else self.device.simulator.threads
        return 1 if self.device.computes else chosen or threads_for(len(frozen.device_qubits))

    def identity(self) -> dict[str, Any]:
        """The parts that make the run this run and no other."""
        mitigation = stated(self.execution.mitigation)
        simulator = {} if self.device.simulator is None else self.device.simulator.numbers
        training = "exact" if self.training else None
        course = None if self.course is None else options_of(self.course)
        sqd = None if self.sqd is None else asdict(self.sqd)
        parts = {"mitigation": mitigation, "simulator": simulator, "training": training, "course": course, "sqd": sqd}
        more = {key: value for key, value in parts.items() if value}
        return {
            "circuit": circuit_digest(self.ansatz.circuit),
            "parameters": list(self.ansatz.parameters),
            "observables": operator_digest(self.hamiltonian),
            "sense": self.problem.sense.value,
            "objective": options_of(self.objective),
            "optimizer": options_of(self.optimizer),
            "start": self.start.tolist(),
            "seed": self.seed,
            "backend": self.device.name,
            "primitives": self.execution.primitives,
            "transpile": asdict(self.transpile),
        } | more


def specify(  # noqa: PLR0913 - as `run`
    problem: Problem,
    *,
    ansatz: Ansatz | None = None,
    start: ArrayLike | None = None,
    objective: Objective | None = None,
    optimizer: Minimizer | None = None,
    execution: Execution | None = None,
    transpile: Transpile | None = None,
    seed: int = 0,
    budget: Budget | None = None,
    name: str | None = None,
    course: Course | None = None,
    sqd: SampledSubspace | None = None,
) -> Spec:
    """Make every choice of a run and check what can be checked before anything is written or sent.

    Raises:
        InputError: With the config key that is wrong.
    """
    _check_types(problem, ansatz, optimizer, budget)
    hamiltonian = _hamiltonian(problem)
    if ansatz is None:
        with blamed("ansatz"):
            ansatz = problem.ansatz()
    if ansatz.circuit.num_qubits != hamiltonian.num_qubits:
        message = f"the ansatz has {ansatz.circuit.num_qubits} qubits, the Hamiltonian {hamiltonian.num_qubits}: expected equal numbers"
        raise InputError(message, ("ansatz",))
    if objective is None:
        objective = Sampled() if problem.diagonal is not None else Expectation()
    execution = execution or Execution()
    device = _device(problem, objective, execution)
    transpile = transpile or Transpile()
    grouping = _grouping(problem, hamiltonian, objective)
    notes = [f"mitigation: {sentence}" for sentence in _mitigated(execution, transpile, device, objective)]
    if device.simulator is None and (replace(execution.simulator, threads=None) if device.computes else execution.simulator) != Simulator():
        notes.append(f"simulator: no effect, {_no_simulator(device)}")
    if grouping is None and not objective.sampled and problem.properties():
        notes.append(f"properties: left out, since they are computed up to {_COMPUTED_QUBITS} qubits")
    training = isinstance(start, str)
    point, good_start, reason = choose_start(start, ansatz, hamiltonian, seed)
    notes += [reason] if reason else []
    noisy = objective.shots is not None
    choices: tuple[Minimizer, ...] = ()
    if optimizer is None or not (len(point) or course):
        most = None if budget is None else budget.evaluations
        optimizer, choices, reason = choose_optimizer(len(point), course, noisy=noisy, good_start=good_start, evaluations=most)
        notes.append(f"optimizer: {reason}")
    if budget is not None and budget.qpu is not None and not device.remote:
        notes.append(f"budget: qpu has no effect, since {device.name} bills nothing")
    _check_parts(problem, point, optimizer, course, sqd, noisy=noisy)
    spec = Spec(
        problem,
        hamiltonian,
        ansatz,
        point,
        objective,
        optimizer,
        execution,
        device,
        transpile,
        seed,
        budget or Budget(),
        name or "",
        choices,
        tuple(notes),
        training,
        grouping=grouping,
        course=course,
        sqd=sqd,
    ).with_engine()
    if device.recording is not None:
        with below("execution"):
            check_identity(device.recording, spec.identity())
    return spec if name else replace(spec, name=f"{type(problem).__name__.lower()}-{digest(spec.identity())[:8]}")


def _check_parts(
    problem: Problem, point: Point, optimizer: Minimizer, course: Course | None, sqd: SampledSubspace | None, *, noisy: bool
) -> None:
    """Look whether each part goes with the others."""
    with below("sqd"):
        if sqd is not None:
            sqd.check(problem)
    with below("excited_states"):
        if course is not None:
            course.check(problem, noisy=noisy)
    if course is not None and course.final is not None and not len(point):
        raise InputError("the ansatz has no parameters, levels above the ground state need some: choose another ansatz", ("ansatz",))
    with below("optimizer"):
        if course is not None and isinstance(optimizer, MeasureStart):
            raise InputError("optimizer is none, but what grows or is excited has to be optimized: choose another one", ("type",))
        if isinstance(optimizer, Scipy) and len(point):
            optimizer.check(point, noisy=noisy)


def _check_types(problem: object, ansatz: object, optimizer: object, budget: object) -> None:
    """Refuse what a name or a plain value was given for.

    Raises:
        InputError: With what to write instead.
    """
    for given, wanted, key, instead in (
        (problem, Problem, "problem", "qopt.MaxCut(graph), qopt.Operator(operator) or a subclass of qopt.Problem"),
        (ansatz, Ansatz, "ansatz", "qopt.qaoa(problem.hamiltonian(), layers=2)"),
        (budget, Budget, "budget", "qopt.Budget(evaluations=100)"),
    ):
        if given is not None and not isinstance(given, wanted):
            message = f"got a {type(given).__name__}, expected {instead}"
            raise InputError(message, (key,))
    if optimizer is not None and not callable(optimizer):
        message = f'got {optimizer!r}, expected qopt.Scipy("COBYLA") or a function of (evaluate, start, rng)'
        raise InputError(message, ("optimizer",))


def _hamiltonian(problem: Problem) -> SparsePauliOp:
    try:
        problem.sense = Sense(problem.sense)
    except ValueError:
        message = f"sense is {problem.sense!r}, expected qopt.Sense.MINIMISE or qopt.Sense.MAXIMISE"
        raise InputError(message, ("problem",)) from None
    with blamed("hamiltonian"):
        hamiltonian = problem.hamiltonian()
    if not isinstance(hamiltonian, SparsePauliOp):
        message = f"hamiltonian() returned a {type(hamiltonian).__name__}, expected a qiskit SparsePauliOp"
        raise InputError(message, ("problem",))
    if without_identity(hamiltonian) is None:
        message = "the Hamiltonian is a constant: there is nothing to optimize"
        raise InputError(message, ("problem",))
    return hamiltonian


def _device(problem: Problem, objective: Objective, execution: Execution) -> Device:
    """The backend, where it, the objective and the Hamiltonian go together."""
    if objective.sampled and problem.diagonal is None:
        message = "objective sampled averages energies of bit strings, but the Hamiltonian has X or Y terms: use expectation or exact"
        raise InputError(message, ("objective", "type"))
    with below("execution"):
        device = find(execution, exact=isinstance(objective, Exact))
    if device.computes and isinstance(objective, Expectation):
        message = "objective expectation is measured by an Estimator with shots, backend statevector computes: use exact, or backend aer"
        raise InputError(message, ("objective", "type"))
    return device


def _grouping(problem: Problem, hamiltonian: SparsePauliOp, objective: Objective) -> Grouping | None:
    """The problem's properties in the bases of the energy, as far as they have these; None where strings are sampled, or nothing is asked.

    Raises:
        InputError: If a property is no observable of the Hamiltonian's qubits.
    """
    if objective.sampled:
        return None
    with blamed("properties"):
        found = problem.properties()
    if not found or (objective.shots is None and hamiltonian.num_qubits > _COMPUTED_QUBITS):
        return None
    with below("problem"):
        energies = [] if objective.shots is None else [group[0] for group in objective.observables(hamiltonian)]
        return grouped({name: item.operator for name, item in found.items()}, energies)


def _no_simulator(device: Device) -> str:
    """Why Aer's options have no effect on a device."""
    if device.recording is not None:
        return "the answers were recorded"
    if device.computes:
        return f"{device.name} is computed without them: they are for backend aer and fake devices"
    return f"{device.name} is a device" if device.remote else f"{device.name} is an AerSimulator with options of its own"


def _mitigated(execution: Execution, transpile: Transpile, device: Device, objective: Objective) -> list[str]:
    """Which error mitigation acts, and which has no effect and why; the options go together.

    Raises:
        InputError: If they don't.
    """
    mitigation = execution.mitigation
    if device.computes:
        return ["none, since the statevector has no errors"] if stated(mitigation) else []
    if device.recording is not None:
        return ["as it was recorded"] if stated(mitigation) else []
    kind, sampler = choose_primitives(execution.primitives), objective.sampled
    conflicts(mitigation, transpile, kind, sampler=sampler, shots=objective.shots, backend=device.backend)
    on, off = acting(mitigation, kind, sampler=sampler, local=not device.remote, backend=device.backend)
    sentences = ([f"{', '.join(on)}"] if on else []) + [f"no effect of {sentence}" for sentence in off]
    times = circuits_per_value(mitigation, sampler=sampler)
    if device.remote and times > 1:
        sentences.append(f"ZNE takes every circuit {times} times; shots, also those of budget.shots, are counted once, QPU time in full")
    return sentences


def prepare(spec: Spec) -> Frozen:
    """Transpile, lay out, and check the layout against the problem's own energies.

    Raises:
        InputError: If the circuit does not fit the device or this machine's memory, or the problem's energies are not those of its
            Hamiltonian.
    """
    if spec.exact is not None:
        where, instead = ("problem", _OR_A_DEVICE) if spec.device.computes else ("start", _OR_NO_TRAINING)
        spec.exact.check_memory(gradient=spec.differentiates, where=(where,), instead=instead)
    strings = spec.objective.sampled or (spec.device.computes and spec.problem.diagonal is not None)
    groups = spec.objective.observables(spec.hamiltonian)
    if isinstance(spec.objective, Expectation) and own_errors(spec.execution.mitigation):
        groups = with_terms(groups)
    logical = freeze(spec.ansatz, groups, constant_of(spec.hamiltonian), sampled=strings)
    beside = () if spec.grouping is None else spec.grouping.observables(spec.objective.shots)
    logical = replace(logical, cost=spec.hamiltonian if spec.objective.sampled else None, beside=beside)
    check(spec, logical)
    transpile = spec.transpile
    if transpile.fractional_gates == "auto" and needs_clifford_gates(spec.execution.mitigation, sampler=spec.objective.sampled):
        transpile = replace(transpile, fractional_gates=False)
    frozen = spec.device.prepare(logical, transpile)
    check(spec, frozen)
    return frozen


def check(spec: Spec, frozen: Frozen) -> None:
    """Check a circuit's layout against the problem's own energies, where strings have energies.

    Raises:
        InputError: If they are not those of the Hamiltonian.
    """
    if spec.problem.diagonal is not None:
        with blamed("energy"):
            check_contract(frozen, spec.hamiltonian, spec.problem.energy, spec.problem.energies)


def _computes(device: Device) -> bool:
    return device.computes and device.recording is None
