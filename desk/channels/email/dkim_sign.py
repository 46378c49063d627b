"""Our own signature under an outgoing mail (DKIM, RFC 6376): key pairs, the record that a name server shows of one, and
signing.

A mail is signed once it is composed and before it goes out, relaxed in headers and body, so that servers on the way may
fold lines. Each field that a reader or a program goes by is named once more than it stands in the mail: who adds a
second From or Subject on the way breaks the signature (RFC 6376, 5.4). Keys are RSA with 2048 bits, which every
receiver checks; Ed25519 is not checked by the largest of them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import Any, Literal

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from desk.channels.email import dkim_check
from desk.channels.email.dkim_check import Ask, Unanswered

BITS = 2048
SIGNED = (
    "from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted",
)  # fmt: skip
LONGEST_STRING = 255  # of one piece of a TXT record, which a zone file writes in quotes

Found = Literal["found", "missing", "different", "unanswered"]


class CannotSign(ValueError):
    """The key cannot sign this mail; the message says why."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """`secret` is a private key as PEM, `record` what is published of it."""

    secret: str
    record: str


def make_pair() -> KeyPair:
    """A new pair. It takes about a tenth of a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(secret.decode("ascii"), f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode('ascii')}")


def name_of(selector: str, domain: str) -> str:
    """Where the record of a key is published."""
    return f"{selector}._domainkey.{domain}"


def in_pieces(record: str) -> str:
    """The record as a zone file holds it, where one piece has at most 255 characters."""
    pieces = [record[at : at + LONGEST_STRING] for at in range(0, len(record), LONGEST_STRING)]
    return " ".join(f'"{piece}"' for piece in pieces)


def sign(raw: bytes, key: Mapping[str, Any]) -> bytes:
    """The mail with a signature before it. `key`: domain, selector, secret. Raises CannotSign."""
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"  # as it will be sent
    found = BytesHeaderParser().parsebytes(raw)
    names = [name.encode("ascii") for name in SIGNED for _ in range(len(found.get_all(name, [])) + 1)]
    try:
        header: bytes = dkim.sign(
            raw,
            str(key["selector"]).encode("ascii"),
            str(key["domain"]).encode("ascii"),
            str(key["secret"]).encode("ascii"),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
        )
    except (dkim.DKIMException, ValueError, KeyError, TypeError) as error:
        raise CannotSign(f"the mail could not be signed: {type(error).__name__}") from error
    return header + raw


def published(selector: str, domain: str, record: str, ask: Ask | None = None) -> tuple[Found, str]:
    """Whether a name server shows the record of a key, and what it shows instead. Waits for it some seconds; raises
    nothing."""
    try:
        shown, _seconds = (ask or dkim_check.ask_dns)(name_of(selector, domain) + ".")
    except Unanswered as error:
        return "unanswered", str(error)
    if shown is None:
        return "missing", ""
    text = shown.decode("utf-8", "replace")
    theirs, ours = _tags(text), _tags(record)
    if theirs.get("p") == ours["p"] and theirs.get("k", "rsa") == ours["k"] and theirs.get("v", "DKIM1") == "DKIM1":
        return "found", "t=y" if "y" in theirs.get("t", "").split(":") else ""
    return "different", text[:1000]


def _tags(record: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}
