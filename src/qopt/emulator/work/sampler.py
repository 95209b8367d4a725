"""The legacy Sampler: PUBs of a circuit, parameter values and shots in, bits by register out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qiskit.primitives import BitArray, DataBin, PrimitiveResult, SamplerPubResult

from qopt.emulator.work import circuits, encoding, options, sampling, twin
from qopt.emulator.work.job import Work, invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qopt.emulator.work.options import Settings

MAX_EXECUTIONS = 10_000_000
"""Shots of all circuits of a job that the service documents as its limit."""


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


def read(work: Work) -> tuple[list[Pub], Settings]:
    """The job's PUBs and options.

    Raises:
        WorkFailed: If the service would refuse them.
    """
    settings = options.read(work.params, sampler=True)
    pubs = []
    for circuit, values, shots in encoding.pubs_of(work.params, 3):
        loaded = circuits.load(circuits.encoded_circuit(circuit), work.backend)
        if not loaded.circuit.num_clbits:
            message = "a PUB's circuit measures nothing: add measurements"
            raise invalid(message)
        pubs.append(Pub(loaded, circuits.values_for(loaded, encoding.decoded(values)), options.shots_of(shots, settings)))
    executions = sum(pub.executions for pub in pubs)
    if executions > MAX_EXECUTIONS:
        message = f"the job asks for {executions} executions, more than {MAX_EXECUTIONS}: split it"
        raise invalid(message)
    return pubs, settings


def execute(work: Work) -> str:
    """The text of the job's results.

    Raises:
        WorkFailed: If the job can't be executed.
    """
    pubs, settings = read(work)
    seed = options.seed_of(settings, work.seed)
    answers = [_answer(work, pub, sampling.spread(seed, index)) for index, pub in enumerate(pubs)]
    metadata = {"version": 2, **({"not_emulated": settings.ignored} if settings.ignored else {})}
    return encoding.encoded(PrimitiveResult(answers, metadata=metadata))


def _answer(work: Work, pub: Pub, seed: int) -> SamplerPubResult:
    loaded = pub.loaded
    shape = pub.values.shape[:-1]
    (bits,) = sampling.sample(
        twin.simulator(work.backend, loaded.active, noise=work.noise),
        [circuits.reduced(loaded.circuit, loaded.active)],
        [(loaded.parameters, pub.values.reshape(math.prod(shape), len(loaded.parameters)))],
        shots=pub.shots,
        seed=seed,
    )
    bits = bits.reshape(*shape, pub.shots, loaded.circuit.num_clbits)
    places = {bit: index for index, bit in enumerate(loaded.circuit.clbits)}
    fields = {
        register.name: BitArray.from_bool_array(bits[..., [places[bit] for bit in register]], order="little")
        for register in loaded.circuit.cregs
        if len(register)
    }
    metadata = {"circuit_metadata": loaded.circuit.metadata or {}, "shots": pub.shots}
    return SamplerPubResult(DataBin(**fields, shape=shape), metadata=metadata)
