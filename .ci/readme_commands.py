"""Prints the README's two commands, one a line: the first two `sh` blocks under `## Two commands`, exactly as a reader would paste them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
_SECTION = re.compile(r"^## Two commands$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sh\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    """The commands in the README's text; exits with a message unless there are exactly two, of one line each."""
    section = _SECTION.search(readme)
    found = _BLOCK.findall(section[1]) if section else []
    if len(found) != 2 or any("\n" in command for command in found):
        sys.exit(f"README.md: expected two ```sh blocks of one line each under '## Two commands', found {found}")
    return found


if __name__ == "__main__":
    print(*commands(README.read_text(encoding="utf-8")), sep="\n")
