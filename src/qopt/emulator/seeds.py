"""The seed of a job: the same question in the same place of a run gives the same counts, asked once more it gives new noise."""

from __future__ import annotations

import hashlib
import re
import string
from typing import Any

CODES = ("circuit", "circuits", "job_tags", "samplex", "seed_simulator")
"""Keys under which nothing is a number that is asked about: serialized circuits carry random identifiers, tags are names."""


COUNTED = "samplex_arguments"
"""The key below which names end with a number that the client counts up as long as its process lives."""


def digest(program: str, backend: str, params: dict[str, Any]) -> str:
    """Of the numbers in a job's parameters: parameter values, coefficients, shots, precision; not of its circuits."""
    state = hashlib.sha256(f"{program} {backend}".encode())
    _feed(state, params)
    return state.hexdigest()


def seed(server: int, digest_of_numbers: str, ordinal: int) -> int:
    """Of the job that is number `ordinal` among those with these numbers; 31 bits, and never 0."""
    text = f"{server} {digest_of_numbers} {ordinal}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big") % (2**31 - 1) + 1


def _feed(state: Any, value: object) -> None:  # noqa: ANN401 - hashlib does not name the type of its objects
    if isinstance(value, dict):
        if value.get("__type__") == "QuantumCircuit":
            return
        for key in sorted(value):
            if key == COUNTED and isinstance(value[key], dict):
                for name, argument in value[key].items():
                    state.update(f"{name.rstrip(string.digits)}:".encode())
                    _feed(state, argument)
            elif key not in CODES:
                state.update(f"{key}:".encode())
                _feed(state, value[key])
    elif isinstance(value, list):
        state.update(f"[{len(value)}".encode())
        for item in value:
            _feed(state, item)
    else:
        state.update(f"{value!r};".encode())


def _parts(key: str) -> list[str | int]:
    """A name in words and numbers, which sort by size."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", key)]
