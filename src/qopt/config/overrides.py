"""`key.path=value` from the command line, laid over the tree of a file before anything is checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qopt.config.document import COMMAND_LINE, MAX_DEPTH, NO_SECRETS, Node, Refusal, dotted, parse
from qopt.secrets import names_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.errors import Where


def lay_over(root: Node, overrides: Sequence[str]) -> list[Refusal]:
    """Put each override into the tree, in order; a later one wins.

    Args:
        root: A mapping; it is changed in place, and what an override brought has its place on the command line.
        overrides: Such as `optimizer.method=COBYQA` or `sweep.axes.seed=[0,1]`: a path with dots (a number picks from a list) and a
            YAML value.

    Returns:
        What is wrong with them.
    """
    return [refusal for text in overrides for refusal in _lay_over(root, text)]


def _lay_over(root: Node, text: str) -> list[Refusal]:
    name, equals, written = text.partition("=")
    path: Where = tuple(int(part) if re.fullmatch(r"[0-9]{1,9}", part) else part for part in name.strip().split("."))
    if names_secret(name):
        return [Refusal(COMMAND_LINE, path, NO_SECRETS) if equals else Refusal(COMMAND_LINE, (), f"got a credential: {NO_SECRETS}")]
    if not equals or "" in path or len(path) > MAX_DEPTH:
        return [Refusal(COMMAND_LINE, (), f"got {text[:80]!a}, expected key=value such as optimizer.method=COBYQA")]
    value, wrong = parse(written, None)
    if value is None or wrong:
        return [Refusal(place, (*path, *below), message, hides) for place, below, message, hides in wrong]
    parent = root
    for depth, key in enumerate(path):
        last = depth == len(path) - 1
        child = parent.child(key)
        if last or child is None or child.value is None:
            child = value if last else Node({}, COMMAND_LINE)
            if not _put(parent, key, child):
                return [_no_such_key(parent, path, depth)]
        parent = child
    return []


def _put(parent: Node, key: str | int, child: Node) -> bool:
    """Put a child under a key, or in place of an item of a list; whether that is possible."""
    if isinstance(parent.value, dict):
        parent.value[str(key)] = child
        parent.keys[str(key)] = COMMAND_LINE
        return True
    if isinstance(parent.value, list) and isinstance(key, int) and key < len(parent.value):
        parent.value[key] = child
        return True
    return False


def _no_such_key(parent: Node, path: Where, depth: int) -> Refusal:
    outer = dotted(path[:depth])
    kind = f"a list of {len(parent.value)}, numbered from 0" if isinstance(parent.value, list) else "no mapping"
    return Refusal(COMMAND_LINE, path, f"there is no {str(path[depth])[:80]!r} in {outer}, which is {kind} at {parent.place}")
