"""Geometries as text: placeholders for the coordinates of a curve, and Cartesian coordinates read without a chemistry package."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError
from qopt.problems.text_file import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ATOM = re.compile(r"[A-Za-z]{1,2}")
_DIGITS = 12
"""Significant digits of a coordinate: a picometre holds one of them, and the noise of evenly spaced values none."""
_WORDS = 4


def names(template: str) -> tuple[str, ...]:
    """The placeholders of `H 0 0 0; H 0 0 {r}`, each once, in the order in which they come; the path of a file `.xyz` has none.

    Raises:
        InputError: If a brace is alone, or what is between two of them is no name.
    """
    if is_file(template):
        return ()
    found = tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))
    wrong = next((f"{{{name}}}" for name in found if not _NAME.fullmatch(name)), None)
    if wrong or re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        raise InputError(
            f"the geometry {template!r} has {wrong or 'a brace without its other half'}, expected placeholders such as {{r}}: a letter, "
            "then letters, digits and underscores"
        )
    return found


def filled(template: str, values: Mapping[str, float]) -> str:
    """The geometry with a number for each placeholder, written by `written`.

    Raises:
        InputError: If a placeholder gets no number, a number has no placeholder, or isn't finite.
    """
    known = names(template)
    for name in values:
        if name not in known:
            there = f"expected {', '.join(known)}" if known else f"which has no placeholder: write {{{name}}} where the number belongs"
            raise InputError(f"there is no {{{name}}} in the geometry {template!r}{suggestion(name, known)}; {there}")
    missing = [name for name in known if name not in values]
    if missing:
        raise InputError(
            f"the geometry {template!r} has no number for {', '.join(f'{{{name}}}' for name in missing)}, expected an axis of the sweep "
            f"with that name, such as {missing[0]}: {{from: 0.5, to: 2.5, points: 21}}"
        )
    return _PLACEHOLDER.sub(lambda match: written(values[match[1]]), template) if known else template


def written(value: float) -> str:
    """A coordinate in as few digits as tell it from its neighbours at 12 significant digits: `0.7` for 0.7000000000000001.

    Raises:
        InputError: If it isn't finite.
    """
    if not math.isfinite(value):
        raise InputError(f"a coordinate is {value}, expected a finite number")
    return repr(float(f"{value:.{_DIGITS}g}") + 0.0)


def is_file(atoms: str) -> bool:
    """Whether a geometry is the path of a file `.xyz`."""
    return atoms.strip().lower().endswith(".xyz")


def cartesian(atoms: str) -> tuple[tuple[str, ...], NDArray[np.float64]] | None:
    """Symbols and `(n, 3)` coordinates of `H 0 0 0; H 0 0 0.735`, in the units in which they are written.

    None for anything else that a chemistry program may understand, such as a z-matrix, labelled atoms or formulas.
    """
    lines = [line.replace(",", " ").split() for line in re.split(r"[;\n]", atoms) if line.strip()]
    if not lines or any(len(words) != _WORDS or not _ATOM.fullmatch(words[0]) for words in lines):
        return None
    try:
        places = np.array([[float(word) for word in words[1:]] for words in lines])
    except ValueError:
        return None
    return tuple(words[0].capitalize() for words in lines), places
