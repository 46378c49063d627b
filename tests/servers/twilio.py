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
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.servers.listening import Asked, Handler, listening

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@dataclass
class Provider(Asked):
    """What it was asked, what it took, and how it is to answer next: `answers` are (status, JSON), "hang up" (it takes
    the message and breaks the connection) or "slow" (it takes it and answers too late)."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
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


class _Handler(Handler):
    asked: Provider

    def _say(self, status: int, told: Any) -> None:
        self.say(status, told if isinstance(told, bytes) else json.dumps(told).encode())

    def _heard(self) -> bytes | None:
        body = self.hear()
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if b64decode(given or "eA==").decode() != f"{ACCOUNT}:{TOKEN}" and "/files/" not in self.path:
            self._say(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return None
        return body

    def do_POST(self) -> None:
        body = self._heard()
        if body is None:
            return
        answer = self.asked.answers.pop(0) if self.asked.answers else None
        if answer in ("hang up", "slow"):
            self.asked.take(body)
            if answer == "slow":
                self.asked.release.wait(20)
            self.close_connection = True
            return
        if answer is not None:
            self._say(*answer)
            return
        if urlsplit(self.path).path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self._say(404, {"code": 20404, "message": "The requested resource was not found", "status": 404})
            return
        self._say(201, self.asked.take(body))

    def do_GET(self) -> None:
        if self._heard() is None:
            return
        parts = urlsplit(self.path)
        if parts.path in self.asked.files:
            content_type, content = self.asked.files[parts.path]
            if content_type == "gone":
                self._say(404, {"message": "gone"})
            elif content_type == "moved":
                self.say(307, b"", Location=content.decode())
            else:
                self.say(200, content, content_type)
        elif re.fullmatch(r"/2010-04-01/Accounts/\w+/Messages\.json", parts.path):
            asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
            rows = [m for m in self.asked.messages if all(m[k] == asked.get(k.title(), m[k]) for k in ("to", "from"))]
            self._say(200, {"messages": rows, "page_size": 100, "next_page_uri": None})
        elif re.fullmatch(r"/2010-04-01/Accounts/\w+\.json", parts.path):
            self._say(200, {"sid": ACCOUNT, "status": "active"})
        else:
            self._say(404, {"code": 20404, "message": "The requested resource was not found"})


@contextmanager
def serving(provider: Provider | None = None) -> Iterator[Provider]:
    """A provider (a plain one, or the one that is given) on a free port of this machine, until the block ends."""
    provider = provider or Provider()
    with listening(provider, _Handler):
        try:
            yield provider
        finally:
            provider.release.set()
