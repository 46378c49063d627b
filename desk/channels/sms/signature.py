"""Whether a webhook was made by the provider: X-Twilio-Signature, compared in constant time.

The signature is an HMAC under the account's auth token over the public address of the webhook and, for a form, every
parameter's name and values in order (Twilio, "Validating signatures from Twilio"). It is SHA-1 unless the call names
another one; what is neither is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from desk.channels.abilities import Forged, Hook

HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
MAX_FIELDS = 300
_HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}


def fields(body: bytes) -> list[tuple[str, str]]:
    """The parameters of a form. Raises ValueError where there are too many."""
    return parse_qsl(
        body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace"
    )


def sign(url: str, params: list[tuple[str, str]], secret: str, algorithm: str = "HMAC_SHA1") -> str:
    """The signature of a call, in base64. Raises KeyError for an algorithm that is none of ours."""
    values: dict[str, set[str]] = {}
    for name, value in params:
        values.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    digest = hmac.new(secret.encode(), text.encode("utf-8", "replace"), _HASHES[algorithm]).digest()
    return base64.b64encode(digest).decode()


def verify(hook: Hook, config: Mapping[str, Any]) -> str:
    """The contract of `Hooked.verify`: the key is the message's id, with the status where it tells of one."""
    secret = str(config.get("webhook_secret") or config.get("auth_token") or "")
    if not secret:
        raise Forged("This inbox has no auth token yet, so nobody can tell who is calling.")
    given = hook.headers.get(HEADER, "").encode("utf-8", "replace")
    if not given:
        raise Forged("This call carries no signature (X-Twilio-Signature).")
    algorithm = _algorithm(hook.headers.get(SETTINGS_HEADER, ""))
    try:
        params = fields(hook.body)
    except ValueError:
        raise Forged("This call has more fields than a message can have.") from None
    signed = params
    digest = hook.query.get("bodySHA256")
    if digest is not None:  # not a form: the address carries the digest of the body
        if not hmac.compare_digest(hashlib.sha256(hook.body).hexdigest().encode(), digest.lower().encode()):
            raise Forged("The body of this call is not the one that was signed.")
        signed = []
    fits = [hmac.compare_digest(sign(url, signed, secret, algorithm).encode(), given) for url in _forms(hook.url)]
    if not any(fits):
        raise Forged("The signature does not fit: it was made with another auth token, or for another address.")
    found = dict(params)
    name = found.get("MessageSid") or found.get("SmsSid") or hashlib.sha256(hook.body).hexdigest()
    key = f"{name}:{found.get('MessageStatus') or found.get('SmsStatus', '')}" if hook.kind == "status" else name
    return key if len(key) <= 120 and key.isprintable() else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            algorithm = value.strip().upper()
            if algorithm not in _HASHES:
                raise Forged("This call is signed in a way that this desk does not know.")
            return algorithm
    return "HMAC_SHA1"


def _forms(url: str) -> list[str]:
    """The address with its port and without it: providers differ in what they sign."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return [urlunsplit(parts._replace(netloc=netloc)) for netloc in (f"{host}:{port}", host)]
