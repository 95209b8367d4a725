"""Which error mitigation acts in which place, in words, and which options can't go together: said before a client or a server does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qopt.errors import InputError
from qopt.execution.mitigation import (
    EXTRAPOLATORS,
    NOISE_FACTORS,
    DynamicalDecoupling,
    Mitigation,
    needs_clifford_gates,
    resolved,
    sampler_part,
    stated,
)

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

    from qopt.execution.isa import Transpile
    from qopt.execution.primitives import Kind

_POINTS = {"linear": 2, "exponential": 2, "double_exponential": 4, "fallback": 2} | {f"polynomial_degree_{k}": k + 1 for k in range(1, 8)}
"""How many noise factors an extrapolator takes."""

_FOLDING = {
    None: "gate folding",
    "gate_folding": "gate folding",
    "gate_folding_front": "folding the first gates",
    "gate_folding_back": "folding the last gates",
    "pea": "PEA",
}


def conflicts(
    mitigation: Mitigation, transpile: Transpile, kind: Kind, *, sampler: bool, shots: int | None = None, backend: BackendV2 | None = None
) -> None:
    """Refuse options that can't go together, each with its key.

    Args:
        mitigation: As given.
        transpile: As given.
        kind: Which primitives.
        sampler: Whether the run samples; what a Sampler has not is not checked.
        shots: For each circuit.
        backend: The device, for the range of repetition delays; None does not check it.

    Raises:
        InputError: With the key, what it conflicts with and what to do.
    """
    _check_switches(mitigation)
    if sampler:
        mitigation = sampler_part(mitigation)
    _check_fractional(mitigation, transpile)
    _check_twirling(mitigation, kind, shots)
    _check_delay(mitigation, backend)
    if mitigation.init_qubits is False and mitigation.dynamical_decoupling.skip_reset_qubits:
        message = "skip_reset_qubits relies on qubits that begin in their ground state, and init_qubits is false: leave one of the two out"
        raise InputError(message, ("mitigation", "dynamical_decoupling", "skip_reset_qubits"))
    if kind != "legacy":
        _check_client(mitigation)
    _check_estimator(mitigation)


def part_that_acts(
    mitigation: Mitigation, kind: Kind, *, sampler: bool, local: bool, backend: BackendV2 | None
) -> tuple[Mitigation, list[str]]:
    """What is left of the options in a place, and a sentence for each that has no effect there.

    Args:
        mitigation: As given.
        kind: Which primitives.
        sampler: Whether the run samples.
        local: Whether it is simulated on this machine.
        backend: The device; None is plain Aer.
    """
    what, idle = resolved(mitigation), []
    if kind == "aer" or (local and kind == "legacy"):
        names = _names(what, sampler=False)
        reason = "qiskit-aer's own primitives have none" if kind == "aer" else "server-side primitives ignore them in local mode"
        hint = "" if kind == "aer" else "; client-side ones don't: execution.primitives client"
        return Mitigation(), [f"{_listed(names)}: {reason}{hint}"] if names else []
    if sampler:
        of_values = {"TREX": what.measure_mitigation, "ZNE": what.zne.enable, "PEC": what.pec.enable}
        names = [name for name, on in of_values.items() if on]
        idle += [f"{_listed(names)}: for expectation values, and this run samples bit strings"] if names else []
        what = resolved(sampler_part(mitigation))
    if local and what.dynamical_decoupling.enable and not _timed(backend):
        idle.append("dynamical decoupling: the backend's gates take no time, so there is no idle time")
        what = replace(what, dynamical_decoupling=DynamicalDecoupling())
    if local and (what.init_qubits is not None or what.rep_delay is not None):
        idle.append("init_qubits, rep_delay: a simulator begins each shot anew")
        what = replace(what, init_qubits=None, rep_delay=None)
    return what, idle


def acting(mitigation: Mitigation, kind: Kind, *, sampler: bool, local: bool, backend: BackendV2 | None) -> tuple[list[str], list[str]]:
    """The options that act, and those that have no effect with the reason; both empty where nothing was asked for."""
    what, idle = part_that_acts(mitigation, kind, sampler=sampler, local=local, backend=backend)
    return _names(what, sampler=sampler) if stated(mitigation) else [], idle


def _names(what: Mitigation, *, sampler: bool) -> list[str]:
    """What is on, in words."""
    what = resolved(what)
    names = []
    if what.dynamical_decoupling.enable:
        names.append(f"dynamical decoupling ({what.dynamical_decoupling.sequence_type or 'XX'})")
    if what.twirling.enable_gates:
        names.append("gate twirling")
    if what.twirling.enable_measure:
        names.append("measurement twirling")
    if what.measure_mitigation and not sampler:
        names.append("TREX")
    if what.zne.enable and not sampler:
        factors = ", ".join(f"{factor:g}" for factor in what.zne.noise_factors or NOISE_FACTORS)
        names.append(f"ZNE ({_FOLDING[what.zne.amplifier]}, noise factors {factors})")
    if what.pec.enable and not sampler:
        names.append("PEC")
    if what.init_qubits is False:
        names.append("init_qubits false (a shot begins where the last one ended)")
    if what.rep_delay is not None:
        names.append(f"rep_delay {what.rep_delay * 1e6:g} us")
    return names


def _check_fractional(mitigation: Mitigation, transpile: Transpile) -> None:
    if transpile.fractional_gates is True and needs_clifford_gates(mitigation, sampler=False):
        what = resolved(mitigation)
        name = "PEC" if what.pec.enable else "ZNE" if what.zne.enable else "gate twirling"
        message = f"fractional_gates is true, but {name} takes Clifford gates between qubits: set fractional_gates to auto or false"
        raise InputError(message, ("transpile", "fractional_gates"))


def _check_switches(mitigation: Mitigation) -> None:
    """Options of something that is off, which was surely meant to be on."""
    what, said = resolved(mitigation), stated(mitigation)
    twirled = what.twirling.enable_gates or what.twirling.enable_measure
    learned = _learned(what)
    for part, on, switches, instead in (
        ("dynamical_decoupling", what.dynamical_decoupling.enable, ("enable",), "dynamical_decoupling.enable to true"),
        ("twirling", twirled, ("enable_gates", "enable_measure"), "twirling.enable_gates or twirling.enable_measure to true"),
        ("measure_noise_learning", what.measure_mitigation, (), "measure_mitigation to true"),
        ("zne", what.zne.enable, ("enable",), "zne.enable to true"),
        ("pec", what.pec.enable, ("enable",), "pec.enable to true"),
        ("layer_noise_learning", learned, (), "pec.enable to true"),
    ):
        idle = [key for key in said.get(part, {}) if key not in switches]
        if idle and not on:
            message = f"{part}.{idle[0]} is given, but what it belongs to is off: set {instead}, or leave it out"
            raise InputError(message, ("mitigation", part, idle[0]))


def _check_twirling(mitigation: Mitigation, kind: Kind, shots: int | None) -> None:
    twirling = mitigation.twirling
    if twirling.group is not None and kind == "legacy":
        message = f"group {twirling.group} is for client-side primitives: set execution.primitives to client, or leave it out"
        raise InputError(message, ("mitigation", "twirling", "group"))
    randomizations, each = twirling.num_randomizations, twirling.shots_per_randomization
    if shots is not None and randomizations is not None and each is not None and randomizations * each != shots:
        message = f"num_randomizations {randomizations} times shots_per_randomization {each} is not {shots} shots: leave one of the two out"
        raise InputError(message, ("mitigation", "twirling", "shots_per_randomization"))
    what = resolved(mitigation)
    learned = _learned(what)
    for key, needed_by in (("enable_measure", learned or ("TREX" if what.measure_mitigation else None)), ("enable_gates", learned)):
        if getattr(twirling, key) is False and needed_by is not None:
            message = f"{needed_by} rests on twirling.{key}, which is false: set it to true, or leave it out"
            raise InputError(message, ("mitigation", "twirling", key))


def _check_delay(mitigation: Mitigation, backend: BackendV2 | None) -> None:
    if mitigation.rep_delay is None or backend is None:
        return
    where = ("mitigation", "rep_delay")
    if not _reported(backend, "dynamic_reprate_enabled"):
        message = f"rep_delay is {mitigation.rep_delay:g} s, but {backend.name} has a fixed repetition rate: leave it out"
        raise InputError(message, where)
    shortest, longest = _reported(backend, "rep_delay_range") or (0.0, float("inf"))
    if not shortest <= mitigation.rep_delay <= longest:
        message = f"rep_delay is {mitigation.rep_delay:g} s, {backend.name} takes {shortest:g} to {longest:g} s"
        raise InputError(message, where)


def _check_client(mitigation: Mitigation) -> None:
    learned = _learned(resolved(mitigation))
    if learned is not None:
        where = ("pec", "enable") if learned == "PEC" else ("zne", "amplifier")
        message = f"client-side primitives do {learned} with a noise model learned beforehand alone: set execution.primitives to legacy"
        raise InputError(message, ("mitigation", *where))
    said = stated(mitigation)
    for part, key in (("measure_noise_learning", "shots_per_randomization"), ("layer_noise_learning", None)):
        keys = [name for name in said.get(part, {}) if key in (None, name)]
        if keys:
            message = f"{part}.{keys[0]} is for server-side primitives: set execution.primitives to legacy, or leave it out"
            raise InputError(message, ("mitigation", part, keys[0]))


def _check_estimator(mitigation: Mitigation) -> None:
    what = resolved(mitigation)
    if what.pec.enable and what.zne.enable:
        message = "PEC and ZNE can't both be on: set zne.enable or pec.enable to false"
        raise InputError(message, ("mitigation", "pec", "enable"))
    if not what.zne.enable:
        return
    factors = what.zne.noise_factors or NOISE_FACTORS
    if len(set(factors)) < len(factors):
        message = f"noise_factors are {', '.join(f'{factor:g}' for factor in factors)}, expected numbers that differ"
        raise InputError(message, ("mitigation", "zne", "noise_factors"))
    for name in what.zne.extrapolator or EXTRAPOLATORS:
        if name not in _POINTS:
            message = f"extrapolator is {name!r}, expected some of {', '.join(_POINTS)}"
            raise InputError(message, ("mitigation", "zne", "extrapolator"))
        if len(factors) < _POINTS[name]:
            message = f"{name} takes {_POINTS[name]} noise factors or more, got {len(factors)}: add some, or choose another extrapolator"
            raise InputError(message, ("mitigation", "zne", "noise_factors"))


def _learned(what: Mitigation) -> str | None:
    """What rests on a learned model of the layers' noise."""
    return "PEC" if what.pec.enable else "PEA" if what.zne.enable and what.zne.amplifier == "pea" else None


def _timed(backend: BackendV2 | None) -> bool:
    """Whether a backend says how long its gates take."""
    if backend is None or backend.target.dt is None:
        return False
    return any(item is not None and item.duration for name in ("sx", "x") for item in _places(backend, name).values())


def _places(backend: BackendV2, name: str) -> dict[Any, Any]:
    return (backend.target[name] or {}) if name in backend.target.operation_names else {}


def _reported(backend: BackendV2, name: str) -> Any:  # noqa: ANN401 - a field of the device's configuration
    """From the backend itself or, for fake devices, from its configuration."""
    found = getattr(backend, name, None)
    configuration = getattr(backend, "configuration", None)
    return found if found is not None or not callable(configuration) else getattr(configuration(), name, None)


def _listed(names: list[str]) -> str:
    return ", ".join(names)
