"""Problems and optimizers in files of the user's own, by the YAML and by the Python API, which are the same run."""

from __future__ import annotations

from pathlib import Path

import pytest

import qopt
from qopt.assemble import spec_of
from qopt.config import Loaded, parse_config
from qopt.journal import read
from qopt.runner import execute

ROOT = Path(__file__).parents[1]
COVER = """\
name: cover
seed: 7
problem: {type: problems/vertex_cover.py:VertexCover, graph: house.edges, penalty: 2.0}
ansatz: {type: qaoa, layers: 1}
start: {type: values, values: [0.4, 0.3]}
objective: {type: sampled, shots: 256}
optimizer: {type: descent.py:descend, steps: 3}
"""
DESCENT = '''\
"""An optimizer of one's own."""

import numpy as np


def descend(evaluate, start, rng, steps: int = 5, rate: float = 0.05):
    """Steepest descent by central differences."""
    point = np.array(start)
    for _ in range(steps):
        point = point - rate * evaluate.gradient(point).gradient
    return point
'''
HOUSE = "0 1\n1 2\n2 3\n3 0\n0 4\n1 4\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a problem, an optimizer and a graph; a house needs three nodes to be covered."""
    (tmp_path / "problems").mkdir()
    (tmp_path / "problems" / "vertex_cover.py").write_text((ROOT / "problems" / "vertex_cover.py").read_text())
    (tmp_path / "descent.py").write_text(DESCENT)
    (tmp_path / "house.edges").write_text(HOUSE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(folder: Path, text: str = COVER) -> Loaded:
    """The config as if it stood in the folder."""
    return parse_config(text, folder / "cover.yaml")


def run(folder: Path, text: str = COVER) -> qopt.Result:
    """What `qopt run cover.yaml` does."""
    return execute(spec_of(loaded(folder, text), folder), folder / "runs")


def test_a_custom_problem_finds_what_brute_force_finds(folder: Path) -> None:
    """Told in its own words: the nodes of a smallest cover."""
    result = run(folder)
    assert result.reference is not None
    assert result.best is not None
    assert result.best.value == result.reference.value == 3.0
    assert result.units == "nodes"
    assert all(result.best.bits[int(u)] == "1" or result.best.bits[int(v)] == "1" for u, v in (line.split() for line in HOUSE.splitlines()))


def test_a_custom_optimizer_asks_what_it_was_written_to_ask(folder: Path) -> None:
    """Three gradients of two parameters are fifteen points in three jobs, and one final."""
    result = run(folder)
    assert (result.evaluations, result.jobs) == (15, 4)
    assert not result.converged
    assert "does not say" in result.status


def test_the_same_run_from_python_is_the_same_run(folder: Path) -> None:
    """Built by hand it has the same identity: the stored result comes back, and nothing is measured."""
    first = run(folder)
    before = read(folder / "runs" / "cover").records
    spec = spec_of(loaded(folder), folder)
    from_python = qopt.run(
        spec.problem,
        ansatz=qopt.qaoa(spec.hamiltonian, 1),
        start=[0.4, 0.3],
        objective=qopt.Sampled(256),
        optimizer=spec.optimizer,
        seed=7,
        name="cover",
        folder=folder / "runs",
    )
    assert from_python == first
    assert read(folder / "runs" / "cover").records == before


def test_an_edited_optimizer_is_another_one(folder: Path) -> None:
    """Its file is part of the run's identity."""
    run(folder)
    (folder / "descent.py").write_text(DESCENT.replace("0.05", "0.07"))
    with pytest.raises(qopt.errors.IdentityError, match="the optimizer"):
        run(folder)


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("penalty", "penalti", ("problem", "penalti"), "did you mean 'penalty'"),
        ("graph: house.edges, ", "", ("problem",), "needs the key 'graph'"),
        ("steps", "stepps", ("optimizer", "stepps"), "did you mean 'steps'"),
        ("VertexCover", "VertexKover", ("problem", "type"), "did you mean 'VertexCover'"),
        ("descent.py", "descents.py", ("optimizer", "type"), "did you mean 'descent.py'"),
        ("house.edges", "houses.edges", ("problem",), "houses.edges"),
    ],
)
def test_mistakes_in_custom_parts_are_told_with_their_key(folder: Path, old: str, new: str, where: tuple[str, ...], words: str) -> None:
    """As for built-in parts."""
    with pytest.raises(qopt.InputError, match=words) as refusal:
        spec_of(loaded(folder, COVER.replace(old, new)), folder)
    assert refusal.value.where == where


def test_a_file_that_can_not_be_imported_is_told_with_its_line(folder: Path) -> None:
    """The user's own traceback, in one line."""
    (folder / "descent.py").write_text("import numpy\n\n1 / 0\n")
    with pytest.raises(qopt.InputError, match=r"ZeroDivisionError: division by zero \(descent.py line 3\)"):
        spec_of(loaded(folder), folder)


def test_code_outside_the_working_directory_is_not_loaded(folder: Path) -> None:
    """Neither by a path nor by a link; nothing of it is executed."""
    outside = folder.parent / f"{folder.name}-outside.py"
    outside.write_text(f"open({str(folder / 'marker')!r}, 'w')\n{DESCENT}")
    (folder / "link.py").symlink_to(outside)
    for path in (f"../{outside.name}", "link.py"):
        with pytest.raises(qopt.InputError, match="below the working directory"):
            spec_of(loaded(folder, COVER.replace("descent.py", path)), folder)
    assert not (folder / "marker").exists()


def test_an_energy_in_the_wrong_bit_order_is_refused_before_a_folder_exists(folder: Path) -> None:
    """The contract between a problem's own words and its Hamiltonian."""
    path = folder / "problems" / "vertex_cover.py"
    source = path.read_text()
    assert "def energy(self, bits: str)" in source
    path.write_text(
        source.replace("def energy(self, bits: str) -> float:", "def energy(self, bits: str) -> float:\n        bits = bits[::-1]", 1)
    )
    with pytest.raises(qopt.InputError, match="order of bits"):
        run(folder)
    assert not (folder / "runs").exists()
