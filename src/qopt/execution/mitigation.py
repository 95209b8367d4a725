"""Error suppression and mitigation: every typed option of the runtime's primitives, presets over them, and what is sent for each kind.

What can't go together is refused in `conflicts.py`. Names are those of the runtime, so that its documentation is ours.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qopt.execution.primitives import Kind

Preset: TypeAlias = Literal["none", "light", "full"]
Sequence: TypeAlias = Literal["XX", "XpXm", "XY4"]
Strategy: TypeAlias = Literal["active", "active-accum", "active-circuit", "all"]
Group: TypeAlias = Literal["pauli", "balanced_pauli", "local_c1", "local_pauli"]
Amplifier: TypeAlias = Literal["gate_folding", "gate_folding_front", "gate_folding_back", "pea"]

NOISE_FACTORS = (1.0, 3.0, 5.0)
EXTRAPOLATORS = ("exponential", "linear")
"""What the runtime takes where nothing was said."""

_PRESETS: dict[Preset, frozenset[str]] = {
    "none": frozenset(),
    "light": frozenset({"decoupling", "measurements", "readout"}),
    "full": frozenset({"decoupling", "measurements", "readout", "gates", "extrapolation"}),
}
_LEVELS = (frozenset[str](), frozenset({"measurements", "readout"}), frozenset({"measurements", "readout", "gates", "extrapolation"}))


@dataclass(frozen=True)
class DynamicalDecoupling:
    """Pulses that fill idle times. What is None is left to the runtime, here and in the next classes.

    Attributes:
        enable: Whether it is on.
        sequence_type: The pulses; XY4 in the presets.
        extra_slack_distribution: `middle` or `edges`: where time goes that is no multiple of the device's step.
        scheduling_method: `alap` or `asap`.
        skip_reset_qubits: Whether qubits that are still in their ground state are left alone.
    """

    enable: bool | None = None
    sequence_type: Sequence | None = None
    extra_slack_distribution: Literal["middle", "edges"] | None = None
    scheduling_method: Literal["alap", "asap"] | None = None
    skip_reset_qubits: bool | None = None


@dataclass(frozen=True)
class Twirling:
    """Random Pauli gates that make errors stochastic.

    Attributes:
        enable_gates: Around two-qubit Clifford gates.
        enable_measure: Before measurements, undone in the results.
        num_randomizations: How many circuits share the shots.
        shots_per_randomization: How many shots each of them has.
        strategy: Which qubits of a layer are twirled.
        group: From which gates is drawn; client-side primitives only.
    """

    enable_gates: bool | None = None
    enable_measure: bool | None = None
    num_randomizations: int | None = None
    shots_per_randomization: int | None = None
    strategy: Strategy | None = None
    group: Group | None = None


@dataclass(frozen=True)
class MeasureNoiseLearning:
    """How TREX measures the readout errors.

    Attributes:
        num_randomizations: How many circuits.
        shots_per_randomization: How many shots each of them has; server-side primitives only.
    """

    num_randomizations: int | None = None
    shots_per_randomization: int | None = None


@dataclass(frozen=True)
class Zne:
    """Zero-noise extrapolation.

    Attributes:
        enable: Whether it is on.
        amplifier: How noise is amplified.
        noise_factors: How much, each 1 or more; every factor is measured with all the shots.
        extrapolator: What is fitted, the first that succeeds counts.
        extrapolated_noise_factors: Where the fits are evaluated, beside zero.
    """

    enable: bool | None = None
    amplifier: Amplifier | None = None
    noise_factors: tuple[float, ...] | None = None
    extrapolator: tuple[str, ...] | None = None
    extrapolated_noise_factors: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Pec:
    """Probabilistic error cancellation.

    Attributes:
        enable: Whether it is on.
        max_overhead: The largest factor by which the number of circuits may grow.
        noise_gain: The share of the learned noise that is left, 0 for none.
    """

    enable: bool | None = None
    max_overhead: float | None = None
    noise_gain: float | None = None


@dataclass(frozen=True)
class LayerNoiseLearning:
    """How the noise of layers is learned for PEC, and for ZNE by `pea`; server-side primitives only.

    Attributes:
        max_layers_to_learn: At most so many different ones.
        shots_per_randomization: For each circuit.
        num_randomizations: For each depth and basis.
        layer_pair_depths: How often a layer is repeated, in pairs.
    """

    max_layers_to_learn: int | None = None
    shots_per_randomization: int | None = None
    num_randomizations: int | None = None
    layer_pair_depths: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Mitigation:
    """What is done about errors on the hardware.

    Attributes:
        preset: `light` is dynamical decoupling (XY4), measurement twirling and TREX; `full` is gate twirling and ZNE beside them; `none` is
            nothing, which is said to the server, whose own default is resilience level 1. What is given beside it counts more.
        resilience_level: 0, 1 or 2, the runtime's own presets, instead of one of ours.
        measure_mitigation: TREX, which takes readout errors out of expectation values.
        init_qubits: Whether qubits are reset before each shot.
        rep_delay: Seconds between a measurement and the next circuit.
    """

    preset: Preset = "none"
    resilience_level: int | None = None
    dynamical_decoupling: DynamicalDecoupling = field(default_factory=DynamicalDecoupling)
    twirling: Twirling = field(default_factory=Twirling)
    measure_mitigation: bool | None = None
    measure_noise_learning: MeasureNoiseLearning = field(default_factory=MeasureNoiseLearning)
    zne: Zne = field(default_factory=Zne)
    pec: Pec = field(default_factory=Pec)
    layer_noise_learning: LayerNoiseLearning = field(default_factory=LayerNoiseLearning)
    init_qubits: bool | None = None
    rep_delay: float | None = None

    def __post_init__(self) -> None:
        """Refuse two presets at once, and one that there is not.

        Raises:
            InputError: With the key that is wrong.
        """
        if self.preset not in _PRESETS:
            message = f"preset is {self.preset!r}, expected none, light or full"
            raise InputError(message, ("mitigation", "preset"))
        if self.resilience_level is not None and self.preset != "none":
            message = f"preset {self.preset} and resilience_level {self.resilience_level} both say what is on: leave one of the two out"
            raise InputError(message, ("mitigation", "resilience_level"))
        if self.resilience_level is not None and self.resilience_level not in range(len(_LEVELS)):
            message = f"resilience_level is {self.resilience_level!r}, expected 0, 1 or 2"
            raise InputError(message, ("mitigation", "resilience_level"))


_PARTS: dict[str, type] = {
    "dynamical_decoupling": DynamicalDecoupling,
    "twirling": Twirling,
    "measure_noise_learning": MeasureNoiseLearning,
    "zne": Zne,
    "pec": Pec,
    "layer_noise_learning": LayerNoiseLearning,
}


def mitigation_from(options: Mapping[str, Any]) -> Mitigation:
    """From a nested mapping with the names of `Mitigation`, as a config has them."""
    return Mitigation(**{key: _PARTS[key](**_tuples(value)) if key in _PARTS else value for key, value in options.items()})


def stated(mitigation: Mitigation) -> dict[str, Any]:
    """What was said, as plain data without what was left out: what a run's identity records; empty where nothing was."""
    plain: dict[str, Any] = _known(asdict(mitigation))
    return {key: value for key, value in plain.items() if (key, value) != ("preset", "none")}


def resolved(mitigation: Mitigation) -> Mitigation:
    """With everything that can be on or off said to be one of the two, and no preset left to say it.

    TREX, PEC and ZNE by `pea` bring the twirling with them that they rest on, unless it was switched off by hand, which is a conflict.
    """
    level = mitigation.resilience_level
    on = _PRESETS[mitigation.preset] if level is None else _LEVELS[level]
    readout = _first(mitigation.measure_mitigation, "readout" in on)
    zne = _first(mitigation.zne.enable, "extrapolation" in on)
    pec = _first(mitigation.pec.enable, otherwise=False)
    learned = pec or (zne and mitigation.zne.amplifier == "pea")
    decoupling, twirling = mitigation.dynamical_decoupling, mitigation.twirling
    sequence = decoupling.sequence_type or ("XY4" if "decoupling" in on else None)
    return replace(
        mitigation,
        preset="none",
        resilience_level=level or 0,
        dynamical_decoupling=replace(decoupling, enable=_first(decoupling.enable, "decoupling" in on), sequence_type=sequence),
        twirling=replace(
            twirling,
            enable_gates=_first(twirling.enable_gates, "gates" in on or learned),
            enable_measure=_first(twirling.enable_measure, "measurements" in on or readout or learned),
        ),
        measure_mitigation=readout,
        zne=replace(mitigation.zne, enable=zne),
        pec=replace(mitigation.pec, enable=pec),
    )


def sampler_part(mitigation: Mitigation) -> Mitigation:
    """What a Sampler has of it: neither resilience levels nor TREX, ZNE and PEC, which are about expectation values."""
    return replace(
        mitigation,
        resilience_level=None,
        measure_mitigation=False,
        measure_noise_learning=MeasureNoiseLearning(),
        zne=Zne(enable=False),
        pec=Pec(enable=False),
        layer_noise_learning=LayerNoiseLearning(),
    )


def options(mitigation: Mitigation, kind: Kind, *, sampler: bool) -> dict[str, Any]:
    """What to set on a primitive's options: nothing is left to a default that is on.

    Args:
        mitigation: As given, or what is left of it in a place where not all acts.
        kind: `legacy` or `client`; the primitives of `aer` have no such options.
        sampler: Whether for a Sampler.
    """
    if kind == "aer":
        return {}
    what = resolved(sampler_part(mitigation) if sampler else mitigation)
    sent: dict[str, Any] = {
        "dynamical_decoupling": asdict(what.dynamical_decoupling),
        "twirling": asdict(what.twirling),
        "execution": {"init_qubits": what.init_qubits, "rep_delay": what.rep_delay},
    }
    if not sampler:
        sent["resilience_level"] = what.resilience_level
        zne, pec = asdict(what.zne), asdict(what.pec)
        sent["resilience"] = {
            "measure_mitigation": what.measure_mitigation,
            "measure_noise_learning": asdict(what.measure_noise_learning),
            "zne_mitigation": zne.pop("enable"),
            "zne": zne,
            "pec_mitigation": pec.pop("enable"),
            "pec": pec,
            "layer_noise_learning": asdict(what.layer_noise_learning),
        }
    known: dict[str, Any] = _known(sent)
    return known


def needs_clifford_gates(mitigation: Mitigation, *, sampler: bool) -> bool:
    """Whether something is on that can't do with fractional gates: twirling, ZNE and PEC, all of which add or undo two-qubit gates."""
    what = resolved(sampler_part(mitigation) if sampler else mitigation)
    twirled = bool(what.twirling.enable_gates) and what.twirling.group != "local_pauli"
    return twirled or bool(what.zne.enable) or bool(what.pec.enable)


def own_errors(mitigation: Mitigation) -> bool:
    """Whether values are no longer means over shots, so that an Estimator's own standard errors have to be taken for them."""
    what = resolved(mitigation)
    return bool(what.measure_mitigation) or bool(what.zne.enable) or bool(what.pec.enable)


def circuits_per_value(mitigation: Mitigation, *, sampler: bool) -> int:
    """How many circuits with all their shots a value costs: one for each noise factor of ZNE; of PEC only the server knows."""
    what = resolved(mitigation)
    return len(what.zne.noise_factors or NOISE_FACTORS) if what.zne.enable and not sampler else 1


def _first(said: bool | None, otherwise: bool) -> bool:  # noqa: FBT001 - three-valued logic
    return otherwise if said is None else said


def _tuples(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in part.items()}


def _known(part: Any) -> Any:  # noqa: ANN401 - nested plain data
    """Without what is None, and without mappings that are left empty; tuples are lists, as in JSON."""
    if isinstance(part, dict):
        kept = {key: _known(value) for key, value in part.items()}
        return {key: value for key, value in kept.items() if value is not None and value != {}}
    return list(part) if isinstance(part, tuple) else part
