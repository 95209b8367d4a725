"""H2 at 0.735 angstrom with shots, against full configuration interaction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt import simulate

ROOT = Path(__file__).parents[2]
FCI = -1.1373060358  # Ha, STO-3G, PySCF 2.14
CHEMICAL_ACCURACY = 1.6e-3  # Ha


def test_vqe_with_shots_reaches_chemical_accuracy(tmp_path: Path) -> None:
    """The settings of configs/h2.yaml end within 1.6 mHa of FCI, and say so within their error."""
    problem = qopt.Operator.from_file(ROOT / "problems" / "molecules" / "h2_0.735_parity.json")
    ansatz = qopt.hardware_efficient(2, reps=1)
    result = qopt.run(
        problem,
        ansatz=ansatz,
        objective=qopt.Expectation(32768),
        optimizer=qopt.Scipy("COBYQA", {"final_tr_radius": 0.005}),
        budget=qopt.Budget(evaluations=150),
        seed=7,
        folder=tmp_path,
    )
    exact = simulate.expectations(ansatz.circuit, np.array([result.point]), [problem.hamiltonian()])[0, 0]
    assert exact - FCI < CHEMICAL_ACCURACY
    assert abs(result.value - FCI) < CHEMICAL_ACCURACY
    assert abs(result.value - exact) < 3 * result.stderr
    assert result.reference is not None
    assert result.reference.value == pytest.approx(FCI, abs=1e-8)
