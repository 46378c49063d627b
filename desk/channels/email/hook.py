"""Mail by webhook: a provider posts each mail as it came, with a secret that its inbox shares with it.

What is understood: the mail itself as the body (message/rfc822), forms that carry it in a field (Mailgun `body-mime`,
SendGrid `email`) or as a file, and JSON that carries it whole (Postmark `RawEmail`). What a provider made of a mail is
not read: the desk reads mails itself.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from desk.channels.abilities import Forged, Hook
from desk.channels.base import Unreadable

MAX_BYTES = 160 << 20  # of a call, whatever the setting says of a mail
SHORTEST = 16  # characters of a secret
MOST_FIELDS = 500
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb'\bname="([^"\r\n]{1,100})"', re.IGNORECASE)
_WHOLE = ("body-mime", "email", "raw", "message", "mime")
_FROM, _TO = ("sender", "from"), ("recipient", "to")


def check_secret(text: str) -> None:
    """Raises ValueError with a sentence for a secret that could be guessed."""
    if len(text) < SHORTEST or not text.isascii() or not text.isprintable() or any(c in text for c in ' "&#?'):
        raise ValueError(f"A secret has {SHORTEST} letters and digits or more, and no spaces")


def verify(hook: Hook, config: Mapping[str, Any]) -> str:
    """The contract of `Hooked.verify`. The secret comes as `Authorization: Bearer`, as the password of Basic, or as
    `?key=` where a provider takes nothing but an address; it is looked at without the body."""
    secret = str(config.get("hook_secret") or "")
    if not secret:
        raise Forged("This inbox has no secret for its webhook yet, so nobody can tell who is calling.")
    given = _given(hook)
    if not given:
        raise Forged("This call carries no secret (Authorization).")
    if not any(hmac.compare_digest(one.encode("utf-8", "replace"), secret.encode()) for one in given):
        raise Forged("The secret of this call is not the one of this inbox.")
    if hook.kind == "status":
        raise Forged("Mails have no news at this address.")
    return hashlib.sha256(hook.body).hexdigest()


def unwrap(hook: Hook) -> tuple[bytes, dict[str, Any]]:
    """The contract of `Wrapped.unwrap`: the mail, and its envelope where the provider says it. Raises Unreadable."""
    kind = hook.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind == "multipart/form-data":
        fields = _form(hook)
    elif kind == "application/json":
        fields = _json(hook.body)
    elif kind == "application/x-www-form-urlencoded":
        raise Unreadable("This call is a form without files; the mail has to be posted as it came.")
    else:
        return hook.body, _envelope({"from": hook.query.get("from", ""), "to": hook.query.get("to", "")})
    for name in _WHOLE:
        if fields.get(name):
            return _raw(fields[name]), _envelope(fields)
    raise Unreadable("This call carries no mail as it came: choose “raw” or “MIME” at the provider.")


def _given(hook: Hook) -> list[str]:
    scheme, _, value = hook.headers.get("authorization", "").partition(" ")
    found = [value.strip()] if scheme.casefold() == "bearer" else []
    if scheme.casefold() == "basic":
        with contextlib.suppress(binascii.Error, ValueError):
            found = [base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace").partition(":")[2]]
    return [one for one in (*found, hook.query.get("key", "")) if one]


def _form(hook: Hook) -> dict[str, Any]:
    """The fields of a form with files, byte by byte (RFC 7578). A file that is a mail counts as `raw`."""
    found = _BOUNDARY.search(hook.headers["content-type"])
    if found is None:
        raise Unreadable("This call is a form without a boundary.")
    mark = b"\r\n--" + (found.group(1) or found.group(2)).encode("latin-1", "replace")
    body = hook.body
    fields: dict[str, Any] = {}
    # By offsets: a mail is large, and its call is in memory once already.
    at = 0 if body.startswith(mark[2:]) else body.find(mark)
    for _ in range(MOST_FIELDS):
        if at < 0:
            return fields
        start, at = at, body.find(mark, at + 2)
        end = at if at >= 0 else len(body)
        split = body.find(b"\r\n\r\n", start, end)
        if split < 0:
            continue
        head = body[start:split]
        name = _NAME.search(head)
        if b"message/rfc822" in head.lower():
            fields["raw"] = body[split + 4 : end]
        elif name is not None:
            fields.setdefault(name.group(1).decode("utf-8", "replace").casefold(), body[split + 4 : end])
    raise Unreadable("This call has more fields than one about a mail can have.")


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("This call says that it is JSON, and is none.") from None
    if not isinstance(found, dict):
        raise Unreadable("This call carries no mail.")
    fields = {str(name).casefold(): value for name, value in found.items() if isinstance(value, str)}
    if fields.get("rawemail"):
        fields["raw"] = fields["rawemail"]
    return fields


def _raw(value: Any) -> bytes:
    """A mail as bytes; one that came as text in base64 has no colon, which ends the name of a first header."""
    if isinstance(value, bytes):
        return value
    text = str(value)
    if ":" not in text[:200]:
        with contextlib.suppress(binascii.Error, ValueError):
            return base64.b64decode("".join(text.split()), validate=True)
    return text.encode("utf-8", "replace")


def _envelope(fields: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> str:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
        return text.strip()

    said = plain(fields.get("envelope"))
    told: Any = None
    if said.startswith("{"):  # SendGrid: {"to": ["…"], "from": "…"}
        with contextlib.suppress(ValueError, RecursionError):
            told = json.loads(said)
    if not isinstance(told, dict):
        told = {}
    sender = next((plain(v) for v in (told.get("from"), *(fields.get(n) for n in _FROM)) if plain(v)), "")
    to = told.get("to")
    recipients = [str(one) for one in to] if isinstance(to, list) else []
    recipients = recipients or [plain(fields[name]) for name in _TO if plain(fields.get(name))][:1]
    out: dict[str, Any] = {}
    if _is_address(sender):
        out["mail_from"] = sender
    if recipients and all(_is_address(one) for one in recipients):
        out["rcpt_to"] = recipients[:100]
    return out


def _is_address(text: str) -> bool:
    return 2 < len(text) <= 320 and text.count("@") == 1 and not any(c.isspace() or c in "<>,;" for c in text)
