"""Tokens for mail servers that take no passwords (Google, Microsoft): OAuth 2.0 by a refresh token, as XOAUTH2 says it.

An access token is good for about an hour and is kept in memory until shortly before its end. Where the provider hands
out another refresh token with it, the old one will end some day: it waits here until the desk has stored it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from desk.channels.base import ConfigField
from desk.http import Client, Unreachable

EARLY = 120.0  # seconds before its end after which a token is not used any more: a mail may take that long
LIFE = 3600.0  # seconds, where the provider does not say

FIELDS = (
    ConfigField("oauth_token_url", "Address for tokens", group="OAuth 2.0",
                help="Google: https://oauth2.googleapis.com/token, Microsoft: "
                "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token"),
    ConfigField("oauth_client_id", "Client ID", group="OAuth 2.0"),
    ConfigField("oauth_client_secret", "Client secret", "secret", "OAuth 2.0", help="empty for public clients"),
    ConfigField("oauth_refresh_token", "Refresh token", "secret", "OAuth 2.0"),
    ConfigField("oauth_scope", "Scope", group="OAuth 2.0", help="empty: what was granted with the refresh token"),
)  # fmt: skip


class NoToken(Exception):
    """There is no token to log in with; the sentence says why and carries no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float


_lock = threading.Lock()
_kept: dict[tuple[str, str, str, str], _Kept] = {}
_newer: dict[str, str] = {}  # refresh token -> the one that the provider gave in its place


@lru_cache(maxsize=2)
def _client(allow_private: bool) -> Client:
    return Client(allow_private=allow_private, max_bytes=1 << 20)


def access_token(config: Mapping[str, Any], *, fresh: bool = False) -> str:
    """A token for this inbox, asked for where none is kept; `fresh` after a server refused the one that was. It calls
    the provider, so never in a request or a transaction. Raises NoToken."""
    url, client_id = str(config.get("oauth_token_url") or ""), str(config.get("oauth_client_id") or "")
    refresh = str(config.get("oauth_refresh_token") or "")
    for value, what in ((url, "address for tokens"), (client_id, "client ID"), (refresh, "refresh token")):
        if not value:
            raise NoToken(f"OAuth 2.0 is chosen and there is no {what}")
    key = (url, client_id, refresh, str(config.get("oauth_scope") or ""))
    with _lock:  # one at a time: two mails that begin together need one token
        kept = _kept.get(key)
        if kept is not None and not fresh and time.monotonic() < kept.until:
            return kept.token
        _kept.pop(key, None)
        made = _ask(config, url, client_id, _newer.get(refresh, refresh))
        if len(_kept) > 1000:
            _kept.clear()
        token = str(made["access_token"])
        _kept[key] = _Kept(token, time.monotonic() + max(0.0, _seconds(made.get("expires_in")) - EARLY))
        another = made.get("refresh_token")
        if isinstance(another, str) and another and another != refresh:
            _newer[refresh] = another
        return token


def newer() -> dict[str, str]:
    """Refresh tokens that were replaced, each with the one in its place, until `stored` is told."""
    with _lock:
        return dict(_newer)


def stored(refresh: str) -> None:
    """The desk keeps the newer token of `refresh` from now on."""
    with _lock:
        _newer.pop(refresh, None)


def said(user: str, token: str) -> str:
    """What XOAUTH2 sends to the server."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def without(text: str, config: Mapping[str, Any]) -> str:
    """A sentence without the secrets that OAuth brings."""
    for name in ("oauth_client_secret", "oauth_refresh_token"):
        secret = str(config.get(name) or "")
        text = text.replace(secret, "…") if secret else text
    return text


def _ask(config: Mapping[str, Any], url: str, client_id: str, refresh: str) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": client_id}
    for field, name in (("oauth_client_secret", "client_secret"), ("oauth_scope", "scope")):
        if config.get(field):
            form[name] = str(config[field])
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = _client(bool(config.get("allow_private"))).call(
            "POST", url, headers=headers, content=urlencode(form).encode()
        )
    except Unreachable as error:
        raise NoToken(f"no token could be asked for: {error}") from None
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NoToken(f"the provider answered {answer.status} and no token")
    if answer.status >= 400 or not isinstance(found.get("access_token"), str):
        why = " ".join(str(found.get("error_description") or found.get("error") or "").split())[:300]
        raise NoToken(without(f"the provider gives no token ({answer.status}){f': {why}' if why else ''}", config))
    return found


def _seconds(value: Any) -> float:
    try:
        return min(86400.0, max(60.0, float(value)))
    except (TypeError, ValueError):
        return LIFE
