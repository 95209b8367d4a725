"""The documentation is executed: commands and programs run, configs are read, tables are complete, links lead somewhere.

A fenced block with a title is written to a file of that name. Without one, `sh` and `python` are run, in the order of the page, and `yaml`
is read as a config; a block of another language is only shown.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import typer
from tests.emulator.clients import needs_addresses

from qopt import ResponseSurface, Result, cli, errors
from qopt.config import json_schema, parse_config, read_config
from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings
from qopt.optimizers import SPSA
from qopt.planning.modes import DECISIONS, decide
from qopt.types import Baseline, Density, Drift, Level, Observed, Reference, Solution, Subspace, Usage

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet
    from tests.faults.runs import Server

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| `([\w.]+)` \|(.*)\|$", re.MULTILINE)
PLATFORM = "<!-- platform -->"
SECTION = re.compile(r"<!-- (?:schema|type): (\w+) -->\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
BASE = "problem: {type: maxcut, graph: {networkx: petersen}}\n"
SHIM = """#!/bin/sh
printf '%s\\0' "${{QOPT_FAILPOINT:-}}" "$@" > {bin}/asked
read -r code < {bin}/code
cat {bin}/output
exit "$code"
"""
OWN_DEFAULTS: dict[str, Any] = {"SpsaOptimizer": SPSA(), "ResponseSurfaceOptimizer": ResponseSurface()}
ATTRIBUTES = {"learning_rate": "step"}


class Block(NamedTuple):
    """A fenced block."""

    line: int
    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(text.count("\n", 0, found.start()) + 1, found[1], found[2] or "", found[3]) for found in BLOCK.finditer(text)]


def name_of(page: Path) -> str:
    """What a page is called in the list of tests."""
    return page.relative_to(ROOT).as_posix()


class Desk:
    """A reader's folder, with the repository's configs and problems, and a shell that finds `qopt`.

    Its `qopt` hands the command line over to a server that has imported everything, which is ten times faster than to start Python.
    """

    def __init__(self, folder: Path, server: Server) -> None:
        """Make the folder."""
        self.folder, self.server = folder, server
        for name in ("configs", "problems"):
            shutil.copytree(ROOT / name, folder / name)
        self.bin = folder / ".bin"
        self.bin.mkdir()
        for name in ("asked", "code"):
            os.mkfifo(self.bin / name)
        self.environment: dict[str, str] = {}
        shim = self.bin / "qopt"
        shim.write_text(SHIM.format(bin=self.bin), encoding="utf-8")
        shim.chmod(0o755)

    def shell(self, text: str) -> tuple[int, str]:
        """The exit code of a piece of shell, and what it said."""
        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(self._serve)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text],  # noqa: S607
                env=os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if not served.done():
                (self.bin / "asked").write_bytes(b"")
            served.result()
        return done.returncode, done.stdout

    def _serve(self) -> None:
        while asked := (self.bin / "asked").read_bytes():
            failpoint, *arguments = asked.decode().split("\0")[:-1]
            output = self.bin / "output"
            output.unlink(missing_ok=True)
            request = {"arguments": arguments, "folder": str(self.folder), "output": str(output), "figure": False}
            code = 70
            try:
                pid = self.server.ask({**request, "environment": {**self.environment, "QOPT_FAILPOINT": failpoint}})["pid"]
                code = self.server.ask({"wait": pid})["code"]
            finally:
                (self.bin / "code").write_text(f"{code if code >= 0 else 128 - code}\n", encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Desk:
    """A desk that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, server)


def follow(page: Path, block: Block, names: dict[str, Any], desk: Desk) -> None:
    """Do what a reader of the block would do."""
    if block.title:
        Path(block.title).write_text(block.text, encoding="utf-8")
    elif block.language == "sh":
        code, said = desk.shell(block.text)
        assert code == 0, f"{name_of(page)}:{block.line}\n{said}"
    elif block.language == "python":
        lines = "\n" * block.line + block.text
        exec(compile(lines, str(page), "exec"), names)  # noqa: S102 - the documentation's own programs


def executed(page: Path) -> ParameterSet:
    """A page to follow; where it needs the platform, a client that can be told where that is."""
    text = page.read_text(encoding="utf-8")
    return pytest.param(page, id=name_of(page), marks=[needs_addresses] if PLATFORM in text or "Emulator.start" in text else [])


@pytest.mark.parametrize("page", [executed(page) for page in PAGES[1:] if {"sh", "python"} & {block.language for block in blocks(page)}])
def test_what_a_page_shows_works(page: Path, desk: Desk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file that a page shows can be written, every command and program after it runs; some need IBM Quantum, which is emulated."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with ExitStack() as stack:
        if PLATFORM in page.read_text(encoding="utf-8"):
            emulator = stack.enter_context(Emulator.start(tmp_path_factory.mktemp("platform"), Settings(backends=("ibm_fez",))))
            desk.environment = emulator.environment
            for name, value in emulator.environment.items():
                monkeypatch.setenv(name, value)
        for block in blocks(page):
            follow(page, block, names, desk)


def test_the_table_of_modes_is_the_one_that_decides() -> None:
    """Every row of the page is a row of the rule, with its decision, and the other way round."""
    page = (ROOT / "docs" / "explanation" / "jobs-sessions-batches.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| ([^|]+) \| (yes|no) \| `(\w+)` \|$", page, re.MULTILINE)
    assert shown == [(row.words, "yes" if row.plan.session else "no", row.mode) for row in DECISIONS]
    assert [decide(row.work, row.plan).mode for row in DECISIONS] == [row.mode for row in DECISIONS]


def test_the_readme_s_programs_work(desk: Desk) -> None:
    """Its Python runs as it stands; its two commands are run where they install something, in .ci/run."""
    page, names = ROOT / "README.md", {"__name__": "__main__"}
    shown = blocks(page)
    assert sum(block.language == "python" for block in shown) >= 1
    for block in shown:
        if block.language != "sh":
            follow(page, block, names, desk)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_configs_on_a_page_are_accepted(page: Path) -> None:
    """Every YAML block is a config, or a part of one."""
    for block in blocks(page):
        if block.language == "yaml":
            whole = block.text if "problem:" in block.text else BASE + block.text
            assert parse_config(whole, page).config.name


def test_the_readme_explains_the_config_that_it_runs() -> None:
    """The config in the README is configs/maxcut.yaml with other comments."""
    (block,) = [block for block in blocks(ROOT / "README.md") if block.language == "yaml"]
    shown = parse_config(block.text, ROOT / "configs" / "maxcut.yaml")
    assert shown.config == read_config(ROOT / "configs" / "maxcut.yaml", []).config


def test_the_reference_of_the_config_is_complete() -> None:
    """It has a section for every part of the schema, and in it every key with its default, and no other."""
    schema = json_schema()
    parts = {name: part for name, part in schema["$defs"].items() if "properties" in part} | {"RunConfig": schema}
    assert parts.keys() == tables(ROOT / "docs" / "reference" / "config.md").keys()
    for name, rows in tables(ROOT / "docs" / "reference" / "config.md").items():
        required = parts[name].get("required", [])
        assert rows.keys() == parts[name]["properties"].keys(), name
        for key, row in rows.items():
            shown = row.split("|")[0].strip()
            assert default_of(name, key, parts[name]["properties"][key]) == _read(shown), f"{name}.{key}"
            assert (key in required) == (shown == "required"), f"{name}.{key}"


def test_the_reference_of_the_result_is_complete() -> None:
    """It has a table for the result and for each of its parts, with their fields in order."""
    described = {name: list(rows) for name, rows in tables(ROOT / "docs" / "reference" / "result.md").items()}
    classes = (Result, Reference, Solution, Baseline, Observed, Density, Level, Subspace, Usage, Drift)
    assert described == {cls.__name__: [field.name for field in dataclasses.fields(cls)] for cls in classes}


def test_the_readme_names_every_command() -> None:
    """The table of commands is that of the program."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Commands")[1].split("\n## ")[0]
    named = set(re.findall(r"^\| `qopt (\w+)", table, re.MULTILINE))
    group = typer.main.get_command(cli.app)
    assert named == set(group.commands)  # type: ignore[attr-defined]  # it is a group


def test_the_readme_s_exit_codes_are_the_program_s() -> None:
    """Every refusal's code is in the table."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Promises")[1].split("\n## ")[0]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    refusals = (errors.InputError, errors.BackendError, errors.StorageError, errors.IdentityError, errors.NotConverged)
    assert codes == {0, errors.Queued.exit_code, 130, 143} | {refusal.exit_code for refusal in refusals}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "problems" / "README.md"], ids=name_of)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """A link inside the repository names a file that is there, and a heading that the file has."""
    for target in LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        goal = (page.parent / file).resolve() if file else page
        assert goal.exists(), f"{name_of(page)} links to {target}"
        assert not anchor or anchor in anchors(goal), f"{name_of(page)} links to {target}"


def tables(page: Path) -> dict[str, dict[str, str]]:
    """The tables of a page by what the comment above them names: the rest of each row by the key in its first cell."""
    text = page.read_text(encoding="utf-8")
    return {section[1]: dict(ROW.findall(section[2])) for section in SECTION.finditer(text)}


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def default_of(part: str, key: str, described: dict[str, Any]) -> object:
    """A key's default; that of the optimizer itself where the config leaves it to it; None where there is none."""
    own = OWN_DEFAULTS.get(part)
    return described.get("default") if own is None or key == "type" else getattr(own, ATTRIBUTES.get(key, key))


def _read(cell: str) -> object:
    """What stands in backticks, as JSON; None for words."""
    found = re.fullmatch(r"`(.+)`", cell)
    if not found:
        return None
    try:
        return json.loads(found[1])
    except json.JSONDecodeError:
        return found[1]
