"""Where a custom type `path/to/file.py:Name` leads. The file is found and judged here, and never opened or imported."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from qopt.config.fields import code_parts
from qopt.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def resolve_code(text: str, base: Path, cwd: Path) -> tuple[Path, str]:
    """The file and the name that a custom type stands for.

    Args:
        text: `path/to/file.py:Name`, relative to `base`.
        base: The folder of the config.
        cwd: The working directory; after all links the file must lie below it.

    Raises:
        InputError: With `where` = `("type",)`, if the text has another form, the file is missing, is no Python file, or lies elsewhere.
    """
    where = ("type",)
    try:
        file, name = code_parts(text)
    except ValueError as error:
        raise InputError(f"got {text[:80]!r}, expected {error}", where) from None
    try:
        path, root = (base / file).resolve(), cwd.resolve()
        found = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"got {file[:80]!r}, which can't be followed ({error}), expected a Python file", where) from None
    if not path.is_relative_to(root):
        raise InputError(
            f"got {file!r}, which is {path}, expected a file below the working directory {root}: "
            "code is only loaded from there; copy it, or start qopt in a folder above both",
            where,
        )
    if not found:
        near = difflib.get_close_matches(path.name, sorted(item.name for item in path.parent.glob("*.py")), 1)
        raise InputError(f"there is no file {path}{f'; did you mean {near[0]!r}?' if near else ', expected a Python file'}", where)
    if path.suffix != ".py":
        raise InputError(f"got {file!r}, which is a link to {path}, expected a Python file", where)
    return path, name
