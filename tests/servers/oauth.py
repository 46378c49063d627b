"""A provider of OAuth 2.0 tokens on loopback: it asks people for consent, and mail servers ask it whose a token is."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET = "desk-client", "client-secret-of-the-desk"


SCOPE = "mail.read mail.send offline_access openid email"


@dataclass(frozen=True)
class Code:
    """What a person's yes is worth, once and for a minute."""

    user: str
    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    until: float


class Provider:
    """Refresh tokens by user; every call makes another access token. `rotates` hands out another refresh token each
    time, `refuses` is an error that it answers with instead, `lasts` what it says of a token's life.

    Its page of consent is for whoever stands in `user`; `registered` are the addresses that it sends people back to,
    `more` is said beside its tokens, `down` answers 503 to everything."""

    def __init__(self) -> None:
        self.port = 0
        self.refresh: dict[str, str] = {}
        self.access: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.rotates = False
        self.refuses = ""
        self.lasts: Any = 3600
        self.user = "ops@example.com"
        self.registered: set[str] = set()
        self.down = False
        self.more: dict[str, Any] = {}
        self.codes: dict[str, Code] = {}
        self.revoked: list[str] = []

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

    def consent_config(self, **more: Any) -> dict[str, Any]:
        """What an inbox is configured with before anybody was asked."""
        return {
            "oauth_provider": "other",
            "oauth_authorize_url": f"{self.url}/authorize",
            "oauth_token_url": f"{self.url}/token",
            "oauth_revoke_url": f"{self.url}/revoke",
            "oauth_scope": SCOPE,
            "oauth_client_id": CLIENT,
            "oauth_client_secret": SECRET,
        } | more

    def question(self, query: dict[str, str]) -> str:
        """Why this question is not put to anybody; empty where it is. A wrong client or address is told to the person
        alone, because sending them on would hand them to whoever made it up."""
        if query.get("client_id") != CLIENT:
            return "this client is not known"
        if query.get("redirect_uri") not in self.registered:
            return "this redirect address is not registered"
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return "only codes with S256 are given here"
        if len(query.get("code_challenge", "")) != 43 or not query.get("state"):
            return "the question is not whole"
        return ""

    def decided(self, query: dict[str, str], yes: bool) -> str:
        """Where the person is sent back to."""
        wrong = self.question(query)
        assert not wrong, wrong
        if not yes:
            said = {"error": "access_denied", "error_description": "The user said no.", "state": query["state"]}
            return f"{query['redirect_uri']}?{urlencode(said)}"
        code = f"code-{secrets.token_hex(16)}"
        self.codes[code] = Code(
            self.user, CLIENT, query["redirect_uri"], query["code_challenge"], query["scope"], time.monotonic() + 60
        )
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def outlast(self) -> None:
        """Every code that is open has had its minute."""
        self.codes = {name: replace(code, until=0.0) for name, code in self.codes.items()}

    def revocation(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form.get("client_id") != CLIENT or form.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client"}
        self.revoked.append(form.get("token", ""))
        self.refresh.pop(form.get("token", ""), None)
        return 200, {}

    def _redeemed(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        code = self.codes.pop(form.get("code", ""), None)
        if form.get("client_id") != CLIENT or form.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client", "error_description": "The client secret is wrong."}
        seen = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if code is None or code.until < time.monotonic():
            return 400, {"error": "invalid_grant", "error_description": f"The code {form.get('code')} is over."}
        if code.redirect_uri != form.get("redirect_uri") or seen.rstrip(b"=").decode() != code.challenge:
            return 400, {"error": "invalid_grant", "error_description": "That code was asked for by somebody else."}
        made = self._made(code.user) | {"refresh_token": self.grant(code.user), "scope": code.scope} | self.more
        said = base64.urlsafe_b64encode(json.dumps({"email": code.user, "aud": CLIENT}).encode()).rstrip(b"=").decode()
        return 200, made | {"id_token": f"e30.{said}.c2ln"}

    def _made(self, user: str) -> dict[str, Any]:
        token = f"access-{secrets.token_hex(16)}"
        self.access[token] = user
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if self.down:
            return 503, {"error": "temporarily_unavailable"}
        if form.get("grant_type") == "authorization_code":
            return self._redeemed(form)
        if self.refuses:
            return 400, {"error": self.refuses, "error_description": "Token has been expired or revoked."}
        user = self.refresh.get(form.get("refresh_token", ""))
        if form.get("client_id") != CLIENT or form.get("client_secret") != SECRET or user is None:
            return 401, {"error": "invalid_client", "error_description": f"no such client or {form['refresh_token']}"}
        made = self._made(user)
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
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            path = urlsplit(self.path)
            if path.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(path.query).items()}
                self.send_response(303)
                self.send_header("Location", provider.decided(query, form.get("say") == "yes"))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path.path == "/revoke":
                self._answer(*provider.revocation(form))
            else:
                self._answer(*provider.token(form))

        def _asks(self, query: str) -> None:
            wrong = provider.question({name: values[0] for name, values in parse_qs(query).items()})
            buttons = "".join(f'<button name="say" value="{say}">{say}</button>' for say in ("yes", "no"))
            there = html.escape(query)
            form = f'<h1>{provider.user}</h1><form method="post" action="/authorize?{there}">{buttons}</form>'
            body = f"<!doctype html><title>Consent</title>{html.escape(wrong) or form}".encode()
            self.send_response(400 if wrong else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/authorize":
                self._asks(urlsplit(self.path).query)
                return
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
