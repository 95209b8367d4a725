"""The tokens that are given for an API key: signed, numbered, and void from the moment that a fault says so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

LIFETIME = 3600
"""Real seconds, for the client decides by its own clock when to ask for another."""


def issued(secret: str, serial: int) -> str:
    """A new token in the form of a JSON Web Token."""
    now = int(time.time())
    claims = {"iss": "emulated IAM", "sub": "user", "iat": now, "exp": now + LIFETIME, "serial": serial}
    text = f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(claims)}"
    return f"{text}.{_signature(secret, text)}"


def serial_of(secret: str, token: str) -> int | None:
    """The number of a token that was issued here and is not too old, else None."""
    text, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(secret, text).encode()):
        return None
    body = text.partition(".")[2]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return int(claims["serial"]) if claims["exp"] > time.time() else None


def _packed(document: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _signature(secret: str, text: str) -> str:
    return base64.urlsafe_b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode().rstrip("=")
