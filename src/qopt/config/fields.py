"""The kinds of values that the models are made of: what is accepted beside the plain type, and in what words the rest is refused."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from qopt.config.document import Scalar

MAX_PATH = 4096
RECORDING = "recording:"
"""What a backend begins with that is the path of a recording."""
_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}"
_CODE = r"[^:]+\.py:[A-Za-z_][A-Za-z0-9_]*"
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_DURATION = re.compile(r"(?=.)(?:([0-9.]+) ?h)? ?(?:([0-9.]+) ?m(?:in)?)? ?(?:([0-9.]+) ?s)?")
_PAIR, _TRIPLE = 2, 3


def expected(text: str) -> NoReturn:
    """Refuse the value that is being validated.

    Args:
        text: What was expected instead.
    """
    raise PydanticCustomError("expected", "{expected}", {"expected": text})


def by_type(names: dict[str, str], *, custom: str | None = None) -> Discriminator:
    """Picks the member of a union by the key `type`.

    Args:
        names: The tag of the member for each built-in type; tags are in angle brackets, so that they can be told from keys in a path.
        custom: What a type of the user's own looks like; its member has the tag `<custom>`. None where there is none.
    """

    def tag(value: Any) -> str | None:  # noqa: ANN401 - whatever was in the file
        kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        if not isinstance(kind, str):
            return None
        looks_custom = custom is not None and (":" in kind or "/" in kind or kind.endswith(".py"))
        return names.get(kind, "<custom>" if looks_custom else None)

    choices = [*names, *([custom] if custom else [])]
    return Discriminator(tag, custom_error_type="unknown_type", custom_error_message=", ".join(choices))


def by_form(forms: dict[str, type | tuple[type, ...] | str], wanted: str) -> Discriminator:
    """Picks the member of a union by the form of the value.

    Args:
        forms: For each tag the Python types, or the key of a mapping, that tell the member.
        wanted: The forms in words.
    """

    def tag(value: Any) -> str | None:  # noqa: ANN401 - whatever was in the file
        for name, form in forms.items():
            found = (
                (form in value if isinstance(value, dict) else hasattr(value, form)) if isinstance(form, str) else isinstance(value, form)
            )
            if found:
                return name
        return None

    return Discriminator(tag, custom_error_type="expected", custom_error_message=wanted)


def code_parts(text: str) -> tuple[str, str]:
    """The file and the name of a custom type `path/to/file.py:Name`, checked for its form only.

    Raises:
        ValueError: Saying what was expected.
    """
    if not re.fullmatch(_CODE, text) or len(text) > MAX_PATH:
        message = "path/to/file.py:Name, with one colon between a Python file and the name of something in it"
        raise ValueError(message)
    file, _, name = text.rpartition(":")
    if PurePosixPath(file).is_absolute() or PureWindowsPath(file).drive or PureWindowsPath(file).root:
        message = "a path relative to the config's folder: code is only loaded from below the working directory"
        raise ValueError(message)
    return file, name


def _whole(value: object) -> object:
    """1e4 is how people write ten thousand."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _code(text: str) -> str:
    try:
        code_parts(text)
    except ValueError as error:
        expected(str(error))
    return text


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text) or _RESERVED.fullmatch(text):
        expected("1 to 80 letters, digits, '.', '_' and '-' that don't begin with '.': it names a folder")
    return text


def _backend(text: str) -> str:
    if not text.startswith(RECORDING):
        return _name(text)
    return RECORDING + _path(text.removeprefix(RECORDING))


def _path(text: str) -> str:
    if not text.strip() or len(text) > MAX_PATH or "\n" in text:
        expected("the path of a file, relative to the config's folder")
    return text


def _scalar(value: object) -> Scalar:
    if not isinstance(value, bool | int | float | str):
        expected("a number, text, true or false")
    return value


def _option(value: object) -> Scalar | list[float]:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list) and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
        return value
    return expected("a number, text, true, false, null or a list of numbers")


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    try:
        return (
            sum(float(part) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True) if part) if match else _no_duration()
        )
    except ValueError:
        return _no_duration()


def _no_duration() -> NoReturn:
    expected("a number of seconds, or text such as 90s, 10m, 2h or 1h30m")


def _edge(value: object) -> tuple[str | int, str | int, float]:
    """`[u, v]` or `[u, v, weight]`, as a triple."""
    entry = tuple(value) if isinstance(value, list | tuple) else ()
    labels = entry[:2]
    weight = entry[2] if len(entry) == _TRIPLE else 1.0
    good = len(entry) in (_PAIR, _TRIPLE) and all(isinstance(label, int | str) and not isinstance(label, bool) for label in labels)
    if not good or isinstance(weight, bool) or not isinstance(weight, int | float):
        expected("[u, v] or [u, v, weight], with names or integers for nodes and a number for the weight")
    return (labels[0], labels[1], float(weight))


def _switch(value: object) -> bool | Literal["auto"]:
    if isinstance(value, bool):
        return value
    return "auto" if value == "auto" else expected("auto, true or false")


def _distinct(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(values)) < len(values):
        expected("qubits that differ")
    return values


WHOLE = BeforeValidator(_whole)
"""Behind `int` and its limits."""
Count: TypeAlias = Annotated[int, Field(ge=1, le=10**9), WHOLE]
Shots: TypeAlias = Annotated[int, Field(ge=2, le=10**9), WHOLE]
"""A standard error takes two."""
Positive: TypeAlias = Annotated[float, Field(gt=0, le=10**6)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**32), WHOLE]
Name: TypeAlias = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})]
Backend: TypeAlias = Annotated[str, AfterValidator(_backend), WithJsonSchema({"type": "string", "pattern": f"^({_NAME}|{RECORDING}.+)$"})]
File: TypeAlias = Annotated[str, AfterValidator(_path)]
Code: TypeAlias = Annotated[str, AfterValidator(_code), WithJsonSchema({"type": "string", "pattern": f"^{_CODE}$"})]
Seconds: TypeAlias = Annotated[
    float, Field(gt=0), BeforeValidator(_seconds), WithJsonSchema({"type": ["number", "string"], "exclusiveMinimum": 0})
]
Edge: TypeAlias = Annotated[
    tuple[str | int, str | int, float],
    PlainValidator(_edge),
    WithJsonSchema({"type": "array", "items": {"type": ["integer", "string", "number"]}, "minItems": 2, "maxItems": 3}),
]
AxisValue: TypeAlias = Annotated[Scalar, PlainValidator(_scalar), WithJsonSchema({"type": ["number", "string", "boolean"]})]
Option: TypeAlias = Annotated[
    Scalar | list[float],
    PlainValidator(_option),
    WithJsonSchema({"type": ["number", "string", "boolean", "null", "array"], "items": {"type": "number"}}),
]
AutoSwitch: TypeAlias = Annotated[bool | Literal["auto"], PlainValidator(_switch), WithJsonSchema({"enum": ["auto", True, False]})]
Angles: TypeAlias = Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
Layout: TypeAlias = Annotated[
    tuple[Annotated[int, Field(ge=0, lt=10**6), WHOLE], ...],
    Field(strict=False, min_length=1),
    AfterValidator(_distinct),
]
