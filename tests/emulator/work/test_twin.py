"""Fake twins: found by the device's name and by their own, whole and in part."""

from __future__ import annotations

import warnings

import pytest

from qopt.emulator.work import WorkFailed, twin


@pytest.mark.parametrize(
    ("names", "found"), [(("ibm_fez", "fake_fez"), "FakeFez"), (("ibmq_manila", "alt_manila", "fake_manila"), "FakeManilaV2")]
)
def test_a_twin_is_found_by_either_name(names: tuple[str, ...], found: str) -> None:
    """`ibm_fez` is emulated by FakeFez, and so is `fake_fez`."""
    assert {type(twin.twin(name)).__name__ for name in names} == {found}


def test_what_a_twin_says_of_itself_stays_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up device warns when it is made, which is no news for the owner of a job."""

    class Talkative:
        def __init__(self) -> None:
            warnings.warn("not typical", stacklevel=1)

    monkeypatch.setattr(twin, "_classes", lambda: {"fake_talkative": Talkative})
    assert isinstance(twin.twin("fake_talkative"), Talkative)


def test_a_part_of_a_target_has_the_properties_of_its_qubits() -> None:
    """Numbered anew: what qubit 7 of the device is, qubit 1 of the part is, and edges inside it stay."""
    whole = twin.target_of("ibm_fez")
    part = twin.part("ibm_fez", (6, 7, 40))
    assert part.num_qubits == 3
    assert part.qubit_properties[1].t1 == whole.qubit_properties[7].t1
    assert part["sx"][1,] == whole["sx"][7,]
    assert {tuple(sorted(edge)) for edge in part["cz"]} == {(0, 1)}


def test_a_noisy_simulator_knows_the_errors_of_its_qubits_and_gates() -> None:
    """Two parts of one device have noise models of their own, with what their gates need; an ideal one has none."""
    gates = frozenset({"sx", "measure"})
    models = [twin.simulator("ibm_fez", (qubit,), gates, noise=True).options.noise_model for qubit in (0, 1)]
    assert models[0].to_dict() != models[1].to_dict()
    assert set(models[0].noise_instructions) == gates
    assert twin.simulator("ibm_fez", (0,), gates, noise=False).options.noise_model is None


def test_an_unknown_device_is_refused() -> None:
    """By name."""
    with pytest.raises(WorkFailed, match="no fake twin of the backend 'ibm_nowhere'"):
        twin.twin("ibm_nowhere")
