"""RZZ gates of any angle: folded into the device's range for every point, and used only where that is better and allowed."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator
from qiskit_ibm_runtime import SamplerV2
from qiskit_ibm_runtime.fake_provider import FakeFractionalBackend, FakeManilaV2

from qopt import Execution, InputError, MaxCut, Transpile
from qopt.ansatze import qaoa
from qopt.execution.connect import find
from qopt.execution.fractional import folded, offered, without
from qopt.execution.isa import freeze, placement_of, uses_fractional_gates

if TYPE_CHECKING:
    from qopt.programs import Frozen

ANGLES = st.floats(-20.0, 20.0)
FREE, OTHER = Parameter("gamma"), Parameter("alpha")


def circuit_of(angle: object) -> QuantumCircuit:
    """One RZZ between gates that it does not commute with."""
    circuit = QuantumCircuit(2)
    circuit.sx([0, 1])
    circuit.rzz(angle, 0, 1)
    circuit.sx(0)
    return circuit


def angles(circuit: QuantumCircuit) -> list[float]:
    """Of its RZZ gates."""
    return [float(item.operation.params[0]) for item in circuit.data if item.operation.name == "rzz"]


@given(angle=ANGLES)
@example(0.0)
@example(math.pi / 2)
@example(-math.pi / 2)
@example(math.pi)
@example(3 * math.pi)
def test_a_given_angle_is_folded(angle: float) -> None:
    """Into 0 .. pi/2, and the circuit does what it did."""
    circuit = folded(circuit_of(angle))
    assert all(0.0 <= size <= math.pi / 2 for size in angles(circuit))
    assert Operator(circuit).equiv(Operator(circuit_of(angle)))


@given(gamma=ANGLES, alpha=ANGLES)
@example(0.0, 0.0)
@example(math.pi / 2, 0.0)
@example(math.pi, 0.0)
@example(-math.pi / 4, 0.0)
def test_a_free_angle_is_folded_for_every_point(gamma: float, alpha: float) -> None:
    """One circuit with the same parameters serves all points, also after it was written and read."""
    original = circuit_of(2 * FREE - OTHER)
    circuit = folded(original)
    assert {parameter.name for parameter in circuit.parameters} == {"gamma", "alpha"}
    file = io.BytesIO()
    qpy.dump(circuit, file)
    file.seek(0)
    point = {"gamma": gamma, "alpha": alpha}
    for each in (circuit, qpy.load(file)[0]):
        bound = each.assign_parameters(point)
        assert all(0.0 <= size <= math.pi / 2 + 1e-9 for size in angles(bound))
        assert Operator(bound).equiv(Operator(original.assign_parameters(point)))


def test_an_angle_in_range_stays() -> None:
    """No gate is added where none is needed."""
    assert folded(circuit_of(0.3)) == circuit_of(0.3)


def prepared(transpile: Transpile, backend: object = None) -> Frozen:
    """QAOA of two edges on a device with fractional gates."""
    operator = MaxCut([[0, 1], [1, 2]]).hamiltonian()
    logical = freeze(qaoa(operator), (), 0.0, sampled=True)
    return find(Execution(backend=backend or FakeFractionalBackend()), exact=False).prepare(logical, transpile)


@pytest.mark.parametrize("gamma", [-2.0, -0.4, 0.4, 2.0, 5.0])
def test_the_client_takes_every_point(gamma: float) -> None:
    """It refuses RZZ angles outside of 0 .. pi/2 of which this circuit without folding would have some."""
    frozen = prepared(Transpile(level=1, seeds=1, fractional_gates=True))
    assert "rzz" in frozen.circuit.count_ops()
    wide = QuantumCircuit(5, frozen.circuit.num_clbits)
    wide.compose(frozen.circuit, list(frozen.device_qubits), range(frozen.circuit.num_clbits), inplace=True)
    job = SamplerV2(mode=FakeFractionalBackend()).run([(wide, {"gamma_1": gamma, "beta_1": 0.3})], shots=16)
    assert sum(job.result()[0].join_data().get_counts().values()) == 16


def test_fractional_gates_are_left_out_on_request() -> None:
    """The device then has its other two-qubit gate alone."""
    assert not {"rzz", "rx"} & set(prepared(Transpile(fractional_gates=False)).circuit.count_ops())


def test_auto_keeps_the_better_one() -> None:
    """At least as good as either."""
    backend = FakeFractionalBackend()
    device = find(Execution(backend=backend), exact=False)
    fidelity = {}
    for choice in ("auto", True, False):
        frozen = prepared(Transpile(seeds=3, fractional_gates=choice))
        fidelity[choice] = placement_fidelity(frozen, device.backend)
    assert fidelity["auto"] == max(fidelity[True], fidelity[False])


def placement_fidelity(frozen: Frozen, backend: object) -> float:
    """The estimate that circuits are compared by."""
    value = placement_of(frozen, backend).fidelity
    assert value is not None
    return value


def test_a_device_without_fractional_gates_cannot_use_them() -> None:
    """Refused with the key."""
    with pytest.raises(InputError, match="has none") as refusal:
        prepared(Transpile(fractional_gates=True), FakeManilaV2())
    assert refusal.value.where == ("transpile", "fractional_gates")


def test_only_devices_with_another_gate_offer_a_choice() -> None:
    """And what is left of one is a device as it was, without two gates."""
    target = FakeFractionalBackend().target
    assert offered(target)
    assert not offered(FakeManilaV2().target)
    left = without(target)
    assert set(target.operation_names) - set(left.operation_names) == {"rx", "rzz"}
    assert not offered(left)
    assert left["cx"] == target["cx"]
    assert np.isclose(left.dt, target.dt)


@pytest.mark.parametrize(
    ("asked", "mitigated", "expected"),
    [("auto", False, True), ("auto", True, False), (True, False, True), (False, False, False), (False, True, False)],
)
def test_a_device_is_fetched_with_them_unless_something_forbids_it(asked: object, *, mitigated: bool, expected: bool) -> None:
    """The flag for whoever fetches the backend."""
    assert uses_fractional_gates(Transpile(fractional_gates=asked), mitigated=mitigated) is expected
