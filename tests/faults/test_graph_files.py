"""Malformed graph files: whatever they hold, the user is told where, and the machine survives."""

from __future__ import annotations

import random
import re
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from qopt.errors import InputError
from qopt.problems import read_graph
from qopt.problems.graph import MAX_EDGES

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {
    ".edges": "# families\nMedici Pazzi 1.5\nPazzi Albizzi\nAlbizzi Medici -2e-1\n",
    ".gset": "4 4\n1 2 1\n2 3 -1\n3 4 1\n1 4 1\n",
    ".col": "c a square\np edge 4 4\ne 1 2\ne 2 3\ne 3 4\ne 1 4 2.5\n",
    ".json": '{"directed": false, "nodes": [{"id": "a"}, {"id": 1}, {"id": "c"}],\n'
    ' "edges": [{"source": "a", "target": 1, "weight": 0.5},\n {"source": 1, "target": "c"}]}\n',
    ".graphml": '<?xml version="1.0" encoding="utf-8"?>\n<graphml><key id="d0" for="edge" attr.name="weight"/>\n'
    '<graph edgedefault="undirected"><node id="a"/><node id="b"/>\n<edge source="a" target="b"><data key="d0">2</data></edge>\n'
    "</graph></graphml>\n",
}
NASTY = [
    "\0",
    "\n",
    "\r",
    "\u2028",
    "\ufeff",
    "\x1b[31m",
    "\U0010ffff",
    "-",
    "1e999",
    "nan",
    "9" * 5000,
    "[",
    "{",
    '"',
    "<",
    "&x;",
    "]]>",
    "٣",
    "0x1",
    "1_0",
]
PLACE = re.compile(r"^[^\n]*graph\.[a-z]+:[1-9][0-9]*:[1-9][0-9]*: ", re.DOTALL)


def malformed(seed: int) -> tuple[str, bytes]:
    """A suffix and contents: random text, or a good file with some of it cut, doubled, replaced or broken."""
    rng = random.Random(seed)  # noqa: S311 - broken files, not secrets
    suffix = rng.choice(sorted(GOOD))
    if rng.random() < 0.2:
        return suffix, "".join(
            rng.choice([*NASTY, "a", "b", " ", "1", "2", "e", "p edge 3 2\n"]) for _ in range(rng.randint(0, 60))
        ).encode()
    text = GOOD[suffix]
    for _ in range(rng.randint(1, 3)):
        first = rng.randrange(len(text) + 1)
        last = min(len(text), first + rng.randint(0, 12))
        text = text[:first] + rng.choice(["", text[first:last] * 2, rng.choice(NASTY), text[: rng.randint(0, 30)]]) + text[last:]
    data = text.encode()
    if rng.random() < 0.1:
        cut = rng.randrange(len(data) + 1)
        data = data[:cut] + bytes([rng.randrange(256)]) + data[cut + 1 :]
    return suffix, data


def refusals(tmp_path: Path, seeds: range) -> int:
    """How many of the malformed files are refused; the others happen to be graphs."""
    count = 0
    for seed in seeds:
        suffix, data = malformed(seed)
        path = tmp_path / f"graph{suffix}"
        path.write_bytes(data)
        try:
            read_graph(path)
        except InputError as error:
            told = error.message
        else:
            continue
        assert PLACE.match(told), (seed, told)
        assert len(told) < 400, (seed, told)
        count += 1
    return count


def test_a_thousand_malformed_files_are_refused_at_their_place(tmp_path: Path) -> None:
    """Nothing but InputError is raised, each with path, line and column, and little memory is used."""
    tracemalloc.start()
    try:
        assert refusals(tmp_path, range(1000)) > 700
        assert tracemalloc.get_traced_memory()[1] < 32e6
    finally:
        tracemalloc.stop()


@pytest.mark.nightly
def test_fifty_thousand_malformed_files_are_refused_at_their_place(tmp_path: Path) -> None:
    """The same on more files."""
    assert refusals(tmp_path, range(1000, 51_000)) > 35_000


@pytest.mark.parametrize(("suffix", "text"), GOOD.items())
def test_the_files_that_are_broken_were_good(tmp_path: Path, suffix: str, text: str) -> None:
    """The mutations start from files that are read without complaint."""
    path = tmp_path / f"graph{suffix}"
    path.write_text(text)
    assert len(read_graph(path).edges) >= 1


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    """A billion laughs are refused at the document type, before one is told."""
    lines = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    path = tmp_path / "bomb.graphml"
    path.write_text(f'<!DOCTYPE g [<!ENTITY l0 "lol">{lines}]><graphml><graph><node id="&l9;"/></graph></graphml>')
    with pytest.raises(InputError, match=r"bomb\.graphml:1:\d+: a document type or entities are refused"):
        read_graph(path)


def test_an_external_entity_is_never_read(tmp_path: Path) -> None:
    """A file can't make another one part of a label."""
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "outside.graphml"
    path.write_text(f'<!DOCTYPE g [<!ENTITY x SYSTEM "{tmp_path / "secret"}">]><graphml><graph><node id="a">&x;</node></graph></graphml>')
    with pytest.raises(InputError, match="document type or entities are refused"):
        read_graph(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A terabyte of holes is refused by its size."""
    path = tmp_path / "huge.edges"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(InputError, match="has 1,000,000,000,000 bytes, expected at most"):
        read_graph(path)


def test_a_graph_takes_little_memory_per_edge(tmp_path: Path) -> None:
    """Under a kilobyte each, so that the most edges allowed stay within 512 MB."""
    path = tmp_path / "path.edges"
    path.write_text("".join(f"{node} {node + 1}\n" for node in range(20_000)))
    tracemalloc.start()
    try:
        edges = len(read_graph(path).edges)
        assert tracemalloc.get_traced_memory()[1] / edges < 512e6 / MAX_EDGES
    finally:
        tracemalloc.stop()


def test_edges_without_end_are_refused_where_they_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the first edge above the limit, not at the end of the file."""
    monkeypatch.setattr("qopt.problems.graph_files.MAX_EDGES", 3)
    path = tmp_path / "many.edges"
    path.write_text("a b\n" * 5)
    with pytest.raises(InputError, match=r"many\.edges:4:1: the graph has more than 3 edges"):
        read_graph(path)


@pytest.mark.parametrize("name", ["folder.edges", "absent.edges", "nul\0.edges"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """Folders, missing files and impossible names are the user's mistakes."""
    (tmp_path / "folder.edges").mkdir()
    with pytest.raises(InputError, match=r"not a regular file|there is no file|can't be read"):
        read_graph(tmp_path / name)
