"""Web Push: the desk's own keys, the browsers that take one, and the sealed message that goes to their maker's service.

The keys come from the key ring, so that they are there from the first start and are kept and backed up with it. After a
rotation a browser that was switched on before is still served by the key that it knows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from desk import agents
from desk.http import Answer, Client
from desk.i18n import texts
from desk.jobs import enqueue
from desk.keys import KeyRing
from desk.notices.choices import choices
from desk.notices.reading import one
from desk.notices.saying import nameless, sentence
from desk.notices.sealing import contact, sealed, signed
from desk.notices.tables import Notice, PushBrowser
from desk.store import Tx

PURPOSE = "web-push"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256
LONGEST = 1000  # characters of an address
MOST = 10  # browsers of one colleague
LASTS = 12 * 3600  # seconds that a service keeps a message for a machine that is off
GONE = frozenset({404, 410})
URGENT = frozenset({"answered", "frustrated", "promise"})


class PushRefused(ValueError):
    """No browser that can be told: `reason` is address (https and a host of the open internet, no other) or keys."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"push refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one browser, ready to go."""

    browser_id: int
    url: str
    headers: dict[str, str]
    body: bytes


def _private(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(secret, "big") % (ORDER - 1) + 1, ec.SECP256R1())


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def server_key(keys: KeyRing) -> str:
    """What a browser is told when it is switched on: only who holds the other half can push to it."""
    return _public(_private(keys.derive(PURPOSE)))


def ask_push(tx: Tx, staff_id: int, notice_id: int) -> None:
    """A job for each browser that somebody has switched on: one that is away holds up no other."""
    for browser_id in tx.scalars(select(PushBrowser.id).where(PushBrowser.staff_id == staff_id)):
        args = {"notice_id": notice_id, "browser_id": browser_id}
        enqueue(tx, "notices.push", args, key=f"push:{notice_id}:{browser_id}", priority=3, max_attempts=4)


def browsers(tx: Tx, staff_id: int) -> list[PushBrowser]:
    """The browsers that somebody has switched on, the newest first."""
    query = select(PushBrowser).where(PushBrowser.staff_id == staff_id).order_by(PushBrowser.id.desc())
    return list(tx.scalars(query))


def add_browser(
    tx: Tx, staff_id: int, found: Mapping[str, Any], label: str, *, allow_private: bool = False
) -> PushBrowser:
    """Keeps what a browser says of itself: {"endpoint", "keys": {"p256dh", "auth"}}. Its host is judged again, by the
    address that it has then, whenever it is called. Raises PushRefused."""
    endpoint, keys = found.get("endpoint"), found.get("keys")
    if not isinstance(endpoint, str) or not _may_be_called(endpoint, allow_private):
        raise PushRefused("address")
    if not isinstance(keys, Mapping) or not _can_seal(keys):
        raise PushRefused("keys")
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    row = tx.scalar(select(PushBrowser).where(PushBrowser.digest == digest))
    if row is None:
        for old in browsers(tx, staff_id)[MOST - 1 :]:
            tx.delete(old)
        row = PushBrowser(digest=digest, added_at=tx.now())
        tx.add(row)
    row.staff_id = staff_id  # whoever signed in to this browser last
    kept = {"endpoint": endpoint, "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}}
    row.sealed, row.server_key, row.label = tx.keys.seal(json.dumps(kept)), server_key(tx.keys), label[:80]
    tx.flush()
    return row


def drop_browser(tx: Tx, staff_id: int, endpoint: str) -> None:
    """Switches one off: by its own address, which its browser knows."""
    digest = hashlib.sha256(endpoint.encode("utf-8", "surrogatepass")).hexdigest()
    row = tx.scalar(select(PushBrowser).where(PushBrowser.digest == digest, PushBrowser.staff_id == staff_id))
    if row is not None:
        tx.delete(row)
        tx.flush()


def drop_one(tx: Tx, staff_id: int, browser_id: int) -> None:
    """Switches off one of the list: a machine that is not at hand."""
    row = tx.get(PushBrowser, browser_id)
    if row is not None and row.staff_id == staff_id:
        tx.delete(row)
        tx.flush()


def _may_be_called(endpoint: str, allow_private: bool) -> bool:
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
    except ValueError:
        return False
    if len(endpoint) > LONGEST or not endpoint.isascii() or not endpoint.isprintable() or "@" in parts.netloc:
        return False
    if ":" in host or not host:
        return False
    if allow_private:
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and "." in host and not host.replace(".", "").isdigit()


def _raw(text: object) -> bytes:
    if not isinstance(text, str) or len(text) > 200:
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _can_seal(keys: object) -> bool:
    """Whether these are a point of the curve and a secret of 16 bytes: nothing else can be sealed for."""
    if not isinstance(keys, Mapping) or len(_raw(keys.get("auth"))) != 16:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(keys.get("p256dh")))
    except ValueError:
        return False
    return True


def parcel(tx: Tx, notice_id: int, browser_id: int) -> Parcel | None:
    """What goes out for a notice to one browser of its reader: nothing where it was read meanwhile, where they want no
    push of it any more, where it is quiet, or where the browser is somebody else's by now."""
    row, browser = tx.get(Notice, notice_id), tx.get(PushBrowser, browser_id)
    if row is None or browser is None or row.read_at is not None or browser.staff_id != row.staff_id:
        return None
    viewer = agents.viewer(tx, row.staff_id)
    told = one(tx, viewer, notice_id) if viewer is not None else None
    if viewer is None or told is None or told.hidden:
        return None
    choice, now = choices(tx, [viewer.id])[viewer.id], tx.now()
    if not choice.of(row.kind).push or choice.is_quiet(now, viewer.zone):
        return None
    mine = {_public(key): key for key in map(_private, tx.keys.derive_all(PURPOSE))}
    key = mine.get(browser.server_key)
    if key is None:  # made with a key that is no longer in the ring: nobody can push to it any more
        return None
    words = texts(viewer.locale)
    text = sentence(told, words) if choice.names_in_push else nameless(told, words)
    said = json.dumps({"id": str(told.id), "text": text, "lang": viewer.locale}, ensure_ascii=False)
    to = json.loads(tx.keys.open(browser.sealed))
    headers = {
        "TTL": str(LASTS),
        "Urgency": "high" if row.kind in URGENT else "normal",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        **signed(key, to["endpoint"], contact(tx.public_url), now),
    }
    return Parcel(browser.id, to["endpoint"], headers, sealed(to, said.encode()))


def send(client: Client, parcel: Parcel) -> Answer:
    """One call, past no redirect: a service that sends us elsewhere is none. Raises desk.http.Unreachable."""
    return client.call("POST", parcel.url, headers=parcel.headers, content=parcel.body, redirects=0)


def settled(tx: Tx, browser_id: int, status: int) -> None:
    """What the service said: a browser that is gone is forgotten."""
    row = tx.get(PushBrowser, browser_id)
    if row is None:
        return
    if status in GONE:
        tx.delete(row)
    elif status < 300:
        row.sent_at = tx.now()
    tx.flush()
