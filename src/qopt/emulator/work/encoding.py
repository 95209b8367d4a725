"""The legacy primitives' JSON, as the client's own encoder writes and reads it."""

from __future__ import annotations

import json
from typing import Any

from qiskit_ibm_runtime import RuntimeDecoder, RuntimeEncoder

from qopt.emulator.work.job import invalid


def decoded(value: object) -> Any:  # noqa: ANN401 - whatever the client wrote
    """Arrays and numbers out of their wrappers.

    Raises:
        WorkFailed: If a wrapper holds something else.
    """
    try:
        return json.loads(json.dumps(value), cls=RuntimeDecoder)
    except Exception as error:
        message = f"a part of a PUB can't be decoded: {type(error).__name__}: {error}"
        raise invalid(message) from error


def encoded(result: object) -> str:
    """A result as text."""
    return json.dumps(result, cls=RuntimeEncoder)


def pubs_of(params: dict[str, Any], longest: int) -> list[list[Any]]:
    """The PUBs of a legacy job, each with `longest` parts, those left out as None.

    Raises:
        WorkFailed: If there are none, or they aren't lists.
    """
    pubs = params.get("pubs")
    if not isinstance(pubs, list) or not pubs:
        message = f"a job needs at least one PUB, this one has {pubs!r}"
        raise invalid(message)
    for index, pub in enumerate(pubs):
        if not isinstance(pub, list) or not 1 <= len(pub) <= longest:
            message = f"PUB {index} is {type(pub).__name__} where a list of 1 to {longest} parts is expected"
            raise invalid(message)
    return [[*pub, *[None] * (longest - len(pub))] for pub in pubs]
