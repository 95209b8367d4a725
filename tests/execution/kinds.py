"""The kinds of primitives that the installed client must have, by its version: one that can't be imported fails, it is not left out."""

from __future__ import annotations

from tests.emulator.clients import CLIENT_SIDE

KINDS = ("legacy", "client", "aer") if CLIENT_SIDE else ("legacy", "aer")
