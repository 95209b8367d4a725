"""Qiskit's primitives with exact answers, to be dropped into any code that takes an Estimator or a Sampler."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.circuit import ControlFlowOp, Measure
from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2, BitArray, DataBin, PrimitiveJob, PrimitiveResult, PubResult, SamplerPubResult
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub

from qopt.errors import InputError
from qopt.simulate.checks import check_count
from qopt.simulate.prepared import Prepared, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.primitives import EstimatorPubLike, SamplerPubLike

_NOT_AT_THE_END = "exact samples come from one final state: measure at the end alone, without resets after it and without conditions"


class ExactEstimator(BaseEstimatorV2):  # type: ignore[misc]  # qiskit's classes are untyped
    """An Estimator whose expectation values are exact, or as noisy as a precision says.

    A precision of 0 asks for the exact value. With any other, `evs` are drawn from a normal distribution around it and `stds` has its
    standard deviations: the precision times the standard deviation of the observable in the state, as 1 / precision^2 shots would have it,
    and no more than the precision itself, since that is what was asked for. So an eigenstate has no noise. (Qiskit's and Aer's own add
    noise of the precision whatever the state.)

    Circuits are prepared once. What is QAOA with the X mixer goes to the engine made for it, everything else to Aer's statevector.

    Args:
        default_precision: For PUBs and calls that say none.
        seed: Of the noise; each call draws from a stream of its own, so a program's calls are reproducible and independent.
        threads: For points that are simulated at the same time.
    """

    def __init__(self, *, default_precision: float = 0.0, seed: int | None = None, threads: int = 1) -> None:
        check_count("threads", threads)
        self._default_precision = default_precision
        self._seeds = np.random.SeedSequence(seed)
        self._shelf = Shelf(lambda circuit: Prepared(circuit.remove_final_measurements(inplace=False), threads))
        self._lock = Lock()

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> PrimitiveJob:
        """Compute in a thread of this process.

        Args:
            pubs: `(circuit, observables)` or with parameter values and a precision; the two arrays are broadcast against each other.
            precision: For PUBs that say none; 0 is exact.

        Raises:
            InputError: From the job's `result()`, where a circuit is not made of gates alone.
        """
        coerced = [EstimatorPub.coerce(pub, self._default_precision if precision is None else precision) for pub in pubs]
        return _begun(self._answers, coerced, self._seeds)

    def _answers(self, pubs: list[EstimatorPub], rng: np.random.Generator) -> PrimitiveResult:
        with self._lock:  # engines write into memory of their own
            return PrimitiveResult([self._answer(pub, rng) for pub in pubs], metadata={"version": 2})

    def _answer(self, pub: EstimatorPub, rng: np.random.Generator) -> PubResult:
        prepared = self._shelf(pub.circuit)
        observables = list(pub.observables.ravel().sparse_observables_array())
        rows, columns = (
            np.broadcast_to(np.arange(part.size).reshape(part.shape), pub.shape).ravel() for part in (pub.parameter_values, pub.observables)
        )
        noisy = bool(pub.precision)
        found = prepared.moments(_points(pub), observables, np.column_stack([rows, columns]), spread=noisy)
        stds = pub.precision * np.minimum(1.0, np.sqrt(found[:, 1])) if noisy else np.zeros(len(found))
        evs = rng.normal(found[:, 0], stds) if noisy else found[:, 0]
        engine = prepared.engine(observables)
        prepared.tidy()
        return PubResult(
            DataBin(evs=evs.reshape(pub.shape), stds=stds.reshape(pub.shape), shape=pub.shape),
            metadata={"target_precision": pub.precision, "circuit_metadata": pub.circuit.metadata, "engine": engine},
        )


class ExactSampler(BaseSamplerV2):  # type: ignore[misc]  # qiskit's classes are untyped
    """A Sampler that draws from the exact final state.

    Args:
        default_shots: For PUBs and calls that say none.
        seed: Of the samples; each call draws from a stream of its own, so a program's calls are reproducible and independent.
        threads: For points that are simulated at the same time.
    """

    def __init__(self, *, default_shots: int = 1024, seed: int | None = None, threads: int = 1) -> None:
        check_count("threads", threads)
        self._default_shots = default_shots
        self._seeds = np.random.SeedSequence(seed)
        self._shelf = Shelf(lambda circuit: _parted(circuit, threads))
        self._lock = Lock()

    def run(self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None) -> PrimitiveJob:
        """Compute in a thread of this process.

        Args:
            pubs: Circuits with final measurements, alone or as `(circuit, parameter values, shots)`.
            shots: For PUBs that say none.

        Raises:
            InputError: From the job's `result()`, where a circuit measures nothing, or measures, resets or branches before its end.
        """
        coerced = [SamplerPub.coerce(pub, self._default_shots if shots is None else shots) for pub in pubs]
        return _begun(self._answers, coerced, self._seeds)

    def _answers(self, pubs: list[SamplerPub], rng: np.random.Generator) -> PrimitiveResult:
        with self._lock:  # engines write into memory of their own
            return PrimitiveResult([self._answer(pub, rng) for pub in pubs], metadata={"version": 2})

    def _answer(self, pub: SamplerPub, rng: np.random.Generator) -> SamplerPubResult:
        parted = self._shelf(pub.circuit)
        states = parted.prepared.samples(_points(pub), pub.shots, rng).reshape(*pub.shape, pub.shots)
        registers = {}
        for name, (size, clbits, qubits) in parted.registers.items():
            bits = np.zeros((*states.shape, size), dtype=np.bool_)
            bits[..., clbits] = states[..., None] >> np.array(qubits, dtype=np.int64) & 1
            registers[name] = BitArray.from_bool_array(bits, order="little")
        return SamplerPubResult(
            DataBin(**registers, shape=pub.shape),
            metadata={"shots": pub.shots, "circuit_metadata": pub.circuit.metadata, "engine": parted.prepared.engine()},
        )


def _begun(answers: Callable[..., PrimitiveResult], pubs: list[Any], seeds: np.random.SeedSequence) -> PrimitiveJob:
    """A job at work, with random numbers of its own."""
    job = PrimitiveJob(answers, pubs, np.random.default_rng(seeds.spawn(1)[0]))
    job._submit()  # noqa: SLF001 - how every primitive of qiskit starts its job
    return job


@dataclass(frozen=True)
class _Parted:
    """A circuit without its measurements, and for each register its size, the bits that are written and the qubits that they read."""

    prepared: Prepared
    registers: dict[str, tuple[int, list[int], list[int]]]


def _points(pub: Any) -> NDArray[np.float64]:  # noqa: ANN401 - a PUB of either kind
    """`(k, n)` points in the order of the circuit's parameters."""
    values = pub.parameter_values.as_array(pub.circuit.parameters)
    return np.asarray(values, dtype=np.float64).reshape(pub.parameter_values.size, pub.circuit.num_parameters)


def _parted(circuit: QuantumCircuit, threads: int) -> _Parted:
    gates = circuit.copy_empty_like()
    source: dict[Any, int] = {}
    measured: set[Any] = set()
    for instruction in circuit.data:
        if isinstance(instruction.operation, Measure):
            measured.update(instruction.qubits)
            source[instruction.clbits[0]] = circuit.find_bit(instruction.qubits[0]).index
        elif instruction.operation.name not in {"barrier", "delay"}:
            if isinstance(instruction.operation, ControlFlowOp) or instruction.clbits or not measured.isdisjoint(instruction.qubits):
                raise InputError(_NOT_AT_THE_END)
            gates.append(instruction)
    if not source:
        message = "the circuit measures nothing, expected measurements at its end: add measure_all() or measure()"
        raise InputError(message)
    registers = {}
    for register in circuit.cregs:
        written = [index for index, bit in enumerate(register) if bit in source]
        registers[register.name] = (register.size, written, [source[register[index]] for index in written])
    return _Parted(Prepared(gates, threads), registers)
