"""Text files that people write: read within limits, with every refusal at its line and column. No format but JSON's own lives here."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 10_000_000
_LONGEST_INTEGER = 18


@dataclass(frozen=True)
class TextFile:
    """The contents of a file, and refusals that say where in it something is wrong.

    Attributes:
        path: As the user gave it.
        text: Decoded from UTF-8, without a byte order mark.
    """

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path | str) -> TextFile:
        """Read a regular file of at most `MAX_BYTES` bytes.

        Raises:
            InputError: If it is missing, not a file, too large, or not UTF-8.
        """
        path = Path(path)
        try:
            if not path.is_file():
                raise InputError(_missing(path))
            if (size := path.stat().st_size) > MAX_BYTES:
                message = f"{path} has {size:,} bytes, expected at most {MAX_BYTES:,}"
                raise InputError(message)
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            message = f"{path} can't be read: {error}"
            raise InputError(message) from None
        try:
            return cls(path, data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8-sig", errors="replace")
            message = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8 text"
            raise cls(path, before).at_offset(len(before), message) from None

    def at(self, line: int, column: int, message: str) -> InputError:
        """A refusal at a line and a column, both counted from 1."""
        return InputError(f"{self.path}:{line}:{column}: {message}")

    def at_offset(self, offset: int, message: str) -> InputError:
        """A refusal at a character of the text, counted from 0."""
        return self.at(*self._place(offset), message)

    def at_key(self, keys: tuple[str | int, ...], message: str) -> InputError:
        """A refusal at a value in JSON, by its keys and indices from the top; at the innermost one that exists."""
        return self.at(*self.place_of_key(keys), message)

    def place_of_key(self, keys: tuple[str | int, ...]) -> tuple[int, int]:
        """Line and column of a value in JSON that was parsed already."""
        offset = _skip_space(self.text, 0)
        for key in keys:
            offset = _child(self.text, offset, key)
        return self._place(offset)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Line numbers from 1, and the lines without their ends."""
        return ((number, line.removesuffix("\r")) for number, line in enumerate(self.text.split("\n"), 1))

    def json_object(self) -> dict[str, Any]:
        """The object that the file holds as JSON. Integers of more than 18 digits are read as floats.

        Raises:
            InputError: If the text isn't JSON, or is nested too deeply, or is no object.
        """
        try:
            value = _DECODER.decode(self.text)
        except json.JSONDecodeError as error:
            message = f"this is not JSON: {error.msg}"
            raise self.at(error.lineno, error.colno, message) from None
        except RecursionError:
            raise self.at(1, 1, "the JSON is nested too deeply") from None
        if not isinstance(value, dict):
            raise self.at_key((), f"expected an object {{...}}, got {json.dumps(value)[:40]}")
        return value

    def _place(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)


def suggestion(word: str, known: tuple[str, ...]) -> str:
    """`, did you mean 'x'?` for the known word nearest to a misspelt one, or nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    return f", did you mean {near[0]!r}?" if near else ""


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)


def _missing(path: Path) -> str:
    if path.exists():
        return f"{path} is not a regular file"
    names = tuple(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else ()
    return f"there is no file {path}{suggestion(path.name, names)}"


def _skip_space(text: str, offset: int) -> int:
    while offset < len(text) and text[offset] in " \t\r\n":
        offset += 1
    return offset


def _child(text: str, start: int, key: str | int) -> int:
    """Where the value under `key` begins in the container that begins at `start`; `start` itself where there is none."""
    if text[start : start + 1] not in ("{", "["):
        return start
    offset, index = _skip_space(text, start + 1), 0
    while text[offset] not in "]}":
        name: str | int = index
        if text[start] == "{":
            name, offset = _DECODER.raw_decode(text, offset)
            offset = _skip_space(text, _skip_space(text, offset) + 1)  # Past the colon.
        if name == key:
            return offset
        offset = _skip_space(text, _DECODER.raw_decode(text, offset)[1])
        if text[offset] == ",":
            offset = _skip_space(text, offset + 1)
        index += 1
    return start
