"""How a push is sealed for one browser (RFC 8291) and signed as ours (RFC 8292). No network: the desk's own guarded
client does the calling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

GOOD_FOR = timedelta(hours=12)


def sealed(browser: Mapping[str, Any], said: bytes) -> bytes:
    """The message as only this browser can read it."""
    from pywebpush import WebPusher  # two clients of its own come with it, 15 MB: a desk without push needs none of it

    body: bytes = WebPusher(dict(browser)).encode(said, content_encoding="aes128gcm")["body"]
    return body


def contact(public_url: str) -> str:
    """Whom a push service may ask about us: the desk's own address, where it is one of the open internet."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    return f"https://{host}" if parts.scheme == "https" and "." in host else "mailto:desk@localhost"


def signed(key: ec.EllipticCurvePrivateKey, endpoint: str, ask: str, now: datetime) -> dict[str, str]:
    """The header by which the service knows us; `ask` is whom it may ask."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + GOOD_FOR).timestamp()),
        "sub": ask,
    }
    made: dict[str, str] = Vapid02(key).sign(claims)
    return {"Authorization": made["Authorization"]}
