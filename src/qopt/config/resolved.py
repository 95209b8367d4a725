"""A config as it is kept in a run folder, and the digest of what makes it this run and no other."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from qopt.config.fields import RECORDING
from qopt.config.models import Custom, MaxCut, Operator, RunStart
from qopt.config.molecules import Molecule

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.config.reader import Loaded

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_./-]*", re.IGNORECASE)


def dump(loaded: Loaded, home: Path) -> str:
    """The config with every default written out, as YAML that reads to the same config from the run folder.

    Args:
        loaded: The config and where it came from.
        home: The run folder. Paths are rewritten to lead to the same files from there, so that a project can be moved as a whole;
            data on another drive is named by its absolute path. A text among the arguments of a custom type is a path if it names a file.
    """
    start = home.resolve()

    def moved(text: str) -> str:
        path = (loaded.base / text).resolve()
        try:
            return Path(os.path.relpath(path, start)).as_posix()
        except ValueError:
            return path.as_posix()

    def replace(text: str) -> str:
        file, colon, name = text.partition(".py:")
        return f"{moved(file + '.py')}:{name}" if colon else moved(text)

    data = _with_files(loaded, replace)
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140, default_flow_style=None)


def recipe_of(loaded: Loaded, version: str) -> str | None:
    """A digest of all that the run is made from: equal recipes mean equal runs, whatever else changed in the YAML.

    Name, mode, budget and sweep are not part of it; the contents of the files that are named are, and their paths are not.

    Args:
        loaded: The config and where it came from.
        version: Of qopt.

    Returns:
        64 hexadecimal digits; None where a file can't be read, or the start is another run, which may have moved on since.
    """
    config = loaded.config
    if isinstance(config.start, RunStart):
        return None

    def replace(text: str) -> str:
        file, colon, name = text.partition(".py:")
        path = loaded.base / (f"{file}.py" if colon else file)
        return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {name or path.suffix}"

    try:
        data = _with_files(loaded, replace)
    except (OSError, ValueError):
        return None
    parts = {key: data[key] for key in config.identity}
    parts |= {"backend": data["execution"]["backend"], "primitives": config.execution.primitives, "qopt": version}
    # How many threads there are, and where they are, changes no run.
    parts["simulator"] = config.execution.simulator.model_dump(exclude={"device", "threads"})
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _with_files(loaded: Loaded, replace: Callable[[str], str]) -> dict[str, Any]:
    """The config as plain data, with every text that names a file replaced."""
    config = loaded.config
    data: dict[str, Any] = config.model_dump(by_alias=True)
    if isinstance(config.start, RunStart):
        data["start"]["run"] = replace(config.start.run)
    if isinstance(config.problem, MaxCut) and isinstance(config.problem.graph, str):
        data["problem"]["graph"] = replace(config.problem.graph)
    if isinstance(config.problem, Operator):
        data["problem"]["file"] = replace(config.problem.file)
    if isinstance(config.problem, Molecule):
        if config.problem.integrals is not None:
            data["problem"]["integrals"] = replace(config.problem.integrals)
        elif (config.problem.geometry or "").strip().lower().endswith(".xyz"):
            data["problem"]["geometry"] = replace((config.problem.geometry or "").strip())
    if config.execution.recording is not None:
        data["execution"]["backend"] = f"{RECORDING}{replace(config.execution.recording)}"
    for part in ("problem", "optimizer"):
        if isinstance(custom := getattr(config, part), Custom):
            arguments = {key: _replaced(value, loaded.base, replace) for key, value in custom.arguments.items()}
            data[part] = {"type": replace(custom.type), **arguments}
    return data


def _replaced(value: Any, base: Path, replace: Callable[[str], str]) -> Any:  # noqa: ANN401 - JSON-like
    if isinstance(value, dict):
        return {key: _replaced(item, base, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, base, replace) for item in value]
    return replace(value) if isinstance(value, str) and _is_file(base, value) else value


def _is_file(base: Path, text: str) -> bool:
    try:
        return (base / text).is_file()
    except (OSError, ValueError):
        return False


class _Dumper(yaml.SafeDumper):
    """Writes text in quotes unless it looks like nothing else to any reader of YAML, and repeats what occurs twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _PLAIN.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)
