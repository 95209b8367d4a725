"""What a result says of its final state beside the energy: electrons, spin and density, with errors, from the shots of the last job."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from tests.emulator.clients import needs_client_side

import qopt
from qopt.journal import Answered, read
from qopt.optimizers import SPSA, MeasureStart
from qopt.problems.molecular_data import from_fcidump, shipped
from qopt.problems.molecule import Mapper, Molecule

if TYPE_CHECKING:
    from qopt.types import Result

FCIDUMP = Path(__file__).parent / "data" / "fcidump" / "h4.fcidump"
SEEDS = range(12)
WIDE = Molecule(shipped("h2"), mapper="jordan-wigner", tapering=False)


def measured(problem: Molecule, folder: Path, *, shots: int | None = None, seed: int = 0, **more: Any) -> Result:
    """A run that measures its start alone."""
    objective = qopt.Exact() if shots is None else qopt.Expectation(shots)
    return qopt.run(problem, objective=objective, optimizer=MeasureStart(), seed=seed, folder=folder, name=f"run-{seed}", **more)


def assert_within(values: list[float], stderrs: list[float], exact: float) -> None:
    """As far from the exact value as errors say: no deviation of 5, and about one of 1 on average."""
    assert all(stderr > 0 for stderr in stderrs)
    deviations = (np.array(values) - exact) / np.array(stderrs)
    assert np.abs(deviations).max() < 5
    assert np.abs(deviations.mean()) < 4 / np.sqrt(len(deviations))
    assert 0.3 < np.sqrt((deviations**2).mean()) < 2


@pytest.mark.parametrize("mapper", ["jordan-wigner", "parity", "bravyi-kitaev"])
@pytest.mark.parametrize("tapering", [True, False])
def test_of_a_correlated_state_they_are_exact(tmp_path: Path, mapper: Mapper, *, tapering: bool) -> None:
    """H4 by UCCSD: four electrons, no spin, a density whose trace is the number of electrons, occupations between 0 and 2."""
    result = qopt.run(Molecule(shipped("h4"), mapper=mapper, tapering=tapering), objective=qopt.Exact(), folder=tmp_path)
    found = {name: item.value for name, item in result.properties.items()}
    assert found == pytest.approx({"N": 4.0, "Sz": 0.0, "S2": 0.0, "dipole x": 0.0, "dipole y": 0.0, "dipole z": 0.0}, abs=1e-5)
    assert all(item.stderr == 0 for item in result.properties.values())
    assert result.density is not None
    density = np.array(result.density.values)
    np.testing.assert_array_equal(density, density.T)
    assert np.trace(density) == pytest.approx(4.0, abs=1e-9)
    occupations = np.array(result.density.occupations)
    assert (np.diff(occupations) <= 0).all()
    assert 1.9 < occupations[0] < 2
    assert 0 < occupations[-1] < 0.1
    assert occupations.sum() == pytest.approx(4.0, abs=1e-9)
    assert result.warnings == ()


def test_with_shots_they_are_right_within_their_errors(tmp_path: Path) -> None:
    """At a point where the state of H4 is correlated; numbers that the circuit conserves don't scatter."""
    molecule = Molecule(shipped("h4"))
    start = 0.15 * np.cos(np.arange(len(molecule.ansatz().parameters)))
    exact = measured(molecule, tmp_path / "exact", start=start)
    found = [measured(molecule, tmp_path / "shots", shots=400, seed=seed, start=start) for seed in range(8)]
    assert exact.density is not None
    for result in found:
        assert result.properties["N"].value == pytest.approx(4.0, abs=1e-9)
        assert result.properties["Sz"].value == pytest.approx(0.0, abs=1e-9)
        assert result.density is not None
        assert np.trace(np.array(result.density.values)) == pytest.approx(4.0, abs=1e-9)
    assert_within([r.properties["S2"].value for r in found], [r.properties["S2"].stderr for r in found], exact.properties["S2"].value)
    for p, q in ((0, 0), (1, 1), (0, 2), (1, 3)):
        pairs = [(r.density.values[p][q], r.density.stderrs[p][q]) for r in found if r.density is not None]
        assert_within([value for value, _ in pairs], [stderr for _, stderr in pairs], exact.density.values[p][q])


def test_a_state_with_another_number_of_electrons_says_so(tmp_path: Path) -> None:
    """A hardware-efficient circuit conserves nothing: its N, Sz and S^2 are compared with what was looked for, exactly and with shots."""
    ansatz = qopt.hardware_efficient(4, reps=1)
    start = np.linspace(0.1, 1.0, len(ansatz.parameters))
    exact = measured(WIDE, tmp_path / "exact", ansatz=ansatz, start=start)
    assert exact.properties["N"].expected == 2.0
    found = [measured(WIDE, tmp_path / "shots", shots=400, seed=seed, ansatz=ansatz, start=start) for seed in SEEDS]
    for result in (exact, *found):
        assert any(re.match(r"N is [01]\.\d+.*expected 2:", warning) for warning in result.warnings)
        assert any(warning.startswith("Sz is -0.") for warning in result.warnings)
        assert list(result.to_json()["warnings"]) == list(result.warnings)
    for name in ("N", "Sz", "S2"):
        values, stderrs = ([getattr(result.properties[name], key) for result in found] for key in ("value", "stderr"))
        assert_within(values, stderrs, exact.properties[name].value)


def test_noise_alone_is_no_reason_to_warn(tmp_path: Path) -> None:
    """Over seeds a right state is not called wrong."""
    warned = [measured(WIDE, tmp_path, shots=50, seed=seed).warnings for seed in SEEDS]
    assert warned == [()] * len(SEEDS)


def test_they_are_measured_in_the_job_of_the_final_energy_and_counted(tmp_path: Path) -> None:
    """One job for both; every shot of every stage is in the result's number."""
    result = qopt.run(WIDE, objective=qopt.Expectation(50), optimizer=SPSA(iterations=1), folder=tmp_path, name="run")
    answers = [record for record in read(tmp_path / "run").records if isinstance(record, Answered)]
    assert [answer.stage for answer in answers].count("final") == 1
    assert result.shots == sum(answer.shots or 0 for answer in answers)
    assert set(result.properties) >= {"N", "Sz", "S2"}
    final = next(answer for answer in answers if answer.stage == "final")
    assert result.groups is not None
    assert (final.shots or 0) >= 2 * 50 * result.groups


@needs_client_side
@pytest.mark.parametrize("preset", ["light", pytest.param("full", marks=pytest.mark.nightly)])
def test_error_mitigation_acts_on_them_as_on_the_energy(tmp_path: Path, preset: Literal["light", "full"]) -> None:
    """The errors are those of the Estimator, none is missing, and values are near those without noise."""
    molecule = Molecule(shipped("h2"), mapper="parity", tapering=False)
    ansatz = qopt.hardware_efficient(2, reps=1)
    more = {"ansatz": ansatz, "start": [0.1, 0.2, 0.3, 0.4]}
    execution = qopt.Execution(backend="fake_manila", primitives="client", mitigation=qopt.Mitigation(preset=preset))
    exact = measured(molecule, tmp_path / "exact", **more)
    result = measured(molecule, tmp_path / "mitigated", shots=256, execution=execution, **more)
    assert result.properties.keys() == exact.properties.keys()
    for name, item in result.properties.items():
        assert np.isfinite(item.stderr)
        assert abs(item.value - exact.properties[name].value) < 6 * item.stderr + 0.1, name
    assert result.properties["S2"].stderr > 0
    assert result.density is not None
    assert np.isfinite(np.array(result.density.occupation_stderrs)).all()


# Full configuration interaction by PySCF 2.14: dipole moments in e a0, the nuclei included, and occupations of natural orbitals.
DIPOLES = {"lih": (0.0, 0.0, -1.81771566), "h2o": (0.389116754, 0.502551251, 0.0)}
OCCUPATIONS = {
    "lih": (1.99991109, 1.95462038, 0.0423598813, 0.00152459928),
    "h2o": (1.99999774, 1.99832452, 1.99796513, 1.97700976, 1.97399943, 0.02652617, 0.02617725),
}


@pytest.mark.parametrize("name", ["lih", pytest.param("h2o", marks=pytest.mark.nightly)])
def test_dipole_and_occupations_are_the_known_ones(tmp_path: Path, name: str) -> None:
    """UCCSD is near full configuration interaction."""
    result = qopt.run(Molecule(shipped(name)), objective=qopt.Exact(), folder=tmp_path)
    for axis, expected in zip("xyz", DIPOLES[name], strict=True):
        item = result.properties[f"dipole {axis}"]
        assert (item.value, item.units) == (pytest.approx(expected, abs=1e-3), "e a0")
    assert result.density is not None
    known = OCCUPATIONS[name]
    assert result.density.occupations[: len(known)] == pytest.approx(known, abs=1e-3)


def test_integrals_from_a_file_have_no_dipole(tmp_path: Path) -> None:
    """What can't be known is left out, not invented."""
    result = measured(Molecule(from_fcidump(FCIDUMP)), tmp_path)
    assert set(result.properties) == {"N", "Sz", "S2"}
