"""Reading a config: a file and overrides in, a frozen `RunConfig` or every refusal at once out."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qopt.config.document import COMMAND_LINE, MAX_BYTES, Node, Refusal, dotted, parse
from qopt.config.models import RunConfig
from qopt.config.overrides import lay_over
from qopt.config.wording import ambiguous, refusal_of
from qopt.errors import InputError
from qopt.secrets import scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from qopt.errors import Where

_SHOWN = 50


class ConfigError(InputError):
    """A config that can't be run; its message has a line for each thing that is wrong.

    Args:
        lines: `file:line:column: key: what was got, what was expected, what to do`.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        more = [f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        super().__init__("\n".join([*lines[:_SHOWN], *more]))
        self.lines = tuple(map(scrub, lines))


@dataclass(frozen=True)
class Loaded:
    """A config together with where each part of it was written.

    Attributes:
        config: What was read.
        path: The file.
    """

    config: RunConfig
    path: Path
    _root: Node = field(repr=False, compare=False)

    @property
    def base(self) -> Path:
        """The folder that paths in the config are relative to."""
        return self.path.parent

    def locate(self, where: Where) -> str:
        """`file:line:column` of a key's value, or of as much of the path as was written; `command line` for an override."""
        return str(self._root.deepest(where).place)

    def placed(self, error: InputError) -> InputError:
        """A refusal of another room, with the place of the key that it is about; what is already placed stays as it is."""
        if isinstance(error, ConfigError):
            return error
        key = f"{dotted(error.where)}: " if error.where else ""
        return ConfigError([f"{self.locate(error.where)}: {key}{error.message}"])


def read_config(path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """Read and check a YAML file.

    Args:
        path: The file; paths in it are relative to its folder.
        overrides: Such as `optimizer.method=COBYQA`, laid over the file before anything is checked.

    Raises:
        ConfigError: With every thing that is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError([_unreadable(path, error)]) from None
    try:
        text = content[: MAX_BYTES + 1].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) > MAX_BYTES:
            text = content.decode("latin-1")
        else:
            line, column = content.count(b"\n", 0, error.start) + 1, error.start - content.rfind(b"\n", 0, error.start)
            raise ConfigError([f"{path}:{line}:{column}: got the byte {content[error.start]:#04x}, expected text in UTF-8"]) from None
    return parse_config(text, path, overrides)


def parse_config(text: str, path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """Check the text of a config, as `read_config` does.

    Args:
        text: YAML.
        path: Where it is from; nothing is read there.
        overrides: As in `read_config`.

    Raises:
        ConfigError: With every thing that is wrong.
    """
    root, refusals = parse(text.replace("\r\n", "\n"), str(path))
    if root is None:
        raise ConfigError(_lines(refusals))
    if root.value is None and not refusals:
        root.value = {}
    if not isinstance(root.value, dict):
        wrong = Refusal(root.place, (), "expected a mapping of keys to values, such as `problem: {type: maxcut, graph: my.edges}`")
        raise ConfigError(_lines([*refusals, wrong]))
    refusals += lay_over(root, overrides)
    if (name := root.child("name")) is None or name.value is None:
        root.value["name"] = Node(path.stem, root.place)
    config, wrong_values = _validated(root)
    hidden = {refusal.path for refusal in refusals if refusal.hides}
    refusals += [item for item in wrong_values if not any(item.path[:length] in hidden for length in range(1, len(item.path) + 1))]
    if refusals or config is None:
        raise ConfigError(_lines(refusals))
    return Loaded(config, path, root)


def _validated(root: Node) -> tuple[RunConfig | None, list[Refusal]]:
    doubtful = ambiguous(root)
    # A key that is left empty, as when all below it is commented out, is as good as absent.
    data = {key: value for key, value in root.data().items() if value is not None}
    try:
        return RunConfig.model_validate(data), doubtful
    except ValidationError as error:
        known = {refusal.path for refusal in doubtful}
        # Pydantic calls a list too short when one of its items is wrong.
        wrong = [refusal_of(item, root) for item in error.errors(include_url=False) if item["type"] != "too_short" or not item["input"]]
        return None, doubtful + [item for item in wrong if item.path not in known]


def _lines(refusals: Iterable[Refusal]) -> list[str]:
    """The refusals as text, each once, in the order of the file, the command line last."""
    ordered = sorted(refusals, key=lambda item: (item.place == COMMAND_LINE, item.place.line, item.place.column))
    return list(dict.fromkeys(map(str, ordered)))


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, IsADirectoryError):
        return f"{path}: this is a folder, expected a YAML file"
    if not isinstance(error, FileNotFoundError):
        return f"{path}: can't be read ({getattr(error, 'strerror', None) or error}), expected a YAML file"
    known = sorted(item.name for item in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, known, 1)
    return f"{path}: there is no such file{f'; did you mean {path.parent / near[0]}?' if near else ', expected a YAML file'}"
