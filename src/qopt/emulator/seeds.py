"""The seed of a job: the same question in the same place of a run gives the same counts, asked once more it gives new noise."""

from __future__ import annotations

import hashlib
import re
from typing import Any

CODES = ("circuit", "circuits", "job_tags", "samplex", "seed_simulator")
"""Keys under which nothing is a number that is asked about: serialized circuits carry random identifiers, tags are names."""


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
        # The client counts some names up for as long as its process lives: basis_changes.basis4.
        for key in sorted(value, key=_parts):
            if key not in CODES:
                state.update(f"{re.sub(r'[0-9]+', '', key)}:".encode())
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
