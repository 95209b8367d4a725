"""What is sent to real primitives of both kinds is what was asked for: nothing on by default, nothing that they refuse or warn of."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from tests.emulator.clients import needs_client_side
from tests.execution.asking import ask
from tests.execution.kinds import KINDS

from qopt import Ansatz, Execution, Expectation, InputError, MaxCut, MeasureStart, Mitigation, Sampled, Transpile
from qopt.execution import backends, primitives
from qopt.execution.conflicts import conflicts
from qopt.execution.connect import Connections, find
from qopt.execution.isa import freeze
from qopt.execution.mitigation import (
    DynamicalDecoupling,
    MeasureNoiseLearning,
    Pec,
    Twirling,
    Zne,
    circuits_per_value,
    mitigation_from,
    options,
    own_errors,
    resolved,
    stated,
)
from qopt.objective import constant_of, with_terms
from qopt.spec import specify

if TYPE_CHECKING:
    from qopt.programs import PubData

RUNTIME = [kind for kind in KINDS if kind != "aer"]
PRESETS = ["none", "light", "full"]
DEVICE = backends.resolve("fake_manila")
FIELD = SparsePauliOp.from_list([("IZ", 1.0), ("ZI", 1.0)])

MAYBE = st.sampled_from([None, True, False])
FACTORS = st.none() | st.lists(st.sampled_from([1.0, 1.5, 2.0, 3.0, 5.0]), min_size=2, max_size=5, unique=True).map(tuple)
EXTRAPOLATOR = st.none() | st.lists(
    st.sampled_from(["linear", "exponential", "double_exponential", "polynomial_degree_3"]), min_size=1
).map(tuple)
COUNT = st.none() | st.sampled_from([4, 32])
MITIGATIONS = st.builds(
    Mitigation,
    resilience_level=st.sampled_from([None, 0, 1, 2]),
    dynamical_decoupling=st.builds(DynamicalDecoupling, enable=MAYBE)
    | st.builds(
        DynamicalDecoupling,
        enable=st.just(value=True),
        sequence_type=st.sampled_from([None, "XX", "XpXm", "XY4"]),
        extra_slack_distribution=st.sampled_from([None, "middle", "edges"]),
        scheduling_method=st.sampled_from([None, "alap", "asap"]),
        skip_reset_qubits=MAYBE,
    ),
    twirling=st.builds(Twirling, enable_gates=MAYBE, enable_measure=MAYBE)
    | st.builds(
        Twirling,
        enable_measure=st.just(value=True),
        num_randomizations=COUNT,
        shots_per_randomization=COUNT,
        strategy=st.sampled_from([None, "active", "all"]),
        group=st.sampled_from([None, None, "balanced_pauli"]),
    ),
    measure_mitigation=MAYBE,
    measure_noise_learning=st.just(MeasureNoiseLearning()) | st.builds(MeasureNoiseLearning, num_randomizations=COUNT),
    zne=st.builds(Zne, enable=MAYBE)
    | st.builds(
        Zne,
        enable=st.just(value=True),
        amplifier=st.sampled_from([None, None, "gate_folding_front", "pea"]),
        noise_factors=FACTORS,
        extrapolator=EXTRAPOLATOR,
        extrapolated_noise_factors=st.none() | st.just((0.0, 1.0)),
    ),
    pec=st.builds(Pec, enable=st.sampled_from([None, None, False, True]))
    | st.builds(Pec, enable=st.just(value=True), max_overhead=st.sampled_from([None, 10.0]), noise_gain=st.sampled_from([None, 0.0, 1.0])),
    init_qubits=MAYBE,
    rep_delay=st.sampled_from([None, 0.0002]),
)
"""More than go together."""


@cache
def a_pub(*, sampler: bool) -> tuple[Any, ...]:
    """A circuit of the device's gates that is as wide as it."""
    circuit = QuantumCircuit(DEVICE.num_qubits, 2 if sampler else 0)
    circuit.sx(0)
    circuit.cx(0, 1)
    circuit.sx(1)
    if sampler:
        circuit.measure([0, 1], [0, 1])
        return (circuit,)
    return (circuit, [SparsePauliOp.from_sparse_list([("ZZ", [0, 1], 1.0)], num_qubits=DEVICE.num_qubits)])


def sent(mitigation: Mitigation, kind: str, *, sampler: bool) -> Any:
    """The options of a real primitive; the client-side ones also prepare a job, which is where they look at them."""
    with primitives.quiet():
        primitive = primitives._class(kind, sampler=sampler)(mode=DEVICE, options=options(mitigation, kind, sampler=sampler))
        if kind == "client":
            package = "executor_sampler" if sampler else "executor_estimator"
            prepare = importlib.import_module(f"qiskit_ibm_runtime.{package}.prepare").prepare
            prepare([a_pub(sampler=sampler)], primitive.options, 128 if sampler else 0.1, backend=DEVICE)
    return primitive.options


@pytest.mark.parametrize("kind", RUNTIME)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_says_of_everything_whether_it_is_on(kind: str, preset: str) -> None:
    """An Estimator's own defaults are on; nothing is left to them."""
    got = sent(Mitigation(preset), kind, sampler=False)
    light, full = preset != "none", preset == "full"
    assert got.resilience_level == 0
    assert (got.dynamical_decoupling.enable, got.twirling.enable_measure, got.resilience.measure_mitigation) == (light, light, light)
    assert (got.twirling.enable_gates, got.resilience.zne_mitigation, got.resilience.pec_mitigation) == (full, full, False)
    if light:
        assert got.dynamical_decoupling.sequence_type == "XY4"


@pytest.mark.parametrize("kind", RUNTIME)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_sampler_gets_what_it_has(kind: str, preset: str) -> None:
    """Decoupling and twirling, and no word of the rest, which it would refuse."""
    got = sent(Mitigation(preset), kind, sampler=True)
    light, full = preset != "none", preset == "full"
    assert (got.dynamical_decoupling.enable, got.twirling.enable_measure, got.twirling.enable_gates) == (light, light, full)


@pytest.mark.parametrize("level", [0, 1, 2])
@needs_client_side
def test_resilience_levels_are_the_runtime_s(level: int) -> None:
    """Our table of what a level has on is the client's own."""
    ours = sent(Mitigation(resilience_level=level), "client", sampler=False)
    estimator = primitives._class("client", sampler=False)(mode=DEVICE, options={"resilience_level": level})
    theirs = estimator.finalize_options()
    for part, key in (
        ("twirling", "enable_gates"),
        ("twirling", "enable_measure"),
        ("resilience", "measure_mitigation"),
        ("resilience", "zne_mitigation"),
    ):
        assert getattr(getattr(ours, part), key) == getattr(getattr(theirs, part), key), key


@pytest.mark.parametrize("kind", RUNTIME)
@given(mitigation=MITIGATIONS, sampler=st.booleans())
@example(mitigation=Mitigation(zne=Zne(enable=True, extrapolator=("double_exponential",))), sampler=False)
@example(mitigation=Mitigation(pec=Pec(enable=True), zne=Zne(enable=True)), sampler=False)
@example(mitigation=Mitigation(pec=Pec(enable=True)), sampler=False)
@example(mitigation=Mitigation(measure_mitigation=True, twirling=Twirling(enable_measure=False)), sampler=False)
@example(mitigation=Mitigation(measure_noise_learning=MeasureNoiseLearning(8)), sampler=False)
@settings(max_examples=300, deadline=None)
def test_what_we_let_pass_the_client_takes(kind: str, mitigation: Mitigation, sampler: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever the client refuses or warns of (warnings are errors here) is refused before it, with the key."""
    try:
        conflicts(mitigation, Transpile(), kind, sampler=sampler, shots=128, backend=DEVICE)
    except InputError:
        return
    sent(mitigation, kind, sampler=sampler)


@given(mitigation=MITIGATIONS)
def test_what_is_resolved_stays(mitigation: Mitigation) -> None:
    """Resolving twice is resolving once, and the same is sent."""
    once = resolved(mitigation)
    assert resolved(once) == once
    assert options(once, "legacy", sampler=False) == options(mitigation, "legacy", sampler=False)


@given(mitigation=MITIGATIONS)
def test_what_was_stated_gives_the_same_mitigation(mitigation: Mitigation) -> None:
    """Through plain data and back, as a config and a run's identity have it."""
    assert mitigation_from(stated(mitigation)) == mitigation


def test_nothing_stated_is_no_part_of_a_run() -> None:
    """A run without error mitigation is the run that it was before there was any."""
    arguments = {"optimizer": MeasureStart(), "name": "r"}
    problem = MaxCut([[0, 1]])
    plain = specify(problem, **arguments).identity()
    assert "mitigation" not in plain
    light = specify(problem, **arguments, execution=Execution(mitigation=Mitigation("light"))).identity()
    assert light == plain | {"mitigation": {"preset": "light"}}


CONFLICTS: dict[str, tuple[Mitigation, dict[str, Any], str]] = {
    "pec and zne": (Mitigation("full", pec=Pec(enable=True)), {}, "mitigation.pec.enable"),
    "zne without enough factors": (
        Mitigation(zne=Zne(enable=True, noise_factors=(1, 2), extrapolator=("polynomial_degree_2",))),
        {},
        "mitigation.zne.noise_factors",
    ),
    "an unknown extrapolator": (Mitigation(zne=Zne(enable=True, extrapolator=("spline",))), {}, "mitigation.zne.extrapolator"),
    "pec of the client": (Mitigation(pec=Pec(enable=True)), {"kind": "client"}, "mitigation.pec.enable"),
    "pea of the client": (Mitigation(zne=Zne(enable=True, amplifier="pea")), {"kind": "client"}, "mitigation.zne.amplifier"),
    "a group of the server": (Mitigation(twirling=Twirling(enable_gates=True, group="pauli")), {}, "mitigation.twirling.group"),
    "learning shots of the client": (
        Mitigation("light", measure_noise_learning=MeasureNoiseLearning(shots_per_randomization=8)),
        {"kind": "client"},
        "mitigation.measure_noise_learning.shots_per_randomization",
    ),
    "trex without twirling": (Mitigation("light", twirling=Twirling(enable_measure=False)), {}, "mitigation.twirling.enable_measure"),
    "pec without twirling": (
        Mitigation(pec=Pec(enable=True), twirling=Twirling(enable_gates=False)),
        {},
        "mitigation.twirling.enable_gates",
    ),
    "options of what is off": (Mitigation(zne=Zne(noise_factors=(1, 3))), {}, "mitigation.zne.noise_factors"),
    "decoupling that is off": (
        Mitigation(dynamical_decoupling=DynamicalDecoupling(sequence_type="XX")),
        {},
        "mitigation.dynamical_decoupling.sequence_type",
    ),
    "other shots": (
        Mitigation("light", twirling=Twirling(num_randomizations=10, shots_per_randomization=10)),
        {"shots": 128},
        "mitigation.twirling.shots_per_randomization",
    ),
    "qubits that are not reset": (
        Mitigation(dynamical_decoupling=DynamicalDecoupling(enable=True, skip_reset_qubits=True), init_qubits=False),
        {},
        "mitigation.dynamical_decoupling.skip_reset_qubits",
    ),
    "too long a delay": (Mitigation(rep_delay=0.5), {"backend": DEVICE}, "mitigation.rep_delay"),
    "a fixed delay": (Mitigation(rep_delay=1e-4), {"backend": backends.resolve("fake_almaden")}, "mitigation.rep_delay"),
    "fractional gates and twirling": (
        Mitigation(twirling=Twirling(enable_gates=True)),
        {"transpile": Transpile(fractional_gates=True)},
        "transpile.fractional_gates",
    ),
    "fractional gates and zne": (
        Mitigation(zne=Zne(enable=True)),
        {"transpile": Transpile(fractional_gates=True)},
        "transpile.fractional_gates",
    ),
    "fractional gates and pec": (
        Mitigation(pec=Pec(enable=True)),
        {"transpile": Transpile(fractional_gates=True)},
        "transpile.fractional_gates",
    ),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_names_its_key(name: str) -> None:
    """The key that is wrong, for the config's line and column."""
    mitigation, place, key = CONFLICTS[name]
    arguments: dict[str, Any] = {"kind": "legacy", "transpile": Transpile(), "shots": None, "backend": None} | place
    with pytest.raises(InputError) as refusal:
        conflicts(mitigation, arguments.pop("transpile"), arguments.pop("kind"), sampler=False, **arguments)
    assert ".".join(map(str, refusal.value.where)) == key


def test_local_paulis_twirl_fractional_gates() -> None:
    """The one group that client-side primitives have for gates of any angle."""
    mitigation = Mitigation(twirling=Twirling(enable_gates=True, group="local_pauli"))
    conflicts(mitigation, Transpile(fractional_gates=True), "client", sampler=True)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"preset": "heavy"}, "preset"),
        ({"preset": "light", "resilience_level": 1}, "resilience_level"),
        ({"resilience_level": 3}, "resilience_level"),
    ],
)
def test_what_is_no_preset_is_refused(options: dict[str, Any], key: str) -> None:
    """And so are two at once."""
    with pytest.raises(InputError) as refusal:
        Mitigation(**options)
    assert refusal.value.where == ("mitigation", key)


@pytest.mark.parametrize(
    ("mitigation", "expected"), [(Mitigation(), 1), (Mitigation("full"), 3), (Mitigation(zne=Zne(enable=True, noise_factors=(1, 1.5))), 2)]
)
def test_each_noise_factor_is_a_circuit_more(mitigation: Mitigation, expected: int) -> None:
    """Which is what ZNE costs; a Sampler has none."""
    assert circuits_per_value(mitigation, sampler=False) == expected
    assert circuits_per_value(mitigation, sampler=True) == 1


def measured(objective: Sampled | Expectation, mitigation: Mitigation, name: str = "fake_manila") -> tuple[list[PubData], float, float]:
    """The data, the value and its error of |11>, prepared on a device with readout errors."""
    execution = Execution(backend=name, primitives="client", mitigation=mitigation)
    device = find(execution, exact=False)
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    logical = freeze(Ansatz(circuit, (), "ones"), with_terms(objective.observables(FIELD)), constant_of(FIELD), sampled=objective.sampled)
    frozen = device.prepare(logical, Transpile())
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    data = ask(executor, objective.encode(frozen, np.zeros((1, 0)), seed=11))
    connections.close()
    estimate = objective.decode(frozen, data, lambda bits: 2.0 - 2.0 * bits.sum(axis=1))
    return data, float(estimate.values[0]), float(estimate.stderrs[0])


@needs_client_side
def test_trex_takes_readout_errors_out() -> None:
    """The raw value is far from -2, the mitigated one is not, and its error is the Estimator's own."""
    _, raw, raw_error = measured(Expectation(20_000), Mitigation())
    data, value, error = measured(Expectation(20_000), Mitigation("light"))
    assert raw + 2.0 > 5 * raw_error
    assert abs(value + 2.0) < 5 * error
    assert "stds" in data[0]


@needs_client_side
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", ["fake_manila", "aer"])
def test_presets_work_where_they_are_simulated(preset: str, name: str) -> None:
    """Also on a backend without durations, and with numbers that can be believed."""
    _, value, error = measured(Expectation(1000), Mitigation(preset), name)
    assert value == pytest.approx(-2.0, abs=0.4)
    assert np.isfinite(error)


@needs_client_side
def test_twirling_leaves_the_number_of_shots() -> None:
    """It rounds them up to whole randomizations; 100 asked for are 100 recorded."""
    (answer,), _, _ = measured(Sampled(100), Mitigation("light"))
    assert answer["samples"].shape == (1, 100, 1)


@pytest.mark.parametrize(
    ("mitigation", "expected"),
    [
        (Mitigation(), False),
        (Mitigation(twirling=Twirling(enable_measure=True, enable_gates=True)), False),
        (Mitigation(dynamical_decoupling=DynamicalDecoupling(enable=True)), False),
        (Mitigation("light"), True),
        (Mitigation(zne=Zne(enable=True)), True),
        (Mitigation(pec=Pec(enable=True)), True),
    ],
)
def test_values_that_are_no_means_have_errors_of_their_own(mitigation: Mitigation, expected: bool) -> None:  # noqa: FBT001 - a table
    """TREX, ZNE and PEC rescale or extrapolate; twirling and decoupling don't."""
    assert own_errors(mitigation) is expected


def test_presets_grow() -> None:
    """Each has on what the one before it has."""
    none, light, full = (resolved(Mitigation(preset)) for preset in PRESETS)
    assert none == resolved(Mitigation())
    assert replace(light, dynamical_decoupling=none.dynamical_decoupling, twirling=none.twirling, measure_mitigation=False) == none
    assert replace(full, twirling=light.twirling, zne=light.zne) == light
