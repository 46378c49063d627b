"""Consent for a mailbox: the authorization code flow with PKCE (RFC 6749, 7636), and revoking what it gave (RFC 7009).

A person is sent to `question`, comes back with a code, and `redeem` makes tokens of it. Nothing here knows of sessions:
whoever asks binds the `state` to one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from desk.channels.email import oauth
from desk.channels.email.oauth_providers import Provider, provider
from desk.http import Unreachable

DENIED = {
    "access_denied": "Consent was denied at the provider.",
    "temporarily_unavailable": "The provider is busy. Try again in some minutes.",
    "invalid_scope": "The provider does not know one of the scopes.",
    "unauthorized_client": "The provider does not let this client ask for consent.",
}
LONGEST = 20_000  # characters of a token; Microsoft's refresh tokens have up to 2,000


class Failed(Exception):
    """No tokens; the sentence says why and carries no secret. `again` tells that the code was not used up: the provider
    never had it."""

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.again = reason, again


@dataclass(frozen=True, slots=True)
class Granted:
    """What consent gave. `account` is empty where the provider does not say whose it is; the two lives are in seconds,
    `refresh_life` None where it does not end by itself."""

    refresh_token: str
    account: str
    scope: str
    access_life: float
    refresh_life: float | None


def verifier() -> str:
    """A secret that only this attempt knows (RFC 7636: 43 to 128 characters)."""
    return secrets.token_urlsafe(48)


def challenge(verifier: str) -> str:
    """What of the secret may be seen before the code comes (S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def lacking(config: Mapping[str, Any]) -> list[str]:
    """What must be told before anybody can be asked, as labels of fields."""
    found = provider(config)
    told = (
        (config.get("oauth_client_id"), "Client ID"),
        (found.authorize, "Address for consent"),
        (found.token, "Address for tokens"),
        (found.scope, "Scopes"),
    )
    return [label for value, label in told if not value]


def question(config: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str, login_hint: str) -> str:
    """The address at which a person is asked for consent."""
    found = provider(config)
    query = {
        "response_type": "code",
        "client_id": str(config.get("oauth_client_id") or ""),
        "redirect_uri": redirect_uri,
        "scope": found.scope,
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "login_hint": login_hint,
    } | dict(found.hint)
    return f"{found.authorize}{'&' if '?' in found.authorize else '?'}{urlencode(query)}"


def denied(error: str, description: str) -> str:
    """Why a person came back without a code, in a sentence."""
    known = DENIED.get(error)
    told = " ".join(description.split())[:300]
    if known and (error == "access_denied" or not told):
        return known
    return f"The provider answered: {told or error[:80]}"


def redeem(config: Mapping[str, Any], *, code: str, redirect_uri: str, verifier: str) -> Granted:
    """Makes tokens of a code. Calls the provider, so never in a request or a transaction. Raises Failed."""
    found = provider(config)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": str(config.get("oauth_client_id") or ""),
        "code_verifier": verifier,
    }
    secret = str(config.get("oauth_client_secret") or "")
    if secret:
        form["client_secret"] = secret
    try:
        answer = oauth.post(config, found.token, form)
    except Unreachable as error:
        raise Failed(f"The provider could not be asked for tokens: {error}.", again=not error.sent) from None
    if answer.status >= 500:
        raise Failed(f"The provider has trouble of its own (it answered {answer.status}). Try again in some minutes.")
    try:
        made = oauth.tokens(config, answer, code, verifier)
    except oauth.NoToken as error:
        raise Failed(f"{error.reason[0].upper()}{error.reason[1:]}") from None
    return _granted(found, made)


def _granted(found: Provider, made: Mapping[str, Any]) -> Granted:
    refresh = made.get("refresh_token")
    if not isinstance(refresh, str) or not refresh or len(refresh) > LONGEST:
        raise Failed("The provider gave no refresh token, so its access would end within the hour: ask for the scope"
                     " that brings one (mostly offline_access).")  # fmt: skip
    # RFC 6749, 5.1: the scope is told where it differs from what was asked for.
    scope = made.get("scope")
    granted = " ".join(scope.split()) if isinstance(scope, str) and scope.strip() else found.scope
    missing = found.missing(granted)
    if missing:
        raise Failed(f"The provider did not grant {' and '.join(missing)[:300]}: tick it when you are asked.")
    life = made.get("refresh_token_expires_in", made.get("refresh_expires_in"))
    lasting = isinstance(life, int | float) and 0 < life < 10 * 365 * 86400
    return Granted(
        refresh,
        _account(made.get("id_token")),
        granted[:1000],
        oauth.seconds(made.get("expires_in")),
        float(life) if lasting and life is not None else None,
    )


def _account(id_token: Any) -> str:
    """Whose consent it is. The token came straight from the provider over a connection that proved itself, so its
    signature says nothing more (OpenID Connect Core, 3.1.3.7); it is shown, and nobody is let in by it."""
    if not isinstance(id_token, str) or id_token.count(".") != 2:
        return ""
    body = id_token.split(".")[1]
    try:
        said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    for name in ("email", "preferred_username", "upn"):
        value = said.get(name)
        if isinstance(value, str) and 3 <= len(value) <= 320 and "@" in value and value.isprintable():
            return value
    return ""


def filled(config: Mapping[str, Any], account: str) -> dict[str, Any]:
    """What of an inbox follows from its consent: both sides log in by token, and what is empty and known is told."""
    known = dict(provider(config).servers)
    for name in ("imap_user", "smtp_user"):
        known[name] = account
    told = {name: value for name, value in known.items() if value and not config.get(name)}
    return told | {"imap_login": "oauth2", "smtp_login": "oauth2"}


def revoke(config: Mapping[str, Any], refresh_token: str) -> None:
    """Tells the provider that a token is not wanted any more. Raises Failed; `again` where it may work another time."""
    url = provider(config).revoke
    if not url:
        return
    form = {"token": refresh_token, "token_type_hint": "refresh_token",
            "client_id": str(config.get("oauth_client_id") or "")}  # fmt: skip
    secret = str(config.get("oauth_client_secret") or "")
    if secret:
        form["client_secret"] = secret
    try:
        answer = oauth.post(config, url, form)
    except Unreachable as error:
        raise Failed(f"The provider could not be told: {error}.", again=True) from None
    if answer.status >= 500 or answer.status == 429:
        raise Failed(f"The provider could not be told (it answered {answer.status}).", again=True)
    # RFC 7009, 2.2: a token that it does not know is as good as revoked; Google answers 400 invalid_token for it.
    if answer.status >= 400 and b"invalid_token" not in answer.content:
        raise Failed(f"The provider did not take the token back (it answered {answer.status}).")
