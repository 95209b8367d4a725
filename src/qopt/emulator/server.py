"""The server process: HTTP on the loopback interface, with one thread for each connection and one for each device."""

from __future__ import annotations

import argparse
import http.server
import json
import os
import re
import secrets
import socket
import sys
import threading
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from qopt.emulator.controls import PREFIX, Controls
from qopt.emulator.handle import KEY_FILE, SETTINGS_FILE
from qopt.emulator.lanes import Lanes
from qopt.emulator.messages import Reply, Request
from qopt.emulator.platform import Platform
from qopt.emulator.refusals import Refused
from qopt.emulator.routes import API, Routes
from qopt.emulator.rules import EVENTS, WIRE
from qopt.emulator.settings import Settings
from qopt.emulator.wire import Hold, misbehave, packed
from qopt.emulator.worker import INTERNAL
from qopt.emulator.workers import LOG, Pool

if TYPE_CHECKING:
    from qopt.emulator.rules import Rule

HOST = "127.0.0.1"
"""The only interface that is ever listened at: what is served is a toy without protection."""

CHUNK = 2**20
_ID = re.compile(r"/(jobs|sessions|backends|catalog)/[^/]+")


class Server(http.server.ThreadingHTTPServer):
    """The listening socket, and what its connections answer with.

    Args:
        folder: For the state.
        settings: How the platform behaves.
        port: 0 for any that is free.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, folder: Path, settings: Settings, port: int) -> None:
        # First, so that a port that is taken is noticed before the state is touched.
        super().__init__((HOST, port), Connection)
        self.platform = Platform(folder, settings)
        self.pool = Pool(self.platform.settings.engine, folder / LOG)
        self.counts: Counter[str] = Counter()
        self.hold = Hold()
        self.routes = Routes(self.platform, self.pool, Controls(self.platform, _key(folder), self.counts, self.hold))

    def serve(self) -> None:
        """Answer until the process ends."""
        Lanes(self.platform, self.pool).start()
        self.serve_forever(poll_interval=0.05)

    def server_bind(self) -> None:
        """Listen; without the look-up of a name that the library would do, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection, which may carry many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked for is counted, not printed."""

    def _handle(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            self.close_connection = True
            self._send(_refusal(Refused(400, 1002, f"Content-Length is {length!r}, expected a number of bytes")))
            return
        limit = self.server.platform.settings.max_body
        if int(length) > limit:
            # Read to its end all the same: a client that is still sending would not hear why.
            for start in range(0, int(length), CHUNK):
                self.rfile.read(min(CHUNK, int(length) - start))
            self._send(_refusal(Refused(413, 1002, f"the request has {length} bytes, at most {limit} are taken")))
            return
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, unquote(parts.path), query, headers, self.rfile.read(int(length)))
        self.server.counts[_kind(request)] += 1
        self._answer(request, self._rules(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the library's names

    def _rules(self, request: Request) -> list[Rule]:
        """The faults that a request sets off; whoever controls them is spared."""
        if request.path.startswith(PREFIX):
            return []
        platform = self.server.platform
        with platform.lock:
            return platform.faults.of_request(request.method, API.sub("", request.path), platform.store.count("1"))

    def _answer(self, request: Request, rules: list[Rule]) -> None:
        wire = next((rule for rule in rules if rule.do in WIRE), None)
        self._happen(rules, "before")
        if wire is not None and wire.when == "before":
            if wire.do != "delay":
                self._misbehave(wire, None)
                return
            self.server.hold.wait(wire.seconds, lambda: False)
            wire = None
        reply = self._processed(request)
        self._happen(rules, "after")
        if wire is not None and wire.do == "duplicate":
            self._processed(request)
            wire = None
        if wire is None:
            self._send(reply)
        else:
            self._misbehave(wire, reply)

    def _happen(self, rules: list[Rule], when: str) -> None:
        platform, routes = self.server.platform, self.server.routes
        events = dict(zip(EVENTS, (platform.expire_sessions, routes.expire_tokens, platform.recalibrate), strict=True))
        for rule in rules:
            if rule.do in EVENTS and rule.when == when:
                events[rule.do]()

    def _processed(self, request: Request) -> Reply:
        try:
            return self.server.routes(request)
        except Exception:  # noqa: BLE001 - a mistake of the emulator is told like one of the real platform, and its log says more
            said = traceback.format_exc()
            sys.stderr.write(said)
            return _refusal(Refused(500, INTERNAL, said))

    def _send(self, reply: Reply) -> None:
        try:
            self.connection.sendall(packed(reply))
        except ConnectionError:
            # The client did not wait for its answer.
            self.close_connection = True

    def _misbehave(self, rule: Rule, reply: Reply | None) -> None:
        try:
            usable = misbehave(self.connection, rule, reply, self.server.hold)
        except ConnectionError:
            usable = False
        self.close_connection = self.close_connection or not usable


def _refusal(refused: Refused) -> Reply:
    return Reply(refused.status, json.dumps(refused.body(secrets.token_hex(10))).encode())


def _kind(request: Request) -> str:
    """A request without what it is about: `GET /jobs/ID/results`."""
    path = _ID.sub(r"/\1/ID", API.sub("", request.path))
    return f"{request.method} {path}"


def _key(folder: Path) -> str:
    """What requests to the controls have to know: made once for each folder, readable by its owner only."""
    path = folder / KEY_FILE
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(16))
    return path.read_text(encoding="utf-8")


def _follow() -> None:
    """End with the parent, whose end of the pipe closes however it ends."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Serve from a folder; the port is printed as soon as connections are taken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    given = parser.parse_args()
    if given.with_parent:
        threading.Thread(target=_follow, daemon=True).start()
    server = Server(given.folder, Settings.from_json((given.folder / SETTINGS_FILE).read_text(encoding="utf-8")), given.port)
    print(json.dumps({"port": server.server_port}), flush=True)  # noqa: T201 - for the parent
    server.serve()


if __name__ == "__main__":
    main()
