"""The error mitigation of a config: every typed option of the runtime's primitives, with its limits."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from qopt.config.fields import WHOLE, Count, Positive
from qopt.config.model import Model

PRIVATE = "a private job's results can be read once, and a run that goes on reads them again: leave it out"


class DynamicalDecoupling(Model):
    """Pulses that fill idle times."""

    enable: bool | None = None
    """Whether it is on."""
    sequence_type: Literal["XX", "XpXm", "XY4"] | None = None
    """The pulses."""
    extra_slack_distribution: Literal["middle", "edges"] | None = None
    """Where time goes that is no multiple of the device's step."""
    scheduling_method: Literal["alap", "asap"] | None = None
    """Whether gates run as late or as soon as possible."""
    skip_reset_qubits: bool | None = None
    """Whether qubits that are still in their ground state are left alone."""


class Twirling(Model):
    """Random Pauli gates that make errors stochastic."""

    enable_gates: bool | None = None
    """Around two-qubit gates."""
    enable_measure: bool | None = None
    """Before measurements, undone in the results."""
    num_randomizations: Count | None = None
    """How many circuits share the shots."""
    shots_per_randomization: Count | None = None
    """How many shots each of them has."""
    strategy: Literal["active", "active-accum", "active-circuit", "all"] | None = None
    """Which qubits of a layer are twirled."""
    group: Literal["pauli", "balanced_pauli", "local_c1", "local_pauli"] | None = None
    """From which gates is drawn; client-side primitives only."""


class MeasureNoiseLearning(Model):
    """How TREX measures readout errors."""

    num_randomizations: Count | None = None
    """How many circuits."""
    shots_per_randomization: Count | None = None
    """How many shots each of them has; server-side primitives only."""


Depth: TypeAlias = Annotated[int, Field(ge=0, le=10**4), WHOLE]
Share: TypeAlias = Annotated[float, Field(ge=0, le=100)]
NoiseFactor: TypeAlias = Annotated[float, Field(ge=1, le=100)]
Extrapolator: TypeAlias = Literal[
    "linear",
    "exponential",
    "double_exponential",
    "polynomial_degree_1",
    "polynomial_degree_2",
    "polynomial_degree_3",
    "polynomial_degree_4",
    "polynomial_degree_5",
    "polynomial_degree_6",
    "polynomial_degree_7",
    "fallback",
]


class Zne(Model):
    """Zero-noise extrapolation."""

    enable: bool | None = None
    """Whether it is on."""
    amplifier: Literal["gate_folding", "gate_folding_front", "gate_folding_back", "pea"] | None = None
    """How noise is amplified."""
    noise_factors: Annotated[tuple[NoiseFactor, ...], Field(strict=False, min_length=2)] | None = None
    """How much, each 1 or more."""
    extrapolator: Annotated[tuple[Extrapolator, ...], Field(strict=False, min_length=1)] | None = None
    """What is fitted; the first that succeeds counts."""
    extrapolated_noise_factors: Annotated[tuple[Annotated[float, Field(ge=0, le=100)], ...], Field(strict=False, min_length=1)] | None = (
        None
    )
    """Where the fits are evaluated."""


class Pec(Model):
    """Probabilistic error cancellation."""

    enable: bool | None = None
    """Whether it is on."""
    max_overhead: Positive | None = None
    """The largest factor by which the number of circuits may grow."""
    noise_gain: Share | None = None
    """The share of the learned noise that is left."""


class LayerNoiseLearning(Model):
    """How the noise of layers is learned; server-side primitives only."""

    max_layers_to_learn: Annotated[int, Field(ge=0, le=10**6), WHOLE] | None = None
    """At most so many different ones."""
    shots_per_randomization: Count | None = None
    """For each circuit."""
    num_randomizations: Count | None = None
    """For each depth and basis."""
    layer_pair_depths: Annotated[tuple[Depth, ...], Field(strict=False, min_length=1)] | None = None
    """How often a layer is repeated, in pairs."""


class Mitigation(Model):
    """What is done about errors on the hardware; what is left out is said by the preset, or left to the runtime."""

    refused: ClassVar[dict[str, str]] = {"private": PRIVATE}

    preset: Literal["none", "light", "full"] = "none"
    """What is on where the keys below don't say."""
    resilience_level: Annotated[int, Field(ge=0, le=2), WHOLE] | None = None
    """The runtime's own presets instead."""
    dynamical_decoupling: DynamicalDecoupling = Field(default_factory=DynamicalDecoupling)
    """Pulses that fill idle times."""
    twirling: Twirling = Field(default_factory=Twirling)
    """Random Pauli gates."""
    measure_mitigation: bool | None = None
    """TREX, which takes readout errors out of expectation values."""
    measure_noise_learning: MeasureNoiseLearning = Field(default_factory=MeasureNoiseLearning)
    """How TREX measures readout errors."""
    zne: Zne = Field(default_factory=Zne)
    """Zero-noise extrapolation."""
    pec: Pec = Field(default_factory=Pec)
    """Probabilistic error cancellation."""
    layer_noise_learning: LayerNoiseLearning = Field(default_factory=LayerNoiseLearning)
    """How the noise of layers is learned."""
    init_qubits: bool | None = None
    """Whether qubits are reset before each shot."""
    rep_delay: Annotated[float, Field(ge=0, le=1)] | None = None
    """Seconds between a measurement and the next circuit."""
