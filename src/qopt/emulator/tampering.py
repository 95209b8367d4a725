"""Answers that are not what they should be: false replies to requests, and results of jobs that can't be true."""

from __future__ import annotations

import base64
import io
import json
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qopt.emulator.messages import JSON, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from qopt.emulator.rules import Rule

HTML = "text/html"
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>This page was sent by a proxy on the way.</p></body></html>"
GARBAGE = bytes((index * 167 + 13) % 256 for index in range(256))
"""Neither JSON nor text."""


def in_place_of(rule: Rule) -> Reply:
    """What is answered instead of the truth.

    Args:
        rule: That does `status`, `garbage`, `wrong_type` or `empty`.
    """
    if rule.do == "garbage":
        return Reply(200, GARBAGE)
    if rule.do == "wrong_type":
        return Reply(200, json.dumps(["not", "what", "was", "asked", "for"]).encode())
    if rule.do == "empty":
        return Reply(200, b"")
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    status = rule.code or 0
    if rule.body == "html":
        return Reply(status, PAGE.format(status).encode(), HTML, headers)
    error = {"code": 1202 if status == 429 else 9000 + status, "message": "A fault that was asked for.", "solution": "", "more_info": ""}  # noqa: PLR2004 - too many requests
    return Reply(status, json.dumps({"errors": [error], "trace": "fault"}).encode(), JSON, headers)


def made_of(reply: Reply, rule: Rule) -> Reply:
    """What becomes of a true answer.

    Args:
        reply: The truth; of `spoil`, the results of a job.
        rule: That does `truncate`, `spoil` or anything that replaces the answer.
    """
    if rule.do == "truncate":
        # Whole as far as HTTP knows.
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if rule.do == "spoil":
        return replace(reply, body=corrupt(reply.body.decode(), rule.how).encode())
    return in_place_of(rule)


def corrupt(results: str, how: str) -> str:
    """Results with something wrong in the first PUB, or with it missing.

    Args:
        results: The text of `GET /jobs/ID/results`.
        how: `missing_pub`; `non_finite`: every float is not a number; `wrong_shape`: every array has another axis, of length 2, in
            front; `not_json`: the text ends in the middle.

    Raises:
        ValueError: If there is nothing that could be corrupted so.
    """
    if how == "not_json":
        return results[: len(results) // 2]
    document = json.loads(results)
    pubs = document["__value__"]["pub_results"] if "__value__" in document else document["data"]
    if how == "missing_pub":
        pubs.pop()
        return json.dumps(document)
    arrays = [(holder, array) for holder in _holders(pubs[0]) if (array := _read(holder)).dtype.kind == "f" or how == "wrong_shape"]
    if not arrays:
        raise ValueError(f"the results hold no floats that could be made {how}: where they are bits, corrupt them in another way")
    for holder, array in arrays:
        _write(holder, _unlike(array, how))
    if how == "wrong_shape":
        for bins in _data_bins(pubs[0]):
            bins["shape"] = [2, *bins["shape"]]
    return json.dumps(document)


def _unlike(array: NDArray[Any], how: str) -> NDArray[Any]:
    # The server itself needs no NumPy, which takes longer to import than everything else in it.
    import numpy as np  # noqa: PLC0415

    return np.full(array.shape, np.nan) if how == "non_finite" else np.stack([array, array])


def _holders(value: object) -> Iterator[dict[str, Any]]:
    """All mappings in a document that are an encoded array."""
    if isinstance(value, dict):
        if value.get("__type__") == "ndarray" or {"data", "shape", "dtype"} <= value.keys():
            yield value
        else:
            for item in value.values():
                yield from _holders(item)
    elif isinstance(value, list):
        for item in value:
            yield from _holders(item)


def _data_bins(value: object) -> Iterator[dict[str, Any]]:
    """All mappings in a document that have the arrays of a PUB and say their common shape."""
    if isinstance(value, dict):
        if value.get("__type__") == "DataBin":
            yield value["__value__"]
        for item in value.values():
            yield from _data_bins(item)
    elif isinstance(value, list):
        for item in value:
            yield from _data_bins(item)


def _read(holder: dict[str, Any]) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415 - as above

    if holder.get("__type__") == "ndarray":
        array: NDArray[Any] = np.load(io.BytesIO(zlib.decompress(base64.standard_b64decode(holder["__value__"]))), allow_pickle=False)
        return array
    raw = np.frombuffer(zlib.decompress(base64.standard_b64decode(holder["data"])), dtype=np.uint8)
    if holder["dtype"] == "bool":
        size = int(np.prod(holder["shape"], dtype=int))
        return np.unpackbits(raw, bitorder="little")[:size].astype(bool).reshape(holder["shape"])
    kind, bits = holder["dtype"][0], int(holder["dtype"][1:])
    return raw.view(f"<{kind}{bits // 8}").reshape(holder["shape"])


def _write(holder: dict[str, Any], array: NDArray[Any]) -> None:
    import numpy as np  # noqa: PLC0415 - as above

    if holder.get("__type__") == "ndarray":
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        holder["__value__"] = base64.standard_b64encode(zlib.compress(file.getvalue())).decode()
        return
    raw = np.packbits(array, bitorder="little").tobytes() if array.dtype == bool else array.tobytes()
    name = "bool" if array.dtype == bool else f"{array.dtype.kind}{array.dtype.itemsize * 8}"
    holder |= {"data": base64.standard_b64encode(zlib.compress(raw)).decode(), "shape": list(array.shape), "dtype": name}
