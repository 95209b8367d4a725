"""The command line as people use it: exit codes, places of errors, and nothing heavy where nothing heavy is needed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = """\
seed: 7
problem:
  type: maxcut
  graph: {edges: [[0, 1, 1.0], [1, 2, 2.0], [2, 3, 1.0], [3, 4, 1.5], [4, 0, 1.0]]}
ansatz: {type: qaoa, layers: 1}
objective: {type: sampled, shots: 128}
optimizer: {type: scipy, method: COBYLA}
execution: {mode: session, backend: aer}
budget: {evaluations: 8}
"""


def qopt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader would, in that folder."""
    return subprocess.run([sys.executable, "-m", "qopt", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with a finished run in it."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "ring.yaml").write_text(CONFIG)
    finished = qopt(folder, "run", "ring.yaml")
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A working directory with a config and no run."""
    (tmp_path / "ring.yaml").write_text(CONFIG)
    return tmp_path


def imported(folder: Path, *arguments: str) -> set[str]:
    """The top-level packages that a command imports."""
    code = "import sys; from qopt.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "command", [["--help"], ["list"], ["show", "ring"], ["show", "ring", "--json"], ["status", "ring"], ["schema"], ["run", "ring.yaml"]]
)
def test_what_needs_no_simulator_imports_none(folder: Path, command: list[str]) -> None:
    """Help, lists and the stored result of a finished run come without qiskit and scipy."""
    assert not imported(folder, *command) & {"qiskit", "qiskit_ibm_runtime", "qiskit_aer", "scipy", "matplotlib", "networkx"}


def test_a_run_leaves_its_files(folder: Path) -> None:
    """The journal, what is frozen, and everything derived; for the user's eyes only."""
    home = folder / "runs" / "ring"
    files = {"run.sqlite", "config.yaml", "checkpoint.json", "result.json", "convergence.png", "convergence.svg", "frozen"}
    assert files <= {path.name for path in home.iterdir()}
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "run.sqlite").stat().st_mode & 0o777 == 0o600


def test_show_json_is_the_result(folder: Path) -> None:
    """Nothing else is on standard output."""
    shown = json.loads(qopt(folder, "show", "ring", "--json").stdout)
    assert shown == json.loads((folder / "runs" / "ring" / "result.json").read_text())


def test_export_has_a_row_for_every_point(folder: Path) -> None:
    """In the problem's own sense, with the job's id."""
    rows = list(csv.DictReader(io.StringIO(qopt(folder, "export", "ring", "--csv").stdout)))
    main = [row for row in rows if row["stage"] == "main"]
    assert len(main) == 8
    assert all(float(row["value"]) > 0 and float(row["stderr"]) > 0 and row["job"] for row in main)


def test_the_resolved_config_reads_back(folder: Path) -> None:
    """Running the config that is kept in the run folder is the same run."""
    again = qopt(folder, "run", "runs/ring/config.yaml")
    assert again.returncode == 0, again.stderr
    assert json.loads((folder / "runs" / "ring" / "result.json").read_text())["evaluations"] == 8


def test_output_that_is_no_terminal_has_no_escape_codes(folder: Path) -> None:
    """Neither a finished run nor a list."""
    for command in (["run", "ring.yaml"], ["list"], ["show", "ring"]):
        done = qopt(folder, *command)
        assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("override", "place"),
    [
        ("optimizer.method=COBILA", "command line: optimizer.method: got text 'COBILA'"),
        ("problem.graph=missing.edges", "command line: problem.graph"),
        ("execution.backend=fake_manilla", "command line: execution.backend"),
        ("start={type: values, values: [0.1]}", "command line: start.values"),
        ("budget.shots=200", "command line: budget.shots"),
        ("objective.shots=1", "command line: objective.shots"),
        ("optimizer.options.rhobegg=0.1", "command line: optimizer.options.rhobegg"),
        ("problem.graph={edges: [[0, 0]]}", "command line: problem.graph.edges.0"),
        ("ansatz={type: hardware-efficient} start={type: ramp}", "command line: start.type"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_before_a_folder_exists(config: Path, override: str, place: str) -> None:
    """Exit code 2, one line that begins with the place, no traceback, no run folder."""
    done = qopt(config, "run", "ring.yaml", *(override.split(" start=") if " start=" in override else [override]))
    if " start=" in override:
        first, second = override.split(" start=")
        done = qopt(config, "run", "ring.yaml", first, f"start={second}")
    assert done.returncode == 2, done.stderr
    assert place in done.stderr
    assert "Traceback" not in done.stderr
    assert not (config / "runs").exists()


def test_late_errors_have_line_and_column(config: Path) -> None:
    """A self-loop is only seen when the graph is built; it is still told where it stands."""
    (config / "ring.yaml").write_text(CONFIG.replace("[1, 2, 2.0]", "[2, 2, 2.0]"))
    done = qopt(config, "run", "ring.yaml")
    assert done.returncode == 2
    assert "ring.yaml:4:32: problem.graph.edges.1: " in done.stderr


def test_no_warning_reaches_the_user(config: Path) -> None:
    """The primitives that qopt chose are deprecated, which is qopt's concern."""
    assert "Warning" not in qopt(config, "run", "ring.yaml").stderr


def test_not_converged_has_an_exit_code_when_asked_for(folder: Path) -> None:
    """Eight evaluations are a budget, not convergence."""
    assert qopt(folder, "run", "ring.yaml").returncode == 0
    assert qopt(folder, "run", "ring.yaml", "--require-convergence").returncode == 5


def test_another_run_under_the_same_name_is_refused(folder: Path) -> None:
    """With what differs and what to do."""
    done = qopt(folder, "run", "ring.yaml", "seed=8")
    assert done.returncode == 2
    assert "the seed: 7 there, 8 asked for" in done.stderr
    assert "another name" in done.stderr


def test_a_run_that_is_not_there_is_named(folder: Path) -> None:
    """With the command that lists those that are."""
    done = qopt(folder, "show", "other")
    assert done.returncode == 4
    assert "'other'" in done.stderr
    assert "qopt list" in done.stderr
    assert "did you mean 'ring'?" in qopt(folder, "show", "rign").stderr


def test_an_unknown_command_is_a_usage_error(folder: Path) -> None:
    """Exit code 2."""
    assert qopt(folder, "rnu").returncode == 2


def test_json_progress_is_one_object_a_line(config: Path) -> None:
    """For programs around qopt; the result stays alone on standard output."""
    done = qopt(config, "run", "ring.yaml", "--progress", "json", "budget.evaluations=4")
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [event["call"] for event in events if event.get("stage") == "main"] == [0, 1, 2, 3]
    assert done.stdout.startswith("ring")


def test_a_landscape_is_one_run_with_a_table(config: Path) -> None:
    """Every point of the grid once, in the grid's order."""
    done = qopt(
        config,
        "run",
        "ring.yaml",
        "name=map",
        "execution.mode=auto",
        "sweep={axes: {gamma_1: [0.1, 0.5], beta_1: {from: 0.0, to: 0.4, points: 3}}}",
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((config / "runs" / "map" / "table.csv").read_text())))
    assert [(float(row["gamma_1"]), round(float(row["beta_1"]), 6)) for row in rows] == [
        (g, b) for g in (0.1, 0.5) for b in (0.0, 0.2, 0.4)
    ]
    assert all(float(row["stderr"]) > 0 for row in rows)
    assert json.loads((config / "runs" / "map" / "result.json").read_text())["engine"].endswith("in a Batch")


def test_a_sweep_over_seeds_and_layers_is_a_table_of_runs(config: Path) -> None:
    """One row for each run; run again, nothing is measured again."""
    command = ["run", "ring.yaml", "name=grid", "sweep={axes: {seed: [1, 2], layers: [1, 2]}}", "budget.evaluations=4"]
    done = qopt(config, *command)
    assert done.returncode == 0, done.stderr
    table = (config / "runs" / "grid" / "table.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["seed"], row["layers"]) for row in rows] == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]
    assert qopt(config, *command).returncode == 0
    assert (config / "runs" / "grid" / "table.csv").read_text() == table


def test_an_unknown_axis_is_refused(config: Path) -> None:
    """With the axes that there are."""
    done = qopt(config, "run", "ring.yaml", "sweep={axes: {gama_1: [0.1]}}")
    assert done.returncode == 2
    assert "sweep.axes.gama_1" in done.stderr
    assert "gamma_1" in done.stderr
    assert not (config / "runs").exists()


def test_a_recording_runs_again_where_nothing_else_is_left(folder: Path, tmp_path: Path) -> None:
    """From its path relative to the config, to the same values; a second time the stored result is shown."""
    made = qopt(folder, "export", "ring", "--recording", str(tmp_path / "data.recording"))
    assert made.returncode == 0, made.stderr
    (tmp_path / "ring.yaml").write_text(CONFIG)
    for _ in range(2):
        again = qopt(tmp_path, "run", "ring.yaml", "execution.backend=recording:data.recording")
        assert again.returncode == 0, again.stderr
    first, second = (json.loads((home / "runs" / "ring" / "result.json").read_text()) for home in (folder, tmp_path))
    assert second == first | {"engine": f"a recording of {first['engine']}"}
    assert qopt(tmp_path, "export", "ring").stdout == qopt(folder, "export", "ring").stdout
    assert "recording:../../data.recording" in (tmp_path / "runs" / "ring" / "config.yaml").read_text()


def test_a_recording_is_named_after_its_run(folder: Path) -> None:
    """Where no file is given it lies in the working directory."""
    assert "recording: ring.recording" in qopt(folder, "export", "ring", "--recording").stdout
    assert (folder / "ring.recording").is_file()


def test_decoding_a_folder_and_its_recording_is_the_same(folder: Path, tmp_path: Path) -> None:
    """Rows as of the plain export, values of another fraction; the mean of all is what the run saw."""
    qopt(folder, "export", "ring", "--recording", str(tmp_path / "a.recording"))
    plain, tail, same, mean = (
        qopt(folder, "export", *arguments)
        for arguments in (["ring"], ["ring", "--cvar", "0.2"], [str(tmp_path / "a.recording"), "--cvar", "0.2"], ["ring", "--cvar", "1"])
    )
    assert tail.stdout == same.stdout
    assert mean.stdout == plain.stdout
    rows = zip(*(csv.DictReader(io.StringIO(done.stdout)) for done in (plain, tail)), strict=True)
    assert all(float(best["value"]) > float(every["value"]) and best["gamma_1"] == every["gamma_1"] for every, best in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ring", "--recording", "--cvar", "0.1"], "expected one of both"),
        (["ring", "data.csv"], "expected it after --recording"),
        (["ring", "--readout"], "its device reported none"),
        (["ring", "--cvar", "0"], "cvar is 0.0, expected a fraction"),
        (["ring.yaml"], "it is no recording of qopt"),
        (["ring", "--recording", "missing/ring.recording"], "can't be written"),
    ],
)
def test_what_can_t_be_exported_is_told(folder: Path, arguments: list[str], said: str) -> None:
    """One sentence, no traceback."""
    done = qopt(folder, "export", *arguments)
    assert done.returncode in (2, 4)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
