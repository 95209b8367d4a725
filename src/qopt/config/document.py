"""YAML text to a tree that knows the line and column of everything in it. What the keys mean is the models' affair."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml

from qopt.secrets import HIDDEN, names_secret, unmistakable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qopt.errors import Where

Scalar: TypeAlias = bool | int | float | str | None
"""What a leaf of the tree can be."""

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_MAX_DIGITS = 30
_COMMAND_LINE = "command line"

# libyaml is ten times quicker, but PyYAML can be built without it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The scalars of YAML 1.2, not of 1.1: `no` is text, 1e-3 is a number, 010 and 12:30 are neither octal nor sexagesimal.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS |= {cased: value for word, value in _WORDS.items() for cased in (word.capitalize(), word.upper())}
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = {
    "cannot start any token": "indent with spaces, not tabs, and put text that begins with a special character in quotes",
    "mapping values are not allowed": "look for a second colon in the line, or wrong indentation",
    "did not find expected": "look for a missing bracket, quote or comma here or above, or wrong indentation",
    "could not find expected ':'": "expected `key: value`",
}
NO_SECRETS = (
    "credentials are never read from a config, which is copied and shared: remove this key, "
    "and set QISKIT_IBM_TOKEN in the environment or save the account once with QiskitRuntimeService.save_account"
)


class Place(NamedTuple):
    """Where something was written; line and column count from 1, and are 0 on the command line."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, or `command line`."""
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


COMMAND_LINE = Place(_COMMAND_LINE)


class Refusal(NamedTuple):
    """One thing that is wrong.

    Attributes:
        place: Where it was written.
        path: The key, outermost first.
        message: What was got, what was expected, what to do.
        hides: Whether other refusals at or below the path would only repeat this one.
    """

    place: Place
    path: Where
    message: str
    hides: bool = True

    def __str__(self) -> str:
        """The line that the user reads."""
        return f"{self.place}: {dotted(self.path)}: {self.message}" if self.path else f"{self.place}: {self.message}"


@dataclass(slots=True)
class Node:
    """A mapping, a list or a scalar of the tree.

    Attributes:
        value: Its children, or the scalar itself.
        place: Where it begins.
        keys: Where each key of a mapping was written.
        bare: Whether it is a scalar without quotes.
    """

    value: dict[str, Node] | list[Node] | Scalar
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    bare: bool = False

    def data(self) -> Any:  # noqa: ANN401 - JSON-like
        """The tree as plain dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.data() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.data() for child in self.value]
        return self.value

    def child(self, key: str | int) -> Node | None:
        """What is under a key or index; None where there is nothing."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return None

    def deepest(self, path: Where) -> Node:
        """What is at the path, or at as much of it as exists."""
        node = self
        for key in path:
            child = node.child(key)
            if child is None:
                break
            node = child
        return node

    def walk(self, path: Where = ()) -> Iterator[tuple[Where, Node]]:
        """Everything in the tree with its path, in the order of the text."""
        yield path, self
        children = enumerate(self.value) if isinstance(self.value, list) else self.value.items() if isinstance(self.value, dict) else ()
        for key, child in children:
            yield from child.walk((*path, key))


def dotted(path: Where) -> str:
    """A path as the command line takes it, such as `problem.graph.edges.3`; odd keys are quoted."""
    return ".".join(str(key) if re.fullmatch(r"[\w-]{1,80}", str(key)) else repr(str(key)[:80]) for key in path)


def parse(text: str, source: str | None) -> tuple[Node | None, list[Refusal]]:
    """Read one YAML document without aliases, tags, duplicate keys, or numbers that aren't finite.

    Args:
        text: The document.
        source: The name that places begin with; None for the command line.

    Returns:
        The tree, or None where the text can't be read to its end; and all that is wrong.
    """
    parser = _Parser(text, source)
    try:
        return parser.document(), parser.refusals
    except _Unreadable:
        return None, parser.refusals


class _Unreadable(Exception):
    """There is no sense in reading on."""


class _Parser:
    """One pass over the events of a text."""

    def __init__(self, text: str, source: str | None) -> None:
        self.refusals: list[Refusal] = []
        self._text = text
        self._source = source
        self._secrets = unmistakable()

    def document(self) -> Node:
        first = Place(self._source, 1, 1) if self._source is not None else COMMAND_LINE
        if len(self._text) > MAX_BYTES or len(self._text.encode(errors="replace")) > MAX_BYTES:
            self._give_up(first, (), f"the text has more than {MAX_BYTES:,} bytes: put large data into a file of its own and name it here")
        if match := _UNPRINTABLE.search(self._text):
            before = self._text[: match.start()]
            place = self._at(before.count("\n"), match.start() - before.rfind("\n") - 1)
            self._give_up(place, (), f"got the character {match[0]!a}, expected printable text")
        self._events = yaml.parse(self._text, Loader=_LOADER)
        root = Node(None, first)
        documents = 0
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            documents += 1
            if documents > 1:
                self._give_up(self._place(event), (), "a second document begins here, expected one: put it into a file of its own")
            root = self._node(self._next(), ())
        return root

    def _node(self, event: Any, path: Where) -> Node:  # noqa: ANN401 - PyYAML's events have no common type in its stubs
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(place, path, f"got the alias *{event.anchor}, expected the value itself: aliases are not read")
            return Node(None, place)
        if event.anchor is not None:
            self._refuse(place, path, f"got the anchor &{event.anchor}, expected none: aliases are not read")
        if event.tag is not None:
            self._refuse(
                place, path, f"got the tag {event.tag.replace('tag:yaml.org,2002:', '!!')[:80]}, expected plain YAML: tags are not read"
            )
        if isinstance(event, yaml.ScalarEvent):
            bare = bool(event.implicit[0])
            return Node(self._scalar(event.value, place, path) if bare else self._clean(event.value, place, path), place, bare=bare)
        if len(path) >= MAX_DEPTH:
            self._give_up(place, (), f"more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(place, path)
        return self._mapping(place, path)

    def _list(self, place: Place, path: Where) -> Node:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return Node(items, place)

    def _mapping(self, place: Place, path: Where) -> Node:
        node = Node(children := {}, place)
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            where = self._place(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(where, path, "got a mapping, a list or an alias as a key, expected plain text", hides=False)
                self._node(event, (*path, "?"))
                self._node(self._next(), (*path, "?"))
                continue
            key = self._key(event, where, path)
            told = len(self.refusals)
            child = self._node(self._next(), (*path, key))
            if names_secret(key):
                # What is wrong with the value is not told: it would be quoted.
                del self.refusals[told:]
                child = Node(None, child.place)
            if key in children:
                self._refuse(where, (*path, key), f"duplicate key {key[:80]!r}, first on line {node.keys[key].line}: keep one", hides=False)
                continue
            children[key] = child
            node.keys[key] = where
        return node

    def _key(self, event: yaml.ScalarEvent, place: Place, path: Where) -> str:
        key: str = event.value
        if event.anchor is not None or event.tag is not None:
            self._refuse(place, path, f"got an anchor or a tag on the key {key[:80]!r}, expected plain text", hides=False)
        self._clean(key, place, path)
        if names_secret(key):
            self._refuse(place, (*path, key), NO_SECRETS)
        return key

    def _scalar(self, text: str, place: Place, path: Where) -> Scalar:
        """A scalar without quotes."""
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text) <= _MAX_DIGITS:
                return int(text)
        elif _FLOAT.fullmatch(text):
            # A leading zero makes 010 eight for some readers and ten for others; the fields that want a number refuse the text.
            if re.fullmatch(r"[-+]?0[0-9]+", text):
                return text
            if math.isfinite(number := float(text)):
                return number
        elif not _NOT_FINITE.fullmatch(text):
            return self._clean(text, place, path)
        self._refuse(place, path, f"got {text[:40]}, expected a finite number of at most {_MAX_DIGITS} digits")
        return None

    def _clean(self, text: str, place: Place, path: Where) -> str:
        if any(secret in text for secret in self._secrets):
            self._refuse(place, path, f"got a credential of this environment or account: {NO_SECRETS}")
            return HIDDEN
        if match := _UNPRINTABLE.search(text):
            self._refuse(place, path, f"got text with the character {match[0]!a}, expected printable text")
        return text

    def _next(self) -> Any:  # noqa: ANN401 - as in `_node`
        try:
            return next(self._events)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            hint = next((f": {hint}" for part, hint in _HINTS.items() if part in problem), "")
            place = self._at(mark.line, mark.column) if mark is not None else self._at(0, 0)
            self._give_up(place, (), f"not YAML ({problem}){hint}")
        except ValueError:
            # The pure Python reader turns \U00110000 into a character without checking.
            self._give_up(self._at(0, 0), (), "not YAML (an escape in a quoted text is no character)")

    def _place(self, event: Any) -> Place:  # noqa: ANN401 - as in `_node`
        return self._at(event.start_mark.line, event.start_mark.column)

    def _at(self, line: int, column: int) -> Place:
        return Place(self._source, line + 1, column + 1) if self._source is not None else COMMAND_LINE

    def _refuse(self, place: Place, path: Where, message: str, *, hides: bool = True) -> None:
        self.refusals.append(Refusal(place, path, message, hides))

    def _give_up(self, place: Place, path: Where, message: str) -> Any:  # noqa: ANN401 - never returns
        self._refuse(place, path, message)
        raise _Unreadable
