"""What the SMS providers on this machine share: one that keeps what it was asked, and serves until a block ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from desk.channels.sms import api


@dataclass
class Asked:
    """`answers` are what it says next, in the words of the provider that it stands for; `calls` are method, path,
    headers in small letters, and body."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Hears a call, and says something of a known length; a provider is made of it by giving it `asked`."""

    protocol_version = "HTTP/1.1"
    asked: Asked

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def handle(self) -> None:
        """A client that dies in the middle of a sentence is one that said nothing."""
        with suppress(ConnectionError):
            super().handle()

    def hear(self) -> bytes:
        """Errors: `ConnectionAbortedError` where the client was gone before it had said as much as it announced."""
        announced = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(announced)
        if len(body) < announced:
            self.close_connection = True
            raise ConnectionAbortedError(f"{len(body)} of {announced} bytes came")
        told = {name.lower(): value for name, value in self.headers.items()}
        self.asked.calls.append((self.command, self.path, told, body))
        return body

    def say(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def listening(asked: Asked, handler: type[Handler]) -> Iterator[None]:
    """Serves on a free port of this machine until the block ends; the client's connections to it end with it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (handler,), {"asked": asked}))
    server.daemon_threads = True
    asked.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        if api.client.cache_info().currsize:
            api.client(True).close()
            api.client.cache_clear()
        server.shutdown()
        server.server_close()
        thread.join(5)
