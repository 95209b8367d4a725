"""The shipped snapshots of devices, as the client's own models read them."""

from __future__ import annotations

import copy

import pytest
from qiskit_ibm_runtime.utils.backend_converter import convert_to_target
from qiskit_ibm_runtime.utils.backend_decoder import configuration_from_server_data, properties_from_server_data

from qopt.emulator import twins
from qopt.emulator.documents import of_device
from qopt.emulator.twins import UnknownTwin

NAMES = sorted(f"fake_{short}" for short in twins._snapshots())


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_is_read_by_the_client(name: str) -> None:
    """Configuration and properties go through the client's models, and together make a target of the device's width."""
    twin = twins.find(name)
    raw = twin.configuration()
    configuration = configuration_from_server_data(copy.deepcopy(raw))
    properties = properties_from_server_data(copy.deepcopy(twin.properties()))
    assert configuration is not None
    assert configuration.backend_name == properties.backend_name == name
    assert not configuration.simulator
    target = convert_to_target(configuration=configuration, properties=properties)
    assert target.num_qubits == raw["n_qubits"] == of_device(twin, 0)["qubits"]
    assert "measure" in target.operation_names


@pytest.mark.parametrize(("name", "qubits"), [("ibm_fez", 156), ("fake_fez", 156), ("ibmq_manila", 5), ("fake_manila", 5), ("ibmqx2", 5)])
def test_a_device_has_several_names(name: str, qubits: int) -> None:
    """The names of a device, of its snapshot and that in the snapshot all find it; it is served under the one that was asked for."""
    twin = twins.find(name)
    assert twin.configuration()["n_qubits"] == qubits
    assert twin.configuration()["backend_name"] == twin.properties()["backend_name"] == name


def test_an_unknown_device_is_told() -> None:
    """A name without a snapshot is refused with those that there are."""
    with pytest.raises(UnknownTwin, match=r"'ibm_nowhere'.*manila"):
        twins.find("ibm_nowhere")
