"""The options of the legacy primitives: checked by the client's own classes, with the defaults that the service documents."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from qiskit_ibm_runtime.options import EstimatorOptions, SamplerOptions

from qopt.emulator.work import encoding
from qopt.emulator.work.job import MAX_EXECUTIONS, invalid

DEFAULT_SHOTS = 4096
"""Of a Sampler that is told nothing, and by 1 / sqrt(4096) the precision of an Estimator."""

DEFAULT_RESILIENCE = 1
"""The level of a legacy Estimator that is told none."""

ZNE_LEVEL = 2
"""The level from which an Estimator extrapolates to zero noise."""

DEFAULT_NOISE_FACTORS = (1.0, 3.0, 5.0)

_LARGEST_SEED = 2**63 - 1
"""Seeds are taken from 0 to this one; a negative one is as good as another."""

Tree = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """The options of a legacy job."""

    tree: Tree
    """As they came."""
    level: int
    """Of resilience; 0 for a Sampler."""

    def get(self, *path: str) -> Any:  # noqa: ANN401 - JSON
        """What is set there, or None."""
        value: Any = self.tree
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    @property
    def rep_delay(self) -> float | None:
        """Seconds between two shots, if told."""
        value = self.get("execution", "rep_delay")
        return None if value is None else float(value)

    @property
    def mitigates_readout(self) -> bool:
        """Whether an Estimator corrects the readout."""
        value = self.get("resilience", "measure_mitigation")
        return self.level >= 1 if value is None else bool(value)

    @property
    def noise_factors(self) -> tuple[float, ...]:
        """The factors that an Estimator amplifies noise by to extrapolate; empty without extrapolation."""
        value = self.get("resilience", "zne_mitigation")
        if not (self.level >= ZNE_LEVEL if value is None else value):
            return ()
        return tuple(self.get("resilience", "zne", "noise_factors") or DEFAULT_NOISE_FACTORS)

    @property
    def ignored(self) -> list[str]:
        """What was asked for and only billed or not even that, to be said with the result."""
        wanted = {
            "dynamical_decoupling": self.get("dynamical_decoupling", "enable"),
            "twirling.enable_gates": self.get("twirling", "enable_gates"),
            "twirling.enable_measure": self.get("twirling", "enable_measure"),
            "resilience.zne_mitigation": self.noise_factors,
            "resilience.pec_mitigation": self.get("resilience", "pec_mitigation"),
            "execution.init_qubits=False": self.get("execution", "init_qubits") is False,
        }
        return [name for name, value in wanted.items() if value]


def read(params: Tree, *, sampler: bool) -> Settings:
    """The options among a legacy job's parameters.

    Raises:
        WorkFailed: If there are some that the primitive doesn't know, or their values are impossible.
    """
    tree = encoding.decoded(params.get("options") or {})
    level = params.get("resilience_level", 0 if sampler else DEFAULT_RESILIENCE)
    if not isinstance(tree, dict):
        message = f"the options are {type(tree).__name__} where a mapping is expected"
        raise invalid(message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the client has said it to the user already
            (SamplerOptions if sampler else EstimatorOptions)(**tree, **({} if sampler else {"resilience_level": level}))
    except (ValidationError, TypeError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip() and "errors.pydantic.dev" not in line]
        message = f"the options of the {'sampler' if sampler else 'estimator'} are not valid: {' '.join(lines)}"
        raise invalid(message) from error
    settings = Settings(tree, int(level))
    if settings.get("execution", "meas_type") not in (None, "classified"):
        message = f"the measurement type {settings.get('execution', 'meas_type')!r} is not emulated, only 'classified'"
        raise invalid(message)
    return settings


def seed_of(settings: Settings, seed: int) -> int:
    """The simulator's seed in the options, else the job's."""
    value = settings.get("simulator", "seed_simulator")
    return seed if value is None else int(value) & _LARGEST_SEED


def shots_of(value: object, settings: Settings) -> int:
    """The shots of a Sampler's PUB.

    Raises:
        WorkFailed: If they are no positive number.
    """
    shots = value if value is not None else settings.get("default_shots")
    if shots is None:
        return DEFAULT_SHOTS
    if isinstance(shots, bool) or not isinstance(shots, int) or shots < 1:
        message = f"a PUB asks for {shots!r} shots: a positive whole number is expected"
        raise invalid(message)
    return shots


def precision_of(value: object, settings: Settings) -> float:
    """The precision of an Estimator's PUB: its own, else by the default shots, else the default precision.

    Raises:
        WorkFailed: If it is no positive number, or one that takes too many shots.
    """
    default_shots = settings.get("default_shots")
    if value is None and default_shots:
        return 1.0 / math.sqrt(default_shots)
    precision = value if value is not None else settings.get("default_precision")
    if precision is None:
        return 1.0 / math.sqrt(DEFAULT_SHOTS)
    if isinstance(precision, bool) or not isinstance(precision, int | float) or not 0 < precision < math.inf:
        message = f"a PUB asks for the precision {precision!r}: a positive number is expected"
        raise invalid(message)
    if precision < 1.0 / math.sqrt(MAX_EXECUTIONS):
        message = f"a PUB asks for the precision {precision:g}, which takes more than {MAX_EXECUTIONS} shots: ask for less"
        raise invalid(message)
    return float(precision)


def shots_for(precision: float) -> int:
    """How many shots give that precision for an observable of variance 1.

    A rounding error must not make one shot more of 1 / sqrt(shots).
    """
    return math.ceil(1.0 / precision**2 * (1 - 1e-12))
