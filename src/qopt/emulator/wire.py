"""Replies as bytes on a socket, and everything that can go wrong on the way: silence, slowness, half an answer, a lost connection."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from qopt.emulator import tampering

if TYPE_CHECKING:
    from collections.abc import Callable

    from qopt.emulator.messages import Reply
    from qopt.emulator.rules import Rule

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
DROPS = 20
"""Pieces that a slow answer comes in."""
LOOK = 0.05
"""Real seconds between two looks at whether a client that is kept waiting is still there."""


def packed(reply: Reply) -> bytes:
    """A reply as it goes over the wire, for one write: more than one would wait for each other's acknowledgement."""
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {phrase}"]
    if reply.status not in BODILESS:
        lines += [f"Content-Type: {reply.kind}", f"Content-Length: {len(reply.body)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + reply.body


class Hold:
    """Where connections wait that are kept silent, until they are let go."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._released = 0

    def release(self) -> None:
        """Let go of all that wait now."""
        with self._condition:
            self._released += 1
            self._condition.notify_all()

    def wait(self, seconds: float, gone: Callable[[], bool]) -> None:
        """Wait until released, until the time is over or until the other side is `gone`."""
        end = time.monotonic() + seconds
        with self._condition:
            before = self._released
            while self._released == before and (left := end - time.monotonic()) > 0 and not gone():
                self._condition.wait(min(left, LOOK))


def misbehave(connection: socket.socket, rule: Rule, reply: Reply | None, hold: Hold) -> bool:
    """Do to a client what a fault of the wire says.

    Args:
        connection: To the client.
        rule: What to do.
        reply: The true answer, None where the request was not processed.
        hold: Where to be silent.

    Returns:
        Whether the connection can be used for another request.
    """
    if rule.do == "reset":
        if reply is not None and rule.sent == "half":
            whole = packed(reply)
            connection.sendall(whole[: len(whole) - (len(reply.body) + 1) // 2])
            connection.shutdown(socket.SHUT_WR)
        else:
            _reset(connection)
        return False
    if rule.do == "hang":
        hold.wait(rule.seconds, lambda: _gone(connection))
        return False
    if reply is not None and rule.do == "drip":
        _drip(connection, packed(reply), rule.seconds, hold)
        return True
    if reply is not None and rule.do == "delay":
        hold.wait(rule.seconds, lambda: _gone(connection))
        connection.sendall(packed(reply))
        return True
    connection.sendall(packed(tampering.in_place_of(rule) if reply is None else tampering.made_of(reply, rule)))
    return True


def _reset(connection: socket.socket) -> None:
    """Close a connection so that the other side gets an error instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The files that the library has made of the socket would keep it open.
    os.close(connection.detach())


def _drip(connection: socket.socket, whole: bytes, seconds: float, hold: Hold) -> None:
    size = max(1, len(whole) // DROPS)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    for piece in pieces:
        connection.sendall(piece)
        hold.wait(seconds / len(pieces), lambda: _gone(connection))


def _gone(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
