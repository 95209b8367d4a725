"""A record as a row of the journal and back: compact JSON, its raw bytes aside, and the checksum that chains it to the row before."""

from __future__ import annotations

import json
from hashlib import sha256

from qopt.journal.records import Answered, Record, from_json, to_json


def encode(record: Record) -> str:
    """The row's body: ASCII JSON; of raw bytes only their digest, so that the chain vouches for them too.

    Raises:
        TypeError: If a field holds something that JSON doesn't.
    """
    body = to_json(record)
    if isinstance(record, Answered) and record.raw is not None:
        body["raw"] = digest(record.raw)
    return json.dumps(body, separators=(",", ":"))


def decode(kind: str, body: str) -> tuple[Record, str | None]:
    """The record without its raw bytes, and their digest if there are any.

    Raises:
        KeyError: If the kind is unknown.
        TypeError: If a field is missing or unknown.
    """
    content = json.loads(body)
    raw = content.pop("raw", None)
    return from_json(kind, content), raw


def digest(raw: bytes) -> str:
    """The digest under which raw bytes are known."""
    return sha256(raw).hexdigest()


def link(chain: bytes, row: tuple[int, str, float, str]) -> bytes:
    """The checksum of a row (id, kind, seconds since the epoch, body) and of all rows before it, whose checksum is `chain`."""
    number, kind, time, body = row
    return sha256(chain + f"{number} {kind} {time!r} {body}".encode()).digest()
