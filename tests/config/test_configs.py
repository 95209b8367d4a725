"""The configs that are shipped read without a refusal, and editors find their schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qopt.config import json_schema, models, read_config, recipe_of, resolve_code

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def test_there_are_configs() -> None:
    """The next tests have something to look at."""
    problems = {"maxcut", "h2", "vertex_cover", "manila", "landscape"}
    assert {path.stem for path in CONFIGS} >= problems | {"lih", "h2o", "h2_scan", "adapt", "excited", "ising_ring"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_each_config_reads_and_its_files_are_there(path: Path) -> None:
    """A config is valid, and the files that it names exist: without one there would be no recipe."""
    loaded = read_config(path)
    assert loaded.config.name == path.stem
    assert recipe_of(loaded, "1") is not None
    if isinstance(loaded.config.problem, models.Custom):
        resolve_code(loaded.config.problem.type, loaded.base, ROOT)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_each_config_names_its_schema(path: Path) -> None:
    """The first line leads editors to the schema beside the config."""
    line = path.read_text(encoding="utf-8").splitlines()[0]
    assert line.startswith("# yaml-language-server: $schema=")
    assert (path.parent / line.partition("=")[2]).is_file()


def test_the_schema_on_disk_is_that_of_the_models() -> None:
    """Keys and texts are compared, the rest differs between releases of pydantic; `qopt schema > configs/qopt.schema.json` renews it."""

    def keys(schema: dict[str, object]) -> dict[str, dict[str, str | None]]:
        parts = {**schema["$defs"], "": schema}
        return {name: {key: item.get("description") for key, item in part.get("properties", {}).items()} for name, part in parts.items()}

    assert keys(json.loads((ROOT / "configs" / "qopt.schema.json").read_text(encoding="utf-8"))) == keys(json_schema())
