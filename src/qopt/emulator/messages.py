"""Requests and replies, with nothing of how they travel."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request as it was read.

    Attributes:
        method: In capitals.
        path: Without the query.
        query: Every value of every name.
        headers: By name in small letters.
        body: As it came.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def value(self, name: str) -> str | None:
        """The last value of a name in the query, None if it has none."""
        values = self.query.get(name)
        return values[-1] if values else None


@dataclass(frozen=True)
class Reply:
    """What is answered.

    Attributes:
        status: Of HTTP.
        body: As it goes out.
        kind: The type of the content.
        headers: Further ones.
    """

    status: int
    body: bytes = b""
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def answer(document: Any, status: int = 200) -> Reply:  # noqa: ANN401 - whatever JSON can say
    """A reply in JSON."""
    return Reply(status, json.dumps(document).encode())


def text(body: str) -> Reply:
    """A reply in plain text."""
    return Reply(200, body.encode(), TEXT)


NOTHING = Reply(204)
"""Done, and there is nothing to say about it."""
