"""Aer's options: what excludes what, where they act, and that they reach the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator

import qopt
from qopt import Execution, InputError, MaxCut, MeasureStart, Sampled, Simulator
from qopt.execution import backends
from qopt.objective import Exact, Expectation
from qopt.spec import specify

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.spec import Spec

RING = MaxCut([[0, 1], [1, 2], [2, 3], [3, 0]])


def spec(backend: object, simulator: Simulator, objective: object = None) -> Spec:
    """A run of one job."""
    execution = Execution(backend=backend, simulator=simulator)
    return specify(RING, objective=objective or Sampled(64), optimizer=MeasureStart(), execution=execution)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"max_bond_dimension": 8}, "max_bond_dimension"),
        ({"method": "statevector", "truncation": 1e-8}, "truncation"),
        ({"method": "matrix_product_state", "precision": "single"}, "precision"),
        ({"method": "matrix_product_state", "device": "GPU"}, "device"),
        ({"threads": 0}, "threads"),
    ],
)
def test_what_excludes_each_other_is_refused(options: dict[str, Any], key: str) -> None:
    """With the key to change."""
    with pytest.raises(InputError, match=f"{key} is"):
        Simulator(**options)


def test_a_gpu_that_aer_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is built, in one sentence."""
    monkeypatch.setattr(AerSimulator, "available_devices", lambda _: ("CPU",))
    with pytest.raises(InputError, match="device is GPU") as refused:
        spec("aer", Simulator(device="GPU"))
    assert refused.value.where == ("execution", "simulator", "device")


def test_a_gpu_that_aer_has_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Aer's own name."""
    monkeypatch.setattr(AerSimulator, "available_devices", lambda _: ("CPU", "GPU"))
    assert Simulator(device="GPU").options(noisy=False) == {"method": "statevector", "device": "GPU"}


@pytest.mark.parametrize("backend", [None, "fake_manila"])
def test_options_reach_aer(backend: str | None) -> None:
    """Plain Aer and a fake device's."""
    chosen = Simulator("matrix_product_state", threads=3, max_bond_dimension=8, truncation=1e-6)
    options = backends.simulator(backend and backends.resolve(backend), (0, 1), chosen).options
    assert options.method == "matrix_product_state"
    assert options.max_parallel_threads == 3
    assert options.matrix_product_state_max_bond_dimension == 8
    assert options.matrix_product_state_truncation_threshold == 1e-6


def test_nothing_said_is_what_it_was() -> None:
    """The statevector on plain Aer; Aer's choice where there is noise; no trace in a run's identity."""
    assert Simulator().options(noisy=False) == {"method": "statevector"}
    assert Simulator().options(noisy=True) == {}
    assert "simulator" not in spec("aer", Simulator(threads=2)).identity()


def test_what_changes_numbers_belongs_to_the_run() -> None:
    """Another bond dimension is another run; `result.engine` names the method."""
    chosen = spec("aer", Simulator("matrix_product_state", max_bond_dimension=4, threads=2))
    assert chosen.identity()["simulator"] == {"method": "matrix_product_state", "max_bond_dimension": 4}
    assert "on aer (matrix_product_state)" in chosen.engine


@pytest.mark.parametrize(("backend", "reason"), [("statevector", "computed without them"), (AerSimulator(), "options of its own")])
def test_options_without_effect_are_said(backend: object, reason: str) -> None:
    """And belong to no identity."""
    told = spec(backend, Simulator("density_matrix"), Exact() if backend == "statevector" else None)
    assert any(note.startswith("simulator: no effect") and reason in note for note in told.notes)
    assert "simulator" not in told.identity()


@pytest.mark.parametrize("method", ["statevector", "density_matrix", "matrix_product_state"])
def test_every_method_measures_the_same(method: Any, tmp_path: Path) -> None:
    """Within five standard errors of the exact value of the start."""
    chosen = spec("aer", Simulator(method), Expectation(4096))
    result = qopt.run(
        RING,
        objective=Expectation(4096),
        optimizer=MeasureStart(),
        execution=Execution(backend="aer", primitives="aer", simulator=Simulator(method)),
        folder=tmp_path,
    )
    values = dict(zip(chosen.ansatz.parameters, chosen.start.tolist(), strict=True))
    state = Statevector(chosen.ansatz.circuit.assign_parameters({p: values[p.name] for p in chosen.ansatz.circuit.parameters}))
    assert abs(result.value) == pytest.approx(abs(np.real(state.expectation_value(chosen.hamiltonian))), abs=5.0 * result.stderr)


@pytest.mark.parametrize(("simulator", "qubits"), [(Simulator("density_matrix"), 15), (Simulator(), 29)])
def test_what_does_not_fit_in_memory_is_refused(simulator: Simulator, qubits: int, tmp_path: Path) -> None:
    """A density matrix takes the square of a statevector."""
    wide = MaxCut([[i, i + 1] for i in range(qubits - 1)])
    with pytest.raises(InputError, match=f"the problem has {qubits} qubits"):
        qopt.run(wide, optimizer=MeasureStart(), execution=Execution(backend="aer", simulator=simulator), folder=tmp_path)


def test_a_matrix_product_state_takes_wide_circuits(tmp_path: Path) -> None:
    """A chain of 36, whose interior edges are cut with probability 3/4 at one layer's optimum."""
    result = qopt.run(
        MaxCut([[i, i + 1] for i in range(35)]),
        objective=Sampled(256),
        optimizer=MeasureStart(),
        execution=Execution(backend="aer", primitives="aer", simulator=Simulator("matrix_product_state", max_bond_dimension=16)),
        folder=tmp_path,
    )
    assert result.value == pytest.approx(0.75 * 35, abs=3.0)
