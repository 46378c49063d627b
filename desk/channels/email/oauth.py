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

from desk.channels.email.oauth_providers import provider
from desk.http import Answer, Client, Unreachable

EARLY = 120.0  # seconds before its end after which a token is not used any more: a mail may take that long
LIFE = 3600.0  # seconds, where the provider does not say

# The provider will not take this refresh token again, whatever we do: only a person's consent helps.
FOR_GOOD = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
AGAIN = "The inbox must be connected again."


class NoToken(Exception):
    """There is no token to log in with; the sentence says why and carries no secret."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.for_good = reason, for_good


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float


_lock = threading.Lock()
_kept: dict[tuple[str, str, str, str], _Kept] = {}
_newer: dict[str, str] = {}  # refresh token -> the one that the provider gave in its place
_refused: dict[str, str] = {}  # refresh token -> why the provider does not take it any more
_untold: dict[str, str] = {}  # those of which the desk does not know yet


@lru_cache(maxsize=2)
def _client(allow_private: bool) -> Client:
    return Client(allow_private=allow_private, max_bytes=1 << 20)


def access_token(config: Mapping[str, Any], *, fresh: bool = False) -> str:
    """A token for this inbox, asked for where none is kept; `fresh` after a server refused the one that was. It calls
    the provider, so never in a request or a transaction. One that was refused for good is not shown to the provider
    again: it would only count as one more failure there. Raises NoToken."""
    url, client_id = provider(config).token, str(config.get("oauth_client_id") or "")
    refresh = str(config.get("oauth_refresh_token") or "")
    for value, what in ((url, "address for tokens"), (client_id, "client ID"), (refresh, "refresh token")):
        if not value:
            raise NoToken(f"OAuth 2.0 is chosen and there is no {what}")
    if config.get("oauth_refused"):
        raise NoToken(str(config["oauth_refused"]), for_good=True)
    key = (url, client_id, refresh, str(config.get("oauth_scope") or ""))
    with _lock:  # one at a time: two mails that begin together need one token
        kept = _kept.get(key)
        if kept is not None and not fresh and time.monotonic() < kept.until:
            return kept.token
        _kept.pop(key, None)
        if refresh in _refused:
            raise NoToken(_refused[refresh], for_good=True)
        try:
            made = _renewed(config, url, client_id, _newer.get(refresh, refresh))
        except NoToken as error:
            if error.for_good:
                _refused[refresh] = _untold[refresh] = error.reason
            raise
        if len(_kept) > 1000:
            _kept.clear()
        token = str(made["access_token"])
        _kept[key] = _Kept(token, time.monotonic() + max(0.0, seconds(made.get("expires_in")) - EARLY))
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


def refused() -> dict[str, str]:
    """Refresh tokens that were refused for good, each with the reason, until `told` is told."""
    with _lock:
        return dict(_untold)


def told(refresh: str) -> None:
    """The desk knows that `refresh` was refused."""
    with _lock:
        _untold.pop(refresh, None)


def said(user: str, token: str) -> str:
    """What XOAUTH2 sends to the server."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def without(text: str, config: Mapping[str, Any], *more: str) -> str:
    """A sentence without the secrets that OAuth brings."""
    for secret in (str(config.get("oauth_client_secret") or ""), str(config.get("oauth_refresh_token") or ""), *more):
        text = text.replace(secret, "…") if secret else text
    return text


def post(config: Mapping[str, Any], url: str, form: Mapping[str, str]) -> Answer:
    """Posts a form to a provider, by the one client for outgoing calls. Raises Unreachable."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    client = _client(bool(config.get("allow_private")))
    return client.call("POST", url, headers=headers, content=urlencode(form).encode())


def tokens(config: Mapping[str, Any], answer: Answer, *secret: str) -> dict[str, Any]:
    """What an address for tokens gave. Raises NoToken with the provider's reason, without a secret."""
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NoToken(f"the provider answered {answer.status} and no token")
    if answer.status >= 400 or not isinstance(found.get("access_token"), str):
        why = " ".join(str(found.get("error_description") or found.get("error") or "").split())
        # Microsoft adds a paragraph of numbers for its own support.
        why = without(why.partition(" Trace ID:")[0], config, *secret)[:300]
        reason = f"the provider gives no token ({answer.status}){f': {why}' if why else ''}"
        raise NoToken(reason, for_good=found.get("error") in FOR_GOOD)
    return found


def _renewed(config: Mapping[str, Any], url: str, client_id: str, refresh: str) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": client_id}
    for name, value in (
        ("client_secret", config.get("oauth_client_secret")),
        ("scope", config.get("oauth_scope") if config.get("oauth_provider") in (None, "", "other") else None),
    ):
        if value:
            form[name] = str(value)
    try:
        return tokens(config, post(config, url, form), refresh)
    except Unreachable as error:
        raise NoToken(f"no token could be asked for: {error}") from None
    except NoToken as error:
        if not error.for_good:
            raise
        raise NoToken(f"{error.reason.rstrip('.')}. {AGAIN}", for_good=True) from None


def seconds(value: Any) -> float:
    """How long a token lasts, by what the provider says of it."""
    try:
        return min(86400.0, max(60.0, float(value)))
    except (TypeError, ValueError):
        return LIFE
