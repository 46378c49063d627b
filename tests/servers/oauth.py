"""A provider of OAuth 2.0 tokens on loopback: mail servers ask it who a token belongs to, as they ask a real one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET = "desk-client", "client-secret-of-the-desk"


class Provider:
    """Refresh tokens by user; every call makes another access token. `rotates` hands out another refresh token each
    time, `refuses` is an error that it answers with instead, `lasts` what it says of a token's life."""

    def __init__(self) -> None:
        self.port = 0
        self.refresh: dict[str, str] = {}
        self.access: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.rotates = False
        self.refuses = ""
        self.lasts: Any = 3600

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def grant(self, user: str) -> str:
        """A refresh token, as a person's consent gives one."""
        token = f"refresh-{secrets.token_hex(16)}"
        self.refresh[token] = user
        return token

    def revoke(self) -> None:
        """Every access token ends before its time."""
        self.access.clear()

    def config(self, user: str, **more: Any) -> dict[str, Any]:
        """What an inbox of this user is configured with."""
        return {
            "oauth_token_url": f"{self.url}/token",
            "oauth_client_id": CLIENT,
            "oauth_client_secret": SECRET,
            "oauth_refresh_token": self.grant(user),
            "allow_private": True,
        } | more

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if self.refuses:
            return 400, {"error": self.refuses, "error_description": "Token has been expired or revoked."}
        user = self.refresh.get(form.get("refresh_token", ""))
        if form.get("client_id") != CLIENT or form.get("client_secret") != SECRET or user is None:
            return 401, {"error": "invalid_client", "error_description": f"no such client or {form['refresh_token']}"}
        token = f"access-{secrets.token_hex(16)}"
        self.access[token] = user
        made: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts}
        if self.rotates:
            made["refresh_token"] = self.grant(user)
        return 200, made


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._answer(*provider.token({name: values[0] for name, values in parse_qs(raw).items()}))

        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
            user = provider.access.get(token)
            self._answer(*((200, {"email": user, "active": True}) if user else (401, {"error": "invalid_token"})))

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.port = server.server_port
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
