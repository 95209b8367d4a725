"""A canary for a token: whatever fails, it is in no message, no file of a run and no export."""

from __future__ import annotations

import json
import os
import shutil
import signal
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.faults.runs import Project, Server, config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "zC4nary-of-the-environment_0123456789abcdefX"  # noqa: S105 - a canary
"""In the environment, as long as a token of IBM is."""
SAVED = "zC4nary-of-a-saved-account_0123456789abcdefX"
"""In the client's file of accounts."""
WRITTEN = "zC4nary-written-by-hand"
"""In a config or on a command line, where nobody knows it; shorter than what any pattern finds."""

BASE = """\
name: run
seed: 7
problem: {type: maxcut, graph: {edges: [[0, 1], [1, 2], [2, 0], [2, 3]]}}
objective: {type: sampled, shots: 64}
optimizer: {type: scipy, method: COBYLA}
budget: {evaluations: 4}
"""
CONFIGS = {
    "at the top": f"token: {WRITTEN}",
    "where jobs run": f"execution: {{token: {WRITTEN}}}",
    "with a hyphen": f"execution: {{api-key: {WRITTEN}}}",
    "in camel case": f"execution: {{accessToken: {WRITTEN}}}",
    "a password": f"transpile: {{password: {WRITTEN}}}",
    "a secret": f"execution: {{client_secret: {WRITTEN}}}",
    "the variable's name": f"QISKIT_IBM_TOKEN: {WRITTEN}",
    "a list": f"token: [{WRITTEN}, {WRITTEN}]",
    "a mapping": f"token: {{default: {WRITTEN}, {WRITTEN}: 1}}",
    "in a list": f"sweep: [{{token: {WRITTEN}}}]",
    "with a tag": f"token: !{WRITTEN} x",
    "with an anchor": f"token: &{WRITTEN} x",
    "an alias": f"token: *{WRITTEN}",
    "twice": f"token: {WRITTEN}\ntoken: {WRITTEN}2",
    "before a mistake in the syntax": f"execution: {{token: {WRITTEN}\nname: x",
    "with a character that is none": f'token: "{WRITTEN}\\u0007"',
    "as text where a mapping is expected": f"execution: token={WRITTEN}",
    "the environment's as a backend": f"execution: {{backend: {TOKEN}}}",
    "the environment's as an instance": f'execution: {{instance: "{TOKEN}"}}',
    "the saved one as a region": f"execution: {{region: x{SAVED}}}",
    "the environment's as a start": f"start: {{type: run, run: ../{TOKEN}}}",
    "the environment's as a key": f"transpile: {{{TOKEN}: 1}}",
}
COMMANDS = {
    "an override": ["run", "config.yaml", f"execution.token={WRITTEN}"],
    "an override at the top": ["run", "config.yaml", f"token={WRITTEN}"],
    "an override of the variable": ["run", "config.yaml", f"QISKIT_IBM_TOKEN={WRITTEN}"],
    "an override with a colon": ["run", "config.yaml", f"token:{WRITTEN}"],
    "an override that is no YAML": ["run", "config.yaml", f"execution.api_key=[{WRITTEN}"],
    "an override of the backend": ["run", "config.yaml", f"execution.backend={TOKEN}"],
    "an option": ["run", "config.yaml", f"--token={WRITTEN}"],
    "a config": ["run", f"{TOKEN}.yaml"],
    "an override of the recording": ["run", "config.yaml", f"execution.backend=recording:{TOKEN}"],
    "a recorded run": ["export", TOKEN],
    "a run to show": ["show", TOKEN],
    "a run to finish": ["finish", SAVED],
    "a run to look at": ["status", TOKEN],
    "a run to watch": ["watch", SAVED],
    "a run to cancel": ["cancel", TOKEN],
    "a job": ["job", f"{TOKEN}!"],
    "a Session to close": ["sessions", "--close", f"{SAVED}!"],
    "a folder of runs": ["list", "--runs", f"config.yaml/{TOKEN}"],
    "a fork of nothing": ["run", "config.yaml", "--fork"],
    "a device that is none": ["run", "config.yaml", "execution.backend=fake_manilla"],
}
OPTIMIZERS = {
    "raises it": "raise RuntimeError(TOKEN)",
    "raises all of the environment": "raise RuntimeError(dict(os.environ))",
    "raises it as a cause": "raise ValueError('x') from KeyError(TOKEN)",
    "raises it as a refusal": "raise qopt.InputError(f'got {TOKEN}')",
    "raises it as a backend's failure": "raise qopt.BackendError(f'401 for {TOKEN}')",
    "raises it as in a URL": "raise OSError(f'GET https://x/?apikey={quote(TOKEN)}')",
    "raises it as a header": "raise OSError({'Authorization': f'Bearer {TOKEN}'})",
    "raises a saved one": "raise OSError(json.loads(Path('~/.qiskit/qiskit-ibm.json').expanduser().read_text()))",
    "ends with it": "sys.exit(TOKEN)",
    "raises what is no exception": "raise type('Odd', (BaseException,), {})(TOKEN)",
    "returns it as a point": "return TOKEN",
    "asks for it": "return evaluate(TOKEN)",
}
MINE = """\
import json, os, sys
from pathlib import Path
from urllib.parse import quote

import qopt

TOKEN = os.environ["QISKIT_IBM_TOKEN"]


def search(evaluate, start, rng):
    evaluate(start[None, :])
    {body}


class Told(qopt.MaxCut):
    def __init__(self):
        super().__init__([[0, 1], [1, 2]])

    def {method}(self, bits=None):
        raise RuntimeError(f"no access with {{TOKEN}}")
"""


@pytest.fixture
def project(server: Server, tmp_path: Path) -> Project:
    """A user's folder, with an account saved in the home above it."""
    saved = {"default": {"channel": "ibm_quantum_platform", "token": SAVED, "instance": "crn:v1:x"}}
    (tmp_path / ".qiskit").mkdir()
    (tmp_path / ".qiskit" / "qiskit-ibm.json").write_text(json.dumps(saved), encoding="utf-8")
    made = Project(server, tmp_path / "project", config("COBYLA"))
    (made.folder / "config.yaml").write_text(BASE, encoding="utf-8")
    return made


def fails(project: Project, *arguments: str) -> str:
    """What a command says that fails with the canaries around it; they are in nothing that it says or leaves."""
    process = project.start(*arguments, figure=True, QISKIT_IBM_TOKEN=TOKEN, HOME=str(project.folder.parent))
    assert process.wait() != 0, process.said()
    assert_silent(project)
    return process.said()


def assert_silent(project: Project) -> None:
    """No canary is in what was said, or in any file that qopt wrote; nor is one in the name of such a file."""
    files = [*project.folder.glob("output-*.txt"), *project.folder.rglob("runs/**/*"), *project.folder.glob("*.recording")]
    for path in files:
        assert not any(canary in str(path.relative_to(project.folder)) for canary in (TOKEN, SAVED, WRITTEN)), path
        for content in _contents(path) if path.is_file() else ():
            assert not any(canary.encode() in content for canary in (TOKEN, SAVED, WRITTEN)), path


def _contents(path: Path) -> list[bytes]:
    if not zipfile.is_zipfile(path):
        return [path.read_bytes()]
    with zipfile.ZipFile(path) as archive:
        return [path.read_bytes(), *map(archive.read, archive.namelist())]


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_in_a_config(project: Project, text: str) -> None:
    """It is refused with the reason where it is known for what it is, and never quoted."""
    (project.folder / "config.yaml").write_text(BASE + text, encoding="utf-8")
    said = fails(project)
    assert "Traceback" not in said
    assert ("credentials are never read from a config" in said) == ("token=" not in text)
    assert not (project.folder / "runs").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_command_line(project: Project, name: str) -> None:
    """It is refused, with the reason where it would have got into a config, and not quoted back."""
    said = fails(project, *COMMANDS[name])
    assert "Traceback" not in said
    assert ("credentials are never read" in said) == ("override" in name)


@pytest.mark.parametrize("body", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_from_an_optimizer(project: Project, body: str) -> None:
    """Whatever code of the user's own raises, returns or asks for."""
    (project.folder / "mine.py").write_text(MINE.format(body=body, method="unused"), encoding="utf-8")
    fails(project, "run", "config.yaml", "optimizer={type: mine.py:search}")
    assert (project.folder / "runs" / "run" / "run.sqlite").exists()


@pytest.mark.parametrize("method", ["__init__", "hamiltonian", "ansatz", "energy", "energies", "exact", "interpret"])
def test_from_a_problem(project: Project, method: str) -> None:
    """Before a run folder exists, and after everything was measured."""
    (project.folder / "mine.py").write_text(MINE.format(body="pass", method=method), encoding="utf-8")
    assert "***" in fails(project, "run", "config.yaml", "problem={type: mine.py:Told}")


def test_from_an_import(project: Project) -> None:
    """A file of the user's own that can't be imported."""
    (project.folder / "mine.py").write_text("import os\nraise ImportError(os.environ['QISKIT_IBM_TOKEN'])", encoding="utf-8")
    assert "***" in fails(project, "run", "config.yaml", "optimizer={type: mine.py:search}")


def _damage(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).write_bytes(TOKEN.encode() * 500) and None


def _lose_frozen(home: Path) -> None:
    shutil.rmtree(home / "frozen")


def _break_frozen(home: Path) -> None:
    for path in (home / "frozen").iterdir():
        path.write_text(TOKEN)


@pytest.mark.parametrize(
    "harm", [_damage("run.sqlite"), _damage("run.head"), _lose_frozen, _break_frozen], ids=["journal", "head", "lost", "frozen"]
)
@pytest.mark.parametrize(
    "arguments", [["run", "config.yaml", "budget.evaluations=6"], ["export", "run", "--recording"]], ids=["run", "export"]
)
def test_from_a_damaged_run(project: Project, harm: Callable[[Path], None], arguments: list[str]) -> None:
    """What stands in the place of what was written is not quoted."""
    project.run()
    harm(project.home)
    process = project.start(*arguments, QISKIT_IBM_TOKEN=TOKEN)
    assert process.wait() in (0, 4)
    assert TOKEN not in process.said()
    assert "Traceback" not in process.said()


def test_in_whatever_a_run_leaves(project: Project) -> None:
    """A run that is killed, goes on, is finished, shown, listed and exported, with an optimizer that tells the canary."""
    message = "return qopt.Outcome(start, True, f'authorised as {TOKEN}')"
    (project.folder / "mine.py").write_text(MINE.format(body=message, method="unused"), encoding="utf-8")
    around = {"QISKIT_IBM_TOKEN": TOKEN, "HOME": str(project.folder.parent)}
    command = ["run", "config.yaml", "optimizer={type: mine.py:search}"]
    assert project.start(*command, QOPT_FAILPOINT="answered:1", **around).wait() == -signal.SIGKILL
    assert_silent(project)
    for arguments in (command, ["finish", "run"], ["show", "run"], ["list"], ["export", "run"], ["export", "run", "--recording"]):
        process = project.start(*arguments, figure=True, **around)
        assert process.wait() == 0, process.said()
    assert_silent(project)
    assert "authorised as ***" in (project.home / "result.json").read_text()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_their_owner_s_alone(tmp_path: Path, umask: int) -> None:
    """Under any umask, from the folder of runs down: journals, frozen files, figures, tables, recordings; also of a run that was killed."""
    before = os.umask(umask)
    try:
        own = Server()
    finally:
        os.umask(before)
    with own as server:
        project = Project(server, tmp_path / "project", config("COBYLA"))
        (project.folder / "config.yaml").write_text(BASE, encoding="utf-8")
        project.run("run", "config.yaml", figure=True)
        project.run("run", "config.yaml", "name=many", "sweep={axes: {seed: [0, 1]}}", figure=True)
        project.run("run", "config.yaml", "name=grid", "sweep={axes: {gamma_1: [0, 1], beta_1: [0, 1]}}", figure=True)
        project.run("export", "run", "--recording")
        killed = project.start("run", "config.yaml", "name=killed", QOPT_FAILPOINT="answered:2")
        assert killed.wait() == -signal.SIGKILL
    made = [project.folder / "run.recording", project.folder / "runs", *(project.folder / "runs").rglob("*")]
    modes = {str(path.relative_to(project.folder)): oct(path.stat().st_mode & 0o777) for path in made}
    assert {"runs/killed/run.sqlite-wal", "runs/many/table.csv", "runs/grid/landscape.png", "runs/many/seed-1/frozen"} <= modes.keys()
    assert modes == {str(path.relative_to(project.folder)): "0o700" if path.is_dir() else "0o600" for path in made}
