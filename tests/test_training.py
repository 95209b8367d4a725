"""Starts that are trained on the exact engine before a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qopt
from qopt import runner
from qopt.errors import InputError
from qopt.problems import graph_from_edges
from qopt.simulate.choice import Choice
from qopt.spec import specify
from qopt.training import train

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.journal import Event

H2 = SparsePauliOp.from_list([("II", -1.0523), ("IZ", 0.3979), ("ZI", -0.3979), ("ZZ", -0.0113), ("XX", 0.1809)])


def ring(nodes: int) -> qopt.MaxCut:
    """A cycle graph."""
    return qopt.MaxCut(graph_from_edges([(node, (node + 1) % nodes) for node in range(nodes)]))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_ring_is_trained_to_its_known_optimum(layers: int) -> None:
    """A long ring's best cut at depth p is (2 p + 1) / (2 p + 2) of its edges (Farhi et al. 2014; Wang et al. 2018, arXiv:1706.02998)."""
    problem = ring(10)
    hamiltonian = problem.hamiltonian()
    ansatz = qopt.qaoa(hamiltonian, layers)
    found = train(ansatz, hamiltonian, np.full(2 * layers, 0.1))
    assert -found.energy == pytest.approx(10 * (2 * layers + 1) / (2 * layers + 2), abs=1e-6)


def test_an_ansatz_without_a_structure_is_trained_too() -> None:
    """Hardware-efficient layers reach the ground state of H2."""
    ansatz = qopt.hardware_efficient(2, 1)
    found = train(ansatz, H2, np.full(len(ansatz.parameters), 0.3))
    assert found.energy == pytest.approx(np.linalg.eigvalsh(H2.to_matrix())[0], abs=1e-6)


def test_a_run_goes_on_from_its_own_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The angles are in the journal, and nothing is trained again."""
    arguments = {
        "start": "trained",
        "objective": qopt.Sampled(200),
        "optimizer": qopt.SPSA(iterations=3),
        "name": "ring",
        "folder": tmp_path,
    }
    first = qopt.run(ring(6), budget=qopt.Budget(evaluations=22), **arguments)
    monkeypatch.setattr(runner, "train", lambda *_: pytest.fail("it was trained again"))
    second = qopt.run(ring(6), budget=qopt.Budget(evaluations=24), **arguments)
    assert (first.evaluations, second.evaluations) == (22, 24)


def test_a_trained_run_is_not_the_one_that_begins_at_the_same_point(tmp_path: Path) -> None:
    """Whether the start was trained belongs to what a run is."""
    qopt.run(ring(6), start="trained", objective=qopt.Exact(), optimizer=qopt.MeasureStart(), name="ring", folder=tmp_path)
    with pytest.raises(qopt.QoptError, match="whether the start is trained"):
        qopt.run(ring(6), objective=qopt.Exact(), optimizer=qopt.MeasureStart(), name="ring", folder=tmp_path)


def test_another_word_is_refused(tmp_path: Path) -> None:
    """With the one that there is."""
    with pytest.raises(InputError, match="the start is 'train', expected 'trained' or the angles in radians"):
        qopt.run(ring(6), start="train", folder=tmp_path)


@pytest.mark.parametrize("needed", [True, False])
def test_a_wait_for_the_compiler_is_said_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: bool) -> None:  # noqa: FBT001 - a case
    """Once, and only where there is one."""
    monkeypatch.setattr(Choice, "compiles_first", lambda *_, **__: needed)
    events: list[Event] = []
    spec = specify(ring(6), objective=qopt.Exact(), optimizer=qopt.MeasureStart(), name="ring")
    runner.execute(spec, tmp_path, tell=events.append)
    assert sum("is compiled now" in event.detail.get("text", "") for event in events) == needed
