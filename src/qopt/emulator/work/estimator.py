"""The legacy Estimator: each measurement basis of a PUB is sampled once at each point, and every observable read from the same shots."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.circuit import ClassicalRegister
from qiskit.primitives import DataBin, PrimitiveResult, PubResult

from qopt.emulator.work import circuits, encoding, observables, options, sampling, twin
from qopt.emulator.work.job import Work, invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

    from qopt.emulator.work.observables import Group, Terms
    from qopt.emulator.work.options import Settings

_REGISTER = "__read"
"""The classical register of the measurement; a circuit of a PUB has none of this name."""


@dataclass(frozen=True)
class Setting:
    """The points of a PUB at which the same terms are needed, and the groups that these are measured in."""

    points: tuple[int, ...]
    groups: tuple[Group, ...]
    """Of the terms on the PUB's qubits."""


@dataclass(frozen=True)
class Pub:
    """A PUB, checked and laid out."""

    loaded: circuits.Loaded
    qubits: tuple[int, ...]
    """Those that are measured, ascending: an observable acts on them."""
    points: NDArray[np.float64]
    """(k, n), in the order of the flattened parameter values."""
    point_of: NDArray[np.intp]
    """(...), for each element of the result its point."""
    terms_of: NDArray[np.object_]
    """(...), for each element of the result its terms, restricted to the PUB's qubits."""
    settings: tuple[Setting, ...]
    precision: float

    @property
    def shots(self) -> int:
        """Of each circuit."""
        return options.shots_for(self.precision)


@dataclass(frozen=True)
class Job:
    """A job, checked."""

    pubs: tuple[Pub, ...]
    settings: Settings


def read(work: Work) -> Job:
    """The job's PUBs and options.

    Raises:
        WorkFailed: If the service would refuse them.
    """
    settings = options.read(work.params, sampler=False)
    return Job(tuple(_pub(work.backend, parts, settings) for parts in encoding.pubs_of(work.params, 4)), settings)


def execute(work: Work, job: Job) -> str:
    """The text of the job's results.

    Raises:
        WorkFailed: If the job can't be executed.
    """
    settings = job.settings
    seed = options.seed_of(settings, work.seed)
    mitigated = settings.mitigates_readout and work.noise
    answers = [_answer(work, pub, mitigated, sampling.spread(seed, index)) for index, pub in enumerate(job.pubs)]
    metadata: dict[str, Any] = {"version": 2, "resilience": {"measure_mitigation": settings.mitigates_readout}}
    if settings.mitigates_readout:
        metadata["readout_mitigation"] = "the twin's readout errors inverted qubit by qubit, in place of TREX"
    if settings.ignored:
        metadata["not_emulated"] = settings.ignored
    return encoding.encoded(PrimitiveResult(answers, metadata=metadata))


def _pub(backend: str, parts: list[Any], settings: Settings) -> Pub:
    loaded = circuits.load(circuits.encoded_circuit(parts[0]), backend)
    wanted = observables.parse(encoding.decoded(parts[1]), loaded.circuit.num_qubits)
    values = circuits.values_for(loaded, encoding.decoded(parts[2]))
    shape = values.shape[:-1]
    try:
        point_of, terms_of = np.broadcast_arrays(np.arange(math.prod(shape)).reshape(shape), wanted)
    except ValueError as error:
        message = f"the observables of shape {wanted.shape} and the parameter values of shape {shape} are not broadcastable"
        raise invalid(message) from error
    used = observables.support(term for terms in wanted.ravel().tolist() for term in terms)
    qubits = tuple(sorted(used)) or (0,)
    short = {id(terms): _restricted(terms, qubits) for terms in wanted.ravel().tolist()}
    needed: dict[int, set[str]] = {}
    restricted = np.empty(terms_of.shape, dtype=object)
    for index in np.ndindex(terms_of.shape):
        restricted[index] = short[id(terms_of[index])]
        needed.setdefault(int(point_of[index]), set()).update(restricted[index])
    together: dict[frozenset[str], list[int]] = {}
    for point, terms in sorted(needed.items()):
        together.setdefault(frozenset(terms), []).append(point)
    return Pub(
        loaded=loaded,
        qubits=qubits,
        points=values.reshape(math.prod(shape), len(loaded.parameters)),
        point_of=np.asarray(point_of),
        terms_of=restricted,
        settings=tuple(Setting(tuple(points), observables.groups(terms)) for terms, points in together.items()),
        precision=options.precision_of(parts[3], settings),
    )


def _restricted(terms: Terms, qubits: tuple[int, ...]) -> Terms:
    return {observables.restrict(term, qubits): coefficient for term, coefficient in terms.items()}


def _answer(work: Work, pub: Pub, mitigated: bool, seed: int) -> PubResult:  # noqa: FBT001 - a private helper
    native = "sx" in twin.target_of(work.backend).operation_names
    jobs = [(setting, group) for setting in pub.settings for group in setting.groups]
    measured = sampling.measure(
        sampling.Machine(work.backend, work.noise),
        [_measured(pub, group.basis, native=native) for _, group in jobs],
        [(pub.loaded.parameters, pub.points[list(setting.points)]) for setting, _ in jobs],
        shots=pub.shots,
        seed=seed,
    )
    signs = np.array([_signs(work.backend, qubit, mitigated) for qubit in pub.qubits]).reshape(-1, 2)
    evs, variances = np.zeros(pub.point_of.shape), np.zeros(pub.point_of.shape)
    elements: dict[int, list[tuple[int, ...]]] = {}
    for index in np.ndindex(pub.point_of.shape):
        elements.setdefault(int(pub.point_of[index]), []).append(index)
    for (setting, group), bits in zip(jobs, measured, strict=True):
        for point, shot_bits in zip(setting.points, bits[..., bits.shape[-1] - len(pub.qubits) :], strict=True):
            places = elements[point]
            means, spreads = _moments(group, shot_bits, signs, [pub.terms_of[place] for place in places])
            for place, mean, spread in zip(places, means, spreads, strict=True):
                evs[place] += mean
                variances[place] += spread / pub.shots
    return PubResult(
        DataBin(evs=evs, stds=np.sqrt(variances), shape=evs.shape),
        metadata={"target_precision": pub.precision, "shots": pub.shots, "circuit_metadata": pub.loaded.circuit.metadata or {}},
    )


def _moments(
    group: Group, bits: NDArray[np.bool_], signs: NDArray[np.float64], wanted: list[Terms]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance over the shots of what each observable has in this group: covariances of its terms are in it."""
    _, first, counts = np.unique(np.packbits(bits, axis=1), axis=0, return_index=True, return_counts=True)
    weights = counts / len(bits)
    coefficients = np.array([[terms.get(term, 0.0) for terms in wanted] for term in group.terms])
    values = observables.term_values(group, bits[first], signs) @ coefficients
    means = weights @ values
    return means, np.maximum(weights @ (values - means) ** 2, 0.0) if len(first) > 1 else np.zeros(len(wanted))


def _measured(pub: Pub, basis: str, *, native: bool) -> QuantumCircuit:
    """The circuit with its qubits measured in a basis at the end, by the backend's own gates where these are rz and sx."""
    circuit = pub.loaded.circuit.copy()
    register = ClassicalRegister(len(pub.qubits), _REGISTER)
    circuit.add_register(register)
    for qubit, letter, clbit in zip(pub.qubits, reversed(basis), register, strict=True):
        if letter == "X" and native:
            circuit.rz(math.pi / 2, qubit)
        if letter in "XY" and native:
            circuit.sx(qubit)
        elif letter in "XY":
            circuit.u(math.pi / 2, 0.0, math.pi if letter == "X" else math.pi / 2, qubit)
        circuit.measure(qubit, clbit)
    return circuit


def _signs(backend: str, qubit: int, mitigated: bool) -> tuple[float, float]:  # noqa: FBT001 - a private helper
    """What reading 0 and 1 says of Z: chosen such that the mean is right in spite of a readout that errs."""
    scale = 1.0 - 2.0 * twin.readout_error(backend, qubit) if mitigated else 1.0
    if scale <= 0.0:
        message = f"the readout of qubit {qubit} of {backend} is no better than chance and can't be mitigated: use other qubits"
        raise invalid(message)
    return 1.0 / scale, -1.0 / scale
