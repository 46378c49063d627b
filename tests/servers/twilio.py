"""A provider of SMS on this machine that speaks like Twilio: takes messages, lists them, and fails when told."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

from desk.channels.sms import api

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@dataclass
class Provider:
    """What it was asked, what it took, and how it is to answer next: `answers` are (status, JSON), "hang up" (it takes
    the message and breaks the connection) or "slow" (it takes it and answers too late)."""

    url: str = ""
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)

    def posts(self) -> list[dict[str, str]]:
        """The forms that were posted."""
        return [dict(parse_qsl(body.decode(), keep_blank_values=True)) for m, _, _, body in self.calls if m == "POST"]

    def take(self, body: bytes) -> dict[str, Any]:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        row = {
            "sid": f"SM{len(self.messages) + 1:032x}",
            "status": "queued",
            "num_segments": "1",
            "body": form.get("Body", ""),
            "to": form.get("To", ""),
            "from": form.get("From"),
            "account_sid": ACCOUNT,
            "direction": "outbound-api",
            "date_created": format_datetime(self.now),
            "error_code": None,
            "error_message": None,
        }
        self.messages.insert(0, row)
        return row


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: ClassVar[Provider]

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _say(self, status: int, told: Any, content_type: str = "application/json") -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _heard(self) -> bytes | None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {k.lower(): v for k, v in self.headers.items()}
        self.provider.calls.append((self.command, self.path, told, body))
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if b64decode(given or "eA==").decode() != f"{ACCOUNT}:{TOKEN}" and "/files/" not in self.path:
            self._say(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return None
        return body

    def do_POST(self) -> None:
        body = self._heard()
        if body is None:
            return
        answer = self.provider.answers.pop(0) if self.provider.answers else None
        if answer in ("hang up", "slow"):
            self.provider.take(body)
            if answer == "slow":
                self.provider.release.wait(20)
            self.close_connection = True
            return
        if answer is not None:
            self._say(*answer)
            return
        if urlsplit(self.path).path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self._say(404, {"code": 20404, "message": "The requested resource was not found", "status": 404})
            return
        self._say(201, self.provider.take(body))

    def do_GET(self) -> None:
        if self._heard() is None:
            return
        parts = urlsplit(self.path)
        if parts.path in self.provider.files:
            content_type, content = self.provider.files[parts.path]
            if content_type == "gone":
                self._say(404, {"message": "gone"})
            elif content_type == "moved":
                self.send_response(307)
                self.send_header("Location", content.decode())
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._say(200, content, content_type)
        elif re.fullmatch(r"/2010-04-01/Accounts/\w+/Messages\.json", parts.path):
            asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
            rows = [
                m for m in self.provider.messages if all(m[k] == asked.get(k.title(), m[k]) for k in ("to", "from"))
            ]
            self._say(200, {"messages": rows, "page_size": 100, "next_page_uri": None})
        elif re.fullmatch(r"/2010-04-01/Accounts/\w+\.json", parts.path):
            self._say(200, {"sid": ACCOUNT, "status": "active"})
        else:
            self._say(404, {"code": 20404, "message": "The requested resource was not found"})


@contextmanager
def serving(provider: Provider | None = None) -> Iterator[Provider]:
    """A provider (a plain one, or the one that is given) on a free port of this machine, until the block ends."""
    provider = provider or Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.release.set()
        if api.client.cache_info().currsize:
            api.client(True).close()
            api.client.cache_clear()
        server.shutdown()
        server.server_close()
        thread.join(5)
