"""Prints pyproject.toml's lower bounds as pins: `python .ci/lowest.py > .ci/lowest.txt`.

tests/test_package.py checks that the two are in step.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def pins(pyproject: str) -> list[str]:
    """`name==bound` for every direct dependency of the package and of its tests; exits with a message where a bound is missing."""
    project = tomllib.loads(pyproject)["project"]
    out = []
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        name, separator, bound = requirement.partition(">=")
        if not separator or not bound.replace(".", "").isdecimal():
            sys.exit(f"pyproject.toml: expected 'name>=version', got {requirement!r}")
        out.append(f"{name}=={bound}")
    return out


if __name__ == "__main__":
    print(*pins(PYPROJECT.read_text(encoding="utf-8")), sep="\n")
