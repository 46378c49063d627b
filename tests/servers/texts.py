"""A provider of SMS on this machine that answers what it is told to answer, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from desk.channels.sms import api


@dataclass
class Texts:
    """`answers` are (status, body), or "hang up": it takes the message and breaks the connection."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    texts: ClassVar[Texts]

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {k.lower(): v for k, v in self.headers.items()}
        self.texts.calls.append((self.command, self.path, told, body))
        answer = self.texts.answers.pop(0) if self.texts.answers else (200, b"{}")
        if answer == "hang up":
            self.close_connection = True
            return
        status, content = answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = _answer


@contextmanager
def serving() -> Iterator[Texts]:
    """One on a free port of this machine, until the block ends."""
    found = Texts()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"texts": found}))
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        if api.client.cache_info().currsize:
            api.client(True).close()
            api.client.cache_clear()
        server.shutdown()
        server.server_close()
        thread.join(5)
