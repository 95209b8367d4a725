"""Running twice is the same as running once: any beginning of a journal leads to the same end, and a run is never taken for another."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.faults.runs import CASES, EXACT, Project, Server, config, submitted_again, told, trajectory

from qopt.journal import Answered, Event, Finished, Header, Journal

DIAL = '''"""An optimizer that is not deterministic: its steps follow a file."""

from pathlib import Path

import numpy as np


def wander(evaluate, start, rng):
    step = float(Path("dial").read_text())
    for number in range(4):
        evaluate(start[None, :] + number * step)
    return np.array(start)
'''
GOING_ON = {
    "COBYLA-sampled": 8,
    "Nelder-Mead-exact": 17,
    "SLSQP-sampled": 20,
    "spsa-sampled": 24,
    "differential-evolution-exact": 25,
    "custom-sampled": 9,
}
"""Cases, and evaluations after which each still has some to go."""


@pytest.fixture(scope="module", params=["COBYQA-sampled", "spsa-exact", "auto-sampled"])
def whole(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run."""
    project = Project(server, tmp_path_factory.mktemp("whole"), CASES[request.param])
    project.run()
    return project


@settings(max_examples=15)
@given(share=st.floats(0, 1))
def test_any_beginning_of_a_journal_leads_to_the_same_end(whole: Project, share: float) -> None:
    """What comes after the first n records is forgotten, for any n; the run goes on to the same bits, and a known job is not lost."""
    count = round(share * len(whole.contents().records))
    with tempfile.TemporaryDirectory() as folder:
        project = Project(whole.server, Path(folder), whole.config)
        begin(project, whole, count)
        project.run()
        assert told(project) == told(whole)
        assert submitted_again(project.contents()) <= 1


def begin(project: Project, whole: Project, count: int) -> None:
    """A run folder with the first `count` records of another's journal."""
    with Journal.open(whole.home) as source, Journal.open(project.home) as target:
        for record in source.records[:count]:
            raw = source.raw(record.stage, record.call) if isinstance(record, Answered) else None
            target.append(replace(record, raw=raw) if isinstance(record, Answered) else record)
    shutil.copytree(whole.home / "frozen", project.home / "frozen")
    shutil.copy(whole.home / "config.yaml", project.home)


def test_a_finished_run_is_shown_without_qiskit(server: Server, tmp_path: Path) -> None:
    """The stored result, the same words, nothing measured, nothing heavy imported, and result.json is made again."""
    project = Project(server, tmp_path, config("COBYLA"))
    said = project.run(figure=True)
    before, result = project.contents(), (project.home / "result.json").read_bytes()
    (project.home / "result.json").unlink()
    program = (
        "import sys; from qopt.cli import app; sys.argv = ['qopt', 'run', 'config.yaml']; app(standalone_mode=False); "
        "print(*[name for name in ('qiskit', 'qiskit_aer', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    *shown, imported = output.splitlines()
    assert imported == ""
    assert shown == said.splitlines()
    assert project.contents().records == before.records
    assert (project.home / "result.json").read_bytes() == result


def test_the_same_config_gives_the_same_bits_in_another_folder(server: Server, tmp_path: Path) -> None:
    """Nothing depends on where a run is or when; the ids of runs and jobs do."""
    one, other = (Project(server, tmp_path / name, config("auto")) for name in ("one", "other"))
    one.run()
    other.run()
    assert told(one) == told(other)
    ids = [next(record.run_id for record in project.contents().records if isinstance(record, Header)) for project in (one, other)]
    assert ids[0] != ids[1]


def last_result(project: Project) -> dict[str, Any]:
    """The latest result, without the shots and jobs, which earlier final measurements add to."""
    result = [record for record in project.contents().records if isinstance(record, Finished)][-1].result
    return {key: value for key, value in result.items() if key not in ("shots", "jobs")}


@pytest.mark.parametrize(("case", "evaluations"), GOING_ON.items())
def test_a_larger_budget_goes_on_where_the_optimizer_stood(server: Server, tmp_path: Path, case: str, evaluations: int) -> None:
    """Point for point it is the run that had the larger budget from the start; the first result is superseded."""
    directly = Project(server, tmp_path / "directly", {**CASES[case], "budget": {"evaluations": 40}})
    directly.run()
    project = Project(server, tmp_path / "raised", {**CASES[case], "budget": {"evaluations": evaluations}})
    project.run()
    part = trajectory(project.contents())
    project.configure(budget={"evaluations": 40})
    project.run()
    assert 0 < len(part) < len(trajectory(project.contents()))
    assert trajectory(project.contents()) == trajectory(directly.contents())
    assert last_result(project) == last_result(directly)
    assert sum(isinstance(record, Finished) for record in project.contents().records) == 2
    assert trajectory(project.contents(), "final")[-1:] == trajectory(directly.contents(), "final")


@pytest.mark.parametrize("case", GOING_ON)
def test_a_run_that_was_finished_on_request_goes_on(server: Server, tmp_path: Path, case: str) -> None:
    """`finish` measures the best point so far and gives a result; `run` later goes on as if nothing had happened."""
    undisturbed = Project(server, tmp_path / "undisturbed", CASES[case])
    undisturbed.run()
    project = Project(server, tmp_path / "finished", CASES[case])
    assert project.start(QOPT_FAILPOINT="answered:2").wait() == -signal.SIGKILL
    assert "finished on request" in project.run("finish", "run")
    assert len(trajectory(project.contents())) == 2
    project.run()
    assert trajectory(project.contents()) == trajectory(undisturbed.contents())
    assert last_result(project) == last_result(undisturbed)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 8}, "the seed: 7 there, 8 asked for"),
        ({"objective": {"type": "sampled", "shots": 512}}, r"the objective: .*256.* there, .*512.* asked for"),
        ({"optimizer": {"type": "scipy", "method": "COBYQA"}}, "the optimizer: .*COBYLA.* there, .*COBYQA.* asked for"),
        ({"start": {"type": "values", "values": [0.2, 0.4, 0.5, 0.31]}}, "the starting point: .*0.3.* there, .*0.31.* asked for"),
        ({"problem": {"type": "maxcut", "graph": {"edges": [[0, 1], [1, 2], [2, 3], [3, 4]]}}}, "the Hamiltonian"),
        ({"transpile": {"seed": 2}}, "the transpiler's settings"),
    ],
    ids=["seed", "objective", "optimizer", "start", "problem", "transpile"],
)
def test_another_run_under_the_same_name_is_refused(server: Server, tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    """With what differs and what to do; nothing is touched."""
    project = Project(server, tmp_path, config("COBYLA", budget={"evaluations": 3}))
    project.run()
    before = told(project)
    project.configure(**changes)
    said = project.run(code=2)
    assert re.search(rf"holds another run, which differs in .*{named}", said), said
    assert "Give this one another name" in said
    assert told(project) == before


def test_mode_and_budget_do_not_make_another_run(server: Server, tmp_path: Path) -> None:
    """What may change between two parts of a run: here it was interrupted in a Session and goes on in job mode, to the same bits."""
    undisturbed = Project(server, tmp_path / "undisturbed", config("COBYLA"))
    undisturbed.run()
    project = Project(server, tmp_path / "changed", config("COBYLA", budget={"evaluations": 8}))
    assert project.start(QOPT_FAILPOINT="answered:5").wait() == -signal.SIGKILL
    project.configure(execution={"mode": "job", "backend": "aer"}, budget={"evaluations": 30})
    project.run()
    assert trajectory(project.contents()) == trajectory(undisturbed.contents())


def test_a_fork_begins_at_the_best_point_and_names_its_parent(server: Server, tmp_path: Path) -> None:
    """A run of its own with the options of now; the parent is left as it is."""
    project = Project(server, tmp_path, config("COBYLA", budget={"evaluations": 8}))
    project.run()
    before = told(project)
    project.configure(seed=8, optimizer={"type": "spsa", "iterations": 2})
    project.run("run", "config.yaml", "--fork")
    assert told(project) == before
    parent = next(record for record in project.contents().records if isinstance(record, Header))
    asked = [
        (float(re.search(r"values=\[(.*?)\]", line)[1]), re.search(r"\[\[(.*?)\]\]", line)[1])  # type: ignore[index]
        for line in trajectory(project.contents())
    ]
    lowest = min(asked, key=lambda call: call[0])
    fork = replace(project, config={**project.config, "name": "run-fork"})
    header = next(record for record in fork.contents().records if isinstance(record, Header))
    assert header.parent == parent.run_id
    assert header.identity["start"] == [float(angle) for angle in lowest[1].split(",")]
    assert header.identity["seed"] == 8
    assert fork.finished()


@pytest.fixture
def wandering(server: Server, tmp_path: Path) -> Project:
    """A run of the optimizer that is not deterministic, killed at its third call."""
    project = Project(server, tmp_path, config("none", EXACT, optimizer={"type": "dial.py:wander"}))
    (tmp_path / "dial.py").write_text(DIAL)
    (tmp_path / "dial").write_text("0.1")
    assert project.start(QOPT_FAILPOINT="answered:3").wait() == -signal.SIGKILL
    return project


def test_an_optimizer_that_asks_for_another_point_is_refused(wandering: Project) -> None:
    """With the call, the distance and the environment; nothing is measured; --fork begins anew."""
    (wandering.folder / "dial").write_text("0.35")
    before = wandering.contents().records
    said = wandering.run(code=4)
    assert "call main 1: the point that the optimizer asks for lies 0.25 rad away" in said
    assert "The environment is the recorded one, so the optimizer itself is not deterministic." in said
    assert "add --fork" in said
    assert wandering.contents().records == before
    wandering.run("run", "config.yaml", "--fork")
    (wandering.folder / "dial").write_text("0.1")
    wandering.run()


def test_a_changed_environment_is_named_where_a_replay_diverges(wandering: Project) -> None:
    """So that it can be rebuilt."""
    (wandering.folder / "dial").write_text("0.2")
    before = os.environ.get("OPENBLAS_CORETYPE")
    assert f"The environment changed: OPENBLAS_CORETYPE {before} -> another." in wandering.run(code=4, OPENBLAS_CORETYPE="another")


def test_a_point_that_differs_by_rounding_is_the_same_point(wandering: Project) -> None:
    """The run goes on with what was measured, and says in the journal that it is not bit-identical."""
    (wandering.folder / "dial").write_text("0.10000000000001")
    wandering.run()
    events = [record.name for record in wandering.contents().records if isinstance(record, Event)]
    assert events.count("replay is not bit-identical") == 1
