"""What acts where, and what does not and why, is said in words, once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator.clients import needs_client_side

from qopt import Exact, Execution, Expectation, InputError, MaxCut, MeasureStart, Mitigation, Sampled, Transpile
from qopt.execution import backends
from qopt.execution.conflicts import acting, conflicts
from qopt.execution.mitigation import DynamicalDecoupling, Pec, Twirling, Zne
from qopt.spec import specify

DEVICE = backends.resolve("fake_manila")
LIGHT = ["dynamical decoupling (XY4)", "measurement twirling", "TREX"]


def said(mitigation: Mitigation, kind: str = "client", *, sampler: bool = False, local: bool = True, backend: Any = DEVICE) -> Any:
    """What acts, and what does not."""
    return acting(mitigation, kind, sampler=sampler, local=local, backend=backend)


@pytest.mark.parametrize("place", [{"kind": "legacy"}, {"kind": "client"}, {"kind": "aer"}, {"kind": "legacy", "local": False}])
def test_nothing_is_said_of_nothing(place: dict[str, Any]) -> None:
    """A run without mitigation has no note of it."""
    assert said(Mitigation(), **place) == ([], [])


@pytest.mark.parametrize("place", [{"kind": "client"}, {"kind": "client", "local": False}, {"kind": "legacy", "local": False}])
def test_all_of_light_acts_on_devices_and_by_client_side_primitives(place: dict[str, Any]) -> None:
    """On hardware by either kind; simulated by the client-side ones."""
    assert said(Mitigation("light"), **place) == (LIGHT, [])


@pytest.mark.parametrize(("kind", "reason"), [("legacy", "local mode"), ("aer", "qiskit-aer")])
def test_where_none_acts_all_is_named(kind: str, reason: str) -> None:
    """Server-side primitives in local mode, and Aer's own."""
    on, (sentence,) = said(Mitigation("light"), kind)
    assert on == []
    assert reason in sentence
    assert all(name in sentence for name in LIGHT)


def test_a_sampler_has_no_expectation_values() -> None:
    """What is about them is named as idle, the rest acts."""
    on, (sentence,) = said(Mitigation("full"), sampler=True)
    assert on == ["dynamical decoupling (XY4)", "gate twirling", "measurement twirling"]
    assert sentence.startswith("TREX, ZNE:")


def test_a_level_of_the_estimator_is_nothing_to_a_sampler() -> None:
    """The Sampler has no resilience levels."""
    on, idle = said(Mitigation(resilience_level=2), "legacy", sampler=True, local=False)
    assert on == []
    assert len(idle) == 1


def test_decoupling_takes_time() -> None:
    """Plain Aer has none."""
    on, (sentence,) = said(Mitigation("light"), backend=None)
    assert on == LIGHT[1:]
    assert "no idle time" in sentence


def test_the_timing_of_shots_is_the_hardware_s() -> None:
    """A simulator has no repetition delay; a device is told it."""
    mitigation = Mitigation(rep_delay=1e-4, init_qubits=False)
    assert said(mitigation)[0] == []
    assert len(said(mitigation)[1]) == 1
    on, idle = said(mitigation, "legacy", local=False)
    assert "rep_delay 100 us" in on
    assert idle == []


def test_zne_tells_its_factors() -> None:
    """Since each of them is paid for."""
    (name,), _ = said(Mitigation(zne=Zne(enable=True, amplifier="gate_folding_back", noise_factors=(1, 1.5))))
    assert name == "ZNE (folding the last gates, noise factors 1, 1.5)"


def test_pec_brings_its_twirling() -> None:
    """It is learned and cancelled for twirled layers."""
    on, _ = said(Mitigation(pec=Pec(enable=True)), "legacy", local=False)
    assert on == ["gate twirling", "measurement twirling", "PEC"]


def test_a_sampler_s_options_are_not_checked_against_what_it_has_not() -> None:
    """TREX rests on twirling, and a Sampler has no TREX."""
    mitigation = Mitigation("light", twirling=Twirling(enable_measure=False))
    conflicts(mitigation, Transpile(), "legacy", sampler=True)
    with pytest.raises(InputError):
        conflicts(mitigation, Transpile(), "legacy", sampler=False)


@pytest.mark.parametrize(
    ("execution", "objective", "expected"),
    [
        (Execution(), Sampled(), 0),
        (Execution(primitives="aer", mitigation=Mitigation("light")), Expectation(), 1),
        (Execution(backend="fake_manila", mitigation=Mitigation("light")), Sampled(), 1),
        (Execution(mitigation=Mitigation("light")), Exact(), 1),
    ],
    ids=["none", "aer", "legacy", "statevector"],
)
def test_a_run_says_it_once(execution: Execution, objective: Any, expected: int) -> None:
    """Among its notes, which the command line prints at the start."""
    spec = specify(MaxCut([[0, 1]]), execution=execution, objective=objective, optimizer=MeasureStart(), start=[0.1, 0.2])
    notes = [note for note in spec.notes if note.startswith("mitigation")]
    assert len(notes) == expected


@needs_client_side
def test_a_run_says_what_acts_and_what_does_not() -> None:
    """Two notes where there is something of both."""
    execution = Execution(primitives="client", mitigation=Mitigation("light"))
    spec = specify(MaxCut([[0, 1]]), execution=execution, objective=Expectation(), optimizer=MeasureStart(), start=[0.1, 0.2])
    assert spec.notes[0] == "mitigation: measurement twirling, TREX"
    assert spec.notes[1].startswith("mitigation: no effect of dynamical decoupling")


def test_a_run_with_conflicting_options_is_refused_before_it_begins() -> None:
    """With the key."""
    execution = Execution(backend="fake_manila", mitigation=Mitigation(dynamical_decoupling=DynamicalDecoupling(sequence_type="XX")))
    with pytest.raises(InputError) as refusal:
        specify(MaxCut([[0, 1]]), execution=execution, optimizer=MeasureStart())
    assert refusal.value.where == ("mitigation", "dynamical_decoupling", "sequence_type")
