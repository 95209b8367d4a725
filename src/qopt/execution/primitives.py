"""The three implementations of Estimator and Sampler behind one function each: the only place that names them.

qiskit-ibm-runtime has the legacy `EstimatorV2` and `SamplerV2`, and from 0.50 on their client-side successors; qiskit-aer has its own.
"""

from __future__ import annotations

import importlib
import math
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from qopt.errors import BackendError, InputError
from qopt.execution.mitigation import NOISE_FACTORS, Mitigation, own_errors
from qopt.programs import REGISTER, Program, Pub, PubData, from_bit_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.primitives import PrimitiveResult
    from qiskit_aer import AerSimulator

Kind: TypeAlias = Literal["legacy", "client", "aer"]

_CLASSES: dict[Kind, tuple[tuple[str, str], tuple[str, str]]] = {
    "legacy": (("qiskit_ibm_runtime", "EstimatorV2"), ("qiskit_ibm_runtime", "SamplerV2")),
    "client": (("qiskit_ibm_runtime.executor_estimator", "Estimator"), ("qiskit_ibm_runtime.executor_sampler", "Sampler")),
    "aer": (("qiskit_aer.primitives", "EstimatorV2"), ("qiskit_aer.primitives", "SamplerV2")),
}


def installed(kind: Kind) -> bool:
    """Whether both classes of that kind can be imported."""
    return all(_find(*path) is not None for path in _CLASSES[kind])


def choose(wanted: str) -> Kind:
    """The kind asked for, or for `auto` the first that is installed: legacy, client, aer.

    Raises:
        InputError: If the kind asked for is not installed.
    """
    kinds: tuple[Kind, ...] = ("legacy", "client", "aer")
    for kind in kinds:
        if wanted in ("auto", kind) and installed(kind):
            return kind
    message = f"primitives {wanted!r} are not in the installed qiskit-ibm-runtime, expected one of {[k for k in kinds if installed(k)]}"
    raise InputError(message, ("primitives",))


def name_of(kind: Kind, *, sampler: bool) -> str:
    """What the primitive is called, for people."""
    module, name = _CLASSES[kind][sampler]
    return f"{'qiskit_aer.' if module.startswith('qiskit_aer') else ''}{name}"


def run(
    kind: Kind,
    mode: object,
    program: Program,
    *,
    options: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    seeded: bool = True,
) -> Any:  # noqa: ANN401 - a job of whichever class
    """Submit a program's PUBs as one job of the runtime.

    Args:
        kind: Which primitives.
        mode: A Session, a Batch or a backend.
        program: The PUBs.
        options: For the primitive.
        tags: Of the job.
        seeded: Whether the program's seed is sent: a simulator's noise is a function of it, a device knows no seed.
    """
    sampler = not program.pubs[0].observables
    with quiet():
        primitive = _class(kind, sampler=sampler)(mode=mode, options=dict(options) if options else None)
        if tags:
            primitive.options.environment.job_tags = list(tags)
        if seeded:
            primitive.options.simulator.seed_simulator = program.seed
        shots = program.pubs[0].shots
        if sampler:
            return primitive.run([(pub.frozen.circuit, pub.values) for pub in program.pubs], shots=shots)
        return primitive.run([_estimator_pub(pub) for pub in program.pubs], precision=_precision(shots))


def sample_once(kind: Kind, mode: object, circuit: QuantumCircuit, *, tags: Sequence[str]) -> Any:  # noqa: ANN401 - a job of whichever class
    """Submit one circuit for one shot."""
    with quiet():
        sampler = _class(kind, sampler=True)(mode=mode)
        sampler.options.environment.job_tags = list(tags)
        return sampler.run([(circuit,)], shots=1)


def run_aer(backend: AerSimulator, program: Program) -> list[PubData]:
    """Answer by qiskit-aer's own primitives, which know no Session.

    Aer's Estimator does not sample: it computes, and adds Gaussian noise of the size asked for, the same to every observable whatever its
    variance. So it is asked for no noise, and the first of every PUB's two observables, H_g with <H_g^2> beside it, gets the noise that
    the shots would have had.
    """
    rng = np.random.default_rng(program.seed)
    answers: list[PubData] = []
    for pub in program.pubs:
        if not pub.observables:
            sampler = _class("aer", sampler=True).from_backend(backend, seed=int(rng.integers(1, 2**62)))
            result = sampler.run([(pub.frozen.circuit, pub.values)], shots=pub.shots).result()
            answers += read(result, (pub,))
            continue
        estimator = _class("aer", sampler=False).from_backend(backend)
        (answer,) = read(estimator.run([_estimator_pub(pub)], precision=0.0).result(), (pub,))
        evs = np.array(answer["evs"], dtype=np.float64)
        if pub.shots is not None:
            means, squares = evs[:, 0::2], evs[:, 1::2]
            evs[:, 0::2] += rng.normal(size=means.shape) * np.sqrt(np.maximum(squares - means**2, 0.0) / pub.shots)
        answers.append({"evs": evs})
    return answers


def read(result: PrimitiveResult[Any] | object, pubs: Sequence[Pub], mitigation: Mitigation | None = None) -> list[PubData]:
    """The arrays of a primitive's result, checked for type, shape and finiteness.

    Args:
        result: What the primitive answered.
        pubs: What it was asked.
        mitigation: What acted. Where that makes values more than means over shots, the Estimator's own standard errors come with them.

    Raises:
        BackendError: If the answer is not what was asked for.
    """
    from qiskit.primitives import PrimitiveResult  # noqa: PLC0415 - name_of and choose need no qiskit

    if not isinstance(result, PrimitiveResult) or len(result) != len(pubs):
        message = (
            f"the backend answered {type(result).__name__} where a result of {len(pubs)} PUBs was expected: run the same command again"
        )
        raise BackendError(message)
    try:
        return [_arrays(pub, item.data, mitigation) for pub, item in zip(pubs, result, strict=True)]
    except (AttributeError, KeyError, TypeError) as error:
        message = f"the backend's answer lacks what was asked for ({type(error).__name__}: {error}): run the same command again"
        raise BackendError(message) from error


def _arrays(pub: Pub, data: Any, mitigation: Mitigation | None) -> PubData:  # noqa: ANN401 - a DataBin
    if pub.observables:
        shape: tuple[int, ...] = (len(pub.points), len(pub.observables))
        answer = {"evs": _checked("evs", np.asarray(data.evs, dtype=np.float64), shape, pub)}
        if mitigation is not None and own_errors(mitigation):
            answer["stds"] = _checked("stds", _own_errors(data, mitigation.zne.noise_factors or NOISE_FACTORS), shape, pub)
        return answer
    # Twirling rounds shots up to whole randomizations. What was not asked for is left out, so that all points have as many.
    samples = from_bit_array(data[REGISTER].array[..., : pub.shots, :])
    shape = (len(pub.points), pub.shots or 0, math.ceil(len(pub.frozen.layout) / 8))
    return {"samples": _checked("samples", samples, shape, pub)}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep from the user what the runtime says of its own primitives and fits, which the user did not choose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        # Of an observable that is a constant, as H_g^2 of a single term is: it has no spread to fit.
        warnings.filterwarnings("ignore", "No positive, finite standard errors were found", UserWarning)
        yield


def _checked(name: str, array: NDArray[Any], shape: tuple[int, ...], pub: Pub) -> NDArray[Any]:
    if not pub.frozen.parameters and array.size == math.prod(shape):
        # Without parameters some primitives leave the axis of points out.
        array = array.reshape(shape)
    if array.shape != shape or not np.isfinite(array).all():
        message = f"the backend answered an array {name} of shape {array.shape}, expected {shape} of finite numbers"
        raise BackendError(message)
    return array


def _own_errors(data: Any, noise_factors: Sequence[float]) -> NDArray[np.float64]:  # noqa: ANN401 - a DataBin
    """The Estimator's standard errors; with ZNE no less than a straight line's through the same points, and that where a fit has none."""
    errors = np.asarray(data.stds, dtype=np.float64)
    if "stds_noise_factors" not in data:
        return errors
    factors = np.array(noise_factors, dtype=np.float64)
    away = factors - factors.mean()
    weights = 1.0 / len(factors) - factors.mean() * away / (away @ away)
    line = np.sqrt(np.asarray(data.stds_noise_factors, dtype=np.float64) ** 2 @ weights**2)
    largest: NDArray[np.float64] = np.maximum(np.where(np.isfinite(errors), errors, line), line)
    return largest


def _estimator_pub(pub: Pub) -> tuple[Any, ...]:
    """Points along the first axis, observables along the second."""
    return (pub.frozen.circuit, list(pub.observables), pub.values[:, None, :])


def _precision(shots: int | None) -> float:
    """The precision for which primitives take exactly that many shots: they round 1 / precision^2 up."""
    return 0.0 if shots is None else 1.0 / math.sqrt(shots - 0.5)


def _class(kind: Kind, *, sampler: bool) -> Any:  # noqa: ANN401 - three unrelated classes
    found = _find(*_CLASSES[kind][sampler])
    if found is None:
        message = f"the installed qiskit-ibm-runtime has no {name_of(kind, sampler=sampler)}: set execution.primitives to auto"
        raise BackendError(message)
    return found


def _find(module: str, name: str) -> Any | None:  # noqa: ANN401 - a class or nothing
    with quiet():
        try:
            return getattr(importlib.import_module(module), name, None)
        except ImportError:
            return None
