"""Credentials: which names mean one, which values are known, and text with all of them taken out. The standard library alone."""

from __future__ import annotations

import json
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "***"
"""What stands in the place of a secret."""

ACCOUNTS = Path("~/.qiskit/qiskit-ibm.json")
"""Where qiskit-ibm-runtime saves accounts."""

_SHORTEST = 6
"""Characters. Shorter ones than any real credential would be found in the middle of words."""
_UNMISTAKABLE = 20
"""Characters. What is as long and the same is no word that happens to be a test's token."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAMES = frozenset(
    {"token", "apitoken", "apikey", "password", "passwd", "passphrase", "secret", "credential", "credentials", "authorization"}
)
_KEYS = frozenset({"api", "access", "private", "secret"})
_NAME = r"(?:(?:api|access|refresh|auth|iam|ibm)[_-]?)*(?:token|api[_-]?key|password(?:_ntlm)?|passwd|passphrase|secret)"
_PATTERNS = (
    # Authorization: Bearer ..., in headers, dictionaries and JSON.
    (re.compile(r"(authorization[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|apikey)\s+)?[^\s\"',;}]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b(bearer|apikey)\s+(?=\S*\d)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # token=..., 'apikey': '...', password: ...; without quotes or = a word is prose unless it has a digit.
    (re.compile(rf"(\b{_NAME}[\"']?\s*(?:=\s*[\"']?|:\s*[\"']))[^\s\"',;&)}}]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"(\b{_NAME}:\s*)(?=\S*\d)[^\s\"',;&)}}]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    # A JSON web token, which is what IBM's tokens of an hour are.
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), HIDDEN),
    # An API key of IBM Cloud: 44 characters of all kinds, which no checksum in hexadecimal and no word has.
    (re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{44}(?![\w-])"), HIDDEN),
    # Of the name of an instance the last part tells it from others; the account before it is nobody's business.
    (re.compile(r"\bcrn:v\d[^\s\"',;)}]*?([^\s\"',;:)}]*)(:*)(?=[\s\"',;)}]|$)"), rf"crn:{HIDDEN}:\1\2"),
    (re.compile(r"(\w+://)[^\s/@:]+:[^\s/@]+@"), rf"\1{HIDDEN}@"),
)


def scrub(text: str) -> str:
    """The text with every known credential, and everything that looks like one, replaced by `***`.

    For whatever others wrote: exceptions of libraries and of the user's own code, replies of a service.
    """
    for secret in known():
        text = text.replace(secret, HIDDEN)
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def unmistakable() -> list[str]:
    """The known credentials of a length that is no coincidence: a text with one of them in it was written by mistake.

    Variables such as GOOGLE_APPLICATION_CREDENTIALS hold the path of a file, which a config may well lead to.
    """
    return [value for value in known() if len(value) >= _UNMISTAKABLE and not Path(value).is_absolute()]


def known() -> list[str]:
    """The credentials of the environment and of the client's saved accounts, as they are and as URLs have them, the longest first."""
    found = {value for name, value in os.environ.items() if names_secret(name)} | set(_saved())
    long = {value for value in found if len(value) >= _SHORTEST}
    written = {form for value in long for form in (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])}
    return sorted(written, key=lambda value: (-len(value), value))


def names_secret(name: str) -> bool:
    """Whether a key, an option or a variable of that name holds a credential: `token`, `apiKey`, `QISKIT_IBM_TOKEN` ..."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return not _NAMES.isdisjoint(words) or any(first in _KEYS and second == "key" for first, second in pairwise(words))


def _saved() -> Iterator[str]:
    """Values in the file of saved accounts; none where there is no such file, or it is not the client's."""
    try:
        accounts = json.loads(ACCOUNTS.expanduser().read_bytes())
    except (OSError, RuntimeError, ValueError):
        return
    yield from _values(accounts)


def _values(part: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(part, list):
        for item in part:
            yield from _values(item)
    elif isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, str) and names_secret(name):
                yield value
            yield from _values(value)
