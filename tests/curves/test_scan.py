"""Curves as a user has them, by `qopt run`: exact and noisy energies along a bond, warm starts, kills between points, and bad axes."""

from __future__ import annotations

import csv
import json
import re
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import Project, Server

from qopt.config import parse_config
from qopt.errors import InputError
from qopt.journal import Header, read
from qopt.problems import kept
from qopt.scan import specs_of

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.journal import Contents

LENGTHS = {"from": 0.5, "to": 2.5, "points": 5}
# Full configuration interaction of H2 in STO-3G, PySCF.
FCI = {"0.5": -1.055159794470623, "1.5": -0.9981493534714101, "2.0": -0.9486411121761855, "2.5": -0.9360549199556059}
FOUND = {"position": 0.734865227577154, "energy": -1.1373060512221214}
CURVE: dict[str, Any] = {
    "name": "curve",
    "seed": 7,
    "problem": {"type": "molecule", "geometry": "H 0 0 0; H 0 0 {r}", "tapering": False},
    "ansatz": {"type": "kupccgsd", "k": 2},
    "objective": {"type": "exact"},
    "sweep": {"axes": {"r": LENGTHS}},
}
NOISY = {
    **CURVE,
    "problem": {"type": "molecule", "geometry": "H 0 0 0; H 0 0 {r}"},
    "ansatz": {"type": "uccsd"},
    "objective": {"type": "expectation", "shots": 2000},
    "optimizer": {"type": "spsa", "iterations": 4},
    "execution": {"backend": "aer", "mode": "job"},
    "sweep": {"axes": {"r": [0.7, 1.0, 1.5]}},
}


def rows_of(project: Project) -> list[dict[str, str]]:
    """The table of a curve."""
    with (project.home / "table.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A curve that nobody disturbed."""
    project = Project(server, tmp_path_factory.mktemp("whole"), CURVE)
    project.run(figure=True)
    return project


def test_the_curve_of_hydrogen_is_the_exact_one(whole: Project) -> None:
    """Every point to 1e-6 Ha of full configuration interaction, which the table has beside it; a figure is drawn."""
    rows = rows_of(whole)
    assert [row["r"] for row in rows] == ["0.5", "1.0", "1.5", "2.0", "2.5"]
    for row in rows:
        assert abs(float(row["difference"])) < 1e-6
        assert float(row["value"]) - float(row["exact"]) == pytest.approx(float(row["difference"]), abs=1e-12)
        assert float(row["exact"]) == pytest.approx(FCI.get(row["r"], float(row["exact"])), abs=1e-8)
        assert float(row["hf"]) > float(row["exact"])
        assert row["kept"] in ("forward", "backward")
    assert (whole.home / "curve.svg").stat().st_size > 1000
    assert sorted(path.name for path in whole.home.iterdir() if path.is_dir())[:2] == ["r-0.5", "r-0.5-back"]


def test_a_warm_start_saves_evaluations(server: Server, tmp_path: Path, whole: Project) -> None:
    """From its neighbours a point takes at most 70% of the evaluations that it takes from the ansatz's own start."""
    cold = Project(server, tmp_path, {**CURVE, "start": {"type": "random"}})
    cold.run()
    saved = sum(int(row["evaluations"]) for row in rows_of(whole)) / sum(int(row["evaluations"]) for row in rows_of(cold))
    assert saved <= 0.7


def test_the_minimum_is_found_by_a_fit(server: Server, tmp_path: Path) -> None:
    """Near the equilibrium bond length: 0.7349 angstrom within the error that the fit states, and within 0.001."""
    axes = {"r": {"from": 0.65, "to": 0.85, "points": 5}}
    project = Project(server, tmp_path, {**CURVE, "ansatz": {"type": "uccsd"}, "sweep": {"axes": axes, "backward": False}})
    project.run()
    told = json.loads((project.home / "curve.json").read_text())
    assert told["coordinate"] == "r"
    assert told["minimum"]["position"] == pytest.approx(FOUND["position"], abs=1e-3)
    assert told["minimum"]["energy"] == pytest.approx(FOUND["energy"], abs=1e-5)
    assert abs(told["minimum"]["position"] - FOUND["position"]) < 5 * told["minimum"]["position_stderr"] + 1e-4


@pytest.mark.parametrize(
    "failpoint",
    ["answered:12", "finished:4", *(pytest.param(at, marks=pytest.mark.nightly) for at in ("opened:3", "begun:6", "folded:9", "frozen:2"))],
)
def test_a_curve_that_is_killed_goes_on_to_the_same_table(server: Server, tmp_path: Path, whole: Project, failpoint: str) -> None:
    """Between two points or within one: byte by byte, and points that were done are not measured again."""
    project = Project(server, tmp_path, CURVE)
    assert project.start(QOPT_FAILPOINT=failpoint).wait() == -signal.SIGKILL
    done = {path.parent: path.read_bytes() for path in project.home.glob("*/result.json")}
    project.run()
    assert (project.home / "table.csv").read_bytes() == (whole.home / "table.csv").read_bytes()
    assert (project.home / "curve.json").read_bytes() == (whole.home / "curve.json").read_bytes()
    for folder, result in done.items():
        assert (folder / "result.json").read_bytes() == result
    before = {path: path.stat().st_mtime_ns for path in project.home.glob("*/run.sqlite")}
    project.run()
    assert (project.home / "table.csv").read_bytes() == (whole.home / "table.csv").read_bytes()
    assert len(before) == 9


def test_a_noisy_curve_has_errors(server: Server, tmp_path: Path) -> None:
    """Every point with its standard error, within 6 of them of the exact energy or a little above; killed, it ends the same."""
    project = Project(server, tmp_path / "whole", NOISY)
    project.run()
    for row in rows_of(project):
        assert 0 < float(row["stderr"]) < 0.05
        assert -6 * float(row["stderr"]) < float(row["difference"]) < 6 * float(row["stderr"]) + 0.05
    killed = Project(server, tmp_path / "killed", NOISY)
    assert killed.start(QOPT_FAILPOINT="answered:9").wait() == -signal.SIGKILL
    killed.run()
    for name in ("table.csv", "curve.json"):
        assert (killed.home / name).read_bytes() == (project.home / name).read_bytes()


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown axis": ({"sweep": {"axes": {"q": [0.5, 0.7]}}}, r"problem.geometry: .* has no number for \{r\}, expected an axis"),
    "two axes": ({"sweep": {"axes": {"r": [0.5, 0.7], "seed": [1, 2]}}}, r"sweep.axes: a curve has one axis, these are r, seed"),
    "two coordinates": (
        {"problem": {"type": "molecule", "geometry": "H 0 0 0; H 0 {s} {r}"}},
        r"problem.geometry: .* has no number for \{s\}",
    ),
    "duplicates": ({"sweep": {"axes": {"r": [0.5, 0.7, 0.50]}}}, r"sweep.axes.r: got \[0.5, 0.7, 0.5\], expected each value once"),
    "words": ({"sweep": {"axes": {"r": [0.5, "far"]}}}, r"sweep.axes.r: got \[0.5, 'far'\], expected numbers"),
    "no placeholder": ({"problem": {"type": "molecule", "geometry": "H 0 0 0; H 0 0 0.7"}}, r"sweep.axes.r: unknown axis 'r'"),
    "half a brace": ({"problem": {"type": "molecule", "geometry": "H 0 0 0; H 0 0 {r"}}, r"problem.geometry: .* a brace without its other"),
    "no sweep": ({"sweep": None}, r"problem.geometry: .* has no number for \{r\}, expected an axis"),
    "no such file": ({"problem": {"type": "molecule", "geometry": "{r}.xyz"}}, r"problem(.geometry)?: .*\.xyz"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_axis_is_refused_in_a_sentence(server: Server, tmp_path: Path, case: str) -> None:
    """With the place in the file, and before anything is written; `qopt check` says the same."""
    changes, message = BAD[case]
    project = Project(server, tmp_path, {key: value for key, value in {**CURVE, **changes}.items() if value is not None})
    said = project.run(code=2).strip()
    assert "\n" not in said, said
    assert re.match(rf"config.yaml:1:\d+: {message}", said), said
    assert not project.home.exists()
    if case != "no placeholder":  # then it is a sweep like any other, whose axes are looked at when it is begun
        project.run("check", "config.yaml", code=2)


def test_a_curve_is_checked_and_planned(server: Server, tmp_path: Path) -> None:
    """`qopt check` and `qopt plan` take a curve as they take a run; nothing is written."""
    project = Project(server, tmp_path, NOISY)
    said = project.run("check", "config.yaml")
    assert "wrong" not in said
    assert re.search(r"runs +5\n", project.run("plan", "config.yaml"))  # there and back
    assert not project.home.exists()


def test_lengths_that_are_not_shipped_need_pyscf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "pyscf", None)
    config = {**CURVE, "sweep": {"axes": {"r": [0.5, 0.512345]}}}
    loaded = parse_config(json.dumps(config), tmp_path / "config.yaml", ())
    with pytest.raises(InputError, match=re.escape("pip install 'qopt-vqa[chem]'")):
        specs_of(loaded, tmp_path)


@pytest.mark.extra
def test_an_angle_is_an_axis_and_so_is_a_coordinate_in_a_file(server: Server, tmp_path: Path) -> None:
    """A z-matrix and a file .xyz with a placeholder; water's energy is lowest near its own angle."""
    zmatrix = "O; H 1 0.99; H 1 0.99 2 {angle}"
    base = {**CURVE, "ansatz": {"type": "puccd"}, "budget": {"evaluations": 3}}
    water = {"type": "molecule", "geometry": zmatrix, "frozen_core": True, "active_space": {"electrons": 4, "orbitals": 4}}
    project = Project(server, tmp_path / "angle", {**base, "problem": water, "sweep": {"axes": {"angle": [80.0, 100.0, 140.0]}}})
    project.run()
    energies = [float(row["value"]) for row in rows_of(project)]
    assert energies[1] < min(energies[0], energies[2])


@pytest.mark.extra
def test_a_computed_curve_is_read_again_and_its_points_are_finished(server: Server, tmp_path: Path) -> None:
    """Lithium hydride with a frozen core: the second run changes nothing, and a point is finished by itself."""
    lithium_hydride = {"type": "molecule", "geometry": "Li 0 0 0; H 0 0 {r}", "frozen_core": True}
    project = Project(
        server,
        tmp_path,
        {**CURVE, "problem": lithium_hydride, "ansatz": {"type": "puccd"}, "sweep": {"axes": {"r": [1.3, 1.6, 2.0]}, "backward": False}},
    )
    project.run()
    table, journals = (project.home / "table.csv").read_bytes(), journals_of(project)
    project.run()
    assert (project.home / "table.csv").read_bytes() == table
    assert journals_of(project) == journals
    project.run("finish", "r-1.6", "--runs", "runs/curve", "--progress", "none")
    value = next(row["value"] for row in rows_of(project) if row["r"] == "1.6")
    assert json.loads((project.home / "r-1.6" / "result.json").read_text())["value"] == float(value)
    # What a point keeps is what it goes on with: another molecule there is another run.
    point = project.home / "r-1.6"
    data = kept.read(point / kept.FILE)
    assert data is not None
    kept.write(replace(data, integrals=replace(data.integrals, constant=data.integrals.constant + 1e-3)), point)
    assert "r-1.6 holds another run" in project.run(code=2)


def journals_of(project: Project) -> dict[str, Contents]:
    """What every point of a curve has recorded."""
    return {path.parent.name: read(path.parent) for path in sorted(project.home.glob("*/run.sqlite"))}


def starts_of(project: Project) -> dict[str, list[float]]:
    """Where the run at every point began, as recorded."""
    journals = journals_of(project)
    return {name: header.identity["start"] for name in journals for header in journals[name].records if isinstance(header, Header)}


def test_a_curve_whose_budget_is_raised_goes_on_from_its_recorded_starts(server: Server, tmp_path: Path) -> None:
    """Though the neighbours have come further since; the energies are lower at every point."""
    axes = {"r": [0.6, 0.8, 1.1]}
    project = Project(server, tmp_path, {**CURVE, "sweep": {"axes": axes}, "budget": {"evaluations": 2}})
    project.run()
    starts, few = starts_of(project), rows_of(project)
    assert len(starts) == 5
    project.configure(budget={"evaluations": 20})
    project.run()
    assert starts_of(project) == starts
    for before, after in zip(few, rows_of(project), strict=True):
        assert int(before["evaluations"]) <= 2 < int(after["evaluations"])
        assert float(after["value"]) < float(before["value"]) - 1e-6


def test_a_curve_whose_axis_gets_further_values_goes_on(server: Server, tmp_path: Path) -> None:
    """In between and beyond: what was measured stays as it is, and only the new points are measured."""
    project = Project(server, tmp_path, {**CURVE, "ansatz": {"type": "uccsd"}, "sweep": {"axes": {"r": [0.6, 0.8, 1.1]}}})
    project.run()
    before, rows = journals_of(project), rows_of(project)
    project.configure(sweep={"axes": {"r": [0.5, 0.6, 0.7, 0.8, 1.1]}})
    project.run()
    after = rows_of(project)
    assert [row["r"] for row in after] == ["0.5", "0.6", "0.7", "0.8", "1.1"]
    assert all(abs(float(row["difference"])) < 1e-6 for row in after)
    assert {name: journals_of(project)[name] for name in before} == before
    assert [row for row in after if row["r"] in ("0.6", "0.8", "1.1")] == rows
