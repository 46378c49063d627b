"""Raw mails on the admin's pages: a look at the headers that never fails, both bodies of our own, a safe download."""

from __future__ import annotations

import contextlib
import email
import json
import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from urllib.parse import parse_qsl

from flask import Response

HEAD = 64 * 1024  # bytes in which the headers must be found


@dataclass(frozen=True, slots=True)
class Peek:
    """What a list says of a mail that may be broken."""

    sender: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A mail of ours, as the outbox shows it. `sender`, `reply_to` are bare addresses."""

    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    sender: str
    reply_to: str
    subject: str
    message_id: str
    references: str


def _words(value: object) -> str:
    text = str(value or "")
    with contextlib.suppress(ValueError, LookupError, AssertionError):  # what strangers write is not always decodable
        text = str(make_header(decode_header(text)))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x1f\x7f\s]+", " ", text).strip()[:300]


def peek(raw: bytes) -> Peek:
    """Sender and subject as far as they can be read; empty where not. Raises nothing, whatever the bytes are."""
    try:
        head = email.message_from_bytes(re.split(rb"\r?\n\r?\n", raw[:HEAD], maxsplit=1)[0] + b"\r\n\r\n")
        return Peek(_words(head.get("From")), _words(head.get("Subject")))
    except (ValueError, LookupError, TypeError, AttributeError):  # what the parser may raise on hostile input
        return Peek()


def peek_form(raw: bytes) -> Peek:
    """The same for what a provider posts: who wrote, and the first words. Raises nothing."""
    with contextlib.suppress(ValueError, RecursionError):
        told = json.loads(raw[:HEAD])
        if isinstance(told, dict):
            return Peek(_words(told.get("msisdn") or told.get("from")), _words(told.get("text")))
    try:
        found = dict(parse_qsl(raw[:HEAD].decode("utf-8", "replace"), max_num_fields=300))
    except ValueError:
        return Peek()
    return Peek(_words(found.get("From")), _words(found.get("Body") or found.get("MessageStatus")))


def read(raw: bytes) -> Read:
    """A mail that this desk composed."""
    mail = email.message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    sender = parseaddr(str(mail.get("From", "")))[1]
    return Read(
        text=str(plain.get_content()) if plain is not None else "",
        html=str(rich.get_content()) if rich is not None else "",
        headers=tuple((name, _words(value)) for name, value in mail.items()),
        sender=sender,
        reply_to=parseaddr(str(mail.get("Reply-To", "")))[1] or sender,
        subject=_words(mail.get("Subject")),
        message_id=str(mail.get("Message-ID", "")).strip(),
        references=" ".join(str(mail.get("References", "")).split()),
    )


def download(raw: bytes, name: str) -> Response:
    """The bytes as a file to keep: never shown by the browser, whatever is in them."""
    response = Response(raw, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
