"""Which fake device stands in for which backend, and what is said about it."""

from __future__ import annotations

import pytest

from qopt.execution.backends import fake_names
from qopt.plan.twins import USUAL, twin_of


@pytest.mark.parametrize("name", ["ibm_marrakesh", "ibm_brisbane", "ibm_torino"])
def test_a_device_with_a_snapshot_has_it_as_its_twin(name: str) -> None:
    """The name says which, and nothing needs to be said."""
    twin = twin_of(name)
    assert (twin.device, twin.fake, twin.note) == (name, name.replace("ibm", "fake"), "")


def test_a_fake_device_is_its_own_twin() -> None:
    """A config that names one is planned for it."""
    assert (twin_of("fake_manila").fake, twin_of("fake_manila").note) == ("fake_manila", "")


@pytest.mark.parametrize("name", [None, "aer", "statevector", "recording:a.recording"])
def test_a_simulator_is_planned_as_a_usual_device(name: str | None) -> None:
    """And the plan says so."""
    twin = twin_of(name)
    assert twin.device == USUAL
    assert USUAL in twin.note


@pytest.mark.parametrize("name", ["ibm_nowhere", "least_busy"])
def test_a_device_without_a_snapshot_is_said_to_be_unlike_its_twin(name: str) -> None:
    """Its own name stays, another device's snapshot stands in, and the plan says so."""
    twin = twin_of(name)
    assert twin.device == name
    assert twin.fake in fake_names()
    assert twin.fake in twin.note


def test_a_misspelt_device_is_asked_about() -> None:
    """It may as well be one that is newer than the snapshots."""
    assert "did you mean ibm_torino?" in twin_of("ibm_trino").note


def test_what_is_no_backend_is_left_to_be_refused() -> None:
    """The execution knows what there is, and suggests it."""
    assert twin_of("fake_manilla").fake == "fake_manilla"
