"""Thousands of generated configs: each is read, or refused with file, line and column; nothing else ever comes out."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from qopt.config import ConfigError, dump, parse_config, recipe_of
from qopt.config.document import parse

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIGS = Path(__file__).parents[2] / "configs"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(CONFIGS.glob("*.yaml"))]
TREES = [yaml.safe_load(text) for text in TEXTS]
FILE = CONFIGS / "generated.yaml"
LINE = re.compile(rf"({re.escape(str(FILE))}:([1-9][0-9]*):([1-9][0-9]*)|command line): \S.*")

ALPHABET = "abz019 \n\n  ::--[]{},&*!#|>'\"%@`~?.eE+_\t\\/\x00\x07\x85\xa0\u2028\ufeff\ud800\U0001f600ß"
KEYS = [
    "name",
    "seed",
    "problem",
    "ansatz",
    "start",
    "objective",
    "optimizer",
    "execution",
    "transpile",
    "budget",
    "sweep",
    "type",
    "graph",
    "file",
    "edges",
    "networkx",
    "regular",
    "n",
    "degree",
    "layers",
    "reps",
    "entanglement",
    "values",
    "run",
    "shots",
    "cvar",
    "method",
    "options",
    "iterations",
    "learning_rate",
    "mode",
    "backend",
    "primitives",
    "level",
    "initial_layout",
    "evaluations",
    "wall",
    "axes",
    "from",
    "to",
    "points",
    "token",
    "<<",
    "x",
]
WORDS = [
    "maxcut",
    "operator",
    "qaoa",
    "hardware-efficient",
    "full",
    "fixed-angles",
    "ramp",
    "zeros",
    "values",
    "run",
    "sampled",
    "expectation",
    "exact",
    "auto",
    "none",
    "scipy",
    "spsa",
    "differential-evolution",
    "COBYLA",
    "COBYQA",
    "session",
    "batch",
    "aer",
    "statevector",
    "petersen",
    "10m",
    "1h30m",
    "5x",
    "no",
    "on",
    "null",
    "yes",
    ".nan",
    ".inf",
    "-.Inf",
    "1e999",
    "1e-3",
    "010",
    "0x1F",
    "12:30:45",
    "2001-01-01",
    "x.py:F",
    "../x.py:F",
    "os:system",
    "/a.py:b",
    "~",
    "=",
    "<<",
    "!!int",
]


def scalar(rng: random.Random) -> Any:
    """A leaf, ordinary or odd."""
    ordinary = [0, 1, 2, 7, 4096, 0.5, 1.0, True, False, None]
    odd = [-1, 10**9, 10**25, 10**40, -0.0, 1e-300, 1e300, "", " ", "a\nb", "\x1b[0m", "é" * 100, "x" * 5000]
    return rng.choice([rng.choice(ordinary), rng.choice(ordinary), rng.choice(WORDS), rng.choice(WORDS), rng.choice(odd)])


def tree(rng: random.Random, depth: int = 3) -> Any:
    """A random tree of the config's own words."""
    shape = rng.random()
    if depth == 0 or shape < 0.5:
        return scalar(rng)
    if shape < 0.7:
        return [tree(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): tree(rng, depth - 1) for _ in range(rng.randrange(5))}


def noise(rng: random.Random) -> str:
    """Random text of characters that mean something in YAML."""
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(120)))


def edited(rng: random.Random) -> str:
    """A good file after a few slips of the keyboard."""
    text = rng.choice(TEXTS)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        first = rng.randrange(len(text))
        last = min(len(text), first + rng.choice([0, 1, 1, 2, 20]))
        lines = text.split("\n")
        line = rng.randrange(len(lines))
        text = rng.choice(
            [
                text[:first] + text[last:],
                text[:first] + rng.choice(ALPHABET) + text[last:],
                text[:first] + str(scalar(rng)) + text[last:],
                "\n".join(lines[:line] + lines[line + 1 :]),
                "\n".join([*lines[: line + 1], *lines[line:]]),
                "\n".join([*lines[:line], "  " + lines[line], *lines[line + 1 :]]),
            ]
        )
    return text


def grafted(rng: random.Random) -> str:
    """A good config with a few parts taken out, renamed, replaced or added."""
    grown = json.loads(json.dumps(rng.choice(TREES)))
    for _ in range(rng.choice([1, 1, 2, 4])):
        part: Any = grown
        while isinstance(part, dict) and part and rng.random() < 0.6:
            below = part[rng.choice(list(part))]
            if not isinstance(below, dict):
                break
            part = below
        if not part or rng.random() < 0.3:
            part[rng.choice(KEYS)] = tree(rng, 2)
            continue
        key = rng.choice(list(part))
        match rng.randrange(4):
            case 0:
                del part[key]
            case 1:
                part[key + rng.choice("sx_")] = part.pop(key)
            case 2:
                part[key] = tree(rng, 2)
            case _:
                part[key] = json.loads(json.dumps(rng.choice(list(rng.choice(TREES).values()))))
    return written(grown, rng)


def grown(rng: random.Random) -> str:
    """A random tree with a mapping at its root, most often with a problem."""
    root = {rng.choice(KEYS): tree(rng) for _ in range(rng.randrange(6))}
    if rng.random() < 0.8:
        root["problem"] = rng.choice(TREES)["problem"]
    return written(root, rng)


def written(grown: object, rng: random.Random) -> str:
    """A tree as text, in one of the ways that it can be written."""
    if rng.random() < 0.5:
        return json.dumps(grown, ensure_ascii=rng.random() < 0.5)
    return yaml.safe_dump(grown, sort_keys=False, allow_unicode=rng.random() < 0.5)


KINDS: tuple[tuple[Callable[[random.Random], str], float], ...] = ((noise, 0.15), (edited, 0.35), (grafted, 0.35), (grown, 0.15))


def check(text: str, overrides: list[str]) -> bool:
    """Whether a config is valid. If it is, it survives being kept; if not, every line of its refusal has a place in the text."""
    try:
        loaded = parse_config(text, FILE, overrides)
    except ConfigError as error:
        *lines, last = str(error).split("\n")
        for line in lines if last.startswith("... and ") else [*lines, last]:
            match = LINE.fullmatch(line)
            assert match, line
            if match[2]:
                rows = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
                assert int(match[2]) <= len(rows) + 1, line
        return False
    kept = dump(loaded, FILE.parent)
    assert dump(parse_config(kept, FILE), FILE.parent) == kept
    recipe_of(loaded, "1")
    return True


def run(count: int, seed: int) -> Counter[str]:
    """Generate and check; how many there were, how many reached the models, and how many were valid."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    makers, shares = zip(*KINDS, strict=True)
    seen: Counter[str] = Counter()
    for _ in range(count):
        text = rng.choices(makers, shares)[0](rng)
        overrides = [f"{rng.choice(KEYS)}.{rng.choice(KEYS)}={written(tree(rng, 1), rng)}"] if rng.random() < 0.05 else []
        root, refusals = parse(text, "x")
        seen["all"] += 1
        seen["reached"] += root is not None and isinstance(root.value, dict) and not refusals
        seen["valid"] += check(text, overrides)
    return seen


def test_generated_configs_are_read_or_refused_with_a_place() -> None:
    """10,000 configs; enough of them get past the syntax, and enough are valid, for that to mean something."""
    seen = run(10_000, seed=0)
    assert seen["all"] == 10_000
    assert seen["reached"] >= 3_000
    assert seen["valid"] >= 500


@pytest.mark.nightly
def test_many_more_generated_configs_are_read_or_refused_with_a_place() -> None:
    """200,000 configs, other ones every day: the date is the seed."""
    seen = run(200_000, seed=datetime.now(UTC).date().toordinal())
    assert seen["reached"] >= 60_000
    assert seen["valid"] >= 10_000
