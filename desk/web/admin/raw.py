"""Raw mails on the admin's pages: a look at the headers that never fails, both bodies of our own, a safe download."""

from __future__ import annotations

import base64
import contextlib
import email
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr
from urllib.parse import parse_qsl, quote

from flask import Response

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
HEAD = 64 * 1024  # bytes in which the headers must be found


@dataclass(frozen=True, slots=True)
class Peek:
    """What a list says of a mail that may be broken."""

    sender: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a mail of ours. `content_id` is that of a picture in its HTML."""

    name: str
    kind: str
    content: bytes
    content_id: str = ""


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
    files: tuple[Kept, ...] = ()


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
        files=tuple(_kept(part) for part in mail.walk() if part.get_filename()),
    )


def _kept(part: Message) -> Kept:
    content = part.get_payload(decode=True)
    content_id = str(part.get("Content-ID", "")).strip().strip("<>")
    return Kept(
        _words(part.get_filename()), part.get_content_type(), content if isinstance(content, bytes) else b"", content_id
    )


def with_pictures(html: str, files: Iterable[Kept]) -> str:
    """The HTML of a mail of ours with its own pictures in it, for a page that loads nothing."""
    for file in files:
        if file.content_id and file.kind in PICTURES:
            data = f"data:{file.kind};base64,{base64.b64encode(file.content).decode()}"
            html = html.replace(f'src="cid:{file.content_id}"', f'src="{data}"')
    return html


def download(raw: bytes, name: str) -> Response:
    """The bytes as a file to keep: never shown by the browser, whatever is in them."""
    response = Response(raw, content_type="application/octet-stream")
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/;' else "_" for c in name)[-100:] or "file"
    coded = quote(name, safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
