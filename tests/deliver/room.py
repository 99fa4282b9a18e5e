"""A chat room's webhook for tests: a web server that can refuse, redirect, and hang up."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Room:
    """What the room does, and what was posted to it.

    answers: status codes of the next posts, 200 after these; 0 hangs up. location: of redirects.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    location: str = ""
    posted: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def opened(room: Room, tls: ssl.SSLContext | None = None) -> Iterator[Room]:
    """The room, taking posts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            room.posted.append(json.loads(content))
            room.paths.append(self.path)
            code = room.answers.pop(0) if room.answers else 200
            if not code:
                self.close_connection = True
                return
            self.send_response(code)
            if room.location:
                self.send_header("Location", room.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Clients that leave are no news."""

    server = Server(("127.0.0.1", room.port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    room.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield room
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
