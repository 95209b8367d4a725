"""The config in a run folder reads to the same run, and its recipe changes exactly with what the run is made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.config import dump, json_schema, parse_config, read_config, recipe_of

if TYPE_CHECKING:
    from pathlib import Path

    from qopt.config import Loaded

GOOD = """
name: x
seed: 7
problem: {type: maxcut, graph: data/g.edges}
ansatz: {type: qaoa, layers: 3}
start: {type: ramp}
objective: {type: sampled, shots: 100}
optimizer: {type: scipy, method: COBYLA, options: {rhobeg: 0.2, text: "1e-3"}}
execution: {mode: session, backend: aer}
transpile: {level: 1}
budget: {wall: 10m}
sweep: {axes: {seed: [0, 1], gamma_1: {from: 0, to: 1, points: 3}}}
"""
CUSTOM = 'problem: {type: ../code/mine.py:Mine, graph: data/g.edges, name: "no", number: "1e-3", nested: [null, true, "x: y"]}'


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A project with a config folder, data and code."""
    (tmp_path / "configs" / "data").mkdir(parents=True)
    (tmp_path / "configs" / "data" / "g.edges").write_text("0 1\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "mine.py").write_text("class Mine: ...\n")
    (tmp_path / "runs" / "x").mkdir(parents=True)
    return tmp_path / "configs"


def read(base: Path, text: str, *overrides: str) -> Loaded:
    """The config in a text, as if it were in the config folder."""
    return parse_config(text, base / "a.yaml", overrides)


def kept(loaded: Loaded, base: Path) -> Loaded:
    """The config as it is read again from the run folder."""
    path = base.parent / "runs" / "x" / "config.yaml"
    path.write_text(dump(loaded, path.parent), encoding="utf-8")
    return read_config(path)


def test_a_kept_config_is_the_same_run(base: Path) -> None:
    """From the run folder the same files are found, and the recipe is the same; all else is equal."""
    loaded = read(base, GOOD)
    again = kept(loaded, base)
    assert again.config.problem.graph == "../../configs/data/g.edges"
    assert again.config.model_copy(update={"problem": loaded.config.problem}) == loaded.config
    assert recipe_of(again, "1") == recipe_of(loaded, "1") is not None


def test_a_kept_custom_config_is_the_same_run(base: Path) -> None:
    """Code and files among the arguments are found again; text that looks like something else stays text."""
    loaded = read(base, CUSTOM)
    again = kept(loaded, base)
    assert again.config.problem.type == "../../code/mine.py:Mine"
    assert again.config.problem.arguments == {**loaded.config.problem.arguments, "graph": "../../configs/data/g.edges"}
    assert recipe_of(again, "1") == recipe_of(loaded, "1") is not None


def test_the_run_to_start_from_is_found_again(base: Path) -> None:
    """The folder of another run is a path too."""
    again = kept(read(base, GOOD, "start={type: run, run: ../runs/other}"), base)
    assert again.config.start.run == "../other"


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts.filter(lambda key: key.lower() != "token"), inner, max_size=4),
    max_leaves=12,
)


@given(value=values)
def test_any_argument_survives_being_kept(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Dumping and reading is the identity on every JSON-like value: floats to the last bit, texts that look like numbers or words."""
    folder = tmp_path_factory.getbasetemp()
    loaded = parse_config(f"problem: {{type: a.py:A, value: {json.dumps(value, ensure_ascii=False)}}}", folder / "a.yaml")
    again = parse_config(dump(loaded, folder), folder / "a.yaml")
    assert again.config.problem.arguments["value"] == value


@pytest.mark.parametrize(
    "override",
    [
        "name=y",
        "execution.mode=job",
        "execution.simulator.threads=2",
        "budget.wall=1h",
        "budget.shots=5",
        "sweep.axes.seed=[3]",
        "sweep=null",
        "objective.shots=1e2",
        "transpile.seed=1",
    ],
)
def test_the_recipe_is_not_about(base: Path, override: str) -> None:
    """Name, mode, budget and sweep may change between two parts of a run; so may what amounts to the same."""
    assert recipe_of(read(base, GOOD, override), "1") == recipe_of(read(base, GOOD), "1") is not None


@pytest.mark.parametrize(
    "override",
    [
        "seed=8",
        "problem.graph={networkx: petersen}",
        "ansatz.layers=2",
        "ansatz=null",
        "start.type=zeros",
        "objective.shots=101",
        "objective.cvar=0.5",
        "optimizer.method=COBYQA",
        "optimizer.options.rhobeg=0.3",
        "transpile.level=2",
        "transpile.initial_layout=[1,0]",
        "execution.backend=fake_manila",
        "execution.primitives=client",
        "execution.simulator.method=density_matrix",
        "execution.simulator.precision=single",
    ],
)
def test_the_recipe_is_about(base: Path, override: str) -> None:
    """Each part of a run's identity changes its recipe."""
    assert recipe_of(read(base, GOOD, override), "1") != recipe_of(read(base, GOOD), "1")


def test_the_recipe_is_about_the_version(base: Path) -> None:
    """Another version of qopt may build something else from the same config."""
    assert recipe_of(read(base, GOOD), "1") != recipe_of(read(base, GOOD), "2")


@pytest.mark.parametrize("file", ["configs/data/g.edges", "code/mine.py"])
def test_the_recipe_is_about_the_contents_of_files(base: Path, file: str) -> None:
    """An edited graph or an edited class is another run."""
    loaded = read(base, CUSTOM)
    before = recipe_of(loaded, "1")
    (base.parent / file).write_text("# edited\n")
    assert recipe_of(loaded, "1") not in (before, None)


def test_there_is_no_recipe_without_the_files(base: Path) -> None:
    """A missing file is the affair of a later check; a start at another run depends on what that run has become."""
    assert recipe_of(read(base, GOOD, "problem.graph=missing.edges"), "1") is None
    assert recipe_of(read(base, GOOD, "problem={type: missing.py:A}"), "1") is None
    assert recipe_of(read(base, GOOD, "start={type: run, run: ../runs/other}"), "1") is None


def test_the_schema_tells_what_keys_mean() -> None:
    """Editors show the text under each key; a name is not required, a problem is."""
    schema = json_schema()
    assert schema["required"] == ["problem"]
    assert schema["properties"]["seed"]["description"] == "Of every random choice of the run."
    assert schema["$defs"]["Range"]["properties"]["from"]["description"] == "The first value."
    assert schema["$defs"]["MaxCut"]["additionalProperties"] is False
