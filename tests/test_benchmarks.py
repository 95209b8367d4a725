"""The comparison with other packages: its processes, on contenders made for the purpose, its verdicts and its problems."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from qopt.ansatze.excitations import uccsd
from qopt.problems.fcidump import read_fcidump
from qopt.simulate.excitations import ExcitationEngine

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
SUM = """
PACKAGES = ("numpy",)

class Sum:
    def energies(self, points):
        return points.sum(axis=1) + {error}

    def gradient(self, point):
        return point.sum() + {error}, [1.0] * len(point)

def prepare(problem, threads):
    return Sum()
"""
"""A package whose energy is the sum of the angles, and an error."""
POINTS = [[0.1, 0.2], [0.3, 0.4]]


@pytest.fixture(autouse=True)
def engine_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import the benchmark's modules as its command does, and contenders from the test's folder."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "engine"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT / "src")]))


def module(name: str) -> ModuleType:
    """One of the benchmark's modules."""
    return importlib.import_module(name)


def measured(folder: Path, sources: dict[str, str], quantity: str = "energy", **pace: float) -> dict[str, Any]:
    """What is measured of contenders with these modules, by name."""
    agreement, harness, sections = module("agreement"), module("harness"), module("sections")
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    settings = harness.Pace(**{"rounds": 2, "repeats": 2, "budget": 0.1, "patience": 30.0} | pace)
    with sections.Setting(None, [1]).field([harness.Contender(name, name) for name in sources], 1) as contenders:
        starters = contenders.prepare({"kind": "none"}, settings.patience)
        return starters.measure(quantity, agreement.Checks(POINTS), POINTS, settings)


def test_contenders_that_agree_are_timed_in_every_round(tmp_path: Path) -> None:
    """Two packages that say the same, but for rounding errors, each get their turn in each round."""
    timings = measured(tmp_path, {"first": SUM.format(error=0), "second": SUM.format(error=1e-10)}, "gradient")
    assert {name: (timing.missing, len(timing.rounds)) for name, timing in timings.items()} == {"first": ("", 2), "second": ("", 2)}
    assert all(seconds > 0 for timing in timings.values() for seconds in timing.rounds)


@pytest.mark.parametrize("quantity", ["energy", "gradient", "batch"])
def test_a_disagreement_is_reported_and_not_timed(tmp_path: Path, quantity: str) -> None:
    """Whoever differs from the first by more than 1e-8 has no numbers, and the row says by how much it differs."""
    timings = measured(tmp_path, {"first": SUM.format(error=0), "second": SUM.format(error=1e-6)}, quantity)
    assert timings["second"].missing == "DISAGREES with first by 1.0e-06"
    assert not timings["second"].rounds
    assert timings["first"].rounds


def test_what_cannot_take_part_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """A package that isn't installed, one that dies and one that is too slow each say why they have no numbers."""
    late = SUM.format(error=0).replace("return Sum()", "import time; time.sleep(60)")
    sources = {
        "first": SUM.format(error=0),
        "absent": "import a_package_that_nobody_has\n",
        "dying": SUM.format(error=0).replace("return Sum()", "import os; os._exit(3)"),
        "late": late,
    }
    timings = measured(tmp_path, sources, patience=2.0)
    assert "a_package_that_nobody_has" in timings["absent"].missing
    assert "died" in timings["dying"].missing
    assert timings["late"].missing == "no answer within 2 s"
    assert len(timings["first"].rounds) == 2


def test_a_missing_environment_is_named_in_the_row(tmp_path: Path) -> None:
    """The printed table says which environment there isn't, and what makes it."""
    agreement, harness, records, sections = (module(name) for name in ("agreement", "harness", "records", "sections"))
    with sections.Setting(tmp_path, [1]).field([harness.Contender("other", "other", "nowhere")], 1) as contenders:
        timings = contenders.prepare({}, 1.0).measure("energy", agreement.Checks([]), POINTS, harness.Pace())
    record = records.of_timing(records.Record("qaoa", {"n": 12}, 1, "energy", "other"), timings["other"])
    assert "  other                      missing: there is no environment nowhere: environments.py makes it" in [*records.table([record])]


def test_a_verdict_names_the_worst_case() -> None:
    """A line is met if all of its cases are, and tells which one came out worst."""
    records, criteria = module("records"), module("criteria")

    def record(n: int, contender: str, median: float) -> object:
        return records.Record("qaoa", {"n": n, "p": 1}, 1, "energy", contender, median, median, median, 1)

    numbers = [record(16, "qopt", 1.0), record(16, "other", 7.0), record(20, "qopt", 1.0), record(20, "other", 5.0)]
    best = next(criteria.verdicts(numbers))
    assert (best.verdict, best.detail) == ("NOT MET", "1 of 2; worst 5 times, qaoa: n = 20, p = 1, energy, 1 thread, other")
    assert next(criteria.verdicts(numbers[:2])).verdict == "met"
    assert next(criteria.verdicts([])).verdict == "not measured"


def test_pauli_strings_of_a_molecule_are_what_the_engine_computes() -> None:
    """Matrices of the strings that other packages get have the energies that the engine has from integrals and excitations."""
    file = ROOT / "tests" / "data" / "fcidump" / "h2.fcidump"
    problem, integrals = module("instances").uccsd(file), read_fcidump(file)
    engine = ExcitationEngine(integrals, uccsd(integrals.norb, integrals.electrons), 3)
    state = np.zeros(16, dtype=np.complex128)
    state[0b0101] = 1.0
    point = np.array([0.3, -0.2, 0.7])
    for angle, strings in zip(point, problem["rotations"], strict=True):
        for c, letters, qubits in strings:
            state = np.cos(angle * c) * state + 1j * np.sin(angle * c) * (pauli(letters, qubits, 4) @ state)
    hamiltonian = sum(c * pauli(letters, qubits, 4) for c, letters, qubits in problem["hamiltonian"])
    assert np.vdot(state, hamiltonian @ state).real == pytest.approx(engine.energies(point[None])[0], abs=1e-12)


def pauli(letters: str, on: list[int], qubits: int) -> np.ndarray:
    """The matrix of a Pauli string; bit i of an index is qubit i."""
    single = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}
    acting, matrix = dict(zip(on, letters, strict=True)), np.eye(1)
    for qubit in range(qubits):
        matrix = np.kron(single[acting.get(qubit, "I")], matrix)
    return matrix
