"""The kinds of primitives that the installed client must have, by its version: one that can't be imported fails, it is not left out."""

from __future__ import annotations

from importlib.metadata import version

_CLIENT_SIDE_SINCE = (0, 50)
_INSTALLED = tuple(int(part) for part in version("qiskit-ibm-runtime").split(".")[:2])

KINDS = ("legacy", "client", "aer") if _INSTALLED >= _CLIENT_SIDE_SINCE else ("legacy", "aer")
