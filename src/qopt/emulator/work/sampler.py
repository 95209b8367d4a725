"""The legacy Sampler: PUBs of a circuit, parameter values and shots in, bits by register out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qiskit.primitives import BitArray, DataBin, PrimitiveResult, SamplerPubResult

from qopt.emulator.work import circuits, encoding, options, sampling
from qopt.emulator.work.job import MAX_EXECUTIONS, Work, invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qopt.emulator.work.options import Settings


@dataclass(frozen=True)
class Pub:
    """A PUB, checked."""

    loaded: circuits.Loaded
    values: NDArray[np.float64]
    """(..., n)."""
    shots: int

    @property
    def executions(self) -> int:
        """Shots of all its circuits."""
        return math.prod(self.values.shape[:-1]) * self.shots


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
    settings = options.read(work.params, sampler=True)
    pubs = []
    for circuit, values, shots in encoding.pubs_of(work.params, 3):
        loaded = circuits.load(circuits.encoded_circuit(circuit), work.backend)
        if all(item.operation.name != "measure" for item in loaded.circuit.data):
            message = "a PUB's circuit measures nothing: add measurements"
            raise invalid(message)
        pubs.append(Pub(loaded, circuits.values_for(loaded, encoding.decoded(values)), options.shots_of(shots, settings)))
    executions = sum(pub.executions for pub in pubs)
    if executions > MAX_EXECUTIONS:
        message = f"the job asks for {executions} executions, more than {MAX_EXECUTIONS}: split it"
        raise invalid(message)
    return Job(tuple(pubs), settings)


def execute(work: Work, job: Job) -> str:
    """The text of the job's results.

    Raises:
        WorkFailed: If the job can't be executed.
    """
    seed = options.seed_of(job.settings, work.seed)
    answers = [_answer(work, pub, sampling.spread(seed, index)) for index, pub in enumerate(job.pubs)]
    ignored = job.settings.ignored
    metadata = {"version": 2, **({"not_emulated": ignored} if ignored else {})}
    return encoding.encoded(PrimitiveResult(answers, metadata=metadata))


def _answer(work: Work, pub: Pub, seed: int) -> SamplerPubResult:
    loaded = pub.loaded
    shape = pub.values.shape[:-1]
    (bits,) = sampling.measure(
        sampling.Machine(work.backend, work.noise),
        [loaded.circuit],
        [(loaded.parameters, pub.values.reshape(math.prod(shape), len(loaded.parameters)))],
        shots=pub.shots,
        seed=seed,
    )
    bits = bits.reshape(*shape, pub.shots, loaded.circuit.num_clbits)
    fields = {
        name: BitArray.from_bool_array(array, order="little")
        for name, array in sampling.by_register(loaded.circuit, bits).items()
        if array.shape[-1]
    }
    metadata = {"circuit_metadata": loaded.circuit.metadata or {}, "shots": pub.shots}
    return SamplerPubResult(DataBin(**fields, shape=shape), metadata=metadata)
