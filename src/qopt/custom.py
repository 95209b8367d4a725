"""Problems and optimizers of the user's own, named in a config as `path/to/file.py:Name`; the other keys are keyword arguments."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import inspect
import sys
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from qopt.errors import InputError, blamed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from qopt.types import Evaluate, Outcome, Point


@dataclass(frozen=True)
class Function:
    """An optimizer that is a plain function of (evaluate, start, rng) and keyword arguments.

    Attributes:
        function: The user's.
        source: Digest of the file that it is in: an edited optimizer is another one.
        arguments: Its keyword arguments.
    """

    version: ClassVar[int] = 1
    name: str
    source: str
    arguments: Mapping[str, Any]
    function: Callable[..., Any] = field(repr=False)

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome | Point:
        """Hand over to the user's function."""
        outcome: Outcome | Point = self.function(evaluate, start, rng, **self.arguments)
        return outcome


def load(path: Path, name: str) -> Callable[..., Any]:
    """The class or function of that name in a Python file, which is executed; nothing is put on `sys.path`.

    Raises:
        InputError: If the file can't be imported, or has nothing of that name that can be called.
    """
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    module_name = f"qopt_custom_{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        message = f"{path} can't be loaded, expected a Python file"
        raise InputError(message, ("type",))
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    with blamed(f"importing {path.name}", ("type",)):
        spec.loader.exec_module(module)
    if not hasattr(module, name):
        names = [item for item in vars(module) if not item.startswith("_")]
        message = f"{path} has no {name!r}{_hint(name, names)}"
        raise InputError(message, ("type",))
    found: Any = getattr(module, name)
    if not callable(found):
        message = f"{name} in {path} is a {type(found).__name__}, expected a class or a function"
        raise InputError(message, ("type",))
    target: Callable[..., Any] = found
    return target


def bind(target: Callable[..., Any], arguments: Mapping[str, Any], base: Path, given: int = 0) -> dict[str, Any]:
    """Keyword arguments checked against a signature; those annotated as `Path` are taken relative to `base`.

    Args:
        target: A class or a function.
        arguments: From the config.
        base: The folder of the config.
        given: How many positional arguments qopt itself gives.

    Raises:
        InputError: If an argument is unknown or missing.
    """
    signature = inspect.signature(target)
    try:
        signature.bind_partial(*range(given))
    except TypeError as error:
        message = f"{target.__name__}{signature} takes too few arguments, expected (evaluate, start, rng) and options"
        raise InputError(message, ("type",)) from error
    parameters = list(signature.parameters.values())[given:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(arguments)
    names = [parameter.name for parameter in parameters]
    for name in arguments:
        if name not in names:
            message = f"unknown key {name!r}, expected {', '.join(names) or 'none beside type'}{_hint(name, names)}"
            raise InputError(message, (name,))
    missing = [item.name for item in parameters if item.default is item.empty and item.name not in arguments]
    if missing:
        message = f"{getattr(target, '__name__', target)} needs the key {missing[0]!r}, which is missing"
        raise InputError(message)
    hints = _hints(target)
    return {name: _path(value, base) if hints.get(name) is Path else value for name, value in arguments.items()}


def source_digest(path: Path) -> str:
    """A digest of a file's text."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:24]


def _path(value: Any, base: Path) -> Path:  # noqa: ANN401 - from a config
    if not isinstance(value, str):
        message = f"got {value!r}, expected the path of a file"
        raise InputError(message)
    return (base / value).resolve()


def _hints(target: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(vars(target).get("__init__", target) if isinstance(target, type) else target)
    except NameError:
        return {}


def _hint(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {close[0]!r}?" if close else ""
