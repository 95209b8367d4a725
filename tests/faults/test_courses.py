"""Runs that go through several circuits (ADAPT, layerwise growth, deflation) are as durable as runs of one: killed, stopped, continued."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.faults.course_runs import COURSES, GROWING, H2, left, told
from tests.faults.runs import Project, Server, submitted_again, trajectory
from tests.faults.test_kill import FAILPOINTS, STAGES
from tests.properties.test_replay import begin

from qopt.journal import Finished

if TYPE_CHECKING:
    from collections.abc import Callable


def cases(*daily: str) -> pytest.MarkDecorator:
    """All courses; those that are not named are left out every day."""
    return pytest.mark.parametrize("case", [name if name in daily else pytest.param(name, marks=pytest.mark.nightly) for name in COURSES])


CASE = cases("adapt-exact", "adapt-sampled", "vqd-sampled")


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """A finished run of a course that nobody killed; each is run once. How often it came by each failpoint is in reached.json."""
    known: dict[str, Project] = {}

    def find(case: str) -> Project:
        if case not in known:
            known[case] = Project(server, tmp_path_factory.mktemp("whole"), COURSES[case])
            known[case].run(QOPT_FAILPOINT="none:0", QOPT_REACHED="reached.json")
        return known[case]

    return find


def reached(project: Project) -> dict[str, int]:
    """How often a run came by each failpoint; one that starts again freezes no other circuit."""
    known: dict[str, int] = json.loads((project.folder / "reached.json").read_text())
    return known


def assert_same(project: Project, expected: Project, kills: int) -> None:
    """The run left the same, and every kill cost one submission at most."""
    assert told(project) == told(expected)
    assert submitted_again(project.contents()) <= kills


@cases("adapt-exact")
def test_a_course_that_is_killed_at_every_boundary_in_turn_ends_with_the_same_bits(
    server: Server, tmp_path: Path, whole: Callable[[str], Project], case: str
) -> None:
    """One run, killed as soon as it comes by a boundary, at one boundary after the other."""
    project, kills = Project(server, tmp_path, COURSES[case]), 0
    stages = [name for name in STAGES if name in reached(whole(case))]
    for failpoint in (*FAILPOINTS[:3], *stages, *FAILPOINTS[3:-4], *stages, *FAILPOINTS[-4:]):
        kills += project.start(QOPT_FAILPOINT=f"{failpoint}:1").wait() == -signal.SIGKILL
    project.run()
    assert kills > 12
    assert_same(project, whole(case), kills)


@pytest.mark.parametrize("failpoint", [*STAGES, *(pytest.param(name, marks=pytest.mark.nightly) for name in FAILPOINTS)])
@cases("adapt-sampled", "vqd-sampled")
def test_a_course_that_is_killed_at_a_boundary_ends_with_the_same_bits(
    server: Server, tmp_path: Path, whole: Callable[[str], Project], case: str, failpoint: str
) -> None:
    """The first and the last time that it comes by."""
    times = reached(whole(case)).get(failpoint, 0)
    for k in sorted({1, times} if times else {}):
        project = Project(server, tmp_path / str(k), COURSES[case])
        code = project.start(QOPT_FAILPOINT=f"{failpoint}:{k}").wait()
        assert code == -signal.SIGKILL or (code, failpoint) == (0, "headed")
        project.run()
        assert_same(project, whole(case), 1)


@settings(max_examples=3)
@given(share=st.floats(0, 1))
@CASE
def test_any_beginning_of_a_course_leads_to_the_same_end(whole: Callable[[str], Project], case: str, share: float) -> None:
    """What comes after the first n records is forgotten, for any n, circuits that were frozen then included."""
    expected = whole(case)
    count = round(share * len(expected.contents().records))
    with tempfile.TemporaryDirectory() as folder:
        project = Project(expected.server, Path(folder), expected.config)
        begin(project, expected, count)
        project.run()
        assert_same(project, expected, 1)


BUDGETS = {
    "adapt-exact": (3, 11),
    "adapt-tetris-exact": (8, 12),
    "adapt-sampled": (20, 21),
    "growth-exact": (5, 9),
    "growth-sampled": (21, 50),
    "restarts-sampled": (21, 50),
    "vqd-exact": (3, 12),
    "vqd-sampled": (21, 50),
}
"""Cases, and evaluations at which each is stopped first and later."""


@CASE
def test_a_larger_budget_goes_on_with_the_course(server: Server, tmp_path: Path, whole: Callable[[str], Project], case: str) -> None:
    """Stopped twice and let go on it is, question for question, the run that was never stopped; each stop gave a result of its own."""
    project = Project(server, tmp_path, COURSES[case])
    for evaluations in BUDGETS[case]:
        project.configure(budget={"evaluations": evaluations})
        project.run()
        result = json.loads((project.home / "result.json").read_text())
        assert "budget" in result["status"]
        assert not result["converged"]
        assert result["evaluations"] <= evaluations
        assert len(result["point"]) == len(result["parameters"])
    project.configure(budget={})
    project.run()
    found, expected = left(project.contents()), left(whole(case).contents())
    for stage in expected.keys() - {"finished", "final", "frozen"}:
        assert found[stage] == expected[stage], stage
    assert set(found["frozen"]) >= set(expected["frozen"])
    assert found["final"][-1:] == expected["final"][-1:]
    assert last_result(project) == last_result(whole(case))


@CASE
def test_a_course_that_was_finished_on_request_goes_on(server: Server, tmp_path: Path, whole: Callable[[str], Project], case: str) -> None:
    """`finish` measures what has come of it so far; `run` later goes on as if nothing had happened."""
    project = Project(server, tmp_path, COURSES[case])
    assert project.start(QOPT_FAILPOINT=f"answered:{2 if case == 'adapt-sampled' else 4}").wait() == -signal.SIGKILL
    answered = len(trajectory(project.contents()))
    assert "finished on request" in project.run("finish", "run").replace("\n", " ")
    assert len(trajectory(project.contents())) == answered
    project.run()
    found, expected = left(project.contents()), left(whole(case).contents())
    for stage in expected.keys() - {"finished", "final"}:
        assert found[stage] == expected[stage], stage
    assert last_result(project) == last_result(whole(case))


def last_result(project: Project) -> dict[str, Any]:
    """The latest result, without the shots and jobs, which earlier final measurements add to."""
    result = [record for record in project.contents().records if isinstance(record, Finished)][-1].result
    return {key: value for key, value in result.items() if key not in ("shots", "jobs")}


@pytest.fixture
def killed(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A run of a course that was killed when half of its answers were recorded."""
    project = Project(server, tmp_path / "killed", COURSES[request.param])
    assert project.start(QOPT_FAILPOINT=f"{'stage begun' if request.param != 'adapt-sampled' else 'answered'}:1").wait() == -signal.SIGKILL
    return project


@pytest.mark.parametrize("killed", ["adapt-exact", "growth-sampled", "vqd-sampled"], indirect=True)
def test_a_missing_circuit_of_a_course_is_named(killed: Project) -> None:
    """One sentence with the file, nothing is measured; with the file back the run goes on."""
    stage = [record.detail for record in killed.contents().records if getattr(record, "name", "") == "stage"][-1]
    file = killed.home / "frozen" / f"{stage['circuit']}.qpy"
    file.rename(killed.folder / "kept")
    before = killed.contents().records
    said = killed.run(code=4)
    assert file.name in said
    assert said.count("\n") <= 3
    assert "Traceback" not in said
    assert killed.contents().records == before
    shutil.move(killed.folder / "kept", file)
    killed.run()


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "pool": ("adapt-exact", {"ansatz": {"type": "adapt", "operators": 3, "pool": "generalised"}}),
    "qubit pool": ("adapt-exact", {"ansatz": {"type": "adapt", "operators": 3, "pool": "qubit"}}),
    "tetris": ("adapt-exact", {"ansatz": {"type": "adapt", "operators": 3, "tetris": True}}),
    "gradient": ("adapt-exact", {"ansatz": {"type": "adapt", "operators": 3, "gradient": 0.01}}),
    "lookahead": ("adapt-exact", {"ansatz": {"type": "adapt", "operators": 3, "lookahead": 0}}),
    "uccsd": ("adapt-exact", {"ansatz": {"type": "uccsd"}}),
    "levels": ("vqd-sampled", {"excited_states": {"levels": 2, "tries": 1}}),
    "tries": ("vqd-sampled", {"excited_states": {"levels": 3, "tries": 2}}),
    "weight": ("vqd-sampled", {"excited_states": {"levels": 3, "tries": 1, "weight": 2.5}}),
    "reps": ("growth-sampled", {"ansatz": {**GROWING, "reps": 2}}),
    "no growth": ("growth-sampled", {"ansatz": {"type": "hardware-efficient", "reps": 1}}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_course_under_the_same_name_is_refused(server: Server, tmp_path: Path, change: str) -> None:
    """It is another run; nothing is touched."""
    case, changes = CHANGES[change]
    project = Project(server, tmp_path, COURSES[case])
    assert project.start(QOPT_FAILPOINT="begun:1").wait() == -signal.SIGKILL
    before = project.contents().records
    project.configure(**changes)
    said = project.run(code=2)
    assert "holds another run, which differs in" in said
    assert "Give this one another name" in said
    assert project.contents().records == before


@pytest.mark.parametrize("case", ["adapt-exact", "growth-sampled", "vqd-sampled"])
def test_a_course_is_not_forked(whole: Callable[[str], Project], tmp_path: Path, case: str) -> None:
    """It begins at no single point: one sentence, and no new folder."""
    project = whole(case).copy(tmp_path / "copy")
    said = project.run("run", "config.yaml", "--fork", code=2)
    assert "can't be forked" in said
    assert said.count("\n") == 1
    assert not project.home.with_name("run-fork").exists()


def test_a_run_that_grew_is_not_forked_by_one_that_does_not(whole: Callable[[str], Project], tmp_path: Path) -> None:
    """Its points are of several circuits, whatever the config has become."""
    project = whole("growth-sampled").copy(tmp_path / "copy")
    project.configure(ansatz={"type": "hardware-efficient", "reps": 1})
    said = project.run("run", "config.yaml", "--fork", code=2)
    assert "can't be forked" in said
    assert "begin a run from values" in said


@CASE
def test_a_course_is_shown_listed_and_drawn(whole: Callable[[str], Project], tmp_path: Path, case: str) -> None:
    """Also one that is not finished; nothing ends with a traceback."""
    project = whole(case).copy(tmp_path / "copy")
    for arguments in (("show", "run"), ("list",), ("status", "run"), ("show", "run", "--json")):
        assert "Traceback" not in project.run(*arguments)
    project.run(figure=True)
    assert (project.home / "convergence.svg").stat().st_size > 1000
    half = Project(project.server, tmp_path / "half", project.config)
    begin(half, project, len(project.contents().records) // 2)
    for arguments in (("show", "run"), ("list",), ("status", "run")):
        assert "Traceback" not in half.run(*arguments)


@pytest.mark.parametrize("case", ["adapt-exact", "adapt-sampled", "vqd-sampled"])
def test_a_recording_of_a_course_is_refused(whole: Callable[[str], Project], tmp_path: Path, case: str) -> None:
    """A recording holds one circuit: one sentence that says so, and no file."""
    project = whole(case).copy(tmp_path / "copy")
    said = project.run("export", "run", "--recording", code=2)
    assert "several circuits" in said
    assert said.count("\n") <= 3
    assert not list(project.folder.glob("*.recording"))


@CASE
def test_a_course_is_exported_as_csv(whole: Callable[[str], Project], tmp_path: Path, case: str) -> None:
    """Every row has the columns of the header, whichever circuit its point is of; values and points read back unchanged."""
    project = whole(case).copy(tmp_path / "copy")
    header, *rows = [line.split(",") for line in project.run("export", "run").splitlines()]
    assert {len(row) for row in rows} == {len(header)}
    for row in rows:
        named = dict(zip(header, row, strict=True))
        float(named["value"])
        assert named["stage"] in ("main", "final", "pool", "overlap")
    result = json.loads((project.home / "result.json").read_text())
    final = [dict(zip(header, row, strict=True)) for row in rows if row[header.index("stage")] == "final"]
    points = [[float(named[name]) for name in result["parameters"]] for named in final]
    assert result["point"] in points


def test_the_two_ways_to_grow_do_not_mix(server: Server, tmp_path: Path) -> None:
    """Excited states of a circuit that grows are refused before anything is written."""
    project = Project(server, tmp_path, {**COURSES["growth-sampled"], "problem": H2, "excited_states": {"levels": 2}})
    said = project.run(code=2)
    assert "the circuit grows for the ground state alone" in said
    assert not project.home.exists()
