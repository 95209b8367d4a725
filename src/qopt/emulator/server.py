"""The server process: HTTP on the loopback interface, one thread for each connection, one write for each reply."""

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
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from qopt.emulator.controls import Controls
from qopt.emulator.handle import KEY_FILE, SETTINGS_FILE
from qopt.emulator.lanes import Lanes
from qopt.emulator.messages import Reply, Request
from qopt.emulator.platform import Platform
from qopt.emulator.refusals import Refused
from qopt.emulator.routes import API, Routes
from qopt.emulator.settings import Settings
from qopt.emulator.workers import Pool

HOST = "127.0.0.1"
"""The only interface that is ever listened at: what is served is a toy without protection."""

_ID = re.compile(r"/(jobs|sessions|backends|catalog)/[^/]+")

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Server(http.server.ThreadingHTTPServer):
    """The listening socket, and what its connections answer with."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, folder: Path, settings: Settings, port: int) -> None:
        super().__init__((HOST, port), Connection)
        self.platform = Platform(folder, settings)
        self.pool = Pool(self.platform.settings.engine, folder / "workers.log")
        self.counts: Counter[str] = Counter()
        self.routes = Routes(self.platform, self.pool, Controls(self.platform, _key(folder), self.counts))

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
        length = int(self.headers.get("Content-Length") or 0)
        limit = self.server.platform.settings.max_body
        if length > limit:
            document = Refused(413, 1002, f"the request has {length} bytes, at most {limit} are taken").body(secrets.token_hex(10))
            self.close_connection = True
            self._send(Reply(413, json.dumps(document).encode()))
            return
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        self.server.counts[kind_of(request)] += 1
        self._send(self.server.routes(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the library's names

    def _send(self, reply: Reply) -> None:
        self.wfile.write(packed(reply))


def kind_of(request: Request) -> str:
    """A request without what it is about: `GET /jobs/ID/results`."""
    path = _ID.sub(r"/\1/ID", API.sub("", request.path))
    return f"{request.method} {path}"


def packed(reply: Reply) -> bytes:
    """A reply as it goes over the wire, for one write: more than one would wait for each other's acknowledgement."""
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {phrase}"]
    if reply.status not in BODILESS:
        lines += [f"Content-Type: {reply.kind}", f"Content-Length: {len(reply.body)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + reply.body


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


def _key(folder: Path) -> str:
    """What requests to the controls have to know: made once for each folder, readable by its owner only."""
    path = folder / KEY_FILE
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(16))
    return path.read_text(encoding="utf-8")


def _follow() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
