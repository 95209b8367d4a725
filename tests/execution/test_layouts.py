"""Of many transpiled circuits the best is kept, the same one every time, and it still does what the ansatz does."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import generate_preset_pass_manager
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler.passes import VF2PostLayout
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qopt import Execution, InputError, MaxCut, Transpile
from qopt.ansatze import qaoa
from qopt.diagonal import Diagonal
from qopt.execution import layouts
from qopt.execution.connect import Device, find
from qopt.execution.isa import SEEDS, check_contract, freeze, placement_of
from qopt.objective import Expectation, constant_of
from qopt.problems import random_regular

if TYPE_CHECKING:
    from qopt.programs import Frozen

DEVICES = ["fake_manila", "fake_sherbrooke", "fake_fez"]


@cache
def device(name: str) -> Device:
    """A device, loaded once."""
    return find(Execution(backend=name), exact=False)


@cache
def hamiltonian(nodes: int, seed: int) -> SparsePauliOp:
    """Of a ring with one weight for each edge, or of a random graph that no device has."""
    if nodes == 6:
        return MaxCut(random_regular(6, 3, seed)).hamiltonian()
    return MaxCut([[i, (i + 1) % nodes, 1.0 + i] for i in range(nodes)]).hamiltonian()


@cache
def logical(nodes: int, seed: int = 0, *, sampled: bool = True) -> Frozen:
    """QAOA, to be sampled or to be given to an Estimator."""
    operator = hamiltonian(nodes, seed)
    groups = () if sampled else Expectation().observables(operator)
    return freeze(qaoa(operator), groups, constant_of(operator), sampled=sampled)


def prepared(name: str, frozen: Frozen, transpile: Transpile) -> tuple[Frozen, float]:
    """What a device runs, and its estimated fidelity."""
    result = device(name).prepare(frozen, transpile)
    placement = placement_of(result, device(name).backend)
    assert placement.fidelity is not None
    return result, placement.fidelity


@given(name=st.sampled_from(DEVICES), seed=st.integers(0, 1000), seeds=st.integers(2, 6), sampled=st.booleans(), level=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_more_seeds_are_never_worse(name: str, seed: int, seeds: int, sampled: bool, level: int) -> None:  # noqa: FBT001 - drawn
    """The first seed is among them."""
    frozen = logical(5 if name == "fake_manila" else 6, sampled=sampled)
    _, one = prepared(name, frozen, Transpile(level, seed, seeds=1))
    _, many = prepared(name, frozen, Transpile(level, seed, seeds=seeds))
    assert many >= one


@given(seed=st.integers(0, 1000), sampled=st.booleans())
@settings(max_examples=15, deadline=None)
def test_following_reported_errors_is_never_worse(seed: int, sampled: bool) -> None:  # noqa: FBT001 - drawn
    """The transpiler's own choice is among what is compared."""
    frozen = logical(6, sampled=sampled)
    _, auto = prepared("fake_fez", frozen, Transpile(1, seed, seeds=2))
    _, reported = prepared("fake_fez", frozen, Transpile(1, seed, seeds=2, layout="reported-errors"))
    assert reported >= auto


def test_following_reported_errors_leaves_a_bad_place() -> None:
    """A circuit in the worst corner of a wide device is moved to a better one, gate by gate."""
    (bad,) = layouts.candidates(logical(4).circuit, device("fake_fez").backend.target, [1], level=1, layout=[0, 1, 2, 3])
    good = layouts.replaced(bad, device("fake_fez").backend.target)
    assert bad.placement.fidelity is not None
    assert good.placement.fidelity is not None
    assert good.placement.fidelity > bad.placement.fidelity
    assert good.circuit.count_ops() == bad.circuit.count_ops()


@pytest.mark.parametrize("layout", ["auto", "reported-errors"])
@pytest.mark.parametrize("sampled", [True, False], ids=["sampled", "expectation"])
def test_the_kept_circuit_does_what_the_ansatz_does(layout: str, *, sampled: bool) -> None:
    """Layout contract for strings; and the same expectation value through layout and circuit for an Estimator."""
    operator = hamiltonian(6, 3)
    frozen, _ = prepared("fake_fez", logical(6, 3, sampled=sampled), Transpile(seeds=4, layout=layout))
    diagonal = Diagonal.from_operator(operator)
    assert diagonal is not None

    def energy(bits: str) -> float:
        return float(diagonal.energies(np.array([[int(bit) for bit in bits]], dtype=np.uint8))[0])

    check_contract(frozen, operator, energy, diagonal.energies)
    if not sampled:
        point = {"gamma_1": 0.4, "beta_1": 0.3}
        ansatz = qaoa(operator)
        expected = Statevector(ansatz.circuit.assign_parameters(point)).expectation_value(operator)
        state = Statevector(frozen.circuit.assign_parameters(point))
        got = frozen.constant + sum(state.expectation_value(group[0]) for group in frozen.groups)
        assert got == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("layout", ["auto", "reported-errors"])
def test_the_same_config_gives_the_same_circuit(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the transpiler may use all processors."""
    transpile = Transpile(seeds=5, layout=layout)
    first, _ = prepared("fake_fez", logical(6), transpile)
    monkeypatch.setenv("QISKIT_PARALLEL", "TRUE")
    monkeypatch.setenv("RAYON_NUM_THREADS", str(os.cpu_count()))
    second, _ = prepared("fake_fez", logical(6), transpile)
    assert first.circuit == second.circuit
    assert (first.layout, first.device_qubits) == (second.layout, second.device_qubits)


def test_the_kept_seed_alone_gives_the_same_circuit() -> None:
    """The seed in the plan is one that can be asked for."""
    kept, _ = prepared("fake_fez", logical(6), Transpile(seeds=6))
    seed = placement_of(kept, device("fake_fez").backend).seed
    assert seed is not None
    again, _ = prepared("fake_fez", logical(6), Transpile(seed=seed, seeds=1))
    assert again.circuit == kept.circuit


@pytest.mark.parametrize(("name", "wanted"), [("fake_manila", SEEDS), ("aer", 1)])
def test_many_seeds_are_tried_where_errors_are_reported(name: str, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without reports there is nothing to choose by."""
    tried: list[int] = []
    make = layouts.generate_preset_pass_manager

    def counting(*, seed_transpiler: int, **options: object) -> object:
        tried.append(seed_transpiler)
        return make(seed_transpiler=seed_transpiler, **options)

    monkeypatch.setattr(layouts, "generate_preset_pass_manager", counting)
    device(name).prepare(logical(4), Transpile(seed=5))
    assert tried == list(range(5, 5 + wanted))


def test_a_limited_search_ends_after_as_many_layouts_as_our_own() -> None:
    """Without the limit the searches of level 3 look at a hundred times as many."""
    manager = generate_preset_pass_manager(3, backend=FakeManilaV2(), seed_transpiler=1)
    searches = [item for item in layouts._passes(manager.to_flow_controller()) if isinstance(item, VF2PostLayout)]
    assert max(search.max_trials for search in searches) > 2500
    layouts.limit(manager)
    assert max(search.max_trials for search in searches) == 2500


def test_a_backend_without_reported_errors_cannot_be_followed() -> None:
    """Refused with the key and what to set."""
    with pytest.raises(InputError, match="set layout to auto") as refusal:
        device("aer").prepare(logical(4), Transpile(layout="reported-errors"))
    assert refusal.value.where == ("transpile", "layout")


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"initial_layout": (0, 1), "layout": "reported-errors"}, "layout"),
        ({"layout": "reported"}, "layout"),
        ({"fractional_gates": "maybe"}, "fractional_gates"),
        ({"seeds": 0}, "seeds"),
    ],
)
def test_what_is_no_choice_is_refused(options: dict[str, object], key: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(InputError) as refusal:
        Transpile(**options)
    assert refusal.value.where == ("transpile", key)
