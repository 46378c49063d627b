"""What proves who writes in the widget: the visitor's own token, tokens of files, and the site's word for its users."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk.keys import BadSignature, KeyRing

VISITOR, UPLOAD, DOWNLOAD, TRANSCRIPT = "visitor", "visitor-upload", "visitor-download", "visitor-transcript"
LASTS = timedelta(days=400)  # as long as browsers keep anything
RENEWED = timedelta(days=30)
A_DAY = timedelta(days=1)
LEEWAY = timedelta(seconds=60)  # between the clocks of two machines
LONGEST = 4096


class BadToken(ValueError):
    """This token proves nothing here: forged, of another inbox, or too old. Nobody is told which."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a token names. `renew` says that it is worth a new one by now."""

    visitor_id: str
    renew: bool


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in on the site, by the site's signed word."""

    sub: str
    name: str = ""
    email: str = ""
    phone: str = ""


def new_visitor() -> str:
    """160 random bits, in letters that survive a database that folds case."""
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()


def visitor_token(keys: KeyRing, inbox_id: int, visitor_id: str, at: datetime) -> str:
    return keys.sign(VISITOR, {"v": visitor_id, "i": inbox_id, "t": int(at.timestamp())})


def read_visitor(keys: KeyRing, inbox_id: int, token: object, at: datetime) -> Named:
    """Raises BadToken."""
    said = _opened(keys, VISITOR, token)
    visitor, made = said.get("v"), said.get("t")
    if said.get("i") != inbox_id or not isinstance(visitor, str) or not isinstance(made, int):
        raise BadToken
    age = at.timestamp() - made
    if age > LASTS.total_seconds() or age < -LEEWAY.total_seconds():
        raise BadToken
    return Named(visitor, age > RENEWED.total_seconds())


def sign_for_a_day(keys: KeyRing, purpose: str, payload: dict[str, Any], at: datetime) -> str:
    """A token that ends tomorrow, or the day after: the same all day, so that a browser keeps what it names."""
    day = int(at.timestamp() // 86400)
    return keys.sign(purpose, payload | {"x": (day + 2) * 86400})


def read_signed(keys: KeyRing, purpose: str, token: object, at: datetime) -> dict[str, Any]:
    """Raises BadToken."""
    said = _opened(keys, purpose, token)
    ends = said.get("x")
    if not isinstance(ends, int) or ends < at.timestamp():
        raise BadToken
    return said


def _opened(keys: KeyRing, purpose: str, token: object) -> dict[str, Any]:
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST or not token.isascii():
        raise BadToken
    try:
        return keys.verify(purpose, token)
    except (BadSignature, ValueError, RecursionError):
        raise BadToken from None


def user_secrets(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The secrets by which an inbox's site may sign, from its opened configuration: the one of now, and the one of
    before while the site's servers change over."""
    found = (str(config.get(name) or "") for name in ("user_secret", "user_secret_before"))
    return tuple(filter(None, found))


def read_user(secrets_: Sequence[str], token: object, at: datetime) -> User:
    """The user that a site's JWT names (RFC 7519, HS256 alone, `exp` needed and at most a day ahead). Raises BadToken.

    The algorithm is ours to say, not the token's: what claims another one, or none, is refused.
    """
    if not isinstance(token, str) or len(token) > LONGEST:
        raise BadToken
    parts = token.split(".")
    if len(parts) != 3 or not all(re.fullmatch(r"[A-Za-z0-9_-]+", part) for part in parts):
        raise BadToken
    signed = f"{parts[0]}.{parts[1]}".encode()
    given = _decoded(parts[2])
    if not any(
        hmac.compare_digest(hmac.new(secret.encode(), signed, hashlib.sha256).digest(), given) for secret in secrets_
    ):
        raise BadToken
    header, claims = _json(parts[0]), _json(parts[1])
    if header.get("alg") != "HS256" or "crit" in header:
        raise BadToken
    sub, ends, begins = claims.get("sub"), claims.get("exp"), claims.get("nbf", 0)
    if isinstance(sub, int) and not isinstance(sub, bool):
        sub = str(sub)
    if not isinstance(sub, str) or not 1 <= len(sub.strip()) <= 200:
        raise BadToken
    now = at.timestamp()
    if isinstance(ends, bool) or not isinstance(ends, int | float) or not isinstance(begins, int | float):
        raise BadToken
    if ends < now - LEEWAY.total_seconds() or ends > now + (A_DAY + LEEWAY).total_seconds():
        raise BadToken
    if begins > now + LEEWAY.total_seconds():
        raise BadToken
    texts = {name: claims.get(name) for name in ("name", "email", "phone")}
    told = {name: " ".join(v.split())[:200] for name, v in texts.items() if isinstance(v, str)}
    return User(sub=sub.strip(), **told)


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise BadToken from None


def _json(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part))
    except (ValueError, RecursionError):
        raise BadToken from None
    if not isinstance(found, dict):
        raise BadToken
    return found
