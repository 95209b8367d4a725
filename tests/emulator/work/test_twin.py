"""Fake twins: found by the device's name and by their own, whole and in part."""

from __future__ import annotations

import pytest

from qopt.emulator.work import WorkFailed, twin


@pytest.mark.parametrize(
    ("names", "found"),
    [(("ibm_fez", "fake_fez"), "FakeFez"), (("ibmq_manila", "fake_manila"), "FakeManilaV2"), (("fake_nighthawk",), "FakeNighthawk")],
)
def test_a_twin_is_found_by_either_name_without_a_warning(names: tuple[str, ...], found: str) -> None:
    """`ibm_fez` is emulated by FakeFez, and so is `fake_fez`."""
    assert {type(twin.twin(name)).__name__ for name in names} == {found}


def test_a_part_of_a_target_has_the_properties_of_its_qubits() -> None:
    """Numbered anew: what qubit 7 of the device is, qubit 1 of the part is, and edges inside it stay."""
    whole = twin.target_of("ibm_fez")
    part = twin.part("ibm_fez", (6, 7, 40))
    assert part.num_qubits == 3
    assert part.qubit_properties[1].t1 == whole.qubit_properties[7].t1
    assert part["sx"][1,] == whole["sx"][7,]
    assert {tuple(sorted(edge)) for edge in part["cz"]} == {(0, 1)}


def test_a_noisy_simulator_knows_its_qubits_errors() -> None:
    """Two parts of one device have noise models of their own, an ideal one has none."""
    models = [twin.simulator("ibm_fez", (qubit,), noise=True).options.noise_model.to_dict() for qubit in (0, 1)]
    assert models[0] != models[1]
    assert twin.simulator("ibm_fez", (0,), noise=False).options.noise_model is None


def test_an_unknown_device_is_refused() -> None:
    """By name."""
    with pytest.raises(WorkFailed, match="no fake twin of the backend 'ibm_nowhere'"):
        twin.twin("ibm_nowhere")
