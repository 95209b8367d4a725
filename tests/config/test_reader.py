"""Reading what is right: numbers, words and defaults, overrides from the command line, and the places of later refusals."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from qopt.config import ConfigError, models, parse_config, read_config
from qopt.errors import InputError
from qopt.execution import Simulator, Waiting

GOOD = "problem:\n  type: maxcut\n  graph:\n    edges:\n      - [0, 1]\n      - [1, 2, 0.5]\nseed: 7\n"
FILE = Path("a.yaml")


def config(text: str, *overrides: str) -> models.RunConfig:
    """The config in a text."""
    return parse_config(text, FILE, overrides).config


def test_defaults() -> None:
    """A problem is enough; the rest has defaults, and what the problem decides is left open."""
    read = config("problem: {type: operator, file: h2.json}")
    assert read.seed == 0
    assert (read.ansatz, read.start, read.objective, read.sweep) == (None, None, None, None)
    assert read.optimizer == models.AutoOptimizer()
    assert read.execution.model_dump(exclude={"waiting", "simulator"}) == {
        "mode": "auto",
        "backend": None,
        "primitives": "auto",
        "instance": None,
        "region": None,
        "min_qubits": 1,
        "on_session_end": "renew",
    }
    assert read.execution.waiting.model_dump() == asdict(Waiting())
    assert read.execution.simulator.model_dump() == asdict(Simulator())
    assert read.transpile.model_dump() == {
        "level": 3,
        "seed": 1,
        "seeds": None,
        "initial_layout": None,
        "layout": "auto",
        "fractional_gates": "auto",
    }
    assert read.mitigation.model_dump(exclude_none=True, exclude_defaults=True) == {}
    assert read.budget.model_dump() == {"evaluations": None, "shots": None, "wall": None, "qpu": None}


def test_empty_key_is_as_if_left_out() -> None:
    """A key with all that is below it commented out gets its default."""
    assert config(GOOD + "budget:\n  # wall: 10m\nsweep:\nname:\n") == config(GOOD)


@pytest.mark.parametrize(("text", "shots"), [("4096", 4096), ("1_000", 1000), ("1e4", 10_000), ("2.0", 2)])
def test_whole_numbers(text: str, shots: int) -> None:
    """Whole numbers can be written as people write them."""
    assert config(GOOD + f"budget: {{shots: {text}}}").budget.shots == shots


@pytest.mark.parametrize(("text", "value"), [("1e-3", 1e-3), ("1", 1.0), (".5", 0.5), ("5.E-1", 0.5)])
def test_numbers(text: str, value: float) -> None:
    """YAML 1.1 reads 1e-3 as text; here it is a number, and a whole number is one too."""
    assert config(GOOD + f"objective: {{type: sampled, cvar: {text}}}").objective == models.SampledObjective(type="sampled", cvar=value)


@pytest.mark.parametrize("word", ["no", "on", "Yes", "1.2.3", "12-30"])
def test_words_stay_words(word: str) -> None:
    """YAML 1.1 reads `no` as false; where text is expected it is text."""
    assert config(GOOD + f"name: {word}").name == word


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1h 2m 3s", 3723), ("1.5h", 5400)],
)
def test_durations(text: str, seconds: float) -> None:
    """Wall time is a number of seconds, or text with units."""
    assert config(GOOD + f"budget: {{wall: {text}}}").budget.wall == seconds


def test_edges_are_triples() -> None:
    """An edge without a weight has weight 1; nodes are names or integers."""
    text = "problem: {type: maxcut, graph: {edges: [[0, 1], [a, 1, 0.5]]}}"
    graph = config(text).problem.graph
    assert isinstance(graph, models.InlineGraph)
    assert graph.edges == ((0, 1, 1.0), ("a", 1, 0.5))


def test_custom_types_keep_their_arguments() -> None:
    """The keys beside a custom `type` are its keyword arguments, whatever they hold."""
    custom = config("problem: {type: ../x/y.py:Mine, size: 3, nested: {a: [1, null, {b: true}]}}").problem
    assert custom.type == "../x/y.py:Mine"
    assert custom.arguments == {"size": 3, "nested": {"a": [1, None, {"b": True}]}}


def test_ranges_reach_both_ends() -> None:
    """A range has as many values as points, from end to end."""
    assert models.Range(**{"from": 0.0, "to": 0.3, "points": 4}).values() == pytest.approx((0.0, 0.1, 0.2, 0.3))
    assert models.Range(**{"from": 0.1, "to": 0.7, "points": 3}).values()[-1] == 0.7


def test_overrides_win_over_the_file_and_over_earlier_ones() -> None:
    """Overrides are laid over the file in order, into mappings, lists, and parts that the file does not have."""
    read = config(
        GOOD, "seed=1", "seed=2", "optimizer={type: scipy, method: SLSQP}", "optimizer.method=COBYQA", "problem.graph.edges.1=[5, 6]"
    )
    assert read.seed == 2
    assert read.optimizer == models.ScipyOptimizer(type="scipy", method="COBYQA")
    assert read.problem.graph.edges == ((0, 1, 1.0), (5, 6, 1.0))
    assert config(GOOD, "sweep.axes.seed=[0,1]").sweep == models.Sweep(axes={"seed": (0, 1)})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "command line: got 'seed', expected key=value such as optimizer.method=COBYQA"),
        (".=1", "command line: got '.=1', expected key=value such as optimizer.method=COBYQA"),
        ("seed=x", "command line: seed: got text 'x', expected a whole number"),
        ("sed=1", "command line: sed: unknown key"),
        ("seed.x=1", "command line: seed.x: there is no 'x' in seed, which is no mapping at a.yaml:7:7"),
        ("problem.graph.edges.2=1", "command line: problem.graph.edges.2: there is no '2' in problem.graph.edges, which is a list of 2"),
        ("seed=[", "command line: seed: not YAML ("),
        ("seed=*a", "command line: seed: got the alias *a"),
        ("start={type: values, values: [x]}", "command line: start.values.0: got text 'x', expected a number"),
    ],
)
def test_mistakes_in_overrides_are_placed_on_the_command_line(override: str, message: str) -> None:
    """What came from the command line is refused there."""
    with pytest.raises(ConfigError) as caught:
        config(GOOD, override)
    assert str(caught.value).startswith(message)


def test_later_refusals_get_the_same_place() -> None:
    """A refusal of another room is told with the line and column of the value that it is about, or of what was written around it."""
    loaded = parse_config(GOOD, FILE, ["seed=3"])
    assert loaded.locate(("problem", "graph", "edges", 1)) == "a.yaml:6:9"
    assert loaded.locate(("problem", "graph", "edges", 1, 2)) == "a.yaml:6:16"
    assert loaded.locate(("problem", "graph", "missing", "deeper")) == "a.yaml:4:5"
    assert loaded.locate(("seed",)) == "command line"
    assert loaded.locate(()) == "a.yaml:1:1"
    error = loaded.placed(InputError("twice", ("edges", 1)).below("problem", "graph"))
    assert str(error) == "a.yaml:6:9: problem.graph.edges.1: twice"
    assert loaded.placed(error) is error


def test_windows_line_ends_and_a_byte_order_mark_are_no_text(tmp_path: Path) -> None:
    """A file that Notepad wrote reads as any other."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    loaded = read_config(path)
    assert loaded.config == config(GOOD)
    assert loaded.locate(("problem",)) == f"{path}:2:3"


def test_bytes_that_are_no_text_are_placed(tmp_path: Path) -> None:
    """A file in another encoding is refused at its first wrong byte."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"seed: 1\nname: \xff\n")
    with pytest.raises(ConfigError, match=r"a\.yaml:2:7: got the byte 0xff, expected text in UTF-8"):
        read_config(path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A mistyped file name is refused with the nearest one; a folder is no file."""
    (tmp_path / "maxcut.yaml").write_text(GOOD)
    with pytest.raises(ConfigError, match=r"maxct\.yaml: there is no such file; did you mean .*maxcut\.yaml\?"):
        read_config(tmp_path / "maxct.yaml")
    with pytest.raises(ConfigError, match="this is a folder, expected a YAML file"):
        read_config(tmp_path)
    with pytest.raises(ConfigError, match="can't be read"):
        read_config(Path("a\0b"))


def test_nothing_heavy_is_imported() -> None:
    """Reading a config needs no Qiskit and no numbers."""
    script = "import qopt.config, sys; print([name for name in ('qiskit', 'numpy', 'scipy', 'networkx') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
